//! What a bill says of itself.

use super::*;
use crate::payments::bill::Returned;
use crate::payments::request::Due;
use crate::payments::topup::Why;
use crate::units::Meter;
use crate::web::document::fragment;
use crate::web::pages::fixtures::{bill, calendar};

fn said(bill: &Bill) -> [String; 4] {
    let calendar = calendar();
    let (_, state) = state(bill, &calendar);
    [bill_title(bill), detail(bill, "Brightline Voice", &calendar), due(bill, &calendar).unwrap_or_default(), state]
}

fn at(text: &str) -> jiff::Timestamp {
    text.parse().unwrap()
}

fn cycle(price: i64, excess: i64, carried: i64) -> Bill {
    let asked = Asked {
        title: "Starter".into(),
        price: MilliCents::from_cents(price),
        excess: MilliCents::from_cents(excess),
        carried: MilliCents::from_cents(carried),
    };
    let kind = match (price, excess) {
        (0, _) => RequestKind::Usage,
        (_, 0) => RequestKind::Plan,
        _ => RequestKind::PlanAndUsage,
    };
    let due = Due { at: at("2026-11-07T15:00:00Z"), blocks_at: at("2026-11-14T15:00:00Z") };
    let period = Some((at("2026-11-06T15:00:00Z"), Some(at("2026-12-06T15:00:00Z"))));
    Bill { what: Billed::Request { kind, asked, period, due }, status: RequestStatus::Overdue, ..bill() }
}

#[test]
fn each_says_what_it_is_for_when_it_is_due_and_how_it_stands() {
    assert_eq!(said(&bill()), ["Medium", "Pack, from Brightline Voice", "Today", "Pending"]);
    assert_eq!(said(&cycle(2_900, 0, 0)), ["Starter plan", "Nov 6 to Dec 6", "Nov 7", "Overdue"]);
    assert_eq!(said(&cycle(2_900, 320, 40))[1], "Nov 6 to Dec 6, billable usage $3.20, $0.40 from before");
    assert_eq!(said(&cycle(0, 320, 0))[..2], ["Billable usage", "Starter plan, until Nov 6"]);
    let paid = Bill {
        status: RequestStatus::Paid,
        closed_at: Some(at("2026-11-08T15:00:00Z")),
        paid_by: Some("Dana Whitfield".into()),
        ..cycle(2_900, 0, 0)
    };
    assert_eq!(said(&paid)[1..], ["Nov 6 to Dec 6, paid by Dana Whitfield", "Nov 7", "Paid Nov 8"]);
    let what = Billed::Packs { name: "Medium".into(), meter: Meter::Minutes, units_each: 6_000, quantity: 3 };
    assert_eq!(said(&Bill { what, ..paid.clone() }), ["3 × Medium 100", "Bought by Dana Whitfield", "", "Paid Nov 8"]);
    assert_eq!(said(&Bill { what: Billed::Credits, ..paid.clone() })[0], "Credits");
    let failed = Some(Why::Declined(Some("insufficient_funds".into())));
    let charge = |cause, failed| Billed::Charge { cause, card: "Visa ending 4242".into(), failed };
    let bill_of = |what, status| Bill { what, status, closed_at: None, ..paid.clone() };
    assert_eq!(
        said(&bill_of(charge(Cause::AutoRecharge, failed), RequestStatus::Failed)),
        ["Credits", "Auto-recharge, Visa ending 4242. Declined, insufficient funds", "", "Failed"]
    );
    let pending = bill_of(charge(Cause::Api, None), RequestStatus::Pending);
    assert_eq!(said(&pending)[1..], ["Through the API, Visa ending 4242", "", "Pending"]);
    assert!(!pending.is_owed());
    let returned = |refunded, disputed| {
        let cents = MilliCents::from_cents;
        said(&Bill { returned: Returned { refunded: cents(refunded), disputed: cents(disputed) }, ..paid.clone() })[3]
            .clone()
    };
    assert_eq!(
        [returned(0, 0), returned(400, 0), returned(2_900, 0), returned(400, 100)],
        ["Paid Nov 8", "$4.00 refunded", "Refunded", "Disputed"]
    );
    assert_eq!(said(&Bill { status: RequestStatus::Canceled, ..bill() })[3], "Canceled");
    assert_eq!(said(&Bill { status: RequestStatus::Failed, ..bill() })[3], "Failed");
}

#[test]
fn who_may_pays_what_is_owed_and_what_is_paid_leads_to_its_receipt() {
    let listed = |bill: Bill, paying: Option<&Paying>| {
        fragment(|| bill_table(vec![bill], "Payments", &calendar(), "Brightline Voice", paying))
    };
    let paying = Paying::new("token", Some(("req_1".into(), "key_1".into())));
    let form = listed(bill(), Some(&paying));
    for part in ["action=\"/billing/pay\"", "value=\"token\"", "value=\"key_1\"", "value=\"req_1\"", ">Pay $10.00<"] {
        assert!(form.contains(part), "{part} is missing in {form}");
    }
    let other = listed(Bill { id: "req_2".into(), ..bill() }, Some(&paying));
    assert!(other.contains("value=\"form_") && !other.contains("key_1"), "a key of its own: {other}");
    assert!(!listed(bill(), None).contains("<form"), "who only reads has no button");
    let receipt = || Some("https://pay.stripe.com/receipts/1".to_owned());
    for (status, leads) in [(RequestStatus::Paid, true), (RequestStatus::Overdue, false)] {
        let html = listed(Bill { status, receipt_url: receipt(), ..bill() }, Some(&paying));
        assert_eq!(
            (html.contains("href=\"https://pay.stripe.com/receipts/1\""), html.contains("<form")),
            (leads, !leads)
        );
    }
}
