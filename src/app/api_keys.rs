//! API keys of workspaces and of agencies: their owners make, see and end them.
//!
//! A key's text is made when it is shown and stored as a hash alone, so nothing has to hold it between the form and
//! the page that shows it, and it cannot be shown twice.

use super::ReadError;
use super::agency::{Act, AgencyError, AgencyForm};
use crate::ids;
use crate::state::AppState;
use crate::tenants::Scope;
use crate::tenants::audit::Action;
use crate::tenants::key::{KeyOwner, ListedKey, repo};
use crate::units::WorkspaceId;

/// Public id of a key, `key_…`: rows have numbers inside and ids outside.
pub fn key_id(row: i64) -> String {
    ids::derived("key", &[row])
}

/// Every key of an owner, those that open something first.
///
/// # Errors
/// Where the database failed.
pub async fn api_keys(state: &AppState, owner: impl Into<KeyOwner>) -> Result<Vec<ListedKey>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(repo::keys(&mut db, owner.into()).await?)
}

/// Makes a workspace's key that opens nothing until it is shown. The same form sent again makes no second one. Answers
/// its row.
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

/// Makes an agency's key in the same way, and writes it down in the audit trail.
///
/// # Errors
/// `FormUsed`; where the database failed.
pub async fn create_agency_key(
    state: &AppState,
    form: &AgencyForm,
    name: &str,
    scopes: &[Scope],
) -> Result<i64, AgencyError> {
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    // First the key, so that the trail can name it; of several forms at once all but one take theirs back.
    let row = repo::create_agency_key(&mut transaction, form.agency, name, scopes, now).await?;
    let act = Act { workspace: None, action: Action::CreateKey, target: &key_id(row), details: name };
    match form.claim(&mut transaction, &act, now).await? {
        None => {
            transaction.commit().await?;
            Ok(row)
        }
        Some(known) => {
            drop(transaction);
            let keys = api_keys(state, form.agency).await?;
            keys.iter().map(|key| key.id).find(|row| key_id(*row) == known).ok_or(AgencyError::NotFound)
        }
    }
}

/// The text of a new key, the first time; `None` ever after, and for other owners' keys.
///
/// # Errors
/// Where the database failed.
pub async fn show_api_key(state: &AppState, owner: impl Into<KeyOwner>, id: i64) -> sqlx::Result<Option<String>> {
    let text = ids::fresh(if state.config.demo { "mb_test" } else { "mb_live" });
    let mut db = state.db.acquire().await?;
    let given = repo::give_text(&mut db, owner.into(), id, &text).await?;
    Ok(given.then_some(text))
}

/// Ends a workspace's key at once; again changes nothing.
///
/// # Errors
/// Where the database failed.
pub async fn revoke_api_key(state: &AppState, workspace: WorkspaceId, id: i64) -> sqlx::Result<()> {
    let mut db = state.db.acquire().await?;
    repo::revoke_key(&mut db, workspace.into(), id, state.clock.now()).await
}

/// Ends an agency's key at once, by its public id, and writes it down in the audit trail.
///
/// # Errors
/// `NotFound` where the agency has no such key; `FormUsed`; where the database failed.
pub async fn revoke_agency_key(state: &AppState, form: &AgencyForm, key: &str) -> Result<(), AgencyError> {
    let now = state.clock.now();
    let owner = form.agency.into();
    let mut transaction = state.db.begin().await?;
    let keys = repo::keys(&mut transaction, owner).await?;
    let found = keys.iter().find(|it| key_id(it.id) == key).ok_or(AgencyError::NotFound)?;
    let act = Act { workspace: None, action: Action::RevokeKey, target: key, details: &found.name };
    if form.claim(&mut transaction, &act, now).await?.is_none() {
        repo::revoke_key(&mut transaction, owner, found.id, now).await?;
    }
    Ok(transaction.commit().await?)
}
