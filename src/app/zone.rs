//! The zone in which a workspace's days begin and end.

use jiff::tz::TimeZone;

use super::ReadError;
use crate::state::AppState;
use crate::tenants;
use crate::units::WorkspaceId;

/// Reads a workspace's zone.
pub async fn zone(state: &AppState, workspace: WorkspaceId) -> Result<TimeZone, ReadError> {
    let mut db = state.db.acquire().await?;
    tenants::repo::zone(&mut db, workspace).await?.ok_or(ReadError::NoWorkspace)
}
