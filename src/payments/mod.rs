//! Payments.

/// The way to Stripe.
pub struct Stripe;
