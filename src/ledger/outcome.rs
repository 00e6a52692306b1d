//! What a command comes to, and what a wallet has to save for it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use super::account::Entry;
use super::call::{Call, CallEnd, CallStatus};
use super::command::{Answer, LotGrant, PaymentState, Refusal};
use super::event::Event;
use super::posting::{Posting, PostingKind};
use super::take_back::TakeBack;
use super::wallet::Subscription;
use crate::units::{MilliCents, Seconds};

/// A posting that a command would repeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Its number.
    pub seq: i64,
    /// Amount of its last entry, which tells messages of another count apart; 0 where it has none.
    pub last_amount: i64,
}

/// What one day used, by what paid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Answered calls.
    pub calls: i64,
    /// Connected seconds paid by the allowance.
    pub allowance_secs: i64,
    /// Connected seconds paid by lots.
    pub packs_secs: i64,
    /// Connected seconds paid by credits.
    pub credits_secs: i64,
    /// Connected seconds billed afterwards.
    pub excess_secs: i64,
    /// Credits and excess.
    pub charged_mc: i64,
}

impl Usage {
    /// Adds another share of the same day.
    pub fn add(&mut self, more: Usage) {
        self.calls += more.calls;
        self.allowance_secs += more.allowance_secs;
        self.packs_secs += more.packs_secs;
        self.credits_secs += more.credits_secs;
        self.excess_secs += more.excess_secs;
        self.charged_mc += more.charged_mc;
    }
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
    /// Credits of which more, or less, is taken back by now: the number of the posting that credited each.
    pub take_backs: BTreeSet<i64>,
    /// Periods that opened, and ends of subscriptions.
    pub periods: Vec<PeriodOpened>,
    /// Ids of new calls.
    pub calls_placed: Vec<String>,
    /// Ids of calls that changed after they were placed: a heartbeat, an end, a late report.
    pub calls_changed: BTreeSet<String>,
    /// Connected seconds that nothing covered, by call: for the agency to look at.
    pub overruns: BTreeMap<String, i64>,
    /// What was used, by day in the workspace's zone.
    pub usage: BTreeMap<Date, Usage>,
    /// What to tell, in order.
    pub events: Vec<Event>,
    /// The subscription or the payment state changed.
    pub frame: bool,
}

/// A period that opened, or the end of a subscription: what it is billed by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodOpened {
    /// Its posting.
    pub seq: i64,
    /// Number of the subscription.
    pub subscription: i64,
    /// The snapshot that it is on.
    pub snapshot: i64,
    /// Its index and end; `None` for the subscription's end.
    pub opened: Option<(i32, Timestamp)>,
    /// First instant.
    pub starts_at: Timestamp,
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
    /// How payment requests stand afterwards, where that changes.
    pub payment: Option<PaymentState>,
    /// Lots to create, numbered on from the newest; the entries name them by that number.
    pub lots: Vec<LotGrant>,
    /// How far a credit is taken back afterwards, where that changes.
    pub take_back: Option<TakeBack>,
    /// The call afterwards, where one is placed or ends.
    pub call: Option<CallChange>,
    /// What was used, on the day of the command.
    pub usage: Usage,
    /// What to answer once it is durable.
    pub answer: Result<Answer, Refusal>,
}

/// A change of a call's hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallChange {
    /// A hold is placed.
    Placed(Box<Call>),
    /// A heartbeat came: connected time, and what is held now.
    Beaten {
        /// Which call.
        id: String,
        /// Connected so far.
        connected: Seconds,
        /// Units held now.
        held_units: i64,
        /// What they cost at most; `None` where the plan has no rates.
        hold_mc: Option<MilliCents>,
    },
    /// A figure came after the hold had lapsed.
    Late {
        /// Which call.
        id: String,
        /// Connected seconds that are not charged.
        late: Seconds,
    },
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
        Self {
            postings: Vec::new(),
            subscription: None,
            payment: None,
            lots: Vec::new(),
            take_back: None,
            call: None,
            usage: Usage::default(),
            answer: Ok(answer),
        }
    }
}

impl Changes {
    /// True where there is nothing to save.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
