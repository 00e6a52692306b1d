//! Buying packs and credits against the Stripe sandbox: forms, Checkout, webhooks, the way back, the sweep; every failure on the way.

mod buying;
mod credits;
mod faults;
mod fulfilment;
pub mod shop;
mod ware;
mod webhook;
