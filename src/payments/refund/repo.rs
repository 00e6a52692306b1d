//! Refunds that were asked for here, as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{Refund, RefundCause, RefundStatus};
use crate::payments::attempt::Attempt;
use crate::tenants::UserId;
use crate::units::{MilliCents, WorkspaceId};

/// Stores the refund of an inbox item before it is sent. One that is open or has succeeded stays; one that failed makes
/// way.
pub async fn insert(db: &mut PgConnection, refund: &Refund, item: i64, asked_by: UserId) -> sqlx::Result<()> {
    sqlx::query(
        "insert into refunds as r (workspace_id, id, inbox_item_id, payment_intent, idempotency_key, request, asked_at,
             asked_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (workspace_id, inbox_item_id) do update set status = 'open', id = excluded.id,
             idempotency_key = excluded.idempotency_key, request = excluded.request, asked_at = excluded.asked_at,
             asked_by = excluded.asked_by, refund_id = null
         where r.status = 'failed'",
    )
    .bind(refund.workspace.0)
    .bind(&refund.id)
    .bind(item)
    .bind(&refund.payment_intent)
    .bind(&refund.attempt.key)
    .bind(&refund.attempt.body)
    .bind(refund.asked_at.to_sqlx())
    .bind(asked_by.0)
    .execute(db)
    .await?;
    Ok(())
}

/// Stores the refund of what a purchase has unused, before anything is taken. False where its form was sent before.
pub async fn insert_unused(
    db: &mut PgConnection,
    refund: &Refund,
    purchase: &str,
    form_key: &str,
    asked_by: UserId,
) -> sqlx::Result<bool> {
    let inserted = sqlx::query(
        "insert into refunds (workspace_id, id, purchase_id, form_key, payment_intent, idempotency_key, asked_at, asked_by,
             status)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'taking') on conflict (workspace_id, form_key) do nothing",
    )
    .bind(refund.workspace.0)
    .bind(&refund.id)
    .bind(purchase)
    .bind(form_key)
    .bind(&refund.payment_intent)
    .bind(&refund.attempt.key)
    .bind(refund.asked_at.to_sqlx())
    .bind(asked_by.0)
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// The refund of an item, if one was asked for.
pub async fn of_item(db: &mut PgConnection, workspace: WorkspaceId, item: i64) -> sqlx::Result<Option<Refund>> {
    let row = sqlx::query("select * from refunds where workspace_id = $1 and inbox_item_id = $2")
        .bind(workspace.0)
        .bind(item)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// The refund that a form asked for.
pub async fn of_form(db: &mut PgConnection, workspace: WorkspaceId, form_key: &str) -> sqlx::Result<Option<Refund>> {
    let row = sqlx::query("select * from refunds where workspace_id = $1 and form_key = $2")
        .bind(workspace.0)
        .bind(form_key)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// A refund by its own id.
pub async fn find(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<Refund>> {
    let row = sqlx::query("select * from refunds where workspace_id = $1 and id = $2")
        .bind(workspace.0)
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// Refunds asked for until `asked_until` that are not at their end, the oldest first.
pub async fn unfinished(db: &mut PgConnection, asked_until: Timestamp, limit: i64) -> sqlx::Result<Vec<Refund>> {
    let rows = sqlx::query(
        "select * from refunds where status in ('taking', 'open', 'returning') and asked_at <= $1
         order by asked_at limit $2",
    )
    .bind(asked_until.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect())
}

/// Fixes what is asked of Stripe, once the units are taken. False where somebody else was faster.
pub async fn open(db: &mut PgConnection, refund: &Refund, amount: MilliCents, now: Timestamp) -> sqlx::Result<bool> {
    let opened = sqlx::query(
        "update refunds set status = 'open', amount_mc = $3, request = $4, asked_at = $5
         where workspace_id = $1 and id = $2 and status = 'taking'",
    )
    .bind(refund.workspace.0)
    .bind(&refund.id)
    .bind(amount.0)
    .bind(Refund { amount: Some(amount), ..refund.clone() }.request())
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(opened.rows_affected() == 1)
}

/// Moves a refund on from where it was read, with its id at Stripe where it has one. False where somebody else was
/// faster.
pub async fn advance(
    db: &mut PgConnection,
    refund: &Refund,
    to: RefundStatus,
    made: Option<&str>,
) -> sqlx::Result<bool> {
    let moved = sqlx::query(
        "update refunds set status = $5, refund_id = coalesce($6, refund_id)
         where workspace_id = $1 and id = $2 and idempotency_key = $3 and status = $4",
    )
    .bind(refund.workspace.0)
    .bind(&refund.id)
    .bind(&refund.attempt.key)
    .bind(refund.status.as_str())
    .bind(to.as_str())
    .bind(made)
    .execute(db)
    .await?;
    Ok(moved.rows_affected() == 1)
}

fn read(row: &PgRow) -> Refund {
    let cause = match row.get::<Option<i64>, _>("inbox_item_id") {
        Some(item) => RefundCause::Item(item),
        None => RefundCause::Unused { purchase: row.get("purchase_id"), form_key: row.get("form_key") },
    };
    let body: Option<String> = row.get("request");
    Refund {
        workspace: WorkspaceId(row.get("workspace_id")),
        id: row.get("id"),
        cause,
        payment_intent: row.get("payment_intent"),
        amount: row.get::<Option<i64>, _>("amount_mc").map(MilliCents),
        attempt: Attempt { key: row.get("idempotency_key"), body: body.unwrap_or_default() },
        asked_at: row.get::<jiff_sqlx::Timestamp, _>("asked_at").to_jiff(),
        status: RefundStatus::parse(row.get("status")).expect("a CHECK names the words"),
    }
}
