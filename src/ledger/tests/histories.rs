//! Random histories: what must hold after every command (SPEC §7).

use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::ledger::audit::{Audit, ChargedCall};
use crate::ledger::command::{Answer, Effective, PaymentState, Refusal};
use crate::ledger::posting::PostingKind;
use crate::ledger::receipt::{Source, segments};
use crate::ledger::take_back::{Cause, Credit, Reversal};

/// A step of a random history.
#[derive(Clone, Debug)]
enum Step {
    Place(u8),
    End(u8, CallOutcome, i64),
    Beat(u8, i64),
    Expire(u8),
    Buy(u8, Vec<i64>),
    TopUp(u8, i64),
    Messages(u8, i64),
    Refund(u8, u8, i64),
    Fail(u8, u8),
    Change(usize, Effective),
    Cancel(Effective),
    Subscribe(usize),
    Pay(PaymentState),
    Wait(i64),
}

fn effective() -> impl Strategy<Value = Effective> {
    prop_oneof![Just(Effective::Now), Just(Effective::PeriodEnd)]
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
        1 => (0..6_u8, 1..300_000_i64).prop_map(|(key, amount)| Step::TopUp(key, amount)),
        2 => (0..24_u8, 0..900_i64).prop_map(|(call, secs)| Step::Beat(call, secs)),
        2 => (0..24_u8).prop_map(Step::Expire),
        1 => (0..6_u8, 1..9_i64).prop_map(|(key, count)| Step::Messages(key, count)),
        1 => (0..6_u8, 0..4_u8, 1..1_200_i64).prop_map(|(key, id, cents)| Step::Refund(key, id, cents)),
        1 => (0..6_u8, 0..4_u8).prop_map(|(key, id)| Step::Fail(key, id)),
        1 => (0..4_usize, effective()).prop_map(|(plan, when)| Step::Change(plan, when)),
        1 => effective().prop_map(Step::Cancel),
        1 => (0..4_usize).prop_map(Step::Subscribe),
        1 => prop_oneof![Just(PaymentState::Current), Just(PaymentState::Unpaid)].prop_map(Step::Pay),
        1 => prop_oneof![0..40 * 86_400_i64, 0..6_000_i64].prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..80)
}

fn plan() -> impl Strategy<Value = Terms> {
    let hold = prop_oneof![Just(HoldPolicy::WorstCase), (1..400_i64).prop_map(HoldPolicy::Buffer)];
    let excess = prop_oneof![
        3 => Just(ExcessMode::Refuse),
        1 => (0..40_000_i64).prop_map(|limit| ExcessMode::Postpaid { limit: MilliCents(limit) }),
    ];
    let meter = prop_oneof![4 => Just(Meter::Minutes), 1 => Just(Meter::Calls)];
    (0..40_i64, prop_oneof![Just(0), 1..9_000_i64], 0..900_000_i64, hold, excess, meter).prop_map(
        |(minutes, voice, free, hold, excess, meter)| {
            let base = terms(minutes, voice, free, hold);
            let included = minutes * meter.per_piece();
            let call = (meter == Meter::Calls && voice > 0).then_some(MilliCents(voice));
            Terms {
                included,
                meter,
                excess,
                rates: Rates { message: MilliCents(voice / 7), call, ..base.rates },
                ..base
            }
        },
    )
}

/// The plan at first, and those that it may be changed to.
fn plans() -> impl Strategy<Value = Vec<Terms>> {
    prop::collection::vec(plan(), 4)
}

/// The snapshots of a history: number 1 is the first plan's.
fn snapshots(plans: &[Terms]) -> Vec<Arc<Snapshot>> {
    (1..).zip(plans).map(|(id, terms)| Arc::new(Snapshot { id, terms: terms.clone() })).collect()
}

fn command_of(step: &Step, snapshots: &[Arc<Snapshot>], now: Timestamp) -> Command {
    match step {
        Step::Place(call) => place(&format!("call{call}")),
        Step::End(call, outcome, secs) => {
            let billed = if *outcome == CallOutcome::Answered { *secs } else { 0 };
            let duration = Seconds(*secs);
            Command::EndCall { id: format!("call{call}"), outcome: *outcome, duration, billed: Seconds(billed) }
        }
        Step::Beat(call, secs) => Command::Heartbeat { id: format!("call{call}"), connected: Seconds(*secs) },
        Step::Expire(call) => Command::ExpireCall { id: format!("call{call}") },
        Step::Buy(key, minutes) => pack(&format!("cs_{key}"), minutes),
        Step::TopUp(key, amount) => Command::CreditMoney { key: format!("cs_{key}"), amount: MilliCents(*amount) },
        Step::Refund(key, id, cents) => Command::TakeBack(reversal(*key, *id, *cents)),
        Step::Fail(key, id) => Command::GiveBack(reversal(*key, *id, 1)),
        Step::Messages(key, count) => Command::ChargeMessages { id: format!("msg{key}"), count: *count },
        Step::Change(plan, effective) => {
            Command::ChangePlan { snapshot: snapshots[*plan].clone(), effective: *effective }
        }
        Step::Cancel(effective) => Command::Cancel(*effective),
        Step::Subscribe(plan) => Command::Subscribe { snapshot: snapshots[*plan].clone(), anchor_at: now },
        Step::Pay(state) => Command::SetPaymentState(*state),
        Step::Wait(_) => Command::OpenPeriods,
    }
}

/// Of a pack, or of credits where the id is odd.
fn reversal(key: u8, id: u8, cents: i64) -> Reversal {
    let named = format!("cs_{key}");
    let credit = if id.is_multiple_of(2) { Credit::Lots(named) } else { Credit::Money(named) };
    let (id, amount) = (format!("re_{key}_{id}"), MilliCents::from_cents(cents));
    Reversal { credit, id, cause: Cause::Refund, amount, paid: MilliCents(1_000_000) }
}

/// Folds all postings of a wallet as `reconcile` does.
fn findings(wallet: &Wallet) -> Vec<String> {
    let mut audit = Audit::new(WORKSPACE);
    for posting in &wallet.changes.postings {
        let charged = wallet.calls.get(&posting.key).and_then(|call| {
            let end = call.end.as_ref()?;
            let (billed, overrun) = (end.billed.0, end.overrun.0);
            let (credits_mc, excess_mc) = (end.credits.0, end.excess.0);
            Some(ChargedCall { status: call.status, seq: end.seq, billed, overrun, credits_mc, excess_mc })
        });
        audit.posting(posting, charged.filter(|_| posting.kind == PostingKind::Call));
    }
    audit.wallet(wallet);
    let mut held = std::collections::BTreeMap::new();
    for call in wallet.calls.values().filter(|call| call.end.is_none()) {
        let (calls, units) = held.entry(call.snapshot).or_insert((0, 0));
        (*calls, *units) = (*calls + 1, *units + call.held_units);
    }
    let held: Vec<_> = held.into_iter().map(|(snapshot, (calls, units))| (snapshot, calls, units)).collect();
    audit.held(wallet, &held);
    for take_back in &wallet.take_backs {
        audit.take_back(take_back, take_back.missing() > 0, wallet.open_calls());
    }
    audit.waiting(wallet.waiting(), wallet.waiting());
    let charged = wallet.calls.values().filter(|call| call.end.as_ref().is_some_and(|end| end.seq.is_some()));
    let charged = charged.count() as i64;
    let mut findings = audit.finish(charged);
    findings.retain(|finding| !finding.contains("have no row"));
    findings
}

/// What is wrong with the receipts of a wallet: segments that do not tile their call, sums that are not its charge.
fn wrong_receipts(wallet: &Wallet, snapshots: &[Arc<Snapshot>]) -> Vec<String> {
    let mut wrong = Vec::new();
    for call in wallet.calls.values() {
        let Some(end) = &call.end else { continue };
        let posting = wallet.changes.postings.iter().find(|posting| Some(posting.seq) == end.seq);
        let snapshot = snapshots.iter().find(|snapshot| snapshot.id == call.snapshot).unwrap();
        let found = segments(call, &snapshot.terms, posting);
        let mut reached = 0;
        for segment in &found {
            let adds_up = segment.components.is_none_or(|parts| parts.total() == segment.cost);
            if segment.from != reached || segment.to < segment.from || !adds_up {
                wrong.push(format!("{}: {segment:?} after {reached}", call.placement.id));
            }
            reached = segment.to;
        }
        let cost = |source| found.iter().filter(|it| it.source == source).map(|it| it.cost.0).sum::<i64>();
        let uncovered = found.iter().filter(|it| it.source == Source::Overrun).map(|it| it.to - it.from).sum::<i64>();
        let shown = (reached, cost(Source::Credits), cost(Source::Excess), uncovered);
        let due = (end.billed.0 + end.late.0, end.credits.0, end.excess.0, end.overrun.0 + end.late.0);
        if shown != due {
            wrong.push(format!("{} shows {shown:?}, its row says {due:?}", call.placement.id));
        }
    }
    wrong
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn every_history_keeps_the_invariants(plans in plans(), steps in steps()) {
        let mut wallet = subscribed(plans[0].clone());
        let snapshots = snapshots(&plans);
        let mut now = at("2026-11-01T12:00:00Z");
        for step in &steps {
            if let Step::Wait(secs) = step {
                now += SignedDuration::from_secs(*secs);
            }
            let command = command_of(step, &snapshots, now);
            // What is due happens first, so that what follows shows the command alone.
            decide(&mut wallet, &Command::OpenPeriods, now).unwrap();
            let before = wallet.standing();
            let answer = decide(&mut wallet, &command, now);
            let after = wallet.standing();
            prop_assert!(after.posted.0 >= 0 && after.allowance >= 0 && after.lots >= 0);
            match (step, &answer) {
                (Step::Place(_), Ok(Answer::Placed { repeated: false, .. })) => {
                    prop_assert!(after.postpaid || after.capacity() >= 0);
                }
                (Step::Place(_), Err(Refusal::InsufficientBalance(standing))) => {
                    prop_assert!(standing.paused_message().is_some());
                }
                // Money never goes to messages that calls hold; nothing is refused that fits.
                (Step::Messages(..), Ok(_)) => prop_assert!(after.capacity() >= before.capacity().min(0)),
                (Step::Change(_, Effective::Now), Ok(_)) => {
                    prop_assert!(after.postpaid || after.capacity() >= 0 || after == before);
                }
                _ => {}
            }
            // The same command again, at once: nothing changes.
            let postings = wallet.changes.postings.len();
            let again = decide(&mut wallet, &command, now);
            prop_assert_eq!(wallet.changes.postings.len(), postings, "{:?} repeated", step);
            if !matches!(step, Step::Cancel(_)) {
                prop_assert_eq!(again.is_ok(), answer.is_ok());
            }
        }
        prop_assert_eq!(findings(&wallet), Vec::<String>::new());
        prop_assert_eq!(wrong_receipts(&wallet, &snapshots), Vec::<String>::new());
    }

    /// Within one snapshot it is proved: an end never leaves the other holds uncovered.
    #[test]
    fn on_one_plan_an_end_leaves_the_other_holds_covered(plan in plan(), steps in steps()) {
        let mut wallet = subscribed(plan);
        let mut now = at("2026-11-01T12:00:00Z");
        for step in &steps {
            match step {
                Step::Change(..) | Step::Cancel(_) | Step::Subscribe(_) => continue,
                Step::Wait(secs) => now += SignedDuration::from_secs(*secs),
                _ => {}
            }
            _ = decide(&mut wallet, &command_of(step, &[], now), now);
            let standing = wallet.standing();
            prop_assert!(standing.postpaid || standing.capacity() >= 0, "{step:?} leaves {standing:?}");
        }
    }

    #[test]
    fn an_altered_entry_is_found(plan in plan(), steps in steps(), which in any::<prop::sample::Index>()) {
        let mut wallet = subscribed(plan.clone());
        let now = at("2026-11-02T12:00:00Z");
        let snapshots = snapshots(&vec![plan; 4]);
        for step in &steps {
            _ = decide(&mut wallet, &command_of(step, &snapshots, now), now);
        }
        let at = which.index(wallet.changes.postings.len());
        prop_assume!(!wallet.changes.postings[at].entries.is_empty());
        wallet.changes.postings[at].entries[0].amount += 1;
        prop_assert_ne!(findings(&wallet), Vec::<String>::new());
    }
}
