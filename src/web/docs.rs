//! `/docs`: the API, to be read by people.

use std::sync::LazyLock;

use axum::extract::State;
use axum::response::Response;

use super::answer::page;
use super::api::{Reference, reference};
use super::document::render;
use super::pages::docs_page;
use crate::state::AppState;

/// `GET /docs`
pub async fn show(State(state): State<AppState>) -> Response {
    static REFERENCE: LazyLock<Reference> = LazyLock::new(reference);
    let base = state.config.public_url.as_str().trim_end_matches('/');
    page(&state.config, render(|| docs_page(&REFERENCE, base, state.config.demo)))
}
