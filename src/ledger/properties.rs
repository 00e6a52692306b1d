//! Random histories against the pure core: what must hold after every command (SPEC §7).

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::audit::{Audit, ChargedCall};
use super::call::{CallOutcome, CallStatus, Direction, Placement};
use super::command::{Answer, Command, LotGrant, LotSource, Refusal};
use super::decide::decide;
use super::posting::PostingKind;
use super::wallet::{Snapshot, Wallet};
use crate::pricing::{ExcessMode, HoldPolicy, PurchaseMode, Rates, Terms};
use crate::units::{Meter, MilliCents, Seconds, WorkspaceId};

const WORKSPACE: WorkspaceId = WorkspaceId(7);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn terms(included_minutes: i64, voice: i64, free_credits: i64, hold: HoldPolicy) -> Terms {
    Terms {
        name: "Starter".into(),
        price: MilliCents(2_900_000),
        meter: Meter::Minutes,
        included: included_minutes * 60,
        rates: Rates { voice: MilliCents(voice), telephony: MilliCents(voice / 3), ..Rates::default() },
        addons: true,
        purchase_mode: PurchaseMode::SelfService,
        max_call: Seconds(3_600),
        hold,
        excess: ExcessMode::Refuse,
        free_credits: MilliCents(free_credits),
        due_days: 1,
        grace_days: 7,
    }
}

/// A wallet with a running subscription, begun at the start of November.
fn subscribed(terms: Terms) -> Wallet {
    let start = at("2026-11-01T12:00:00Z");
    let mut wallet = Wallet::new(WORKSPACE, TimeZone::get("America/New_York").unwrap(), start);
    let snapshot = Arc::new(Snapshot { id: 1, terms });
    decide(&mut wallet, &Command::Subscribe { snapshot, anchor_at: start }, start).unwrap();
    wallet
}

fn place(id: &str) -> Command {
    Command::PlaceHold(Placement {
        id: id.into(),
        direction: Direction::Inbound,
        agent: None,
        from: None,
        to: None,
        recording: false,
        metadata: None,
    })
}

fn answered(id: &str, secs: i64) -> Command {
    let talk = Seconds(secs);
    Command::EndCall { id: id.into(), outcome: CallOutcome::Answered, duration: talk, billed: talk }
}

fn pack(key: &str, minutes: &[i64]) -> Command {
    let lot = |minutes: &i64| LotGrant {
        name: "Medium".into(),
        meter: Meter::Minutes,
        units: minutes * 60,
        price: MilliCents(1_000_000),
        source: LotSource::Stripe,
        reference: "pur_1".into(),
    };
    Command::CreditLots { key: key.into(), lots: minutes.iter().map(lot).collect() }
}

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

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Place(u8),
    End(u8, CallOutcome, i64),
    Buy(u8, Vec<i64>),
    Wait(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let outcome = prop_oneof![
        4 => Just(CallOutcome::Answered),
        1 => Just(CallOutcome::NoAnswer),
        1 => Just(CallOutcome::Voicemail),
    ];
    let step = prop_oneof![
        5 => (0..24_u8).prop_map(Step::Place),
        5 => (0..24_u8, outcome, 0..900_i64).prop_map(|(call, outcome, secs)| Step::End(call, outcome, secs)),
        1 => (0..6_u8, prop::collection::vec(1..6_i64, 1..4)).prop_map(|(key, minutes)| Step::Buy(key, minutes)),
        1 => (0..40 * 86_400_i64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..80)
}

fn plans() -> impl Strategy<Value = Terms> {
    let hold = prop_oneof![Just(HoldPolicy::WorstCase), (1..400_i64).prop_map(HoldPolicy::Buffer)];
    (0..40_i64, prop_oneof![Just(0), 1..9_000_i64], 0..900_000_i64, hold)
        .prop_map(|(minutes, voice, free, hold)| terms(minutes, voice, free, hold))
}

fn command_of(step: &Step) -> Command {
    match step {
        Step::Place(call) => place(&format!("call{call}")),
        Step::End(call, outcome, secs) => {
            let billed = if *outcome == CallOutcome::Answered { *secs } else { 0 };
            let duration = Seconds(*secs);
            Command::EndCall { id: format!("call{call}"), outcome: *outcome, duration, billed: Seconds(billed) }
        }
        Step::Buy(key, minutes) => pack(&format!("cs_{key}"), minutes),
        Step::Wait(_) => Command::OpenPeriods,
    }
}

/// Folds all postings of a wallet as `reconcile` does.
fn findings(wallet: &Wallet) -> Vec<String> {
    let mut audit = Audit::new(WORKSPACE);
    for posting in &wallet.changes.postings {
        let charged = wallet.calls.get(&posting.key).and_then(|call| {
            let end = call.end.as_ref()?;
            let (billed, overrun) = (end.billed.0, end.overrun.0);
            Some(ChargedCall { status: call.status, seq: end.seq, billed, overrun, credits_mc: end.credits.0 })
        });
        audit.posting(posting, charged.filter(|_| posting.kind == PostingKind::Call));
    }
    audit.wallet(wallet);
    let open = wallet.calls.values().filter(|call| call.end.is_none());
    let (calls, units) = open.fold((0, 0), |(calls, units), call| (calls + 1, units + call.held_units));
    let held: Vec<_> = [(1, calls, units)].into_iter().filter(|(_, calls, _)| *calls > 0).collect();
    audit.held(wallet, &held);
    let charged = wallet.calls.values().filter(|call| call.end.as_ref().is_some_and(|end| end.seq.is_some()));
    let charged = charged.count() as i64;
    let mut findings = audit.finish(charged);
    findings.retain(|finding| !finding.contains("have no row"));
    findings
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_invariants(plan in plans(), steps in steps()) {
        let mut wallet = subscribed(plan);
        let mut now = at("2026-11-01T12:00:00Z");
        for step in &steps {
            if let Step::Wait(secs) = step {
                now += SignedDuration::from_secs(*secs);
            }
            let before = wallet.standing();
            let answer = decide(&mut wallet, &command_of(step), now);
            let after = wallet.standing();
            prop_assert!(after.available_mc().0 >= 0, "money is never overdrawn: {after:?}");
            prop_assert!(after.posted.0 >= 0 && after.allowance >= 0 && after.lots >= 0);
            match (step, &answer) {
                // A period's end may take allowance from under open holds; nothing else may.
                (Step::End(..), Ok(_)) => prop_assert!(after.capacity() >= before.capacity().min(0)),
                (Step::Place(_), Ok(Answer::Placed { repeated: false, .. })) => prop_assert!(after.capacity() >= 0),
                (Step::Place(_), Err(Refusal::InsufficientBalance(standing))) => {
                    prop_assert!(standing.paused_message().is_some());
                }
                _ => {}
            }
            // The same command again, at once: nothing changes.
            let postings = wallet.changes.postings.len();
            let again = decide(&mut wallet, &command_of(step), now);
            prop_assert_eq!(wallet.changes.postings.len(), postings);
            prop_assert_eq!(again.is_ok(), answer.is_ok());
        }
        prop_assert_eq!(findings(&wallet), Vec::<String>::new());
    }

    #[test]
    fn an_altered_entry_is_found(plan in plans(), steps in steps(), which in any::<prop::sample::Index>()) {
        let mut wallet = subscribed(plan);
        let now = at("2026-11-02T12:00:00Z");
        for step in &steps {
            _ = decide(&mut wallet, &command_of(step), now);
        }
        let at = which.index(wallet.changes.postings.len());
        prop_assume!(!wallet.changes.postings[at].entries.is_empty());
        wallet.changes.postings[at].entries[0].amount += 1;
        prop_assert_ne!(findings(&wallet), Vec::<String>::new());
    }
}
