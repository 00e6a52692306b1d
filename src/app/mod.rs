//! Use cases, one file per verb; reads for the pages. `app` owns begin and commit, stores only borrow a connection.

pub mod agency;
pub mod alert_members;
pub mod alerts;
pub mod answer_once;
pub mod api_keys;
pub mod apply_pack;
pub mod assign_packs;
pub mod bills;
pub mod buy_credits;
pub mod buy_pack;
pub mod campaigns;
pub mod cancel_request;
pub mod cancel_subscription;
pub mod change_password;
pub mod change_plan;
pub mod charge_messages;
pub mod create_agency;
pub mod create_client;
pub mod deliver_events;
pub mod edit_pack;
pub mod edit_plan;
pub mod event_endpoints;
pub mod expire_calls;
pub mod find_purchase;
pub mod finish_sign_up;
pub mod follow_requests;
pub mod forgot_password;
pub mod fulfil_purchase;
pub mod grant;
pub mod heartbeat;
pub mod identify;
pub mod instruct;
pub mod invite;
pub mod invite_admin;
pub mod keep_billing;
pub mod mark_paid;
pub mod members;
pub mod open_checkout;
pub mod open_periods;
pub mod overview;
pub mod packages;
pub mod pay_numbers;
pub mod pay_request;
pub mod receipt;
pub mod recharge;
pub mod reconcile;
pub mod refund_unused;
pub mod remove_card;
pub mod rent_number;
pub mod request_cycles;
pub mod resolve_item;
pub mod resubscribe;
mod reverse_payment;
pub mod save_card;
pub mod send_mail;
pub mod send_refund;
pub mod sessions;
pub mod set_recharge;
pub mod set_sign_up_plan;
pub mod settle_call;
mod settle_request;
pub mod sign_in;
pub mod sign_up;
pub mod start_call;
pub mod stripe_event;
pub mod sweep_purchases;
pub mod top_up;
pub mod transactions;
pub mod upgrade_advice;
pub mod usage;
mod wallet;
pub mod workspaces;
pub mod zone;

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
