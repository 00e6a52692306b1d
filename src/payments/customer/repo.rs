//! Customers as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::Customer;
use crate::payments::attempt::Attempt;
use crate::payments::purchase::Payer;
use crate::units::WorkspaceId;

/// Who pays for a workspace.
///
/// # Errors
/// `RowNotFound` where there is no such workspace.
pub async fn payer(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Payer> {
    let (workspace, name, email) = sqlx::query_as(
        "select w.public_id, w.name, (
             select u.email from members m join users u on u.id = m.user_id
             where m.workspace_id = w.id and m.role = 'owner' order by m.created_at, u.id limit 1)
         from workspaces w where w.id = $1",
    )
    .bind(workspace.0)
    .fetch_one(db)
    .await?;
    Ok(Payer { workspace, name, email })
}

/// The workspace's customer, as far as it is known.
pub async fn customer(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<Customer>> {
    type Row = (String, String, jiff_sqlx::Timestamp, Option<String>);
    let row: Option<Row> = sqlx::query_as(
        "select idempotency_key, request, asked_at, customer_id from stripe_customers where workspace_id = $1",
    )
    .bind(workspace.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|(key, body, asked_at, id)| Customer {
        attempt: Attempt { key, body },
        asked_at: asked_at.to_jiff(),
        id,
    }))
}

/// The workspace whose customer this is.
pub async fn owner(db: &mut PgConnection, customer: &str) -> sqlx::Result<Option<WorkspaceId>> {
    let id: Option<i64> = sqlx::query_scalar("select workspace_id from stripe_customers where customer_id = $1")
        .bind(customer)
        .fetch_optional(db)
        .await?;
    Ok(id.map(WorkspaceId))
}

/// Stores the first attempt to make a customer. One that stands already is left as it is.
pub async fn insert_customer(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    attempt: &Attempt,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into stripe_customers (workspace_id, idempotency_key, request, asked_at)
         values ($1, $2, $3, $4) on conflict do nothing",
    )
    .bind(workspace.0)
    .bind(&attempt.key)
    .bind(&attempt.body)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Puts a new attempt in place of one that is known to have failed.
pub async fn replace_customer_attempt(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    failed_key: &str,
    attempt: &Attempt,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "update stripe_customers set idempotency_key = $3, request = $4, asked_at = $5
         where workspace_id = $1 and idempotency_key = $2 and customer_id is null",
    )
    .bind(workspace.0)
    .bind(failed_key)
    .bind(&attempt.key)
    .bind(&attempt.body)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Stores what an attempt made. The first answer stays.
pub async fn set_customer(db: &mut PgConnection, workspace: WorkspaceId, customer: &str) -> sqlx::Result<()> {
    sqlx::query("update stripe_customers set customer_id = $2 where workspace_id = $1 and customer_id is null")
        .bind(workspace.0)
        .bind(customer)
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets a customer that Stripe no longer knows, so that the next purchase makes another one.
pub async fn forget_customer(db: &mut PgConnection, workspace: WorkspaceId, customer: &str) -> sqlx::Result<()> {
    sqlx::query("delete from stripe_customers where workspace_id = $1 and customer_id = $2")
        .bind(workspace.0)
        .bind(customer)
        .execute(db)
        .await?;
    Ok(())
}
