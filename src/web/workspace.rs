//! `/workspace`: another workspace of the same person.

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;
use tower_sessions::Session;

use super::error::Error;
use super::session::{self, CsrfForm, Viewer};
use crate::app::workspaces::workspace_of;
use crate::state::AppState;

/// What the switcher sends.
#[derive(Clone, Debug, Deserialize)]
pub struct SwitchForm {
    /// Public id, `ws_…`.
    workspace: String,
}

/// `POST /workspace`: switches the session to another workspace of the viewer and shows its Billing.
///
/// # Errors
/// `NotFound` where they do not belong to it; `FormExpired`; faults of the database.
pub async fn switch(
    State(state): State<AppState>,
    viewer: Viewer,
    session: Session,
    CsrfForm(form): CsrfForm<SwitchForm>,
) -> Result<Redirect, Error> {
    let (workspace, role) = workspace_of(&state, viewer.user_id, &form.workspace).await?.ok_or(Error::NotFound)?;
    session::switch_workspace(&session, workspace, role).await?;
    Ok(Redirect::to("/billing"))
}
