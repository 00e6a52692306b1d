//! Asking whether a call may start, and reading one that did.

use crate::ledger::{self, Answer, Call, Command, LedgerError, Placement};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// Places the call's hold. True beside a call that an earlier request with the same id and fields had placed.
pub async fn start_call(
    state: &AppState,
    workspace: WorkspaceId,
    placement: Placement,
) -> Result<(Call, bool), LedgerError> {
    match state.ledger.submit(workspace, Command::PlaceHold(placement)).await? {
        Answer::Placed { call, repeated } => Ok((*call, repeated)),
        other => Err(LedgerError::Database(format!("a hold was answered with {other:?}"))),
    }
}

/// A call of this workspace; `None` where it has none with this id.
pub async fn find_call(state: &AppState, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<Call>> {
    let mut db = state.db.acquire().await?;
    ledger::repo::call(&mut db, workspace, id).await
}
