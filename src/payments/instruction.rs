//! Instructions: what somebody of the agency orders about a client's wallet, as it is stored under its form's key before
//! the ledger is told. Its id is the ledger's key.

pub mod repo;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ledger::{Effective, Refusal};
use crate::tenants::UserId;
use crate::units::{Meter, MilliCents, WorkspaceId, words};

/// What is ordered, with everything that carrying it out takes: nothing is looked up in the catalogue again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "deed", rename_all = "snake_case")]
pub enum Deed {
    /// Credits a pack and asks for its price.
    ApplyPack(Application),
    /// Gives units for free.
    GrantUnits {
        /// Unit.
        meter: Meter,
        /// Seconds or calls.
        units: i64,
        /// Why.
        reason: String,
    },
    /// Gives credits for free.
    GrantCredits {
        /// Above zero.
        amount: MilliCents,
        /// Why.
        reason: String,
    },
    /// Puts the subscription on a snapshot that was taken for it.
    ChangePlan {
        /// The snapshot.
        snapshot: i64,
        /// Public id of the plan.
        plan: String,
        /// Now, or at the period's end.
        effective: Effective,
    },
    /// Ends a subscription.
    Cancel {
        /// Its number: a later one is left alone.
        subscription: i64,
        /// Now, or at the period's end.
        effective: Effective,
    },
    /// Counts a payment that matched nothing as what it was meant for.
    AcceptPayment {
        /// The inbox item.
        item: i64,
        /// Id of the purchase.
        purchase: String,
        /// The Checkout session.
        session: String,
    },
    /// Begins a subscription, on a snapshot that was taken for it.
    Subscribe {
        /// The snapshot.
        snapshot: i64,
        /// Public id of the plan.
        plan: String,
    },
}

/// A pack that is applied: a copy of the offer, and the plan's days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Public id of the pack.
    pub pack: String,
    /// Its name at that time.
    pub name: String,
    /// Unit.
    pub meter: Meter,
    /// Seconds or calls.
    pub units: i64,
    /// Whole cents.
    pub price: MilliCents,
    /// Recorded as paid at once.
    pub paid: bool,
    /// From application to due date.
    pub due_days: u16,
    /// From due date to the refusal of calls.
    pub grace_days: u16,
}

/// An instruction as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// About whose wallet.
    pub workspace: WorkspaceId,
    /// `ins_…`
    pub id: String,
    /// One-use key of the form.
    pub form_key: String,
    /// By whom; `None`: Minutebank itself.
    pub given_by: Option<UserId>,
    /// What.
    pub deed: Deed,
    /// How it stands.
    pub status: Status,
    /// When it was given.
    pub created_at: Timestamp,
}

/// How an instruction stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// To be carried out.
    Open,
    /// Carried out.
    Done,
    /// The ledger refused: nothing changed.
    Refused(Why),
}

/// Why the ledger refused an instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Open calls would not be covered.
    CallsInProgress,
    /// There is a subscription.
    AlreadySubscribed,
    /// There is none that runs.
    NoSubscription,
    /// A figure is outside of what the ledger takes.
    Invalid,
}

words!(Why {
    CallsInProgress = "calls_in_progress",
    AlreadySubscribed = "already_subscribed",
    NoSubscription = "no_subscription",
    Invalid = "invalid",
});

impl From<&Refusal> for Why {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::CallsInProgress => Self::CallsInProgress,
            Refusal::AlreadySubscribed => Self::AlreadySubscribed,
            Refusal::NoSubscription | Refusal::SubscriptionEnding => Self::NoSubscription,
            _ => Self::Invalid,
        }
    }
}
