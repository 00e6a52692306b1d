use jiff::tz::TimeZone;

use super::Turned;
use crate::payments::request::{Asked, Due, PaymentRequest, RequestStatus, RequestType};
use crate::units::{MilliCents, WorkspaceId};
use crate::web::components::PillTone;
use crate::web::dates::Calendar;
use crate::web::pages::agency::request_words::{about, status_words};

fn calendar() -> Calendar {
    Calendar::new(&TimeZone::get("America/New_York").unwrap(), "2026-11-20T15:42:18Z".parse().unwrap())
}

fn request(price: i64, excess: i64) -> PaymentRequest {
    let at = |text: &str| text.parse().unwrap();
    PaymentRequest {
        workspace: WorkspaceId(1),
        id: "req_1".into(),
        type_: RequestType::Cycle,
        asked: Asked {
            title: "Starter".into(),
            price: MilliCents(price),
            excess: MilliCents(excess),
            carried: MilliCents(0),
        },
        amount: MilliCents(price + excess),
        period: Some((at("2026-11-06T15:00:00Z"), Some(at("2026-12-06T15:00:00Z")))),
        due: Due { at: at("2026-11-21T15:00:00Z"), blocks_at: at("2026-11-28T15:00:00Z") },
        status: RequestStatus::Pending,
        external_reference: None,
        paid_session: None,
        created_at: at("2026-11-06T15:00:00Z"),
        closed_at: None,
    }
}

#[test]
fn a_request_says_what_it_is_made_of() {
    let words = |request: &PaymentRequest| about(request, &calendar());
    assert_eq!(words(&request(2_900_000, 0)), "Plan, Nov 6 to Dec 6");
    assert_eq!(words(&request(2_900_000, 200_000)), "Plan and usage, Nov 6 to Dec 6, $2.00 billable usage");
    let end = PaymentRequest { period: Some(("2026-11-06T15:00:00Z".parse().unwrap(), None)), ..request(0, 200_000) };
    assert_eq!(words(&end), "Usage, to Nov 6");
    let mut little = request(2_900_000, 0);
    little.asked.carried = MilliCents(45_000);
    assert_eq!(words(&little), "Plan, Nov 6 to Dec 6, $0.45 carried over");
    let pack = PaymentRequest { type_: RequestType::Pack, period: None, ..request(1_000_000, 0) };
    assert_eq!(words(&pack), "Add-on pack");
}

#[test]
fn a_closed_request_says_when() {
    let closed_at = Some("2026-11-20T15:00:00Z".parse().unwrap());
    let words = |status| status_words(&PaymentRequest { status, closed_at, ..request(100_000, 0) }, &calendar());
    assert_eq!(words(RequestStatus::Paid), (PillTone::Neutral, "Paid Nov 20".into()));
    assert_eq!(words(RequestStatus::Canceled), (PillTone::Neutral, "Canceled Nov 20".into()));
    assert_eq!(status_words(&request(100_000, 0), &calendar()), (PillTone::Amber, "Pending".into()));
}

#[test]
fn a_list_goes_on_where_more_was_found() {
    let turned = |found: &[i32]| Turned::new(found.to_vec(), 2, false, i32::to_string);
    assert_eq!((turned(&[9, 8, 7]).items, turned(&[9, 8, 7]).older), (vec![9, 8], Some("8".into())));
    assert_eq!((turned(&[9, 8]).items, turned(&[9, 8]).older), (vec![9, 8], None));
    assert_eq!(turned(&[]).older, None);
}
