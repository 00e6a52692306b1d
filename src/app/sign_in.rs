//! Signing in with e-mail and password.

use crate::state::AppState;
use crate::tenants::{self, Busy, Role, UserId};
use crate::units::WorkspaceId;

/// Somebody who has proved who they are, and what their session begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Person {
    /// Who.
    pub user: UserId,
    /// The workspace that they see first and what they may do there; none for who sees an agency first, or belongs to
    /// nothing.
    pub member_of: Option<(WorkspaceId, Role)>,
    /// As it was when the password was checked: a session that begins under an older number has ended.
    pub session_epoch: i32,
}

/// Why it could not be found out who it is.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database said no, or nothing.
    #[error("the database could not be read: {0}")]
    Database(#[from] sqlx::Error),
}

/// Who signed in. `None` where address and password do not belong together; nothing tells which was wrong, not even the
/// time it takes.
///
/// # Errors
/// Where too many passwords are being checked, or the database failed.
pub async fn sign_in(state: &AppState, email: &str, password: String) -> Result<Option<Person>, SignInError> {
    let mut db = state.db.acquire().await?;
    let known = tenants::password::repo::credentials(&mut db, email.trim()).await?;
    // Hashing takes long; the connection is for others meanwhile.
    drop(db);
    let hash = known.as_ref().map(|known| known.password_hash.clone());
    let matches = tenants::password_matches(password, hash).await?;
    let Some(known) = known.filter(|_| matches) else {
        return Ok(None);
    };
    let mut db = state.db.acquire().await?;
    let member_of = match tenants::admin::repo::admin(&mut db, known.user).await? {
        Some(_) => None,
        None => tenants::repo::first_workspace(&mut db, known.user).await?,
    };
    Ok(Some(Person { user: known.user, member_of, session_epoch: known.session_epoch }))
}
