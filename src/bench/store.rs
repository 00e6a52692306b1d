//! Wallets for a load, made in bulk.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx as _;
use sqlx::{Connection as _, PgConnection};

use super::load;
use crate::ledger;
use crate::units::WorkspaceId;

/// This many workspaces, each with a wallet and snapshot 1 of the load's terms.
pub async fn create_wallets(db: &mut PgConnection, count: i64, now: Timestamp) -> sqlx::Result<Vec<WorkspaceId>> {
    let mut transaction = db.begin().await?;
    let agency: i64 = sqlx::query_scalar(
        "insert into agencies (public_id, name, created_at) values ('ag_bench', 'Bench', $1) returning id",
    )
    .bind(now.to_sqlx())
    .fetch_one(&mut *transaction)
    .await?;
    let plan: i64 = sqlx::query_scalar(
        "insert into plans (public_id, agency_id, rank, public, terms, created_at)
         values ('plan_bench', $1, 1, false, $2, $3) returning id",
    )
    .bind(agency)
    .bind(sqlx::types::Json(load::terms()))
    .bind(now.to_sqlx())
    .fetch_one(&mut *transaction)
    .await?;
    let ids: Vec<i64> = sqlx::query_scalar(
        "insert into workspaces (public_id, agency_id, name, time_zone, created_at)
         select 'ws_bench' || n, $1, 'Bench ' || n, 'UTC', $2 from generate_series(1, $3) n returning id",
    )
    .bind(agency)
    .bind(now.to_sqlx())
    .bind(count)
    .fetch_all(&mut *transaction)
    .await?;
    for id in &ids {
        ledger::repo::create_wallet(&mut transaction, WorkspaceId(*id), &TimeZone::UTC, now).await?;
        ledger::repo::take_snapshot(&mut transaction, WorkspaceId(*id), plan, &load::terms(), now).await?;
    }
    transaction.commit().await?;
    Ok(ids.into_iter().map(WorkspaceId).collect())
}

/// Lets the server finish what filling it left behind, so that it does not fall into the measurement.
pub async fn settle_down(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("reset role").execute(&mut *db).await?;
    sqlx::query("vacuum analyze").execute(&mut *db).await?;
    sqlx::query("checkpoint").execute(&mut *db).await?;
    sqlx::query("set role minutebank_app").execute(&mut *db).await?;
    Ok(())
}

/// The process that serves this connection, and how many bytes of write-ahead log there have ever been.
pub async fn backend_and_wal(db: &mut PgConnection) -> sqlx::Result<(i32, i64)> {
    sqlx::query_as("select pg_backend_pid(), (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint").fetch_one(db).await
}
