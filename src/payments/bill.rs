//! Bills: what the agency asked a client to pay, and what the client bought by itself, as one list of the client's.

pub mod repo;

use jiff::Timestamp;

use super::request::{Asked, Due, PaymentRequest, Place, RequestKind, RequestStatus};
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
    /// How it stands; a purchase is paid.
    pub status: RequestStatus,
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
}

impl Bill {
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
            issued_at: request.created_at,
            closed_at: request.closed_at,
            paid_by: None,
            receipt_url: None,
        }
    }
}

/// The newest of two lists that are in order, newest first.
pub fn newest_of(requests: Vec<Bill>, purchases: Vec<Bill>, limit: usize) -> Vec<Bill> {
    let mut bills: Vec<Bill> = requests.into_iter().chain(purchases).collect();
    bills.sort_by(|a, b| (b.issued_at, &b.id).cmp(&(a.issued_at, &a.id)));
    bills.truncate(limit);
    bills
}
