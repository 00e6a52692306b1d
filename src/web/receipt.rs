//! `/billing/calls/{id}`: the minute receipt of a call.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;

use super::answer::{frame, page, section};
use super::document::render;
use super::error::Error;
use super::pages::{ReceiptView, receipt_page};
use super::session::Viewer;
use crate::app::receipt::receipt;
use crate::ids;
use crate::state::AppState;

/// `GET /billing/calls/{id}`
///
/// # Errors
/// `NotFound` for every id that no call of this workspace has.
pub async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    id: Result<Path<String>, PathRejection>,
) -> Result<Response, Error> {
    let id = id.ok().map(|Path(id)| id).filter(|id| ids::is_given_id(id)).ok_or(Error::NotFound)?;
    let (frame, receipt) = tokio::join!(frame(&state, &viewer), receipt(&state, viewer.workspace, &id));
    let receipt = match section("the receipt", receipt) {
        Ok(found) => Ok(found.ok_or(Error::NotFound)?),
        Err(error) => Err(error),
    };
    Ok(page(&state.config, render(|| receipt_page(frame, ReceiptView { receipt }))))
}
