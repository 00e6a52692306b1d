//! Reading a purchase of one workspace.

use super::ReadError;
use crate::ledger::history::repo::debts_paid;
use crate::payments::{self, Purchase};
use crate::state::AppState;
use crate::units::{MilliCents, WorkspaceId};

/// The purchase with this id; `None` where this workspace has none.
pub async fn find_purchase(state: &AppState, workspace: WorkspaceId, id: &str) -> Result<Option<Purchase>, ReadError> {
    let mut db = state.db.acquire().await?;
    let purchase = payments::repo::purchase(&mut db, id).await?;
    Ok(purchase.filter(|purchase| purchase.workspace == workspace))
}

/// How much of the outstanding balance its payment has paid.
///
/// # Errors
/// Where the database failed.
pub async fn debt_paid_by(state: &AppState, purchase: &Purchase) -> Result<MilliCents, ReadError> {
    let Some((session, _)) = &purchase.session else {
        return Ok(MilliCents(0));
    };
    let mut db = state.db.acquire().await?;
    let paid = debts_paid(&mut db, purchase.workspace, std::slice::from_ref(session)).await?;
    Ok(paid.get(session).copied().unwrap_or_default())
}
