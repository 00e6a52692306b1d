//! Payments: the way to Stripe, what was asked of it, and what it told us (SPEC §5); what clients owe (SPEC §3).
//!
//! # Invariants
//! 1. An attempt's key and exact bytes are stored before they are sent; an unknown outcome is sent again as it was.
//! 2. A purchase has one Checkout session, a session one purchase: UNIQUE constraints decide.
//! 3. A purchase is marked credited after what it bought is posted, never before; the ledger decides that once.
//! 4. An event is stored before it is processed, and marked done after its effect is committed.
//! 5. A period and an application of a pack ask for money once: UNIQUE constraints decide.
//! 6. A workspace has one current card and one automatic charge in flight: UNIQUE constraints decide. Each charge credits
//!    once, under its payment intent; none is sent after auto-recharge is switched off.

mod attempt;
pub mod bill;
pub mod card;
mod client;
pub mod customer;
pub mod event;
pub mod inbox;
pub mod instruction;
mod intent;
pub mod pairing;
mod purchase;
pub mod recharge;
pub mod refund;
pub mod repo;
pub mod request;
pub mod reversal;
mod session;
pub mod topup;

pub use attempt::{Attempt, customer_request, session_request};
pub use client::{Failure, Stripe};
pub use event::{BadSignature, Event, verify};
pub use intent::{Intent, IntentState, charge_request, is_intent_id};
pub use purchase::{Bought, Packs, Payer, Purchase, PurchaseStatus, RequestPayment};
pub use session::{Mismatch, Session, SessionState, is_session_id};
