//! What a plan promises; a subscription keeps an immutable copy of it (SPEC §1).

use serde::{Deserialize, Serialize};

use super::Rates;
use crate::units::{Meter, MilliCents, Seconds};

/// Who starts the purchase of a pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PurchaseMode {
    /// The client buys in the browser.
    SelfService,
    /// The client asks the agency.
    ViaProvider,
}

/// How much is held for one call while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HoldPolicy {
    /// The maximum call duration.
    WorstCase,
    /// This many seconds, extended by heartbeats.
    Buffer(i64),
}

/// What happens once every prepaid source is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExcessMode {
    /// Calls are refused.
    Refuse,
    /// Usage goes on and is billed afterwards; refused once the period's excess reaches `limit` (0 = none).
    Postpaid {
        /// Milli-cents of excess per period, 0 for no limit.
        limit: MilliCents,
    },
}

/// The terms of a plan: what a period includes, what use costs, how calls are held and payments fall due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// The plan's name at the time of the copy.
    pub name: String,
    /// Price of a period, whole cents.
    pub price: MilliCents,
    /// Unit of allowance and packs.
    pub meter: Meter,
    /// Units of the meter included in each period.
    pub included: i64,
    /// Prices of use paid by credits or excess.
    pub rates: Rates,
    /// Add-on packs On or Off.
    pub addons: bool,
    /// Who starts the purchase of a pack.
    pub purchase_mode: PurchaseMode,
    /// Longest call, seconds.
    pub max_call: Seconds,
    /// How much is held for a call.
    pub hold: HoldPolicy,
    /// What happens once everything prepaid is used.
    pub excess: ExcessMode,
    /// Credits granted once at the start.
    pub free_credits: MilliCents,
    /// Days from a period's start to the payment's due date.
    pub due_days: u16,
    /// Days past due before calls are blocked.
    pub grace_days: u16,
}

impl Terms {
    /// Units of the meter held for one call: one call, or the seconds of the hold policy.
    pub fn hold_units(&self) -> i64 {
        match (self.meter, self.hold) {
            (Meter::Calls, _) => 1,
            (Meter::Minutes, HoldPolicy::WorstCase) => self.max_call.0,
            (Meter::Minutes, HoldPolicy::Buffer(seconds)) => seconds,
        }
    }
}
