//! A sign of life of a call: how long it may go on.

use jiff::{SignedDuration, Timestamp};

use crate::ledger::{Answer, Call, Command, LedgerError};
use crate::state::AppState;
use crate::units::{Seconds, WorkspaceId};

/// What a heartbeat is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pulse {
    /// The call is open.
    Open {
        /// With the hold as the heartbeat leaves it.
        call: Box<Call>,
        /// When the talk time that the hold allows for is used up: past where it is already.
        hang_up_at: Timestamp,
        /// More was held than is used so far.
        goes_on: bool,
    },
    /// The call has ended, and nothing is held for it.
    Ended,
}

/// Notes how long a call has been connected, and extends its hold where the plan's policy does so (SPEC §4).
///
/// # Errors
/// `UnknownCall` where the workspace has none with this id.
pub async fn heartbeat(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
    connected: Seconds,
) -> Result<Pulse, LedgerError> {
    let command = Command::Heartbeat { id: id.to_owned(), connected };
    match state.ledger.submit(workspace, command).await? {
        Answer::Beaten { call, .. } if call.end.is_some() => Ok(Pulse::Ended),
        Answer::Beaten { call, allowed } => {
            // A lower figure than an earlier one was ignored.
            let left = allowed.0 - call.connected.unwrap_or(connected).0;
            let hang_up_at = state.clock.now() + SignedDuration::from_secs(left);
            Ok(Pulse::Open { call, hang_up_at, goes_on: left > 0 })
        }
        other => Err(LedgerError::Database(format!("a heartbeat was answered with {other:?}"))),
    }
}
