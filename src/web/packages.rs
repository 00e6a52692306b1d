//! `/billing/packages`: every package with what is left of it.

use axum::extract::State;
use axum::response::Response;

use super::answer::{frame, page, section};
use super::document::render;
use super::pages::{PackagesView, packages_page};
use super::session::Viewer;
use crate::app::packages::packages;
use crate::state::AppState;

/// `GET /billing/packages`
pub async fn show(State(state): State<AppState>, viewer: Viewer) -> Response {
    let (frame, packages) = tokio::join!(frame(&state, &viewer), packages(&state, viewer.workspace));
    let view = PackagesView { packages: section("the packages", packages) };
    page(&state.config, render(|| packages_page(frame, view)))
}
