//! Wallets follow their payment requests: overdue is `past_due`, beyond the days of grace `unpaid`, and what is paid or
//! waived clears it (SPEC §1.3).

use crate::ledger::{Command, LedgerError, PaymentState};
use crate::notify::live;
use crate::payments::request::repo;
use crate::state::AppState;
use crate::units::WorkspaceId;

/// Wallets of one look.
const BATCH: i64 = 500;

/// Why a wallet does not follow.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// The requests could not be read.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// The wallet could not be changed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Marks what has fallen due and brings every wallet to where its requests are, a batch at most. Answers how many.
///
/// # Errors
/// Where the database failed; a wallet that cannot be changed now is tried again.
pub async fn follow_all(state: &AppState) -> sqlx::Result<usize> {
    let now = state.clock.now();
    let mut db = state.db.acquire().await?;
    repo::mark_overdue(&mut db, now).await?;
    let workspaces = repo::states_to_set(&mut db, now, BATCH).await?;
    drop(db);
    let mut followed = 0;
    for workspace in workspaces {
        match follow(state, workspace).await {
            Ok(_) => followed += 1,
            Err(error) => tracing::warn!(workspace = workspace.0, %error, "a wallet does not follow its requests"),
        }
    }
    Ok(followed)
}

/// Brings one wallet to where its requests are, and open pages to both. Whoever sets it looks again afterwards, so that of
/// several at once the last word is the present state.
///
/// # Errors
/// See [`FollowError`].
pub async fn follow(state: &AppState, workspace: WorkspaceId) -> Result<PaymentState, FollowError> {
    let mut told = None;
    loop {
        let mut db = state.db.acquire().await?;
        let standing = repo::payment_state(&mut db, workspace, state.clock.now()).await?;
        drop(db);
        if told == Some(standing) {
            live::announce(&mut *state.db.acquire().await?, workspace).await?;
            return Ok(standing);
        }
        state.ledger.submit(workspace, Command::SetPaymentState(standing)).await?;
        told = Some(standing);
    }
}
