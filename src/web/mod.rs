//! What the browser and the call engine talk to: every address on one screen.

mod agency;
mod alerts;
mod answer;
pub mod api;
mod api_keys;
mod billing;
mod body;
pub mod buy;
mod card;
pub mod charts;
mod client;
pub mod components;
pub mod connections;
pub mod dates;
mod demo_mail;
mod docs;
pub mod document;
pub mod error;
mod events;
mod forgot;
mod health;
mod invite;
mod layers;
pub mod limits;
mod live;
mod members;
pub mod metrics;
mod packages;
pub mod pages;
mod payments;
mod receipt;
mod recharge;
pub mod sections;
pub mod session;
mod settings;
pub mod shell;
mod sign_in;
mod sign_up;
pub mod stripe_webhook;
pub mod transactions;
pub mod typed;
mod usage;
mod workspace;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Redirect;
use axum::routing::{get, post};
use leptos::server_fn::ServerFn as _;

use crate::islands;
use crate::state::AppState;
use error::Error;
use session::Sessions;

/// The whole application.
pub fn router(state: AppState) -> Router {
    let sessions = Sessions::new(state.db.clone(), state.clock.clone());
    let pages = Router::new()
        .route("/", get(sign_in::home))
        .route("/sign-in", get(sign_in::show).post(sign_in::submit))
        .route("/sign-out", post(sign_in::leave))
        .route("/forgot", get(forgot::ask).post(forgot::request))
        .route("/reset", get(forgot::show).post(forgot::set))
        .route("/reset/{token}", get(forgot::open))
        .route("/invite", get(invite::show).post(invite::accept))
        .route("/invite/{token}", get(invite::open))
        .route("/sign-up/{agency}", get(sign_up::show).post(sign_up::request))
        .route("/sign-up/{agency}/password", get(sign_up::choose).post(sign_up::finish))
        .route("/sign-up/{agency}/{token}", get(sign_up::open))
        .route("/workspace", post(workspace::switch))
        .route("/billing", get(billing::show))
        .route("/billing/packages", get(packages::show))
        .route("/billing/packages/refund", post(packages::refund))
        .route("/billing/transactions", get(transactions::show))
        .route("/billing/transactions.csv", get(transactions::download))
        .route("/billing/calls/{id}", get(receipt::show))
        .route("/billing/buy", post(buy::packs))
        .route("/billing/credits", post(buy::credits))
        .route("/billing/payments", get(payments::show))
        .route("/billing/pay", post(payments::pay))
        .route("/billing/recharge", post(recharge::set))
        .route("/billing/card", post(card::save))
        .route("/billing/card/remove", post(card::remove))
        .route("/billing/usage.csv", get(usage::csv))
        .route("/billing/return", get(buy::come_back))
        .route("/settings", get(settings::show))
        .route("/settings/password", post(settings::password))
        .route("/settings/sign-out-everywhere", post(settings::leave_everywhere))
        .route("/settings/keys", post(api_keys::create))
        .route("/settings/keys/revoke", post(api_keys::revoke))
        .route("/settings/endpoints", post(events::add))
        .route("/settings/endpoints/secret", post(events::secret))
        .route("/settings/endpoints/disable", post(events::disable))
        .route("/settings/endpoints/enable", post(events::enable))
        .route("/settings/endpoints/remove", post(events::remove))
        .route("/settings/deliveries/resend", post(events::send_again))
        .route("/settings/alerts", post(alerts::save))
        .route("/settings/members/invite", post(members::invite))
        .route("/settings/members/withdraw", post(members::withdraw))
        .route("/settings/members/role", post(members::role))
        .route("/settings/members/remove", post(members::remove))
        .merge(parts_of_billing())
        .route("/live", get(live::follow))
        .nest("/agency", agency::router())
        .route("/usage", get(to_billing))
        .route("/wallet", get(to_billing))
        .route_layer(session::layer(&state.config, sessions))
        .route_layer(from_fn(layers::keep_cookie));
    let programs = Router::new()
        .route("/webhooks/stripe", post(stripe_webhook::receive))
        .route("/demo/mail", get(demo_mail::show))
        .route("/docs", get(docs::show))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    let all = pages
        .merge(programs)
        .merge(layers::files(&state.config))
        .fallback(async || Error::NotFound)
        .method_not_allowed_fallback(async || Error::MethodNotAllowed)
        .nest("/v1", api::router().route_layer(from_fn_with_state(state.clone(), api::idempotency::answer_once)));
    layers::around(all, &state).with_state(state)
}

/// The sections that an open page reads again.
fn parts_of_billing() -> Router<AppState> {
    Router::new()
        .route(islands::Wallet::PATH, get(sections::answer))
        .route(islands::Usage::PATH, get(sections::answer))
        .route(islands::AddonPacks::PATH, get(sections::answer))
        .route(islands::AutoRecharge::PATH, get(sections::answer))
        .route(islands::RecentTransactions::PATH, get(sections::answer))
        .route(islands::Payments::PATH, get(sections::answer))
        .route(islands::SavedCard::PATH, get(sections::answer))
}

async fn to_billing() -> Redirect {
    Redirect::to("/billing")
}
