//! `/agency/clients`: who there is, and who runs out first.

use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::app::agency::clients::{ClientState, clients};
use crate::app::agency::lists::inbox;
use crate::state::AppState;
use crate::web::answer::{desk, page, section};
use crate::web::document::render;
use crate::web::pages::{ClientsView, clients_page};
use crate::web::session::Administrator;

/// How many items of the inbox stand below the list.
const TOP_OF_INBOX: i64 = 3;

/// What is looked for.
#[derive(Debug, Deserialize)]
pub struct Search {
    #[serde(default)]
    search: String,
    #[serde(default)]
    state: String,
}

/// `GET /agency/clients?search&state`
pub async fn show(
    State(state): State<AppState>,
    administrator: Administrator,
    Query(asked): Query<Search>,
) -> Response {
    let agency = administrator.admin.agency;
    let (desk, clients, inbox) = tokio::join!(
        desk(&state, &administrator),
        clients(&state, agency, &asked.search),
        inbox(&state, agency, true, i64::MAX, TOP_OF_INBOX)
    );
    let view = ClientsView {
        search: asked.search.trim().to_owned(),
        state: ClientState::parse(&asked.state),
        clients: section("the clients", clients),
        inbox: section("the inbox", inbox),
    };
    page(&state.config, render(|| clients_page(desk, view)))
}
