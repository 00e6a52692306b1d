//! Refunds and disputes as they are stored. Nothing here commits.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

use super::Reversal;
use crate::ledger::Cause;
use crate::units::{MilliCents, WorkspaceId};

/// Stores what was told for the first time. One that is known stays as it is.
pub async fn insert(db: &mut PgConnection, reversal: &Reversal, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "insert into reversals (workspace_id, id, payment_intent, cause, bought_mc, balance_mc, stands, noted_at,
             followed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing",
    )
    .bind(reversal.workspace.0)
    .bind(&reversal.id)
    .bind(&reversal.payment_intent)
    .bind(reversal.cause.as_str())
    .bind(reversal.bought.0)
    .bind(reversal.balance.0)
    .bind(reversal.stands)
    .bind(now.to_sqlx())
    .bind(reversal.followed.then(|| now.to_sqlx()))
    .execute(db)
    .await?;
    Ok(())
}

/// One of a workspace.
pub async fn find(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<Reversal>> {
    let row = sqlx::query("select * from reversals where workspace_id = $1 and id = $2")
        .bind(workspace.0)
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// How much of a payment went back and has not failed: of what was bought, and of the balance paid beside it.
pub async fn standing(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    payment_intent: &str,
) -> sqlx::Result<(MilliCents, MilliCents)> {
    let (bought, balance) = sqlx::query_as(
        "select coalesce(sum(bought_mc), 0)::bigint, coalesce(sum(balance_mc), 0)::bigint from reversals
         where workspace_id = $1 and payment_intent = $2 and stands",
    )
    .bind(workspace.0)
    .bind(payment_intent)
    .fetch_one(db)
    .await?;
    Ok((MilliCents(bought), MilliCents(balance)))
}

/// What went back of what these purchases bought and has not failed, by the purchase's id; nothing for the others.
pub async fn returned(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    purchases: &[String],
) -> sqlx::Result<HashMap<String, MilliCents>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select p.id, sum(v.bought_mc)::bigint from purchases p
         join reversals v on v.workspace_id = p.workspace_id and v.payment_intent = p.payment_intent and v.stands
         where p.workspace_id = $1 and p.id = any($2) group by p.id",
    )
    .bind(workspace.0)
    .bind(purchases)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(purchase, returned)| (purchase, MilliCents(returned))).collect())
}

/// Notes that one has failed or was won; it never stands again.
pub async fn fall(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update reversals set stands = false, followed_at = null where workspace_id = $1 and id = $2 and stands",
    )
    .bind(workspace.0)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that wallet or request have followed to where this stands.
pub async fn mark_followed(db: &mut PgConnection, reversal: &Reversal, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update reversals set followed_at = $4 where workspace_id = $1 and id = $2 and stands = $3")
        .bind(reversal.workspace.0)
        .bind(&reversal.id)
        .bind(reversal.stands)
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

fn read(row: &PgRow) -> Reversal {
    Reversal {
        workspace: WorkspaceId(row.get("workspace_id")),
        id: row.get("id"),
        payment_intent: row.get("payment_intent"),
        cause: Cause::parse(row.get("cause")).expect("a CHECK names the words"),
        bought: MilliCents(row.get("bought_mc")),
        balance: MilliCents(row.get("balance_mc")),
        stands: row.get("stands"),
        followed: row.get::<Option<jiff_sqlx::Timestamp>, _>("followed_at").is_some(),
    }
}
