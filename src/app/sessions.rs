//! Where a person is signed in, and the end of all of it.

use super::ReadError;
use crate::state::AppState;
use crate::tenants::UserId;
use crate::tenants::session::{OpenSession, repo};

/// Every browser in which a person is signed in, last used first.
///
/// # Errors
/// Where the database failed.
pub async fn open_sessions(state: &AppState, user: UserId) -> Result<Vec<OpenSession>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(repo::open_sessions(&mut db, user, state.clock.now()).await?)
}

/// Signs a person out everywhere, on every instance at once.
///
/// # Errors
/// Where the database failed.
pub async fn sign_out_everywhere(state: &AppState, user: UserId) -> sqlx::Result<()> {
    let mut transaction = state.db.begin().await?;
    repo::end_all(&mut transaction, user).await?;
    transaction.commit().await
}
