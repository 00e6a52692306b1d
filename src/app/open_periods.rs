//! Opens periods that are due, so that an allowance is reset on its day although nobody calls.

use std::time::Duration;

use crate::ledger::{Command, LedgerError, repo};
use crate::state::AppState;

/// Pause between two looks; any command opens the periods of its own wallet at once.
const PAUSE: Duration = Duration::from_secs(20);
/// Wallets of one look.
const BATCH: i64 = 500;

/// Looks again and again until it is dropped.
pub async fn keep_opening(state: AppState) {
    loop {
        match open_due(&state).await {
            Ok(opened) if opened as i64 == BATCH => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "periods that are due could not be opened"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

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

/// Opens what is due, a batch at most; answers how many wallets that were.
pub async fn open_due(state: &AppState) -> Result<usize, OpenError> {
    let mut db = state.db.acquire().await?;
    let due = repo::periods_due(&mut db, state.clock.now(), BATCH).await?;
    drop(db);
    let commands = due.iter().map(|workspace| state.ledger.submit(*workspace, Command::OpenPeriods));
    futures::future::try_join_all(commands).await?;
    Ok(due.len())
}
