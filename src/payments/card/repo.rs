//! Saved cards as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{CardSeen, SavedCard};
use crate::units::WorkspaceId;

/// The card that a workspace is charged with.
pub async fn current(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<SavedCard>> {
    let row = sqlx::query("select * from saved_cards where workspace_id = $1 and status = 'current'")
        .bind(workspace.0)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// True where a workspace has a card, or had one.
pub async fn had_one(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from saved_cards where workspace_id = $1)")
        .bind(workspace.0)
        .fetch_one(db)
        .await
}

/// A card of a workspace, whatever became of it.
pub async fn find(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    payment_method: &str,
) -> sqlx::Result<Option<SavedCard>> {
    let row = sqlx::query("select * from saved_cards where workspace_id = $1 and payment_method = $2")
        .bind(workspace.0)
        .bind(payment_method)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// Cards of whatever workspace with this payment method; one at most is current.
pub async fn by_payment_method(db: &mut PgConnection, payment_method: &str) -> sqlx::Result<Option<SavedCard>> {
    let row = sqlx::query("select * from saved_cards where payment_method = $1 and status = 'current'")
        .bind(payment_method)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// Keeps everybody else from the cards of a workspace until the transaction ends.
pub async fn lock(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<()> {
    sqlx::query("select from stripe_customers where workspace_id = $1 for update")
        .bind(workspace.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Makes a card the current one; the one before leaves, and so does a card that was asked for earlier than the newest
/// one. False where a known card is not current any more, or leaves at once. The cards must be locked.
pub async fn put(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    card: &CardSeen,
    customer: &str,
    asked_at: Timestamp,
) -> sqlx::Result<bool> {
    let known: Option<String> =
        sqlx::query_scalar("select status from saved_cards where workspace_id = $1 and payment_method = $2")
            .bind(workspace.0)
            .bind(&card.payment_method)
            .fetch_optional(&mut *db)
            .await?;
    if let Some(status) = known {
        return Ok(status == "current");
    }
    sqlx::query(
        "insert into saved_cards (workspace_id, payment_method, customer_id, brand, last4, exp_month, exp_year, asked_at,
             status)
         values ($1, $2, $3, $4, $5, $6, $7, $8, 'leaving')",
    )
    .bind(workspace.0)
    .bind(&card.payment_method)
    .bind(customer)
    .bind(&card.brand)
    .bind(&card.last4)
    .bind(card.exp_month)
    .bind(card.exp_year)
    .bind(asked_at.to_sqlx())
    .execute(&mut *db)
    .await?;
    let newer: bool =
        sqlx::query_scalar("select exists (select from saved_cards where workspace_id = $1 and asked_at > $2)")
            .bind(workspace.0)
            .bind(asked_at.to_sqlx())
            .fetch_one(&mut *db)
            .await?;
    if newer {
        return Ok(false);
    }
    sqlx::query("update saved_cards set status = 'leaving' where workspace_id = $1 and status = 'current'")
        .bind(workspace.0)
        .execute(&mut *db)
        .await?;
    sqlx::query("update saved_cards set status = 'current' where workspace_id = $1 and payment_method = $2")
        .bind(workspace.0)
        .bind(&card.payment_method)
        .execute(db)
        .await?;
    Ok(true)
}

/// Takes over what a bank has changed: brand, digits, expiry.
pub async fn renew(db: &mut PgConnection, workspace: WorkspaceId, card: &CardSeen) -> sqlx::Result<()> {
    sqlx::query(
        "update saved_cards set brand = $3, last4 = $4, exp_month = $5, exp_year = $6
         where workspace_id = $1 and payment_method = $2",
    )
    .bind(workspace.0)
    .bind(&card.payment_method)
    .bind(&card.brand)
    .bind(&card.last4)
    .bind(card.exp_month)
    .bind(card.exp_year)
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the current card away here; the sweep does so at Stripe. False where it is not the current one.
pub async fn remove(db: &mut PgConnection, workspace: WorkspaceId, payment_method: &str) -> sqlx::Result<bool> {
    let removed = sqlx::query(
        "update saved_cards set status = 'leaving'
         where workspace_id = $1 and payment_method = $2 and status = 'current'",
    )
    .bind(workspace.0)
    .bind(payment_method)
    .execute(db)
    .await?;
    Ok(removed.rows_affected() == 1)
}

/// Marks a card that Stripe no longer keeps for its customer.
pub async fn mark_gone(db: &mut PgConnection, workspace: WorkspaceId, payment_method: &str) -> sqlx::Result<()> {
    sqlx::query("update saved_cards set status = 'gone' where workspace_id = $1 and payment_method = $2")
        .bind(workspace.0)
        .bind(payment_method)
        .execute(db)
        .await?;
    Ok(())
}

/// Cards to be detached at Stripe. One whose charge has no known outcome stays until it has.
pub async fn leaving(db: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<SavedCard>> {
    let rows = sqlx::query(
        "select c.* from saved_cards c
         where c.status = 'leaving' and not exists (
             select from topups t where t.workspace_id = c.workspace_id and t.payment_method = c.payment_method
                 and t.status = 'pending')
         limit $1",
    )
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect())
}

fn read(row: &PgRow) -> SavedCard {
    SavedCard {
        workspace: WorkspaceId(row.get("workspace_id")),
        payment_method: row.get("payment_method"),
        customer: row.get("customer_id"),
        brand: row.get("brand"),
        last4: row.get("last4"),
        exp_month: row.get("exp_month"),
        exp_year: row.get("exp_year"),
        asked_at: row.get::<jiff_sqlx::Timestamp, _>("asked_at").to_jiff(),
    }
}
