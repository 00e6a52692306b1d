//! Ending a call: its hold is settled or released, once.

use super::ReadError;
use super::start_call::{MeteredCall, metered};
use crate::ledger::{Answer, CallOutcome, Command, LedgerError, Refusal};
use crate::state::AppState;
use crate::units::{Seconds, WorkspaceId};

/// What the call engine reports at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How it ended.
    pub outcome: CallOutcome,
    /// From first ring to the end.
    pub duration: Seconds,
    /// Connected time; zero unless answered.
    pub billed: Seconds,
}

/// What became of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The call has ended as reported, now or before.
    Ended(MeteredCall),
    /// It had ended with other figures, which stand.
    OtherFigures(MeteredCall),
}

/// Ends a call. The same report again gives the same answer.
pub async fn settle_call(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
    report: Report,
) -> Result<Settled, ReadError> {
    let Report { outcome, duration, billed } = report;
    let command = Command::EndCall { id: id.to_owned(), outcome, duration, billed };
    match state.ledger.submit(workspace, command).await {
        Ok(Answer::Ended { call, .. }) => Ok(Settled::Ended(metered(state, workspace, *call).await?)),
        Err(LedgerError::Refused(Refusal::AlreadyCompleted(call))) => {
            Ok(Settled::OtherFigures(metered(state, workspace, *call).await?))
        }
        Ok(other) => Err(LedgerError::Database(format!("an end was answered with {other:?}")).into()),
        Err(error) => Err(error.into()),
    }
}
