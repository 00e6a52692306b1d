//! Minute receipts with exact figures; random histories check that segments tile every call.

use super::*;
use crate::ledger::call::Call;
use crate::ledger::receipt::{Segment, Source, segments};
use crate::pricing::Charge;

/// Places and answers a call; its receipt.
fn receipt_of(wallet: &mut Wallet, id: &str, secs: i64) -> Vec<Segment> {
    let now = at("2026-11-02T12:00:00Z");
    decide(wallet, &place(id), now).unwrap();
    decide(wallet, &answered(id, secs), now).unwrap();
    of(wallet, &wallet.calls[id])
}

/// The receipt of a call of this wallet.
pub(super) fn of(wallet: &Wallet, call: &Call) -> Vec<Segment> {
    let seq = call.end.as_ref().and_then(|end| end.seq);
    let posting = wallet.changes.postings.iter().find(|posting| Some(posting.seq) == seq);
    segments(call, &wallet.subscription.as_ref().unwrap().snapshot.terms, posting)
}

fn shape(segments: &[Segment]) -> Vec<(i64, i64, Source, i64)> {
    segments.iter().map(|segment| (segment.from, segment.to, segment.source, segment.cost.0)).collect()
}

#[test]
fn a_call_over_allowance_lots_and_credits_shows_which_paid_for_which_second() {
    let mut wallet = subscribed(terms(2, 10_000, 500_000, HoldPolicy::Buffer(60)));
    decide(&mut wallet, &pack("cs_1", &[1, 2]), at("2026-11-02T11:00:00Z")).unwrap();
    let found = receipt_of(&mut wallet, "a", 426);
    // $0.10 + $0.03333 a minute over 126 s.
    let (voice, telephony) = (MilliCents(126 * 10_000 / 60), MilliCents(126 * 3_333 / 60));
    let cost = voice.0 + telephony.0;
    assert_eq!(
        shape(&found),
        [
            (0, 120, Source::Allowance, 0),
            (120, 180, Source::Lot, 0),
            (180, 300, Source::Lot, 0),
            (300, 426, Source::Credits, cost),
        ]
    );
    assert_eq!((found[1].lot, found[2].lot), (Some(1), Some(2)));
    assert_eq!(found[3].components, Some(Charge { voice, telephony, recording: MilliCents(0) }));
    assert_eq!(wallet.balances.credits_mc, 500_000 - cost);
}

#[test]
fn what_was_not_covered_and_what_came_late_stand_last() {
    let mut wallet = subscribed(terms(3, 0, 0, HoldPolicy::Buffer(60)));
    let now = at("2026-11-02T12:00:00Z");
    for id in ["a", "b", "c"] {
        decide(&mut wallet, &place(id), now).unwrap();
    }
    decide(&mut wallet, &answered("a", 100), now).unwrap();
    let found = of(&wallet, &wallet.calls["a"]);
    assert_eq!(shape(&found), [(0, 60, Source::Allowance, 0), (60, 100, Source::Overrun, 0)]);
    let beat = Command::Heartbeat { id: "b".into(), connected: Seconds(30) };
    decide(&mut wallet, &beat, now).unwrap();
    let later = at("2026-11-02T15:00:00Z");
    decide(&mut wallet, &Command::ExpireCall { id: "b".into() }, later).unwrap();
    decide(&mut wallet, &answered("b", 50), later).unwrap_err();
    let found = of(&wallet, &wallet.calls["b"]);
    assert_eq!(shape(&found), [(0, 30, Source::Allowance, 0), (30, 50, Source::Overrun, 0)]);
    assert_eq!(of(&wallet, &wallet.calls["c"]), [], "an open call has none");
}

#[test]
fn credits_that_end_within_a_second_pay_a_part_of_it() {
    let plan = terms(1, 6_000, 2_050, HoldPolicy::Buffer(60));
    let mut wallet = subscribed(Terms { excess: ExcessMode::Postpaid { limit: MilliCents(0) }, ..plan });
    let found = receipt_of(&mut wallet, "a", 100);
    // 40 s at 100 + 33.3 mc a second; credits of 2,050 pay fifteen whole seconds (1,999) and 51 of the sixteenth.
    assert_eq!(
        shape(&found),
        [(0, 60, Source::Allowance, 0), (60, 75, Source::Credits, 2_050), (75, 100, Source::Excess, 3_283)]
    );
    let paid = |place: usize| found[place].components.unwrap();
    assert_eq!(paid(1).total(), MilliCents(2_050));
    assert_eq!((paid(1).voice.0 + paid(2).voice.0, paid(1).telephony.0 + paid(2).telephony.0), (4_000, 1_333));
    // Not even one second: its segment is empty, and nothing is lost.
    let plan = terms(0, 6_000, 9, HoldPolicy::Buffer(60));
    let mut wallet = subscribed(Terms { excess: ExcessMode::Postpaid { limit: MilliCents(0) }, ..plan });
    let found = receipt_of(&mut wallet, "a", 1);
    assert_eq!(shape(&found), [(0, 0, Source::Credits, 9), (0, 1, Source::Excess, 124)]);
}

#[test]
fn on_the_calls_meter_one_call_of_the_quota_pays_for_all_its_seconds() {
    let plan = terms(0, 0, 0, HoldPolicy::Buffer(60));
    let mut wallet = subscribed(Terms { meter: Meter::Calls, included: 2, ..plan });
    let found = receipt_of(&mut wallet, "a", 250);
    assert_eq!(shape(&found), [(0, 250, Source::Allowance, 0)]);
    assert_eq!(found[0].components, None);
    assert_eq!(shape(&receipt_of(&mut wallet, "b", 0)), [(0, 0, Source::Allowance, 0)]);
}
