//! Payment requests of a client, settled without Checkout.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{Asked, DialogOf, Sent, ended};
use crate::app;
use crate::state::AppState;
use crate::web::error::Error;
use crate::web::pages::DeskNotice;
use crate::web::session::{Administrator, CsrfForm};

/// `POST /agency/clients/{id}/requests/paid`: `request` is paid; `external_reference` says where, and may be empty.
///
/// # Errors
/// `NotFound` for what the agency does not have; `FormExpired`; faults of the database.
pub async fn mark_paid(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let form = administrator.form(sent.one("form_key").to_owned());
    let request = sent.one("request").to_owned();
    let outcome = app::mark_paid::mark_paid(&state, &form, &id, &request, sent.one("external_reference")).await;
    let asked = Asked { tab: sent.tab(), dialog: Some(DialogOf::MarkPaid(request)), ..Asked::default() };
    ended(&state, &administrator, &id, sent, outcome.map(|()| DeskNotice::RequestPaid), asked).await
}

/// `POST /agency/clients/{id}/requests/cancel`: nobody asks for `request` any more.
///
/// # Errors
/// As [`mark_paid`].
pub async fn cancel_request(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let form = administrator.form(sent.one("form_key").to_owned());
    let outcome = app::cancel_request::cancel_request(&state, &form, &id, sent.one("request")).await;
    let asked = Asked { tab: sent.tab(), ..Asked::default() };
    ended(&state, &administrator, &id, sent, outcome.map(|()| DeskNotice::RequestCanceled), asked).await
}
