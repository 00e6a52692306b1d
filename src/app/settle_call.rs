//! Ending a call: its hold is settled or released, once.

use crate::ledger::{Answer, Call, CallOutcome, Command, LedgerError, Refusal};
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
    Ended(Box<Call>),
    /// It had ended with other figures, which stand.
    OtherFigures(Box<Call>),
}

/// Ends a call. The same report again gives the same answer.
pub async fn settle_call(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
    report: Report,
) -> Result<Settled, LedgerError> {
    let Report { outcome, duration, billed } = report;
    let command = Command::EndCall { id: id.to_owned(), outcome, duration, billed };
    match state.ledger.submit(workspace, command).await {
        Ok(Answer::Ended { call, .. }) => Ok(Settled::Ended(call)),
        Err(LedgerError::Refused(Refusal::AlreadyCompleted(call))) => Ok(Settled::OtherFigures(call)),
        Ok(other) => Err(LedgerError::Database(format!("an end was answered with {other:?}"))),
        Err(error) => Err(error),
    }
}
