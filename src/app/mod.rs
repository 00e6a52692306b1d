//! Use cases, one file per verb; reads for the pages. `app` owns begin and commit, stores only borrow a connection.

pub mod answer_once;
pub mod api_keys;
pub mod buy_credits;
pub mod buy_pack;
pub mod change_password;
pub mod expire_calls;
pub mod find_purchase;
pub mod forgot_password;
pub mod fulfil_purchase;
pub mod heartbeat;
pub mod identify;
pub mod open_checkout;
pub mod open_periods;
pub mod overview;
pub mod packages;
pub mod receipt;
pub mod reconcile;
pub mod send_mail;
pub mod sessions;
pub mod settle_call;
pub mod sign_in;
pub mod start_call;
pub mod stripe_event;
pub mod sweep_purchases;
pub mod transactions;
pub mod usage;
mod wallet;
pub mod workspaces;

pub use wallet::current_wallet;

use crate::ledger::LedgerError;

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The database said no, or nothing.
    #[error("the database could not be read: {0}")]
    Database(#[from] sqlx::Error),
    /// A period was due and could not be opened.
    #[error("a period could not be opened: {0}")]
    Ledger(#[from] LedgerError),
    /// There is no such workspace.
    #[error("there is no such workspace")]
    NoWorkspace,
}
