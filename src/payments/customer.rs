//! A workspace's one Stripe customer.

pub mod repo;

use jiff::Timestamp;

use super::attempt::Attempt;

/// A workspace's Stripe customer, or the attempt to make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// What was asked of Stripe.
    pub attempt: Attempt,
    /// When it was first asked.
    pub asked_at: Timestamp,
    /// `cus_…`, once it is known.
    pub id: Option<String>,
}
