//! What the browser and the call engine talk to.

pub mod api;
pub mod buy;
pub mod components;
pub mod dates;
pub mod document;
pub mod error;
pub mod pages;
pub mod session;
pub mod shell;
pub mod stripe_webhook;

/// Every URL.
pub fn router(_state: crate::state::AppState) -> axum::Router {
    axum::Router::new()
}
