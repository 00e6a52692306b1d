//! When a wallet tells that it runs low, is paused, goes on.

use super::*;
use crate::ledger::command::PaymentState;
use crate::ledger::event::EventKind;

fn told(wallet: &mut Wallet) -> Vec<&'static str> {
    std::mem::take(&mut wallet.changes.events).iter().map(|event| event.kind.as_str()).collect()
}

#[test]
fn a_crossing_is_told_once_and_running_calls_do_not_make_it_flap() {
    let mut wallet = subscribed(terms(4, 0, 0, HoldPolicy::Buffer(60)));
    let now = at("2026-11-02T12:00:00Z");
    assert_eq!(told(&mut wallet), [""; 0], "a subscription that begins is no crossing");
    for id in ["a", "b", "c", "d"] {
        decide(&mut wallet, &place(id), now).unwrap();
    }
    assert_eq!((wallet.standing().calls_that_fit(), told(&mut wallet)), (0, vec![]), "held is not used");
    for (id, due) in [("a", vec![]), ("b", vec![]), ("c", vec!["wallet.low"]), ("d", vec!["wallet.paused"])] {
        decide(&mut wallet, &answered(id, 60), now).unwrap();
        assert_eq!(told(&mut wallet), due, "{id}");
        decide(&mut wallet, &answered(id, 60), now).unwrap();
        assert_eq!(told(&mut wallet), [""; 0], "a repetition tells nothing");
    }
    assert!(decide(&mut wallet, &place("e"), now).is_err());
    assert_eq!(told(&mut wallet), [""; 0], "a refusal tells nothing");
    decide(&mut wallet, &pack("cs_1", &[1]), now).unwrap();
    assert_eq!(told(&mut wallet), ["wallet.credited", "wallet.resumed"], "one call fits: on, not low");
    // The reset of the next month: from one call to four is no crossing that anybody waits for.
    decide(&mut wallet, &Command::OpenPeriods, at("2026-12-02T12:00:00Z")).unwrap();
    assert_eq!(told(&mut wallet), [""; 0]);
}

#[test]
fn an_unpaid_request_pauses_and_its_payment_resumes() {
    let mut wallet = subscribed(terms(4, 0, 0, HoldPolicy::Buffer(60)));
    let now = at("2026-11-02T12:00:00Z");
    for (state, due) in [
        (PaymentState::PastDue, vec![]),
        (PaymentState::Unpaid, vec!["wallet.paused"]),
        (PaymentState::Unpaid, vec![]),
        (PaymentState::Current, vec!["wallet.resumed"]),
    ] {
        decide(&mut wallet, &Command::SetPaymentState(state), now).unwrap();
        assert_eq!(told(&mut wallet), due, "{state:?}");
    }
}

#[test]
fn what_was_added_is_told_with_its_amount() {
    let mut wallet = subscribed(terms(4, 6_000, 50_000, HoldPolicy::Buffer(60)));
    let free = &wallet.changes.events[0];
    assert_eq!((free.kind, free.data["amount_milli_cents"].as_i64()), (EventKind::Credited, Some(50_000)));
    decide(&mut wallet, &pack("cs_1", &[5, 5]), at("2026-11-02T12:00:00Z")).unwrap();
    let pack = wallet.changes.events.last().unwrap();
    assert_eq!((pack.kind, pack.data["amount_seconds"].as_i64()), (EventKind::Credited, Some(600)));
}
