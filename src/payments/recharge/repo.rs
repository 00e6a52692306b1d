//! Auto-recharge as it is stored. Nothing here commits.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use serde_json::Value;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, Row};

use super::{Amounts, Pause, Recharge};
use crate::tenants::UserId;
use crate::units::{MilliCents, WorkspaceId};

/// A workspace's settings; `None` where it never had any.
pub async fn find(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<Recharge>> {
    let row = sqlx::query("select * from auto_recharges where workspace_id = $1")
        .bind(workspace.0)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// The same, and nobody else changes them, or sends a charge, until the transaction ends.
pub async fn lock(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<Recharge>> {
    let row = sqlx::query("select * from auto_recharges where workspace_id = $1 for update")
        .bind(workspace.0)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// The same; `None` also where somebody else has them.
pub async fn try_lock(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<Recharge>> {
    let row = sqlx::query("select * from auto_recharges where workspace_id = $1 for update skip locked")
        .bind(workspace.0)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// Stores settings. `anew`: what went wrong before is forgotten.
pub async fn set(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    enabled: bool,
    amounts: &Amounts,
    anew: bool,
    changed_by: Option<UserId>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into auto_recharges as r (workspace_id, enabled, threshold_mc, topup_mc, monthly_cap_mc, changed_by,
             changed_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (workspace_id) do update set enabled = excluded.enabled, threshold_mc = excluded.threshold_mc,
             topup_mc = excluded.topup_mc, monthly_cap_mc = excluded.monthly_cap_mc, changed_by = excluded.changed_by,
             changed_at = excluded.changed_at, declines = case when $8 then 0 else r.declines end,
             retry_at = case when $8 then null else r.retry_at end, paused = case when $8 then null else r.paused end,
             paused_at = case when $8 then null else r.paused_at end",
    )
    .bind(workspace.0)
    .bind(enabled)
    .bind(amounts.threshold.0)
    .bind(amounts.topup.0)
    .bind(amounts.monthly_cap.0)
    .bind(changed_by.map(|user| user.0))
    .bind(now.to_sqlx())
    .bind(anew)
    .execute(db)
    .await?;
    Ok(())
}

/// Switches it off.
pub async fn switch_off(db: &mut PgConnection, workspace: WorkspaceId, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update auto_recharges set enabled = false, changed_at = $2 where workspace_id = $1")
        .bind(workspace.0)
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// Forgets what went wrong before: a charge has succeeded, or a new card is there. A charge that does not match
/// is no matter of the card: it is not forgotten until somebody switches auto-recharge on again.
pub async fn begin_anew(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<()> {
    sqlx::query(
        "update auto_recharges set declines = 0, retry_at = null, paused = null, paused_at = null
         where workspace_id = $1 and paused is distinct from 'unmatched'",
    )
    .bind(workspace.0)
    .execute(db)
    .await?;
    Ok(())
}

/// Notes a failure after which it is tried again.
pub async fn retry(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    declines: i32,
    retry_at: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("update auto_recharges set declines = $2, retry_at = $3 where workspace_id = $1")
        .bind(workspace.0)
        .bind(declines)
        .bind(retry_at.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// Notes a failure after which somebody must do something.
pub async fn pause(db: &mut PgConnection, workspace: WorkspaceId, pause: Pause, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "update auto_recharges set declines = declines + 1, retry_at = null, paused = $2, paused_at = $3
         where workspace_id = $1",
    )
    .bind(workspace.0)
    .bind(pause.as_str())
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Notes that the cap of a month is reached. False where that was told before.
pub async fn note_cap(db: &mut PgConnection, workspace: WorkspaceId, month: Date) -> sqlx::Result<bool> {
    let noted = sqlx::query(
        "update auto_recharges set capped_month = $2
         where workspace_id = $1 and capped_month is distinct from $2",
    )
    .bind(workspace.0)
    .bind(month.to_sqlx())
    .execute(db)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Puts `auto_recharge.failed` into the outbox.
pub async fn tell_failed(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    data: &Value,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into wallet_events (workspace_id, type, occurred_at, seq, data)
         select workspace_id, 'auto_recharge.failed', $2, seq, $3 from wallets where workspace_id = $1",
    )
    .bind(workspace.0)
    .bind(now.to_sqlx())
    .bind(Json(data))
    .execute(db)
    .await?;
    Ok(())
}

/// Workspaces that would be charged once they run low; true where they may have done so. Without holds all credits are
/// available, so that one look at the row is enough.
pub async fn armed(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<Vec<(WorkspaceId, bool)>> {
    let rows: Vec<(i64, bool)> = sqlx::query_as(
        "select r.workspace_id, (r.retry_at is null or r.retry_at <= $1)
             and (w.credits_mc < r.threshold_mc or cardinality(w.held_snapshots) > 0)
         from auto_recharges r join wallets w on w.workspace_id = r.workspace_id
         where r.enabled and r.paused is null",
    )
    .bind(now.to_sqlx())
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(workspace, low)| (WorkspaceId(workspace), low)).collect())
}

fn read(row: &PgRow) -> Recharge {
    let at = |name| row.get::<Option<jiff_sqlx::Timestamp>, _>(name).map(jiff_sqlx::Timestamp::to_jiff);
    let paused: Option<&str> = row.get("paused");
    let money = |name| MilliCents(row.get(name));
    Recharge {
        workspace: WorkspaceId(row.get("workspace_id")),
        enabled: row.get("enabled"),
        amounts: Amounts {
            threshold: money("threshold_mc"),
            topup: money("topup_mc"),
            monthly_cap: money("monthly_cap_mc"),
        },
        declines: row.get("declines"),
        retry_at: at("retry_at"),
        paused: paused.map(|word| Pause::parse(word).expect("a CHECK names the words")).zip(at("paused_at")),
        capped_month: row.get::<Option<jiff_sqlx::Date>, _>("capped_month").map(jiff_sqlx::Date::to_jiff),
    }
}
