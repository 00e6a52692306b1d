//! Bills: what the agency asked a client to pay, what the client bought by itself, and what its saved card was charged, as
//! one list of the client's.

pub mod repo;

use jiff::Timestamp;

use super::request::{Asked, Due, PaymentRequest, Place, RequestKind, RequestStatus};
use super::topup::{Cause, Why};
use crate::units::{Meter, MilliCents};

/// Something that a client has to pay, or has paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bill {
    /// `req_…` or `pur_…`
    pub id: String,
    /// What it is for.
    pub what: Billed,
    /// Whole cents.
    pub amount: MilliCents,
    /// How it stands; a purchase is paid, a charge may be pending.
    pub status: RequestStatus,
    /// `pi_…` of what paid it, where that is known.
    pub payment_intent: Option<String>,
    /// What of that payment went back.
    pub returned: Returned,
    /// When it was asked for, or begun.
    pub issued_at: Timestamp,
    /// When it was paid or canceled.
    pub closed_at: Option<Timestamp>,
    /// Who paid through Checkout, a person's name.
    pub paid_by: Option<String>,
    /// Where Stripe shows its receipt.
    pub receipt_url: Option<String>,
}

/// What a bill is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Billed {
    /// The agency asked for it.
    Request {
        /// In more detail than its type.
        kind: RequestKind,
        /// What it is made of.
        asked: Asked,
        /// Start of its period, and the end, where it is a cycle's; see [`PaymentRequest::period`].
        period: Option<(Timestamp, Option<Timestamp>)>,
        /// When it falls due.
        due: Due,
    },
    /// Packs that were bought.
    Packs {
        /// Name of the pack at that time.
        name: String,
        /// Unit.
        meter: Meter,
        /// Seconds or calls of one pack.
        units_each: i64,
        /// How many.
        quantity: i64,
    },
    /// Credits that were bought.
    Credits,
    /// Credits for which a saved card was charged.
    Charge {
        /// Who wanted it.
        cause: Cause,
        /// `Visa ending 4242`
        card: String,
        /// Why nothing was charged.
        failed: Option<Why>,
    },
}

/// What of a payment went back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// By refunds that have not failed.
    pub refunded: MilliCents,
    /// By disputes that were not won.
    pub disputed: MilliCents,
}

impl Bill {
    /// True while its client has to pay it.
    pub const fn is_owed(&self) -> bool {
        matches!(self.what, Billed::Request { .. }) && self.status.is_owed()
    }

    /// Where a page ends whose last bill this is.
    pub fn place(&self) -> Place {
        Place { created_at: self.issued_at, id: self.id.clone() }
    }
}

/// A request that was not, or not yet, paid through Checkout.
impl From<PaymentRequest> for Bill {
    fn from(request: PaymentRequest) -> Self {
        let kind = request.kind();
        Self {
            id: request.id,
            what: Billed::Request { kind, asked: request.asked, period: request.period, due: request.due },
            amount: request.amount,
            status: request.status,
            payment_intent: None,
            returned: Returned::default(),
            issued_at: request.created_at,
            closed_at: request.closed_at,
            paid_by: None,
            receipt_url: None,
        }
    }
}

/// The newest of several lists, newest first.
fn newest_of(lists: [Vec<Bill>; 3], limit: usize) -> Vec<Bill> {
    let mut bills: Vec<Bill> = lists.into_iter().flatten().collect();
    bills.sort_by(|a, b| (b.issued_at, &b.id).cmp(&(a.issued_at, &a.id)));
    bills.truncate(limit);
    bills
}
