//! Commands, and what the ledger says to them.

use std::sync::Arc;

use jiff::Timestamp;

use super::call::{Call, CallOutcome, Placement};
use super::posting::PostingKind;
use super::take_back::{Credit, Reversal};
use super::wallet::Snapshot;
use crate::pricing::Standing;
use crate::units::{Meter, MilliCents, Seconds, words};

/// A wish to change one wallet. Each has an id, given before it is queued: repeating a command changes nothing.
#[derive(Clone, Debug)]
pub enum Command {
    /// Starts a subscription on a snapshot: opens the first period, grants free credits.
    Subscribe {
        /// Saved before the command is sent.
        snapshot: Arc<Snapshot>,
        /// Where its periods are counted from.
        anchor_at: Timestamp,
    },
    /// Opens every period that is due, and carries out what was to happen at its end. Any other command does so first.
    OpenPeriods,
    /// Puts the subscription on another snapshot.
    ChangePlan {
        /// Saved before the command is sent.
        snapshot: Arc<Snapshot>,
        /// Now: refused where the open holds would not be covered. At the period's end: always happens.
        effective: Effective,
    },
    /// Ends the subscription.
    Cancel(Effective),
    /// Says how the agency's payment requests stand.
    SetPaymentState(PaymentState),
    /// Credits lots: `key` is what paid for them, and pays once.
    CreditLots {
        /// E.g. the Checkout session's id.
        key: String,
        /// One lot each.
        lots: Vec<LotGrant>,
    },
    /// Credits lots and pays debt by one payment; what is paid beyond the debt of that moment becomes credits.
    CreditLotsAndDebt {
        /// E.g. the Checkout session's id.
        key: String,
        /// One lot each.
        lots: Vec<LotGrant>,
        /// What was paid for debt, not below zero.
        balance: MilliCents,
    },
    /// Adds money to the credits; debt is paid first. `key` is what paid for it, and pays once.
    CreditMoney {
        /// E.g. the Checkout session's id.
        key: String,
        /// Above zero.
        amount: MilliCents,
    },
    /// Adds money to the credits for free: debt stays. `key` is what granted it, and grants once.
    GrantMoney {
        /// E.g. the instruction's id.
        key: String,
        /// Above zero.
        amount: MilliCents,
    },
    /// A payment went back: takes back what it had bought, and what of it was used becomes debt. Its id counts once.
    TakeBack(Reversal),
    /// Takes back the unused part of lots, for a refund of as many whole cents as it is worth.
    TakeUnused {
        /// The lots.
        credit: Credit,
        /// Id of the refund to come, which counts once.
        id: String,
        /// What had been paid for them, above zero.
        paid: MilliCents,
    },
    /// A refund failed or a dispute was won: gives back what it took.
    GiveBack(Reversal),
    /// Reserves units for a call.
    PlaceHold(Placement),
    /// A call lives: extends its hold.
    Heartbeat {
        /// Which.
        id: String,
        /// Connected time so far; a lower figure than before is ignored.
        connected: Seconds,
    },
    /// Ends a call whose hold has lapsed, at its last heartbeat; one that has not is left alone.
    ExpireCall {
        /// Which.
        id: String,
    },
    /// Pays for messages from the credits.
    ChargeMessages {
        /// Given by the platform.
        id: String,
        /// How many, above zero.
        count: i64,
    },
    /// Pays for a month of a rented number from the credits.
    PayNumber {
        /// `{number}:{month}`: the number's id and the month's index.
        key: String,
        /// The first month: refused while payments are overdue beyond their grace, as anything new is. Later ones are
        /// owed and are taken all the same.
        begins: bool,
    },
    /// Ends a call: charges it or releases its hold.
    EndCall {
        /// Which.
        id: String,
        /// How it ended.
        outcome: CallOutcome,
        /// From first ring to the end.
        duration: Seconds,
        /// Connected time; zero unless answered.
        billed: Seconds,
    },
}

impl Command {
    /// What was bought that it is about to take back, or to give back.
    pub fn credit(&self) -> Option<&Credit> {
        match self {
            Command::TakeBack(reversal) | Command::GiveBack(reversal) => Some(&reversal.credit),
            Command::TakeUnused { credit, .. } => Some(credit),
            _ => None,
        }
    }

    /// The posting that it would leave, by which a repetition is known.
    pub fn posting_key(&self) -> Option<(PostingKind, &str)> {
        match self {
            Command::CreditLots { key, lots } | Command::CreditLotsAndDebt { key, lots, .. } => {
                Some((credit_kind(lots), key))
            }
            Command::CreditMoney { key, .. } => Some((PostingKind::TopUp, key)),
            Command::GrantMoney { key, .. } => Some((PostingKind::Grant, key)),
            Command::ChargeMessages { id, .. } => Some((PostingKind::Message, id)),
            Command::PayNumber { key, .. } => Some((PostingKind::Number, key)),
            _ => None,
        }
    }

    /// The call that it is about.
    pub fn call_id(&self) -> Option<&str> {
        match self {
            Command::PlaceHold(placement) => Some(&placement.id),
            Command::EndCall { id, .. } | Command::Heartbeat { id, .. } | Command::ExpireCall { id } => Some(id),
            _ => None,
        }
    }
}

/// What a credit of these lots is posted as: free ones are grants.
pub fn credit_kind(lots: &[LotGrant]) -> PostingKind {
    match lots.first().map(|lot| lot.source) {
        Some(LotSource::Grant) => PostingKind::Grant,
        _ => PostingKind::Pack,
    }
}

/// When a change of the subscription happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effective {
    /// In this posting.
    Now,
    /// When the current period ends.
    PeriodEnd,
}

/// How the agency's payment requests stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PaymentState {
    /// Nothing is overdue.
    #[default]
    Current,
    /// A request is overdue; calls go on.
    PastDue,
    /// Overdue beyond the grace days; calls are refused.
    Unpaid,
}

words!(PaymentState { Current = "current", PastDue = "past_due", Unpaid = "unpaid" });

/// Units to credit as one lot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotGrant {
    /// Shown name, e.g. the pack's.
    pub name: String,
    /// Unit.
    pub meter: Meter,
    /// Seconds or calls, above zero.
    pub units: i64,
    /// What was paid for it.
    pub price: MilliCents,
    /// Where it came from.
    pub source: LotSource,
    /// Id of the purchase or application, or the grant's reason.
    pub reference: String,
}

/// Where a lot came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LotSource {
    /// Stripe Checkout.
    Stripe,
    /// Applied by the agency.
    Agency,
    /// Granted for free.
    Grant,
}

words!(LotSource { Stripe = "stripe", Agency = "agency", Grant = "grant" });

/// What became of a command. Only given once it is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The subscription stands.
    Subscribed,
    /// All due periods are open.
    PeriodsOpen,
    /// Lots or money are credited, by the posting with this number.
    Credited {
        /// Number of the posting.
        seq: i64,
        /// True where an earlier command had done it.
        repeated: bool,
    },
    /// The hold stands, or the call that it was for, if it was placed before.
    Placed {
        /// The call as it is now.
        call: Box<Call>,
        /// True where an earlier command had placed it.
        repeated: bool,
    },
    /// The hold as the heartbeat leaves it.
    Beaten {
        /// The call as it is now; an ended one does not continue.
        call: Box<Call>,
        /// Talk time that the hold allows for.
        allowed: Seconds,
    },
    /// The subscription is changed, or will be at the period's end.
    Changed,
    /// The messages are paid.
    Charged {
        /// Number of the posting.
        seq: i64,
        /// True where an earlier command had paid them.
        repeated: bool,
    },
    /// The month of the number is paid, or costs nothing.
    NumberPaid {
        /// True where an earlier command had paid it.
        repeated: bool,
    },
    /// A refund or dispute is taken account of.
    Reversed {
        /// What it sends back.
        amount: MilliCents,
        /// True where an earlier command had done it.
        repeated: bool,
    },
    /// The call has ended.
    Ended {
        /// The call.
        call: Box<Call>,
        /// True where an earlier command had ended it.
        repeated: bool,
    },
}

/// Why a command was refused. A refusal is an answer, not a failure: nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The workspace never had a subscription.
    NoSubscription,
    /// The subscription has been cancelled and waits for its last call.
    SubscriptionEnding,
    /// A payment is overdue beyond the grace days.
    SubscriptionBlocked,
    /// The open holds would not be covered after the change.
    CallsInProgress,
    /// Available credits are below a price.
    InsufficientCredits {
        /// Posted and not held.
        available: MilliCents,
        /// The price.
        required: MilliCents,
    },
    /// It has one already.
    AlreadySubscribed,
    /// Capacity is below the hold of a call.
    InsufficientBalance(Box<Standing>),
    /// The id belongs to a call with other fields.
    IdConflict,
    /// No such call.
    UnknownCall,
    /// The call has ended with other figures.
    AlreadyCompleted(Box<Call>),
    /// Nothing was bought under this key.
    UnknownCredit,
    /// Every unit is used, or kept by an open hold.
    NothingUnused,
    /// A figure is outside of what the command allows.
    Invalid(&'static str),
}
