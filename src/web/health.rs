//! `/healthz`: the process answers. `/readyz`: it can do its work, too.

use axum::extract::State;
use axum::http::StatusCode;

use crate::database;
use crate::state::AppState;

/// The process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// The database answers and has this program's schema.
pub async fn ready(State(state): State<AppState>) -> (StatusCode, &'static str) {
    match database::is_current(&state.db).await {
        Ok(true) => (StatusCode::OK, "ready"),
        Ok(false) => (StatusCode::SERVICE_UNAVAILABLE, "the database has another schema"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database cannot be reached")
        }
    }
}
