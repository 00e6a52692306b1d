//! Refunds as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::Refund;
use crate::payments::attempt::Attempt;
use crate::tenants::UserId;
use crate::units::WorkspaceId;

/// Stores an attempt before it is sent. One that is open or has succeeded stays; one that failed makes way.
pub async fn insert(db: &mut PgConnection, refund: &Refund, asked_by: UserId) -> sqlx::Result<()> {
    sqlx::query(
        "insert into refunds as r (workspace_id, inbox_item_id, payment_intent, idempotency_key, request, asked_at,
             asked_by)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (workspace_id, inbox_item_id) do update set status = 'open',
             idempotency_key = excluded.idempotency_key, request = excluded.request, asked_at = excluded.asked_at,
             asked_by = excluded.asked_by
         where r.status = 'failed'",
    )
    .bind(refund.workspace.0)
    .bind(refund.item)
    .bind(&refund.payment_intent)
    .bind(&refund.attempt.key)
    .bind(&refund.attempt.body)
    .bind(refund.asked_at.to_sqlx())
    .bind(asked_by.0)
    .execute(db)
    .await?;
    Ok(())
}

/// The refund of an item, if one was asked for.
pub async fn find(db: &mut PgConnection, workspace: WorkspaceId, item: i64) -> sqlx::Result<Option<Refund>> {
    let row = sqlx::query("select * from refunds where workspace_id = $1 and inbox_item_id = $2")
        .bind(workspace.0)
        .bind(item)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// Refunds asked for before `asked_before` whose outcome is not known, the oldest first.
pub async fn open(db: &mut PgConnection, asked_before: Timestamp, limit: i64) -> sqlx::Result<Vec<Refund>> {
    let rows = sqlx::query("select * from refunds where status = 'open' and asked_at < $1 order by asked_at limit $2")
        .bind(asked_before.to_sqlx())
        .bind(limit)
        .fetch_all(db)
        .await?;
    Ok(rows.iter().map(read).collect())
}

/// Notes an attempt's outcome: the refund's id, or `None` where it is known to have failed.
pub async fn settle(db: &mut PgConnection, refund: &Refund, id: Option<&str>) -> sqlx::Result<()> {
    sqlx::query(
        "update refunds set refund_id = $4, status = case when $4::text is null then 'failed' else 'succeeded' end
         where workspace_id = $1 and inbox_item_id = $2 and idempotency_key = $3 and status = 'open'",
    )
    .bind(refund.workspace.0)
    .bind(refund.item)
    .bind(&refund.attempt.key)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

fn read(row: &PgRow) -> Refund {
    Refund {
        workspace: WorkspaceId(row.get("workspace_id")),
        item: row.get("inbox_item_id"),
        payment_intent: row.get("payment_intent"),
        attempt: Attempt { key: row.get("idempotency_key"), body: row.get("request") },
        asked_at: row.get::<jiff_sqlx::Timestamp, _>("asked_at").to_jiff(),
        open: row.get::<&str, _>("status") == "open",
    }
}
