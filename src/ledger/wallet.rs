//! A wallet in memory: its balances, open lots and holds, and how outcomes change them.

mod frame;
mod taken;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use frame::Frame;

use super::account::{Account, Entry, balanced};
use super::balances::Balances;
use super::call::Call;
use super::command::{Answer, PaymentState, Refusal};
use super::outcome::{CallChange, Changes, Draft, Outcome, PeriodOpened, Posted, Usage};
use super::period::{Period, PeriodUse};
use super::posting::{Hash, Posting, PostingKind, genesis};
use super::take_back::{Credit, TakeBack};
use crate::pricing::{ExcessMode, Standing, Terms};
use crate::units::{Meter, MilliCents, WorkspaceId, words};

/// An immutable copy of a plan's terms. Calls keep the one they were placed under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Unique per workspace.
    pub id: i64,
    /// What it promises.
    pub terms: Terms,
}

impl Snapshot {
    /// `Σ` per minute; on the calls meter the rate of a call.
    pub fn sigma(&self) -> MilliCents {
        match self.terms.meter {
            Meter::Minutes => self.terms.rates.sigma(),
            Meter::Calls => self.terms.rates.call.unwrap_or_default(),
        }
    }

    /// True where usage past every prepaid source is billed afterwards.
    pub fn is_postpaid(&self) -> bool {
        matches!(self.terms.excess, ExcessMode::Postpaid { .. })
    }
}

/// Where a subscription is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionState {
    /// Periods follow each other.
    Active,
    /// Cancelled; the calls that are open still draw from allowance and lots, new ones are refused.
    Ending,
    /// Over: no allowance, lots are frozen, credits go on at the snapshot's rates.
    Canceled,
}

words!(SubscriptionState { Active = "active", Ending = "ending", Canceled = "canceled" });

/// A subscription and the period it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// 1 for the first subscription of the workspace.
    pub number: i64,
    /// What it is on.
    pub snapshot: Arc<Snapshot>,
    /// Where periods are counted from.
    pub anchor_at: Timestamp,
    /// The current period, or the last one.
    pub period: Period,
    /// Where it is in its life.
    pub state: SubscriptionState,
    /// The snapshot that the next period opens on, if another.
    pub next: Option<Arc<Snapshot>>,
    /// Ends with the current period.
    pub cancel_at_end: bool,
    /// What the period had used when the plan last changed.
    pub used_before: PeriodUse,
}

impl Subscription {
    /// What the current period has of a snapshot's allowance, after what it had used before.
    pub fn granted(&self, snapshot: &Snapshot) -> i64 {
        (snapshot.terms.included - self.used_before.of(snapshot.terms.meter)).max(0)
    }

    /// True while use past every prepaid source is billed afterwards.
    pub fn is_postpaid(&self) -> bool {
        self.state == SubscriptionState::Active && self.snapshot.is_postpaid()
    }

    /// True where the current period has ended and something follows it; after a cancellation nothing does.
    pub fn is_period_over(&self, now: Timestamp) -> bool {
        self.state == SubscriptionState::Active && self.period.ends_at <= now
    }
}

/// A lot with something left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lot {
    /// 1, 2, 3 … per workspace; older lots have smaller numbers.
    pub number: i64,
    /// Unit.
    pub meter: Meter,
    /// Units left.
    pub remaining: i64,
}

/// Holds that were placed under one snapshot, summed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The snapshot.
    pub snapshot: Arc<Snapshot>,
    /// How many calls.
    pub calls: i64,
    /// Units of the snapshot's meter.
    pub units: i64,
}

/// The wallet of one workspace, as far as the commands at hand need it.
#[derive(Clone, Debug)]
pub struct Wallet {
    /// Whose.
    pub workspace: WorkspaceId,
    /// How often its row was changed when it was loaded.
    pub version: i64,
    /// Zone of its days and periods.
    pub zone: TimeZone,
    /// Number of the last posting.
    pub seq: i64,
    /// Hash of the last posting.
    pub head: Hash,
    /// When the last posting was recorded; time never runs back behind it.
    pub last_posted_at: Timestamp,
    /// Number of the newest lot.
    pub lots_created: i64,
    /// The current subscription, or the last one.
    pub subscription: Option<Subscription>,
    /// How the agency's payment requests stand.
    pub payment: PaymentState,
    /// Posted balances.
    pub balances: Balances,
    /// The part of the excess that belongs to earlier periods.
    pub excess_before_mc: i64,
    /// Open lots, oldest first.
    pub lots: Vec<Lot>,
    /// Credits that wait to be taken back, and those that the commands at hand are about; oldest first.
    pub take_backs: Vec<TakeBack>,
    /// What credited those of the commands at hand: number and entries, of postings that were loaded.
    pub credited: HashMap<Credit, (i64, Vec<Entry>)>,
    /// Open holds by snapshot.
    pub held: Vec<Held>,
    /// Calls that the commands at hand name, where they exist.
    pub calls: HashMap<String, Call>,
    /// Postings that the commands at hand would repeat, where they exist.
    pub posted: HashMap<(PostingKind, String), Posted>,
    /// Somebody wants to be told of each settled call.
    pub tells_settled: bool,
    /// Its frame as it was loaded.
    pub loaded: Frame,
    /// What changed since it was loaded.
    pub changes: Changes,
}

impl Wallet {
    /// A wallet before its first posting.
    pub fn new(workspace: WorkspaceId, zone: TimeZone, created_at: Timestamp) -> Self {
        Self {
            workspace,
            version: 0,
            zone,
            seq: 0,
            head: genesis(workspace),
            last_posted_at: created_at,
            lots_created: 0,
            subscription: None,
            payment: PaymentState::default(),
            balances: Balances::default(),
            excess_before_mc: 0,
            lots: Vec::new(),
            take_backs: Vec::new(),
            credited: HashMap::new(),
            held: Vec::new(),
            calls: HashMap::new(),
            posted: HashMap::new(),
            tells_settled: false,
            loaded: Frame::default(),
            changes: Changes::default(),
        }
    }

    /// The figures that decide whether a call is accepted. Holds in another unit than the plan's take part in no sum.
    pub fn standing(&self) -> Standing {
        let posted = MilliCents(self.balances.credits_mc);
        let Some(subscription) = &self.subscription else { return Standing { posted, ..Standing::default() } };
        let snapshot = &subscription.snapshot;
        let (meter, sigma) = (snapshot.terms.meter, snapshot.sigma());
        let held = || self.held.iter().filter(|held| held.snapshot.terms.meter == meter);
        let postpaid = subscription.is_postpaid();
        let limit_reached = match snapshot.terms.excess {
            ExcessMode::Postpaid { limit } => postpaid && limit.0 > 0 && self.excess_of_period() >= limit,
            ExcessMode::Refuse => false,
        };
        Standing {
            meter,
            allowance: self.balances.allowance,
            lots: self.usable_lots().map(|lot| lot.remaining).sum(),
            posted,
            held: held().map(|held| held.units).sum(),
            sigma,
            sigma_max: held().map(|held| held.snapshot.sigma()).fold(sigma, MilliCents::max),
            hold: snapshot.terms.hold_units(),
            postpaid,
            limit_reached,
        }
    }

    /// Excess of the current period.
    pub fn excess_of_period(&self) -> MilliCents {
        MilliCents(self.balances.excess_mc - self.excess_before_mc)
    }

    /// Lots that calls of the plan may draw from now, oldest first; the others are frozen.
    pub fn usable_lots(&self) -> impl Iterator<Item = &Lot> {
        let meter = self.meter_in_use();
        self.lots.iter().filter(move |lot| Some(lot.meter) == meter)
    }

    /// The unit of allowance and lots, while the subscription lasts.
    pub fn meter_in_use(&self) -> Option<Meter> {
        let lasting = self.subscription.as_ref().filter(|it| it.state != SubscriptionState::Canceled)?;
        Some(lasting.snapshot.terms.meter)
    }

    /// How many calls are open.
    pub fn open_calls(&self) -> i64 {
        self.held.iter().map(|held| held.calls).sum()
    }

    /// Carries an outcome out in memory and notes what has to be saved.
    pub fn apply(&mut self, outcome: Outcome, now: Timestamp) -> Result<Answer, Refusal> {
        let first_seq = self.seq + 1;
        for grant in outcome.lots {
            self.lots_created += 1;
            self.lots.push(Lot { number: self.lots_created, meter: grant.meter, remaining: 0 });
            self.changes.lots_granted.insert(self.lots_created, (grant, first_seq, 0));
        }
        let opening = outcome.postings.iter().position(|draft| draft.kind == PostingKind::Period);
        for draft in outcome.postings {
            self.post(draft, now);
        }
        if let Some(take_back) = outcome.take_back {
            self.remember(take_back);
        }
        if let Some(subscription) = outcome.subscription {
            let opened = opening.map(|at| first_seq + at as i64);
            self.changes.periods.extend(opened.map(|seq| period_opened(&subscription, seq, now)));
            self.subscription = Some(subscription);
            self.changes.frame = true;
        }
        if let Some(payment) = outcome.payment {
            self.payment = payment;
            self.changes.frame = true;
        }
        match outcome.call {
            Some(CallChange::Placed(call)) => self.place(*call),
            Some(change) => self.change_call(change),
            None => {}
        }
        if outcome.usage != Usage::default() {
            let day = now.to_zoned(self.zone.clone()).date();
            self.changes.usage.entry(day).or_default().add(outcome.usage);
        }
        outcome.answer
    }

    fn post(&mut self, draft: Draft, now: Timestamp) {
        debug_assert!(balanced(&draft.entries), "entries of a posting sum to zero");
        for entry in &draft.entries {
            self.balances.fold(entry);
            if let Account::Lot(meter, number) = entry.account {
                self.change_lot(meter, number, entry.amount);
            }
        }
        self.seq += 1;
        let posting = Posting {
            seq: self.seq,
            kind: draft.kind,
            key: draft.key,
            occurred_at: draft.occurred_at,
            recorded_at: now,
            entries: draft.entries,
            after: self.balances,
            prev_hash: self.head,
        };
        self.head = posting.hash(self.workspace);
        self.last_posted_at = now;
        if posting.kind == PostingKind::Period {
            self.excess_before_mc = self.balances.excess_mc;
        }
        let last_amount = posting.entries.last().map_or(0, |entry| entry.amount);
        self.posted.insert((posting.kind, posting.key.clone()), Posted { seq: posting.seq, last_amount });
        self.changes.postings.push(posting);
    }

    fn change_lot(&mut self, meter: Meter, number: i64, amount: i64) {
        let at = self.open_lot(meter, number, amount);
        self.lots[at].remaining += amount;
        let remaining = self.lots[at].remaining;
        match self.changes.lots_granted.get_mut(&number) {
            Some((_, _, left)) => *left = remaining,
            None => _ = self.changes.lots_drawn.insert(number, remaining),
        }
        if remaining == 0 {
            self.lots.remove(at);
        }
    }

    fn place(&mut self, call: Call) {
        let subscription = self.subscription.as_ref().expect("holds are placed under a subscription");
        let snapshot = subscription.snapshot.clone();
        match self.held.iter_mut().find(|held| held.snapshot.id == call.snapshot) {
            Some(held) => {
                held.calls += 1;
                held.units += call.held_units;
            }
            None => self.held.push(Held { snapshot, calls: 1, units: call.held_units }),
        }
        self.changes.calls_placed.push(call.placement.id.clone());
        self.calls.insert(call.placement.id.clone(), call);
    }

    /// A change of a loaded call, and of what is held for it.
    fn change_call(&mut self, change: CallChange) {
        let loaded = "only a loaded call changes";
        let (id, units, calls) = match change {
            CallChange::Placed(_) => return,
            CallChange::Late { id, late } => {
                let call = self.calls.get_mut(&id).expect(loaded);
                call.end.as_mut().expect("a late figure follows an end").late = late;
                (id, 0, 0)
            }
            CallChange::Beaten { id, connected, held_units, hold_mc } => {
                let call = self.calls.get_mut(&id).expect(loaded);
                let more = held_units - call.held_units;
                (call.connected, call.held_units, call.hold_mc) = (Some(connected), held_units, hold_mc);
                (id, more, 0)
            }
            CallChange::Ended { id, status, end } => {
                let call = self.calls.get_mut(&id).expect(loaded);
                (call.status, call.end) = (status, Some(end));
                let units = call.held_units;
                (id, -units, -1)
            }
        };
        let uncovered = self.calls[&id].end.as_ref().map_or(0, |end| end.overrun.0 + end.late.0);
        if uncovered > 0 {
            self.changes.overruns.insert(id.clone(), uncovered);
        }
        let snapshot = self.calls[&id].snapshot;
        if let Some(at) = self.held.iter().position(|held| held.snapshot.id == snapshot) {
            self.held[at].units += units;
            self.held[at].calls += calls;
            if self.held[at].calls == 0 {
                self.held.remove(at);
            }
        }
        self.changes.calls_changed.insert(id);
    }
}

/// What the posting with this number opened, or ended.
fn period_opened(subscription: &Subscription, seq: i64, now: Timestamp) -> PeriodOpened {
    let Period { index, starts_at, ends_at } = subscription.period;
    let ended = subscription.state == SubscriptionState::Canceled;
    PeriodOpened {
        seq,
        subscription: subscription.number,
        snapshot: subscription.snapshot.id,
        opened: (!ended).then_some((index, ends_at)),
        starts_at: if ended { now.min(ends_at) } else { starts_at },
    }
}
