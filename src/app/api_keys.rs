//! API keys of a workspace: its owners make, see and end them.
//!
//! A key's text is made when it is shown and stored as a hash alone, so nothing has to hold it between the form and
//! the page that shows it, and it cannot be shown twice.

use super::ReadError;
use crate::ids;
use crate::state::AppState;
use crate::tenants::Scope;
use crate::tenants::key::{ListedKey, repo};
use crate::units::WorkspaceId;

/// Every key of a workspace, those that open something first.
///
/// # Errors
/// Where the database failed.
pub async fn api_keys(state: &AppState, workspace: WorkspaceId) -> Result<Vec<ListedKey>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(repo::keys(&mut db, workspace).await?)
}

/// Makes a key that opens nothing until it is shown. The same form sent again makes no second one. Answers its row.
///
/// # Errors
/// Where the database failed.
pub async fn create_api_key(
    state: &AppState,
    workspace: WorkspaceId,
    name: &str,
    scopes: &[Scope],
    form_key: &str,
) -> sqlx::Result<i64> {
    let mut db = state.db.acquire().await?;
    repo::create_key(&mut db, workspace, name, scopes, form_key, state.clock.now()).await
}

/// The text of a new key, the first time; `None` ever after, and for other workspaces' keys.
///
/// # Errors
/// Where the database failed.
pub async fn show_api_key(state: &AppState, workspace: WorkspaceId, id: i64) -> sqlx::Result<Option<String>> {
    let text = ids::fresh(if state.config.demo { "mb_test" } else { "mb_live" });
    let mut db = state.db.acquire().await?;
    let given = repo::give_text(&mut db, workspace, id, &text).await?;
    Ok(given.then_some(text))
}

/// Ends a key at once; again changes nothing.
///
/// # Errors
/// Where the database failed.
pub async fn revoke_api_key(state: &AppState, workspace: WorkspaceId, id: i64) -> sqlx::Result<()> {
    let mut db = state.db.acquire().await?;
    repo::revoke_key(&mut db, workspace, id, state.clock.now()).await
}
