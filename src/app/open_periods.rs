//! Opens periods that are due, so that an allowance is reset on its day although nobody calls; any command opens those of its
//! own wallet at once.

use crate::ledger::{Command, LedgerError, repo};
use crate::state::AppState;

/// Wallets of one look.
const BATCH: i64 = 500;

/// Why a look failed.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The list could not be read.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// A wallet could not be changed.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Opens everything that is due.
///
/// # Errors
/// Where a wallet could not be changed; what is due is due again at the next look.
pub async fn open_all_due(state: &AppState) -> Result<(), OpenError> {
    while open_due(state).await? as i64 == BATCH {}
    Ok(())
}

/// Opens what is due, a batch at most; answers how many wallets that were.
pub async fn open_due(state: &AppState) -> Result<usize, OpenError> {
    let mut db = state.db.acquire().await?;
    let due = repo::periods_due(&mut db, state.clock.now(), BATCH).await?;
    drop(db);
    let commands = due.iter().map(|workspace| state.ledger.submit(*workspace, Command::OpenPeriods));
    futures::future::try_join_all(commands).await?;
    Ok(due.len())
}
