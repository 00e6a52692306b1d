//! Asking whether a call may start, and reading one that did.

use crate::ledger::{self, Answer, Call, Command, LedgerError, Placement};
use crate::state::AppState;
use crate::units::{Meter, WorkspaceId};

use super::ReadError;

/// A call with the unit that its hold counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeteredCall {
    /// The call.
    pub call: Call,
    /// Unit of `call.held_units`.
    pub meter: Meter,
}

/// Places the call's hold. True beside a call that an earlier request with the same id and fields had placed.
pub async fn start_call(
    state: &AppState,
    workspace: WorkspaceId,
    placement: Placement,
) -> Result<(MeteredCall, bool), ReadError> {
    match state.ledger.submit(workspace, Command::PlaceHold(placement)).await? {
        Answer::Placed { call, repeated } => Ok((metered(state, workspace, *call).await?, repeated)),
        other => Err(LedgerError::Database(format!("a hold was answered with {other:?}")).into()),
    }
}

/// A call of this workspace; `None` where it has none with this id.
pub async fn find_call(state: &AppState, workspace: WorkspaceId, id: &str) -> Result<Option<MeteredCall>, ReadError> {
    let mut db = state.db.acquire().await?;
    let call = ledger::repo::call(&mut db, workspace, id).await?;
    drop(db);
    match call {
        Some(call) => Ok(Some(metered(state, workspace, call).await?)),
        None => Ok(None),
    }
}

/// The call with its unit, which its snapshot knows.
pub(super) async fn metered(state: &AppState, workspace: WorkspaceId, call: Call) -> Result<MeteredCall, ReadError> {
    let mut db = state.db.acquire().await?;
    let meter = ledger::repo::snapshot_meter(&mut db, workspace, call.snapshot).await?;
    Ok(MeteredCall { call, meter })
}
