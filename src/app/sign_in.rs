//! Signing in with e-mail and password.

use crate::state::AppState;
use crate::tenants::{self, UserId};
use crate::units::WorkspaceId;

/// Who signed in, and the workspace they see first. `None` where address and password do not belong together, or
/// where the person belongs to no workspace; nothing tells which, not even the time it takes.
pub async fn sign_in(state: &AppState, email: &str, password: String) -> sqlx::Result<Option<(UserId, WorkspaceId)>> {
    let mut db = state.db.acquire().await?;
    let known = tenants::repo::credentials(&mut db, email.trim()).await?;
    // Hashing takes long; the connection is for others meanwhile.
    drop(db);
    let (user, hash) = known.map(|known| (known.user, known.password_hash)).unzip();
    let matches = tenants::password_matches(password, hash).await;
    let Some(user) = user.filter(|_| matches) else {
        return Ok(None);
    };
    let mut db = state.db.acquire().await?;
    let workspace = tenants::repo::first_workspace(&mut db, user).await?;
    Ok(workspace.map(|workspace| (user, workspace)))
}

/// Owners of all workspaces, name and address: who can sign in to the demo.
pub async fn demo_logins(state: &AppState) -> sqlx::Result<Vec<(String, String)>> {
    let mut db = state.db.acquire().await?;
    tenants::repo::owners(&mut db).await
}
