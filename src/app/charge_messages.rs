//! Paying for messages from the credits, as the platform reports them.

use jiff::Timestamp;

use super::ReadError;
use crate::ids;
use crate::ledger::history::{Change, repo};
use crate::ledger::{Answer, Command, LedgerError, Refusal};
use crate::state::AppState;
use crate::units::{MilliCents, WorkspaceId};

/// Messages that are paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Charged {
    /// How many.
    pub count: i64,
    /// Credits drawn.
    pub cost: MilliCents,
    /// Public id of the transaction.
    pub transaction: String,
    /// When they were paid.
    pub at: Timestamp,
    /// True where an earlier request with the same id had paid them.
    pub repeated: bool,
}

/// Pays for messages; the same id and count again is answered as it was before. The inner error is the ledger's refusal.
///
/// # Errors
/// Where ledger or database failed: repeat it with the same id.
pub async fn charge_messages(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
    count: i64,
) -> Result<Result<Charged, Refusal>, ReadError> {
    let command = Command::ChargeMessages { id: id.to_owned(), count };
    let (seq, repeated) = match state.ledger.submit(workspace, command).await {
        Ok(Answer::Charged { seq, repeated }) => (seq, repeated),
        Ok(other) => return Err(unexpected(format!("messages were answered with {other:?}"))),
        Err(LedgerError::Refused(refusal)) => return Ok(Err(refusal)),
        Err(error) => return Err(error.into()),
    };
    let mut db = state.db.acquire().await?;
    let posting = repo::posting_numbered(&mut db, workspace, seq).await?;
    let posting = posting.ok_or_else(|| unexpected(format!("posting {seq} was answered and cannot be read")))?;
    Ok(Ok(Charged {
        count,
        cost: MilliCents(-Change::of(&posting).credits.0),
        transaction: ids::derived("txn", &[workspace.0, seq]),
        at: posting.occurred_at,
        repeated,
    }))
}

fn unexpected(what: String) -> ReadError {
    ReadError::Ledger(LedgerError::Database(what))
}
