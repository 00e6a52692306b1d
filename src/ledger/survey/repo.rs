//! Wallets of many workspaces in two statements, however many they are, and their last calls in one.

use std::collections::HashMap;

use jiff::Timestamp;
use sqlx::PgConnection;

use crate::ledger::rows::{self, Columns as _};
use crate::ledger::store::Snapshots;
use crate::ledger::wallet::{Lot, Wallet};
use crate::units::{Meter, WorkspaceId};

/// The wallets of these workspaces, as they stand. Instead of its lots each has one lot per unit, with what is left in
/// all of them; that is enough for every figure of its standing.
pub async fn wallets(db: &mut PgConnection, workspaces: &[WorkspaceId]) -> sqlx::Result<Vec<Wallet>> {
    let ids: Vec<i64> = workspaces.iter().map(|workspace| workspace.0).collect();
    let found = sqlx::query(
        "select s.workspace_id, s.snapshot_id, s.terms from wallets w
         join plan_snapshots s on s.workspace_id = w.workspace_id
             and s.snapshot_id = any(w.held_snapshots || array[w.snapshot_id, w.next_snapshot_id])
         where w.workspace_id = any($1)",
    )
    .bind(&ids)
    .fetch_all(&mut *db)
    .await?;
    let mut snapshots = Snapshots::new();
    for row in &found {
        let snapshot = rows::snapshot(row);
        snapshots.insert((row.int("workspace_id"), snapshot.id), snapshot.into());
    }
    let found = sqlx::query("select * from wallets where workspace_id = any($1)").bind(&ids).fetch_all(db).await?;
    let known = |row: &&sqlx::postgres::PgRow| {
        let workspace = row.int("workspace_id");
        rows::snapshots_named(*row).all(|id| snapshots.contains_key(&(workspace, id)))
    };
    // A wallet that took another snapshot between the two statements is left out of a list that is a second old.
    let mut wallets: Vec<Wallet> = found.iter().filter(known).map(|row| rows::wallet(row, &snapshots)).collect();
    for wallet in &mut wallets {
        let left = [(Meter::Minutes, wallet.balances.packs_secs), (Meter::Calls, wallet.balances.packs_calls)];
        wallet.lots = left.map(|(meter, remaining)| Lot { number: 0, meter, remaining }).into();
    }
    Ok(wallets)
}

/// When each of these workspaces placed its last call: the one whose hold lapses last. One look-up in an index each.
pub async fn last_calls(
    db: &mut PgConnection,
    workspaces: &[WorkspaceId],
) -> sqlx::Result<HashMap<WorkspaceId, Timestamp>> {
    let ids: Vec<i64> = workspaces.iter().map(|workspace| workspace.0).collect();
    let found = sqlx::query(
        "select w.id as workspace_id, c.created_at from unnest($1::bigint[]) w(id)
         cross join lateral (select created_at from calls where (workspace_id + 0) = w.id order by expires_at desc limit 1) c",
    )
    .bind(&ids)
    .fetch_all(db)
    .await?;
    Ok(found.iter().map(|row| (WorkspaceId(row.int("workspace_id")), row.time("created_at"))).collect())
}
