//! Campaigns, as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row};

use super::Announced;
use crate::pricing::Campaign;
use crate::units::{Seconds, WorkspaceId};

/// Stores a campaign, unless the workspace has one with this id. False where it has.
pub async fn insert(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
    campaign: Campaign,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query(
        "insert into campaigns (workspace_id, id, calls, expected_seconds, created_at) values ($1, $2, $3, $4, $5)
         on conflict (workspace_id, id) do nothing",
    )
    .bind(workspace.0)
    .bind(id)
    .bind(campaign.calls)
    .bind(campaign.expected.0)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// A campaign of this workspace.
pub async fn find(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<Announced>> {
    let row = sqlx::query("select * from campaigns where workspace_id = $1 and id = $2")
        .bind(workspace.0)
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| Announced {
        id: row.get("id"),
        campaign: Campaign { calls: row.get("calls"), expected: Seconds(row.get("expected_seconds")) },
        created_at: row.get::<jiff_sqlx::Timestamp, _>("created_at").to_jiff(),
    }))
}
