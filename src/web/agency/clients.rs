//! `/agency/clients`: who there is, and who runs out first.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::app::agency::clients::{ClientFilter, clients};
use crate::ledger::survey::SubscriptionStatus;
use crate::state::AppState;
use crate::web::answer::{desk, page, section};
use crate::web::document::render;
use crate::web::pages::{ClientsView, clients_page};
use crate::web::session::Administrator;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Search {
    #[serde(default)]
    search: String,
    #[serde(default)]
    status: String,
}

/// `GET /agency/clients?search&status`
pub async fn show(
    State(state): State<AppState>,
    administrator: Administrator,
    Query(search): Query<Search>,
) -> Response {
    let filter = ClientFilter { search: search.search, status: SubscriptionStatus::parse(&search.status) };
    let agency = administrator.admin.agency;
    let (desk, clients) = tokio::join!(desk(&state, &administrator), clients(&state, agency, &filter));
    let view = ClientsView { filter, clients: section("the clients", clients) };
    page(&state.config, render(|| clients_page(desk, view)))
}
