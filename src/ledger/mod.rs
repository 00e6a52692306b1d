//! The ledger: every change of a wallet, decided by pure rules and written by one writer.
//!
//! # Words
//! - **wallet**: the balances of one workspace. Its row guards its lots and calls.
//! - **posting**: a balanced, immutable set of signed **entries** about posted balances, numbered without gaps.
//! - **hold**: units reserved for one call. Held is not posted: holds change call rows and the wallet, not postings.
//! - **command**: a wish to change a wallet; carries an id, so that repeating it changes nothing.
//!
//! # Invariants (SPEC §7; [`reconcile`] checks them)
//! 1. The entries of a posting sum to zero per unit.
//! 2. `0 ≤ lot.remaining ≤ lot.granted`, and no balance is below zero.
//! 3. Every balance in a wallet equals the fold of its postings; held equals the sum of its open calls.
//! 4. Postings of a workspace are numbered 1, 2, 3 … and each carries the hash of the one before.
//! 5. A command id posts once per kind: a UNIQUE constraint decides, not a look before the write.
//!
//! # Order of things
//! [`Ledger::submit`] queues a command → the writer takes all that wait → the store loads their wallets under lock →
//! [`decide`] answers each in order, in memory → the store saves all → commit → only then the answers go out. Wallets that
//! the writer itself saved last are not loaded but remembered; the database refuses them where they have become stale.
//!
//! # What it does not do
//! It knows no Stripe, no pages, no people; it reads no clock (the writer passes `now`) and draws no random number.

mod account;
mod audit;
mod balances;
mod call;
mod columns;
mod command;
mod decide;
mod event;
pub mod history;
mod memory;
mod outcome;
mod period;
mod posting;
mod receipt;
mod reconcile;
pub mod repo;
mod rows;
mod store;
pub mod survey;
mod take_back;
mod wallet;
mod waterfall;
mod writer;

#[cfg(test)]
mod tests;

pub use account::{Account, Entry};
pub use balances::Balances;
pub use call::{Call, CallEnd, CallOutcome, CallStatus, Direction, Placement};
pub use command::{Answer, Command, Effective, LotGrant, LotSource, PaymentState, Refusal};
pub use decide::{MOST_MESSAGES, accepts_call, decide};
pub use event::{Event, EventKind, Level, unheld};
pub use outcome::Usage;
pub use period::{Period, PeriodUse};
pub use posting::{Posting, PostingKind};
pub use receipt::{Segment, Source, segments};
pub use reconcile::{Finding, Report, reconcile};

pub use take_back::{Cause, Credit, Reversal};
pub use wallet::{Lot, Snapshot, Subscription, SubscriptionState, Wallet};
pub use writer::{Changed, Ledger, LedgerError, Options};
