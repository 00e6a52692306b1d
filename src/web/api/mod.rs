//! `/v1`: what the call engine talks to (SPEC §4). JSON in, JSON out, every listed field always present.

mod body;
mod calls;
mod error;
mod forms;
pub mod idempotency;
mod key;
mod lots;
mod wallet;

use axum::Router;
use axum::routing::{get, post};

use crate::state::AppState;

pub use error::ApiError;

/// Every address under `/v1`, relative to it.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/calls", post(calls::start))
        .route("/calls/{id}", get(calls::show))
        .route("/calls/{id}/complete", post(calls::complete))
        .route("/wallet", get(wallet::show))
        .route("/wallet/lots", get(lots::list))
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
}
