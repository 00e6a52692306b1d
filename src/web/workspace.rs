//! `/workspace`: another workspace of the same person, or a client whose pages an administrator reads.

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;
use tower_sessions::Session;

use super::components::receipt_address;
use super::error::Error;
use super::session::{self, Anybody, CsrfForm};
use crate::app::workspaces::workspace_of;
use crate::ids;
use crate::state::AppState;

/// What the switcher sends.
#[derive(Clone, Debug, Deserialize)]
pub struct SwitchForm {
    /// Public id, `ws_…`.
    workspace: String,
    /// A call there whose receipt is wanted; empty for Billing.
    #[serde(default)]
    call: String,
}

/// `POST /workspace`: switches the session to a workspace of the person, or to a client of their agency, and shows its
/// Billing, or the receipt of one of its calls.
///
/// # Errors
/// `NotFound` where they do not belong to it; `FormExpired`; faults of the database.
pub async fn switch(
    State(state): State<AppState>,
    anybody: Anybody,
    session: Session,
    CsrfForm(form): CsrfForm<SwitchForm>,
) -> Result<Redirect, Error> {
    let (workspace, role) = workspace_of(&state, anybody.user, &form.workspace).await?.ok_or(Error::NotFound)?;
    session::switch_workspace(&session, workspace, role).await?;
    let to = if ids::is_given_id(&form.call) { receipt_address(&form.call) } else { "/billing".to_owned() };
    Ok(Redirect::to(&to))
}
