//! A wallet in memory: its balances, open lots and holds, and how outcomes change them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::account::{Account, Entry, balanced};
use super::call::{Call, CallEnd, CallStatus};
use super::command::{Answer, LotGrant};
use super::period::Period;
use super::posting::{Hash, Posting, PostingKind, genesis};
use crate::pricing::{Standing, Terms};
use crate::units::{Meter, MilliCents, WorkspaceId};

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
}

/// A subscription and the period it is in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// 1 for the first subscription of the workspace.
    pub number: i64,
    /// What it is on.
    pub snapshot: Arc<Snapshot>,
    /// Where periods are counted from.
    pub anchor_at: Timestamp,
    /// The current period.
    pub period: Period,
}

/// Posted balances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    /// Left of the period's allowance, in units of the plan's meter.
    pub allowance: i64,
    /// Left in all lots that count seconds.
    pub packs_secs: i64,
    /// Left in all lots that count calls.
    pub packs_calls: i64,
    /// Credits.
    pub credits_mc: i64,
}

impl Balances {
    /// Folds one entry in; accounts of other things leave the balances alone.
    pub fn fold(&mut self, entry: &Entry) {
        match entry.account {
            Account::Allowance(_) => self.allowance += entry.amount,
            Account::Lot(Meter::Minutes, _) => self.packs_secs += entry.amount,
            Account::Lot(Meter::Calls, _) => self.packs_calls += entry.amount,
            Account::Credits => self.credits_mc += entry.amount,
            _ => {}
        }
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
    /// The current subscription.
    pub subscription: Option<Subscription>,
    /// Posted balances.
    pub balances: Balances,
    /// Open lots, oldest first.
    pub lots: Vec<Lot>,
    /// Open holds by snapshot.
    pub held: Vec<Held>,
    /// Calls that the commands at hand name, where they exist.
    pub calls: HashMap<String, Call>,
    /// Postings that the commands at hand would repeat, where they exist.
    pub posted: HashMap<(PostingKind, String), i64>,
    /// What changed since it was loaded.
    pub changes: Changes,
}

/// What has to be saved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// New postings in order.
    pub postings: Vec<Posting>,
    /// New lots by number: what was granted, by which posting, and what is left by now.
    pub lots_granted: BTreeMap<i64, (LotGrant, i64, i64)>,
    /// Older lots by number: what is left by now.
    pub lots_drawn: BTreeMap<i64, i64>,
    /// Ids of new calls.
    pub calls_placed: Vec<String>,
    /// Ids of older calls that ended.
    pub calls_ended: Vec<String>,
    /// Something of the wallet's own row changed.
    pub wallet: bool,
}

/// A posting before it has its number and place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// What it is about.
    pub kind: PostingKind,
    /// Id of what caused it.
    pub key: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// Balanced entries.
    pub entries: Vec<Entry>,
}

/// What a command does: postings, hold changes, or both, and the answer to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// In order.
    pub postings: Vec<Draft>,
    /// The subscription afterwards, where it changes.
    pub subscription: Option<Subscription>,
    /// Lots to create, numbered on from the newest; the entries name them by that number.
    pub lots: Vec<LotGrant>,
    /// The call afterwards, where one is placed or ends.
    pub call: Option<CallChange>,
    /// What to answer once it is durable.
    pub answer: Answer,
}

/// A change of a call's hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallChange {
    /// A hold is placed.
    Placed(Box<Call>),
    /// A hold ends.
    Ended {
        /// Which call.
        id: String,
        /// Settled or released.
        status: CallStatus,
        /// What came of it.
        end: CallEnd,
    },
}

impl Outcome {
    /// An outcome that changes nothing.
    pub fn unchanged(answer: Answer) -> Self {
        Self { postings: Vec::new(), subscription: None, lots: Vec::new(), call: None, answer }
    }
}

impl Wallet {
    /// A wallet before its first posting.
    pub fn new(workspace: WorkspaceId, zone: TimeZone, created_at: Timestamp) -> Self {
        Self {
            workspace,
            zone,
            seq: 0,
            head: genesis(workspace),
            last_posted_at: created_at,
            lots_created: 0,
            subscription: None,
            balances: Balances::default(),
            lots: Vec::new(),
            held: Vec::new(),
            calls: HashMap::new(),
            posted: HashMap::new(),
            changes: Changes::default(),
        }
    }

    /// The figures that decide whether a call is accepted.
    pub fn standing(&self) -> Standing {
        let snapshot = self.subscription.as_ref().map(|subscription| &subscription.snapshot);
        let meter = snapshot.map(|snapshot| snapshot.terms.meter).unwrap_or_default();
        let sigma = snapshot.map(|snapshot| snapshot.sigma()).unwrap_or_default();
        let held_sigma = self.held.iter().map(|held| held.snapshot.sigma()).max().unwrap_or_default();
        Standing {
            meter,
            allowance: self.balances.allowance,
            lots: self.usable_lots().map(|lot| lot.remaining).sum(),
            posted: MilliCents(self.balances.credits_mc),
            held: self.held.iter().map(|held| held.units).sum(),
            sigma,
            sigma_max: sigma.max(held_sigma),
            hold: snapshot.map(|snapshot| snapshot.terms.hold_units()).unwrap_or_default(),
        }
    }

    /// Lots that calls may draw from now, oldest first; the others are frozen.
    pub fn usable_lots(&self) -> impl Iterator<Item = &Lot> {
        let meter = self.subscription.as_ref().map(|subscription| subscription.snapshot.terms.meter);
        self.lots.iter().filter(move |lot| Some(lot.meter) == meter)
    }

    /// Carries an outcome out in memory and notes what has to be saved.
    pub fn apply(&mut self, outcome: Outcome, now: Timestamp) -> Answer {
        let first_seq = self.seq + 1;
        for grant in outcome.lots {
            self.lots_created += 1;
            self.lots.push(Lot { number: self.lots_created, meter: grant.meter, remaining: 0 });
            self.changes.lots_granted.insert(self.lots_created, (grant, first_seq, 0));
        }
        for draft in outcome.postings {
            self.post(draft, now);
        }
        if let Some(subscription) = outcome.subscription {
            self.subscription = Some(subscription);
            self.changes.wallet = true;
        }
        match outcome.call {
            Some(CallChange::Placed(call)) => self.place(*call),
            Some(CallChange::Ended { id, status, end }) => self.end(&id, status, end),
            None => {}
        }
        outcome.answer
    }

    fn post(&mut self, draft: Draft, now: Timestamp) {
        debug_assert!(balanced(&draft.entries), "entries of a posting sum to zero");
        for entry in &draft.entries {
            self.balances.fold(entry);
            if let Account::Lot(_, number) = entry.account {
                self.change_lot(number, entry.amount);
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
        self.posted.insert((posting.kind, posting.key.clone()), posting.seq);
        self.changes.postings.push(posting);
        self.changes.wallet = true;
    }

    fn change_lot(&mut self, number: i64, amount: i64) {
        let at = self.lots.iter().position(|lot| lot.number == number).expect("entries name open lots");
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
        self.changes.wallet = true;
        self.calls.insert(call.placement.id.clone(), call);
    }

    fn end(&mut self, id: &str, status: CallStatus, end: CallEnd) {
        let call = self.calls.get_mut(id).expect("only a loaded call ends");
        call.status = status;
        call.end = Some(end);
        let at = self.held.iter().position(|held| held.snapshot.id == call.snapshot).expect("an open call is held");
        self.held[at].calls -= 1;
        self.held[at].units -= call.held_units;
        if self.held[at].calls == 0 {
            self.held.remove(at);
        }
        if !self.changes.calls_placed.iter().any(|placed| placed == id) {
            self.changes.calls_ended.push(id.to_owned());
        }
        self.changes.wallet = true;
    }
}
