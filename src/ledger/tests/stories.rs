//! Stories with exact figures.

use super::*;
use crate::ledger::call::CallStatus;
use crate::ledger::command::{Answer, Effective, Refusal};
use crate::ledger::posting::PostingKind;

#[test]
fn allowance_goes_first_then_lots_oldest_first() {
    let mut wallet = subscribed(terms(10, 0, 0, HoldPolicy::Buffer(60)));
    let now = at("2026-11-02T12:00:00Z");
    decide(&mut wallet, &pack("cs_1", &[5, 5]), now).unwrap();
    assert_eq!(wallet.standing().capacity(), 20 * 60);
    decide(&mut wallet, &place("a"), now).unwrap();
    decide(&mut wallet, &answered("a", 16 * 60), now).unwrap();
    assert_eq!((wallet.balances.allowance, wallet.balances.packs_secs), (0, 4 * 60));
    assert_eq!(wallet.lots.len(), 1);
    let posting = wallet.changes.postings.last().unwrap();
    let drawn: Vec<_> = posting.entries.iter().filter(|entry| entry.amount < 0).map(|entry| entry.amount).collect();
    assert_eq!(drawn, [-600, -300, -60]);
}

#[test]
fn a_purchase_counts_once_and_a_reset_leaves_it_alone() {
    let mut wallet = subscribed(terms(10, 0, 0, HoldPolicy::Buffer(60)));
    let now = at("2026-11-02T12:00:00Z");
    let first = decide(&mut wallet, &pack("cs_1", &[100]), now).unwrap();
    let again = decide(&mut wallet, &pack("cs_1", &[100]), now).unwrap();
    assert_eq!(first, Answer::Credited { seq: 2, repeated: false });
    assert_eq!(again, Answer::Credited { seq: 2, repeated: true });
    decide(&mut wallet, &place("a"), now).unwrap();
    decide(&mut wallet, &answered("a", 240), now).unwrap();
    // Three months on: each period once, unused units gone, the lot untouched.
    decide(&mut wallet, &Command::OpenPeriods, at("2027-02-02T12:00:00Z")).unwrap();
    let periods = wallet.changes.postings.iter().filter(|posting| posting.kind == PostingKind::Period);
    let keys: Vec<_> = periods.map(|posting| posting.key.as_str()).collect();
    assert_eq!(keys, ["1:0", "1:1", "1:2", "1:3"]);
    assert_eq!((wallet.balances.allowance, wallet.balances.packs_secs), (600, 6_000));
}

#[test]
fn the_period_s_use_goes_along_to_every_plan() {
    let mut wallet = subscribed(terms(100, 0, 0, HoldPolicy::Buffer(60)));
    let now = at("2026-11-02T12:00:00Z");
    let on = |wallet: &mut Wallet, id, terms| {
        let snapshot = Arc::new(Snapshot { id, terms });
        decide(wallet, &Command::ChangePlan { snapshot, effective: Effective::Now }, now).unwrap();
        wallet.balances.allowance
    };
    decide(&mut wallet, &place("a"), now).unwrap();
    decide(&mut wallet, &answered("a", 70 * 60), now).unwrap();
    let minutes = |included| terms(included, 0, 0, HoldPolicy::Buffer(60));
    assert_eq!(on(&mut wallet, 2, minutes(20)), 0);
    assert_eq!(on(&mut wallet, 3, minutes(100)), 30 * 60, "not what the plan between had hidden");
    assert_eq!(on(&mut wallet, 4, Terms { meter: Meter::Calls, included: 200, ..minutes(0) }), 200);
    assert_eq!(on(&mut wallet, 5, minutes(300)), 230 * 60);
    decide(&mut wallet, &Command::OpenPeriods, at("2026-12-02T12:00:00Z")).unwrap();
    assert_eq!(wallet.balances.allowance, 300 * 60, "a period begins with nothing used");
}

#[test]
fn more_than_was_held_is_drawn_only_as_far_as_the_other_holds_stay_covered() {
    let mut wallet = subscribed(terms(3, 0, 0, HoldPolicy::Buffer(60)));
    let now = at("2026-11-02T12:00:00Z");
    for id in ["a", "b", "c"] {
        decide(&mut wallet, &place(id), now).unwrap();
    }
    let Answer::Ended { call, .. } = decide(&mut wallet, &answered("a", 100), now).unwrap() else { panic!() };
    assert_eq!(call.end.unwrap().overrun, Seconds(40));
    assert_eq!(wallet.standing().capacity(), 0);
}

#[test]
fn an_unanswered_call_costs_nothing_and_repeats_itself() {
    let mut wallet = subscribed(terms(1, 0, 0, HoldPolicy::Buffer(60)));
    let now = at("2026-11-02T12:00:00Z");
    decide(&mut wallet, &place("a"), now).unwrap();
    assert!(matches!(decide(&mut wallet, &place("b"), now), Err(Refusal::InsufficientBalance(_))));
    let busy =
        Command::EndCall { id: "a".into(), outcome: CallOutcome::Busy, duration: Seconds(9), billed: Seconds(0) };
    let Answer::Ended { call, repeated } = decide(&mut wallet, &busy, now).unwrap() else { panic!() };
    assert_eq!((call.status, repeated), (CallStatus::Released, false));
    let Answer::Ended { call: same, repeated } = decide(&mut wallet, &busy, now).unwrap() else { panic!() };
    assert!(repeated);
    assert_eq!(same, call);
    assert!(matches!(decide(&mut wallet, &answered("a", 1), now), Err(Refusal::AlreadyCompleted(_))));
    assert_eq!(wallet.balances.allowance, 60);
    assert!(matches!(decide(&mut wallet, &place("b"), now), Ok(Answer::Placed { .. })));
}

#[test]
fn the_same_id_with_other_fields_is_a_conflict() {
    let mut wallet = subscribed(terms(10, 0, 0, HoldPolicy::Buffer(60)));
    let now = at("2026-11-02T12:00:00Z");
    decide(&mut wallet, &place("a"), now).unwrap();
    let Command::PlaceHold(mut other) = place("a") else { unreachable!() };
    other.recording = true;
    assert_eq!(decide(&mut wallet, &Command::PlaceHold(other), now), Err(Refusal::IdConflict));
    assert!(matches!(decide(&mut wallet, &place("a"), now), Ok(Answer::Placed { repeated: true, .. })));
}

#[test]
fn credits_pay_by_the_second_and_never_below_zero() {
    let flat = Terms {
        rates: Rates { voice: MilliCents(5_000), ..Rates::default() },
        ..terms(0, 0, 500_000, HoldPolicy::WorstCase)
    };
    let mut wallet = subscribed(flat);
    let now = at("2026-11-02T12:00:00Z");
    decide(&mut wallet, &place("a"), now).unwrap();
    assert_eq!(wallet.standing().held_mc(), MilliCents(300_000));
    let Answer::Ended { call, .. } = decide(&mut wallet, &answered("a", 90), now).unwrap() else { panic!() };
    assert_eq!(call.end.unwrap().credits, MilliCents(7_500));
    decide(&mut wallet, &place("b"), now).unwrap();
    // 492,500 mc pay 5,910 s at 5,000 mc/min, to the last milli-cent.
    let Answer::Ended { call, .. } = decide(&mut wallet, &answered("b", 86_400), now).unwrap() else { panic!() };
    assert_eq!(call.end.unwrap().overrun, Seconds(86_400 - 5_910));
    assert_eq!(wallet.balances.credits_mc, 0);
}
