//! Reading a purchase of one workspace.

use super::ReadError;
use crate::payments::{self, Purchase};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// The purchase with this id; `None` where this workspace has none.
pub async fn find_purchase(state: &AppState, workspace: WorkspaceId, id: &str) -> Result<Option<Purchase>, ReadError> {
    let mut db = state.db.acquire().await?;
    let purchase = payments::repo::purchase(&mut db, id).await?;
    Ok(purchase.filter(|purchase| purchase.workspace == workspace))
}
