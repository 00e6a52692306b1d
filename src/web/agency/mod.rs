//! `/agency`: every address of an agency's administrators on one screen. Each handler asks for an
//! [`Administrator`](super::session::Administrator); everybody else finds nothing here.

mod client;
mod clients;
mod inbox;
mod keys;
mod new_client;
mod outcome;
mod packs;
mod people;
mod plans;
mod requests;
mod settings;
mod sign_up;

use axum::Router;
use axum::routing::{get, post};

use crate::state::AppState;

/// What stands below `/agency`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/clients", get(clients::show))
        .route("/clients/new", get(new_client::show).post(new_client::create))
        .route("/clients/{id}", get(client::show))
        .route("/clients/{id}/packs", post(client::assign_packs))
        .route("/clients/{id}/packs/remove", post(client::remove_assignment))
        .route("/clients/{id}/packs/apply", post(client::apply_pack))
        .route("/clients/{id}/packs/refund", post(client::refund_unused))
        .route("/clients/{id}/requests/paid", post(client::mark_paid))
        .route("/clients/{id}/requests/cancel", post(client::cancel_request))
        .route("/clients/{id}/plan", post(client::change_plan))
        .route("/clients/{id}/subscribe", post(client::subscribe))
        .route("/clients/{id}/end", post(client::end_subscription))
        .route("/clients/{id}/grants", post(client::grant))
        .route("/plans", get(plans::list))
        .route("/plans/new", get(plans::begin).post(plans::create))
        .route("/plans/{id}", get(plans::show).post(plans::edit))
        .route("/plans/{id}/archive", post(plans::archive))
        .route("/plans/{id}/apply", get(plans::terms::show).post(plans::terms::apply))
        .route("/packs", get(packs::list))
        .route("/packs/new", get(packs::begin).post(packs::create))
        .route("/packs/{id}", get(packs::show).post(packs::edit))
        .route("/packs/{id}/archive", post(packs::archive))
        .route("/requests", get(requests::list))
        .route("/requests/paid", post(requests::paid))
        .route("/requests/cancel", post(requests::cancel))
        .route("/inbox", get(inbox::list))
        .route("/inbox/{id}/{verdict}", post(inbox::resolve))
        .route("/settings", get(settings::show))
        .route("/settings/password", post(settings::password))
        .route("/settings/sign-out-everywhere", post(settings::leave_everywhere))
        .route("/settings/keys", post(keys::create))
        .route("/settings/keys/revoke", post(keys::revoke))
        .route("/settings/sign-up", post(sign_up::set))
        .route("/settings/invite", post(people::invite))
        .route("/settings/invite/resend", post(people::resend))
        .route("/settings/invite/withdraw", post(people::withdraw))
}
