//! Small cases that a plausible formula gets wrong, each against the core, in figures that can be worked out by hand.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use minutebank::ledger::{
    Answer, Call, CallEnd, CallOutcome, CallStatus, Command, Direction, Effective, LotGrant, LotSource, Placement,
    Refusal, Snapshot, Wallet, decide,
};
use minutebank::pricing::{ExcessMode, HoldPolicy, Rates, Terms};
use minutebank::units::{Meter, MilliCents, Seconds, WorkspaceId};

use crate::fixture::{START, at, starter};

/// A wallet in memory, and what time it is there.
struct Desk {
    wallet: Wallet,
    now: Timestamp,
    snapshots: i64,
}

impl Desk {
    fn new(terms: Terms) -> Self {
        let wallet = Wallet::new(WorkspaceId(1), TimeZone::UTC, at(START));
        let mut desk = Self { wallet, now: at(START), snapshots: 0 };
        desk.subscribe(terms).unwrap();
        desk
    }

    fn obey(&mut self, command: Command) -> Result<Answer, Refusal> {
        decide(&mut self.wallet, &command, self.now)
    }

    fn snapshot(&mut self, terms: Terms) -> Arc<Snapshot> {
        self.snapshots += 1;
        Arc::new(Snapshot { id: self.snapshots, terms })
    }

    fn subscribe(&mut self, terms: Terms) -> Result<Answer, Refusal> {
        let snapshot = self.snapshot(terms);
        self.obey(Command::Subscribe { snapshot, anchor_at: self.now })
    }

    fn change(&mut self, terms: Terms, effective: Effective) -> Result<Answer, Refusal> {
        let snapshot = self.snapshot(terms);
        self.obey(Command::ChangePlan { snapshot, effective })
    }

    fn place(&mut self, id: &str) -> Result<Answer, Refusal> {
        self.obey(Command::PlaceHold(Placement {
            id: id.into(),
            direction: Direction::Outbound,
            agent: None,
            from: None,
            to: None,
            recording: false,
            metadata: None,
        }))
    }

    /// What came of an answered call.
    fn answered(&mut self, id: &str, secs: i64) -> CallEnd {
        let talk = Seconds(secs);
        self.ended(Command::EndCall { id: id.into(), outcome: CallOutcome::Answered, duration: talk, billed: talk })
    }

    fn ended(&mut self, command: Command) -> CallEnd {
        let Ok(Answer::Ended { call, .. }) = self.obey(command) else { panic!("the call ends") };
        call.end.unwrap()
    }

    fn beaten(&mut self, id: &str, connected: i64) -> Box<Call> {
        let beat = Command::Heartbeat { id: id.into(), connected: Seconds(connected) };
        let Ok(Answer::Beaten { call, .. }) = self.obey(beat) else { panic!("the heartbeat is heard") };
        call
    }

    fn lot(&mut self, units: i64) {
        let lot = LotGrant {
            name: "Small".into(),
            meter: Meter::Minutes,
            units,
            price: MilliCents(600_000),
            source: LotSource::Stripe,
            reference: "pur_1".into(),
        };
        self.obey(Command::CreditLots { key: "cs_1".into(), lots: vec![lot] }).unwrap();
    }

    fn later(&mut self, secs: i64) {
        self.now += SignedDuration::from_secs(secs);
    }

    fn capacity(&self) -> i64 {
        self.wallet.standing().capacity()
    }

    fn credits(&self) -> i64 {
        self.wallet.balances.credits_mc
    }
}

/// Credits only, at so much a minute of voice.
fn flat(voice: i64, credits: i64, hold: HoldPolicy) -> Terms {
    let rates = Rates { voice: MilliCents(voice), ..Rates::default() };
    Terms { included: 0, rates, free_credits: MilliCents(credits), hold, ..starter() }
}

#[test]
fn three_holds_of_61_seconds_fit_into_305_milli_cents() {
    // Each hold alone costs ceil(61*100/60) = 102, and three times that is more than there is. The sum costs 305.
    let mut desk = Desk::new(flat(100, 305, HoldPolicy::Buffer(61)));
    for id in ["a", "b", "c"] {
        desk.place(id).unwrap();
    }
    let standing = desk.wallet.standing();
    assert_eq!((standing.held_mc(), standing.available_mc(), standing.capacity()), (MilliCents(305), MilliCents(0), 0));
    assert!(matches!(desk.place("d"), Err(Refusal::InsufficientBalance(_))));
    for id in ["a", "b", "c"] {
        let end = desk.answered(id, 61);
        assert_eq!((end.credits, end.overrun), (MilliCents(101), Seconds(0)));
        assert!(desk.capacity() >= 0);
    }
    assert_eq!(desk.credits(), 2);
}

#[test]
fn a_dearer_plan_waits_for_the_hold_that_it_would_uncover() {
    // $3.00 cover an hour at 5,000 mc/min, and half an hour at 10,000.
    let mut desk = Desk::new(flat(5_000, 300_000, HoldPolicy::WorstCase));
    desk.place("a").unwrap();
    let dearer = flat(10_000, 0, HoldPolicy::WorstCase);
    assert_eq!(desk.change(dearer.clone(), Effective::Now), Err(Refusal::CallsInProgress));
    desk.change(dearer, Effective::PeriodEnd).unwrap();
    desk.later(31 * 86_400);
    desk.obey(Command::OpenPeriods).unwrap();
    assert_eq!(desk.capacity(), 1_800 - 3_600);
    assert!(matches!(desk.place("b"), Err(Refusal::InsufficientBalance(_))));
    // The call keeps the rates that it was placed under, and is covered by them to the end.
    let end = desk.answered("a", 3_600);
    assert_eq!((end.credits, end.overrun), (MilliCents(300_000), Seconds(0)));
    assert_eq!((desk.credits(), desk.capacity()), (0, 0));
}

#[test]
fn a_smaller_allowance_under_ten_holds_leaves_overrun_and_no_debt() {
    let mut desk = Desk::new(Terms { included: 600, ..starter() });
    for call in 0..10 {
        desk.place(&format!("{call}")).unwrap();
    }
    let smaller = Terms { included: 100, ..starter() };
    assert_eq!(desk.change(smaller.clone(), Effective::Now), Err(Refusal::CallsInProgress));
    desk.change(smaller, Effective::PeriodEnd).unwrap();
    desk.later(31 * 86_400);
    desk.obey(Command::OpenPeriods).unwrap();
    assert_eq!(desk.capacity(), 100 - 600);
    let overruns: Vec<i64> = (0..10).map(|call| desk.answered(&format!("{call}"), 60).overrun.0).collect();
    assert_eq!(overruns, [0, 20, 60, 60, 60, 60, 60, 60, 60, 60]);
    assert_eq!((desk.wallet.balances.allowance, desk.capacity()), (0, 0));
}

#[test]
fn a_call_that_runs_when_the_plan_is_cancelled_still_has_its_units() {
    let mut desk = Desk::new(Terms { included: 100, ..flat(6_000, 50_000, HoldPolicy::Buffer(60)) });
    desk.lot(300);
    desk.place("a").unwrap();
    desk.obey(Command::Cancel(Effective::Now)).unwrap();
    assert_eq!(desk.place("b"), Err(Refusal::SubscriptionEnding));
    assert_eq!(desk.beaten("a", 90).held_units, 150);
    let end = desk.answered("a", 150);
    assert_eq!((end.credits, end.overrun), (MilliCents(0), Seconds(0)));
    // The allowance is gone and what is left in the lot is frozen; credits go on.
    assert_eq!((desk.wallet.balances.allowance, desk.wallet.balances.packs_secs), (0, 250));
    assert_eq!(desk.capacity(), 500);
    desk.place("c").unwrap();
    assert_eq!(desk.answered("c", 60).credits, MilliCents(6_000));
    // A new subscription thaws the lot.
    desk.later(86_400);
    desk.subscribe(Terms { included: 100, ..starter() }).unwrap();
    assert_eq!((desk.wallet.balances.packs_secs, desk.capacity()), (250, 350));
}

#[test]
fn an_unrecorded_call_may_outlast_its_hold_by_what_recording_would_have_cost() {
    let mut terms = flat(10_000, 100_000, HoldPolicy::Buffer(300));
    (terms.rates.telephony, terms.rates.recording) = (MilliCents(8_000), MilliCents(2_000));
    let mut desk = Desk::new(terms);
    let Ok(Answer::Placed { call, .. }) = desk.place("a") else { panic!() };
    assert_eq!((call.held_units, desk.capacity()), (300, 0));
    let end = desk.answered("a", 333);
    assert_eq!((end.credits, end.overrun, desk.credits()), (MilliCents(99_900), Seconds(0), 100));
}

#[test]
fn without_rates_credits_buy_nothing_and_divide_by_nothing() {
    let mut desk = Desk::new(Terms { included: 90, free_credits: MilliCents(500_000), ..starter() });
    assert_eq!(desk.capacity(), 90);
    desk.place("a").unwrap();
    assert_eq!(desk.wallet.standing().held_mc(), MilliCents(0));
    assert!(matches!(desk.place("b"), Err(Refusal::InsufficientBalance(_))));
    let end = desk.answered("a", 120);
    assert_eq!((end.credits, end.overrun), (MilliCents(0), Seconds(30)));
    assert_eq!((desk.wallet.balances.allowance, desk.credits()), (0, 500_000));
}

#[test]
fn a_forgotten_call_ends_at_its_last_heartbeat() {
    let mut desk = Desk::new(flat(6_000, 50_000, HoldPolicy::Buffer(60)));
    desk.place("a").unwrap();
    desk.place("b").unwrap();
    assert_eq!(desk.beaten("a", 90).held_units, 150);
    desk.later(3_600 + 599);
    let expire = |id: &str| Command::ExpireCall { id: id.into() };
    desk.obey(expire("a")).unwrap();
    assert_eq!(desk.wallet.open_calls(), 2, "neither has lapsed");
    desk.later(1);
    let end = desk.ended(expire("a"));
    assert_eq!((end.outcome, end.billed, end.credits), (CallOutcome::Answered, Seconds(90), MilliCents(9_000)));
    let end = desk.ended(expire("b"));
    assert_eq!((end.outcome, end.credits), (CallOutcome::Failed, MilliCents(0)));
    let late = Seconds(200);
    let late = Command::EndCall { id: "a".into(), outcome: CallOutcome::Answered, duration: late, billed: late };
    let Err(Refusal::AlreadyCompleted(call)) = desk.obey(late) else { panic!("it has ended") };
    assert_eq!((call.status, desk.credits()), (CallStatus::Settled, 41_000));
}

#[test]
fn postpaid_calls_empty_what_is_posted_and_stop_at_the_limit() {
    let excess = ExcessMode::Postpaid { limit: MilliCents(10_000) };
    let mut desk = Desk::new(Terms { included: 60, excess, ..flat(6_000, 3_000, HoldPolicy::Buffer(60)) });
    desk.place("a").unwrap();
    desk.place("b").unwrap();
    assert_eq!(desk.wallet.standing().held, 0);
    let end = desk.answered("a", 120);
    assert_eq!((end.credits, end.excess), (MilliCents(3_000), MilliCents(3_000)));
    desk.place("c").unwrap();
    assert_eq!(desk.answered("b", 70).excess, MilliCents(7_000));
    assert!(matches!(desk.place("d"), Err(Refusal::InsufficientBalance(_))));
    desk.later(31 * 86_400);
    desk.place("d").unwrap();
    assert_eq!((desk.answered("c", 60).excess, desk.wallet.excess_of_period()), (MilliCents(0), MilliCents(0)));
}
