//! Charges of saved cards as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{Cause, Topup, TopupStatus, Why};
use crate::payments::attempt::Attempt;
use crate::payments::intent::Intent;
use crate::units::{MilliCents, WorkspaceId};

/// Stores a charge before it is sent. False where there is one with its id, or another automatic one in flight.
pub async fn insert(db: &mut PgConnection, topup: &Topup, next_check_at: Timestamp) -> sqlx::Result<bool> {
    let inserted = sqlx::query(
        "insert into topups (workspace_id, id, cause, amount_mc, payment_method, customer_id, idempotency_key, request,
             asked_at, created_at, next_check_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing",
    )
    .bind(topup.workspace.0)
    .bind(&topup.id)
    .bind(topup.cause.as_str())
    .bind(topup.amount.0)
    .bind(&topup.payment_method)
    .bind(&topup.customer)
    .bind(&topup.attempt.key)
    .bind(&topup.attempt.body)
    .bind(topup.asked_at.to_sqlx())
    .bind(topup.created_at.to_sqlx())
    .bind(next_check_at.to_sqlx())
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// A charge of whatever workspace.
pub async fn find(db: &mut PgConnection, id: &str) -> sqlx::Result<Option<Topup>> {
    let row = sqlx::query("select * from topups where id = $1").bind(id).fetch_optional(db).await?;
    Ok(row.as_ref().map(read))
}

/// Puts a new attempt in place of one that is known to have made nothing.
pub async fn replace_attempt(db: &mut PgConnection, id: &str, attempt: &Attempt, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "update topups set status = 'pending', failure = null, settled_at = null, idempotency_key = $2, request = $3,
             asked_at = $4, next_check_at = $4, withdrawn_at = null
         where id = $1 and failure = 'not_made'",
    )
    .bind(id)
    .bind(&attempt.key)
    .bind(&attempt.body)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Notes which payment intent a charge has made, before that is credited, and where Stripe shows its receipt.
pub async fn set_intent(db: &mut PgConnection, topup: &Topup, intent: &Intent) -> sqlx::Result<()> {
    sqlx::query(
        "update topups set payment_intent = $2, receipt_url = coalesce($3, receipt_url)
         where id = $1 and coalesce(payment_intent, $2) = $2",
    )
    .bind(&topup.id)
    .bind(&intent.id)
    .bind(&intent.receipt_url)
    .execute(db)
    .await?;
    Ok(())
}

/// Marks a charge whose credit is posted, also one that had been taken for failed. False where it was marked before.
pub async fn mark_succeeded(db: &mut PgConnection, topup: &Topup, now: Timestamp) -> sqlx::Result<bool> {
    let marked = sqlx::query(
        "update topups set status = 'succeeded', failure = null, decline_code = null, settled_at = $2
         where id = $1 and status <> 'succeeded'",
    )
    .bind(&topup.id)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(marked.rows_affected() == 1)
}

/// Marks a charge whose very attempt failed. False where something else is known by now; that money was taken otherwise
/// than asked is news also of one that was taken for failed.
pub async fn mark_failed(db: &mut PgConnection, topup: &Topup, why: &Why, now: Timestamp) -> sqlx::Result<bool> {
    let decline_code = match why {
        Why::Declined(reason) => reason.as_deref(),
        _ => None,
    };
    let marked = sqlx::query(
        "update topups set status = 'failed', failure = $3, decline_code = $4, settled_at = $5
         where id = $1 and idempotency_key = $2
             and (status = 'pending' or $3 = 'unmatched' and status = 'failed' and failure <> 'unmatched')",
    )
    .bind(&topup.id)
    .bind(&topup.attempt.key)
    .bind(why.word())
    .bind(decline_code)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(marked.rows_affected() == 1)
}

/// Keeps the automatic charge in flight from ever being sent again.
pub async fn withdraw(db: &mut PgConnection, workspace: WorkspaceId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "update topups set withdrawn_at = $2
         where workspace_id = $1 and cause = 'auto_recharge' and status = 'pending' and withdrawn_at is null",
    )
    .bind(workspace.0)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps charges of cards that are not current any more from ever being sent again.
pub async fn withdraw_left(db: &mut PgConnection, workspace: WorkspaceId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "update topups t set withdrawn_at = $2
         where workspace_id = $1 and status = 'pending' and withdrawn_at is null and not exists (
             select from saved_cards c
             where c.workspace_id = t.workspace_id and c.payment_method = t.payment_method and c.status = 'current')",
    )
    .bind(workspace.0)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// True while an automatic charge of this workspace has no known outcome.
pub async fn is_recharging(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "select exists (select from topups
         where workspace_id = $1 and cause = 'auto_recharge' and status = 'pending')",
    )
    .bind(workspace.0)
    .fetch_one(db)
    .await
}

/// What automatic charges have come to since an instant: begun or settled after it, or in flight. One that spans the
/// instant counts on both sides of it, so that no cap is passed whenever Stripe has charged it. What was charged
/// otherwise than asked counts, too: money was taken.
pub async fn recharged_since(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    since: Timestamp,
) -> sqlx::Result<MilliCents> {
    let sum: i64 = sqlx::query_scalar(
        "select coalesce(sum(amount_mc), 0)::bigint from topups
         where workspace_id = $1 and cause = 'auto_recharge'
             and (status = 'pending' or created_at >= $2 or settled_at >= $2)
             and (status <> 'failed' or failure = 'unmatched')",
    )
    .bind(workspace.0)
    .bind(since.to_sqlx())
    .fetch_one(db)
    .await?;
    Ok(MilliCents(sum))
}

/// The latest automatic charges, newest first.
pub async fn recharges(db: &mut PgConnection, workspace: WorkspaceId, limit: i64) -> sqlx::Result<Vec<Topup>> {
    let rows = sqlx::query(
        "select * from topups where workspace_id = $1 and cause = 'auto_recharge' order by created_at desc limit $2",
    )
    .bind(workspace.0)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect())
}

/// Charges without a known outcome that the sweep must look at, those longest due first.
pub async fn due(db: &mut PgConnection, now: Timestamp, limit: i64) -> sqlx::Result<Vec<Topup>> {
    let rows = sqlx::query(
        "select * from topups where status = 'pending' and next_check_at <= $1 order by next_check_at limit $2",
    )
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect())
}

/// Sets when the sweep looks at a charge again.
pub async fn check_at(db: &mut PgConnection, id: &str, next: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update topups set next_check_at = $2 where id = $1").bind(id).bind(next.to_sqlx()).execute(db).await?;
    Ok(())
}

/// Makes every charge without a known outcome due now: after a start, nobody else may be at it.
pub async fn make_all_due(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update topups set next_check_at = $1 where status = 'pending' and next_check_at > $1")
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// What a row holds.
pub(in crate::payments) fn read(row: &PgRow) -> Topup {
    let named = "a CHECK names the words";
    let at = |name| row.get::<jiff_sqlx::Timestamp, _>(name).to_jiff();
    let maybe_at = |name| row.get::<Option<jiff_sqlx::Timestamp>, _>(name).map(jiff_sqlx::Timestamp::to_jiff);
    let failure = || Why::of_word(row.get("failure"), row.get("decline_code")).expect(named);
    Topup {
        workspace: WorkspaceId(row.get("workspace_id")),
        id: row.get("id"),
        cause: Cause::parse(row.get("cause")).expect(named),
        amount: MilliCents(row.get("amount_mc")),
        payment_method: row.get("payment_method"),
        customer: row.get("customer_id"),
        status: match row.get("status") {
            "pending" => TopupStatus::Pending,
            "succeeded" => TopupStatus::Succeeded,
            _ => TopupStatus::Failed(failure()),
        },
        attempt: Attempt { key: row.get("idempotency_key"), body: row.get("request") },
        asked_at: at("asked_at"),
        withdrawn_at: maybe_at("withdrawn_at"),
        created_at: at("created_at"),
        settled_at: maybe_at("settled_at"),
    }
}
