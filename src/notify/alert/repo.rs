//! Settings, recipients and levels as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{Alert, AlertSettings, Levels, Recipient, Thresholds};
use crate::tenants::UserId;
use crate::units::{MilliCents, WorkspaceId};

/// What was saved for a workspace; `None` where nothing was, and the defaults hold.
pub async fn settings(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<AlertSettings>> {
    let row = sqlx::query("select low_below_mc, low_below_calls from alert_settings where workspace_id = $1")
        .bind(workspace.0)
        .fetch_optional(&mut *db)
        .await?;
    let Some(row) = row else { return Ok(None) };
    let recipients = sqlx::query(
        "select user_id, low, paused, recharge_failed, receipts from alert_recipients where workspace_id = $1
         order by user_id",
    )
    .bind(workspace.0)
    .fetch_all(db)
    .await?;
    let recipient = |row: &PgRow| Recipient {
        user: UserId(row.get("user_id")),
        wants: ["low", "paused", "recharge_failed", "receipts"].map(|column| row.get(column)),
    };
    let recipients = recipients.iter().map(recipient).collect();
    Ok(Some(AlertSettings { thresholds: thresholds(&row), recipients }))
}

fn thresholds(row: &PgRow) -> Thresholds {
    let calls: Option<i32> = row.get("low_below_calls");
    Thresholds { below: row.get::<Option<i64>, _>("low_below_mc").map(MilliCents), below_calls: calls.map(i64::from) }
}

/// Puts settings in the place of what was saved before.
pub async fn save(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    settings: &AlertSettings,
    by: UserId,
    now: Timestamp,
) -> sqlx::Result<()> {
    let Thresholds { below, below_calls } = settings.thresholds;
    sqlx::query(
        "insert into alert_settings (workspace_id, low_below_mc, low_below_calls, updated_by, updated_at)
         values ($1, $2, $3, $4, $5)
         on conflict (workspace_id) do update set low_below_mc = excluded.low_below_mc,
            low_below_calls = excluded.low_below_calls, updated_by = excluded.updated_by,
            updated_at = excluded.updated_at",
    )
    .bind(workspace.0)
    .bind(below.map(|below| below.0))
    .bind(below_calls.and_then(|calls| i32::try_from(calls).ok()))
    .bind(by.0)
    .bind(now.to_sqlx())
    .execute(&mut *db)
    .await?;
    sqlx::query("delete from alert_recipients where workspace_id = $1").bind(workspace.0).execute(&mut *db).await?;
    for Recipient { user, wants } in settings.recipients.iter().filter(|it| it.wants.contains(&true)) {
        sqlx::query(
            "insert into alert_recipients (workspace_id, user_id, low, paused, recharge_failed, receipts)
             select workspace_id, user_id, $3, $4, $5, $6 from members where workspace_id = $1 and user_id = $2",
        )
        .bind(workspace.0)
        .bind(user.0)
        .bind(wants[0])
        .bind(wants[1])
        .bind(wants[2])
        .bind(wants[3])
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

/// Addresses of those who are told this: as it was saved, or every owner.
pub async fn addressees(db: &mut PgConnection, workspace: WorkspaceId, alert: Alert) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "select u.email from members m join users u on u.id = m.user_id
         left join alert_recipients r on r.workspace_id = m.workspace_id and r.user_id = m.user_id
         where m.workspace_id = $1 and case
            when not exists (select from alert_settings s where s.workspace_id = $1) then m.role = 'owner'
            when $2 = 'low' then r.low
            when $2 = 'paused' then r.paused
            when $2 = 'recharge_failed' then r.recharge_failed
            else r.receipts end
         order by u.email",
    )
    .bind(workspace.0)
    .bind(alert.as_str())
    .fetch_all(db)
    .await
}

/// Thresholds of these workspaces, where some were saved.
pub async fn thresholds_of(
    db: &mut PgConnection,
    workspaces: &[WorkspaceId],
) -> sqlx::Result<Vec<(WorkspaceId, Thresholds)>> {
    let ids: Vec<i64> = workspaces.iter().map(|workspace| workspace.0).collect();
    let rows = sqlx::query(
        "select workspace_id, low_below_mc, low_below_calls from alert_settings where workspace_id = any($1)",
    )
    .bind(&ids)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (WorkspaceId(row.get("workspace_id")), thresholds(row))).collect())
}

/// Workspaces whose wallet has changed since it was looked at, with its version: above a row, at most so many.
pub async fn unseen(db: &mut PgConnection, above: i64, limit: i64) -> sqlx::Result<Vec<(WorkspaceId, i64)>> {
    let rows = sqlx::query(
        "select w.workspace_id, w.version from wallets w left join alert_levels l on l.workspace_id = w.workspace_id
         where w.workspace_id > $1 and l.version is distinct from w.version order by w.workspace_id limit $2",
    )
    .bind(above)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (WorkspaceId(row.get("workspace_id")), row.get("version"))).collect())
}

/// Versions of these wallets.
pub async fn versions(db: &mut PgConnection, workspaces: &[WorkspaceId]) -> sqlx::Result<Vec<(WorkspaceId, i64)>> {
    let ids: Vec<i64> = workspaces.iter().map(|workspace| workspace.0).collect();
    let rows = sqlx::query("select workspace_id, version from wallets where workspace_id = any($1)")
        .bind(&ids)
        .fetch_all(db)
        .await?;
    Ok(rows.iter().map(|row| (WorkspaceId(row.get("workspace_id")), row.get("version"))).collect())
}

/// Notes how wallets stand, where nothing is to be told: at the first look, and where the levels are what they were.
/// Answers the workspaces whose levels are others by now.
pub async fn note(db: &mut PgConnection, seen: &[(WorkspaceId, i64, Levels)]) -> sqlx::Result<Vec<WorkspaceId>> {
    let ids: Vec<i64> = seen.iter().map(|(workspace, ..)| workspace.0).collect();
    let versions: Vec<i64> = seen.iter().map(|(_, version, _)| *version).collect();
    let low: Vec<bool> = seen.iter().map(|(.., levels)| levels.low).collect();
    let paused: Vec<bool> = seen.iter().map(|(.., levels)| levels.paused).collect();
    sqlx::query(
        "insert into alert_levels as l (workspace_id, version, low, paused)
         select * from unnest($1::bigint[], $2::bigint[], $3::boolean[], $4::boolean[]) order by 1
         on conflict (workspace_id) do update set version = excluded.version
         where l.version < excluded.version and l.low = excluded.low and l.paused = excluded.paused",
    )
    .bind(&ids)
    .bind(&versions)
    .bind(&low)
    .bind(&paused)
    .execute(&mut *db)
    .await?;
    let crossed: Vec<i64> = sqlx::query_scalar(
        "select l.workspace_id from alert_levels l
         join unnest($1::bigint[], $2::bigint[]) as seen (workspace_id, version) using (workspace_id)
         where l.version < seen.version order by 1",
    )
    .bind(&ids)
    .bind(&versions)
    .fetch_all(db)
    .await?;
    Ok(crossed.into_iter().map(WorkspaceId).collect())
}

/// The levels that were noted last, held until the transaction ends.
pub async fn locked(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<(i64, Levels)>> {
    let row = sqlx::query("select version, low, paused from alert_levels where workspace_id = $1 for update")
        .bind(workspace.0)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| (row.get("version"), Levels { low: row.get("low"), paused: row.get("paused") })))
}

/// Notes other levels.
pub async fn cross(db: &mut PgConnection, workspace: WorkspaceId, version: i64, levels: Levels) -> sqlx::Result<()> {
    sqlx::query("update alert_levels set version = $2, low = $3, paused = $4 where workspace_id = $1")
        .bind(workspace.0)
        .bind(version)
        .bind(levels.low)
        .bind(levels.paused)
        .execute(db)
        .await?;
    Ok(())
}
