//! `/agency`: every address of an agency's administrators on one screen. Each handler asks for an
//! [`Administrator`](super::session::Administrator); everybody else finds nothing here.

mod clients;
mod outcome;

use axum::Router;
use axum::routing::get;

use crate::state::AppState;

/// What stands below `/agency`.
pub fn router() -> Router<AppState> {
    Router::new().route("/clients", get(clients::show))
}
