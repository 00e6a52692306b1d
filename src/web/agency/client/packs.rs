//! Add-on packs of a client: which it sees, packs that the agency applies (SPEC §3), and the refund of what is unused.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{Asked, DialogOf, Sent, ended};
use crate::app;
use crate::state::AppState;
use crate::web::error::Error;
use crate::web::pages::{ClientTab, DeskNotice};
use crate::web::session::{Administrator, CsrfForm};

/// `POST /agency/clients/{id}/packs`: the client sees each `pack`, and no longer what is only among `before`.
///
/// # Errors
/// `NotFound` for what the agency does not have; `FormExpired`; faults of the database.
pub async fn assign_packs(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let form = administrator.form(sent.one("form_key").to_owned());
    let (chosen, before) = (sent.all("pack"), sent.all("before"));
    let outcome = app::assign_packs::assign_packs(&state, &form, &id, &chosen, &before).await;
    let asked = Asked { tab: ClientTab::AddonPacks, editing: true, ..Asked::default() };
    ended(&state, &administrator, &id, sent, outcome.map(|()| DeskNotice::PacksAssigned), asked).await
}

/// `POST /agency/clients/{id}/packs/remove`: the client no longer sees `pack`.
///
/// # Errors
/// As [`assign_packs`].
pub async fn remove_assignment(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let form = administrator.form(sent.one("form_key").to_owned());
    let outcome = app::assign_packs::remove_assignment(&state, &form, &id, sent.one("pack")).await;
    let asked = Asked { tab: ClientTab::AddonPacks, ..Asked::default() };
    ended(&state, &administrator, &id, sent, outcome.map(|()| DeskNotice::AssignmentRemoved), asked).await
}

/// `POST /agency/clients/{id}/packs/apply`: credits `pack` and asks for its price; `payment` is `pending` or `paid`.
///
/// # Errors
/// `BadForm` where the choice is neither; else as [`assign_packs`].
pub async fn apply_pack(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let (paid, notice) = match sent.one("payment") {
        "pending" => (false, DeskNotice::PackPending),
        "paid" => (true, DeskNotice::PackPaid),
        _ => return Err(Error::BadForm),
    };
    let form = administrator.form(sent.one("form_key").to_owned());
    let pack = sent.one("pack").to_owned();
    let outcome = app::apply_pack::apply_pack(&state, &form, &id, &pack, paid).await;
    let asked = Asked { tab: ClientTab::AddonPacks, dialog: Some(DialogOf::Apply(pack)), ..Asked::default() };
    ended(&state, &administrator, &id, sent, outcome.map(|()| notice), asked).await
}

/// `POST /agency/clients/{id}/packs/refund`: sends back what is unused of `purchase`, to the card that paid for it.
///
/// # Errors
/// As [`assign_packs`]; `NotFound` also for what was not paid through Stripe.
pub async fn refund_unused(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(sent): CsrfForm<Sent>,
) -> Result<Response, Error> {
    let form = administrator.form(sent.one("form_key").to_owned());
    let outcome = app::refund_unused::refund_unused_of_client(&state, &form, &id, sent.one("purchase")).await;
    let asked = Asked { tab: ClientTab::AddonPacks, ..Asked::default() };
    ended(&state, &administrator, &id, sent, outcome.map(|_| DeskNotice::UnusedRefunded), asked).await
}
