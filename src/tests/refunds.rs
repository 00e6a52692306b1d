//! Money that goes back: refunds and disputes from Stripe's events, the refund of what is unused, and what is owed
//! afterwards; stopped anywhere.

mod balance;
mod beside_billing;
pub mod desk;
mod from_stripe;
mod page;
mod requests;
mod topups;
mod unused;
