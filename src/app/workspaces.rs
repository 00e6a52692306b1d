//! The workspaces of a person.

use super::ReadError;
use crate::state::AppState;
use crate::tenants::{self, Membership, Role, UserId};
use crate::units::WorkspaceId;

/// The workspaces that a person belongs to, by name.
///
/// # Errors
/// Where the database failed.
pub async fn workspaces_of(state: &AppState, user: UserId) -> Result<Vec<Membership>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(tenants::repo::memberships(&mut db, user).await?)
}

/// A workspace by its public id, with the role of this person there; `None` where they do not belong to it.
///
/// # Errors
/// Where the database failed.
pub async fn workspace_of(
    state: &AppState,
    user: UserId,
    public_id: &str,
) -> sqlx::Result<Option<(WorkspaceId, Role)>> {
    let mut db = state.db.acquire().await?;
    tenants::repo::workspace_of_member(&mut db, user, public_id).await
}
