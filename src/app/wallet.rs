//! A wallet as it stands at this moment.

use super::ReadError;
use crate::ledger::{self, Command, Wallet};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// The wallet in the period that is current: where one is due, it is opened first.
pub async fn current_wallet(state: &AppState, workspace: WorkspaceId) -> Result<Wallet, ReadError> {
    let wallet = read(state, workspace).await?;
    let now = state.clock.now();
    if !wallet.subscription.as_ref().is_some_and(|subscription| subscription.is_period_over(now)) {
        return Ok(wallet);
    }
    state.ledger.submit(workspace, Command::OpenPeriods).await?;
    read(state, workspace).await
}

/// Wallet and lots of one instant: they are several rows, and calls go on meanwhile.
async fn read(state: &AppState, workspace: WorkspaceId) -> Result<Wallet, ReadError> {
    let mut transaction = state.db.begin_with("begin isolation level repeatable read read only").await?;
    let wallet = ledger::repo::wallet(&mut transaction, workspace).await?;
    transaction.commit().await?;
    wallet.ok_or(ReadError::NoWorkspace)
}
