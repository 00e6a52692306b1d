//! Payment requests: what a client owes the agency for a period or for a pack that the agency applied (SPEC §3).
//!
//! # Rules
//! - One request for each period, one for each application of a pack: UNIQUE constraints decide.
//! - Owed is what is `pending`, `overdue` or `failed`; `paid` and `canceled` are closed. Closing happens once.
//! - A closed request that is paid all the same is an overpayment: the money lies in the agency's inbox.

pub mod repo;

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use crate::ledger::PaymentState;
use crate::pricing::Terms;
use crate::units::{MilliCents, WorkspaceId, words};

/// The least that is asked for; Stripe charges no less. What is below is carried over to the next cycle.
pub const LEAST_REQUEST: MilliCents = MilliCents::from_cents(50);

/// What a request comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestType {
    /// A period began, or a subscription ended.
    Cycle,
    /// The agency applied a pack.
    Pack,
}

words!(RequestType { Cycle = "cycle", Pack = "pack" });

/// What is asked for, in more detail than the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestKind {
    /// The price of a period.
    Plan,
    /// The price of a period and billable usage of the one before.
    PlanAndUsage,
    /// Billable usage alone.
    Usage,
    /// A pack.
    Pack,
}

words!(RequestKind { Plan = "plan", PlanAndUsage = "plan_and_usage", Usage = "usage", Pack = "pack" });

/// How a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestStatus {
    /// Not due yet.
    Pending,
    /// Past its due date.
    Overdue,
    /// A payment was tried and failed; it is still owed.
    Failed,
    /// Paid, through Checkout or as the agency says.
    Paid,
    /// Waived.
    Canceled,
}

words!(RequestStatus {
    Pending = "pending",
    Overdue = "overdue",
    Failed = "failed",
    Paid = "paid",
    Canceled = "canceled"
});

impl RequestStatus {
    /// True while it is to be paid.
    pub const fn is_owed(self) -> bool {
        matches!(self, Self::Pending | Self::Overdue | Self::Failed)
    }
}

/// What is asked for, and what it is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Name of the plan or pack.
    pub title: String,
    /// Of the plan's period or the pack.
    pub price: MilliCents,
    /// Billable usage of the ended period.
    pub excess: MilliCents,
    /// What was too little to ask for before.
    pub carried: MilliCents,
}

impl Asked {
    /// Their sum, rounded down to whole cents.
    pub fn amount(&self) -> MilliCents {
        MilliCents::from_cents(MilliCents(self.price.0 + self.excess.0 + self.carried.0).cents_down())
    }
}

/// When a request falls due, and when its days of grace end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// Overdue from here on.
    pub at: Timestamp,
    /// Calls are refused from here on.
    pub blocks_at: Timestamp,
}

impl Due {
    /// So many days of the workspace's calendar after `from`, as the plan's terms say.
    pub fn after(from: Timestamp, zone: &TimeZone, due_days: u16, grace_days: u16) -> Self {
        let from = from.to_zoned(zone.clone());
        let days = |days: u16| from.checked_add(i64::from(days).days()).expect("a due date within jiff's years");
        Self { at: days(due_days).timestamp(), blocks_at: days(due_days + grace_days).timestamp() }
    }
}

/// A request as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRequest {
    /// Whose.
    pub workspace: WorkspaceId,
    /// `req_…`
    pub id: String,
    /// What it comes from.
    pub type_: RequestType,
    /// What is asked for.
    pub asked: Asked,
    /// Whole cents.
    pub amount: MilliCents,
    /// The period that it is for, where it is a cycle's: start, and end unless the subscription ended.
    pub period: Option<(Timestamp, Option<Timestamp>)>,
    /// When it falls due.
    pub due: Due,
    /// How it stands.
    pub status: RequestStatus,
    /// What the agency noted when it marked it paid.
    pub external_reference: Option<String>,
    /// The Checkout session that paid it.
    pub paid_session: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was paid or canceled.
    pub closed_at: Option<Timestamp>,
}

/// Where a page of requests ends: the next one lies below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// When the last request was made.
    pub created_at: Timestamp,
    /// Its id, which tells requests of one instant apart.
    pub id: String,
}

impl PaymentRequest {
    /// Where a page ends whose last request this is.
    pub fn place(&self) -> Place {
        Place { created_at: self.created_at, id: self.id.clone() }
    }

    /// What is asked for, in more detail than the type.
    pub fn kind(&self) -> RequestKind {
        match (self.type_, self.asked.price.0 > 0, self.asked.excess.0 > 0) {
            (RequestType::Pack, ..) => RequestKind::Pack,
            (RequestType::Cycle, true, true) => RequestKind::PlanAndUsage,
            (RequestType::Cycle, true, false) => RequestKind::Plan,
            (RequestType::Cycle, false, _) => RequestKind::Usage,
        }
    }
}

/// A request to store.
#[derive(Clone, Debug)]
pub struct NewRequest<'a> {
    /// Whose.
    pub workspace: WorkspaceId,
    /// `req_…`
    pub id: &'a str,
    /// What it is for.
    pub cause: Cause<'a>,
    /// What is asked for; at least [`LEAST_REQUEST`].
    pub asked: &'a Asked,
    /// When it falls due.
    pub due: Due,
    /// When it is made.
    pub created_at: Timestamp,
}

/// What a request is for; each asks once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause<'a> {
    /// Number of the period's posting.
    Period(i64),
    /// Id of the instruction that applied a pack.
    Application(&'a str),
}

/// A period that is not billed yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbilled {
    /// Number of its posting.
    pub seq: i64,
    /// False where it is the end of a subscription, which has no price.
    pub opens: bool,
    /// First instant.
    pub starts_at: Timestamp,
    /// The snapshot that it opened on.
    pub terms: Terms,
    /// Billable usage of the period before.
    pub excess: MilliCents,
    /// Carried over from before.
    pub carried: MilliCents,
    /// Zone of the workspace's days.
    pub zone: TimeZone,
}

impl Unbilled {
    /// What it comes to: the price of the period that opens, the usage of the one that ended, the rest of before.
    pub fn asked(&self) -> Asked {
        Asked {
            title: self.terms.name.clone(),
            price: if self.opens { self.terms.price } else { MilliCents(0) },
            excess: self.excess,
            carried: self.carried,
        }
    }

    /// When a request for it falls due.
    pub fn due(&self) -> Due {
        Due::after(self.starts_at, &self.zone, self.terms.due_days, self.terms.grace_days)
    }
}

/// How a workspace stands that has requests past their due date; `unpaid`: one is past its days of grace, too.
pub const fn standing(overdue: bool, unpaid: bool) -> PaymentState {
    match (overdue, unpaid) {
        (_, true) => PaymentState::Unpaid,
        (true, false) => PaymentState::PastDue,
        (false, false) => PaymentState::Current,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_amount_is_rounded_down_to_whole_cents() {
        let asked = Asked {
            title: "Starter".into(),
            price: MilliCents(2_900_000),
            excess: MilliCents(10_999),
            carried: MilliCents(49_000),
        };
        assert_eq!(asked.amount(), MilliCents(2_959_000));
    }

    #[test]
    fn days_are_the_workspace_s_own() {
        // The clocks of New York go back on Nov 1: the same hour a day later is 25 hours away.
        let zone = TimeZone::get("America/New_York").unwrap();
        let due = Due::after("2026-10-31T16:00:00Z".parse().unwrap(), &zone, 1, 7);
        assert_eq!(due.at, "2026-11-01T17:00:00Z".parse().unwrap());
        assert_eq!(due.blocks_at, "2026-11-08T17:00:00Z".parse().unwrap());
    }
}
