//! `/v1`: what the call engine talks to (SPEC §4). JSON in, JSON out, every listed field always present.

mod auto_recharge;
mod body;
mod calls;
mod campaigns;
mod cannot_start;
mod error;
mod forms;
pub mod idempotency;
mod json;
mod key;
mod lots;
mod messages;
mod numbers;
mod openapi;
mod paging;
mod query;
mod receipts;
pub mod reference;
mod schemas;
mod topups;
mod transactions;
mod usage;
mod wallet;

use axum::Router;
use axum::routing::{get, post};

use crate::state::AppState;

pub use error::ApiError;
pub use reference::{Reference, reference};

/// Every address under `/v1`, relative to it.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/calls", post(calls::start))
        .route("/calls/{id}", get(calls::show))
        .route("/calls/{id}/heartbeat", post(calls::beat))
        .route("/calls/{id}/complete", post(calls::complete))
        .route("/calls/{id}/receipt", get(receipts::show))
        .route("/messages", post(messages::send))
        .route("/numbers", post(numbers::rent))
        .route("/numbers/{id}", get(numbers::show).delete(numbers::release))
        .route("/campaigns/quote", post(campaigns::quote))
        .route("/campaigns", post(campaigns::start))
        .route("/wallet", get(wallet::show))
        .route("/wallet/auto_recharge", get(auto_recharge::show).put(auto_recharge::set))
        .route("/wallet/lots", get(lots::list))
        .route("/wallet/payment_methods", get(topups::payment_methods))
        .route("/wallet/topup", post(topups::charge))
        .route("/wallet/topups/{id}", get(topups::show))
        .route("/wallet/transactions", get(transactions::list))
        .route("/usage/daily", get(usage::daily))
        .route("/openapi.json", get(openapi::show))
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
}
