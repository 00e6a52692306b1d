//! Rows of the audit trail. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row};

use super::{Action, Entry, Record};
use crate::tenants::AgencyId;
use crate::units::WorkspaceId;

/// Writes a deed down. False where its form has been written down before; waits for whoever is about to do so.
pub async fn record(db: &mut PgConnection, entry: &Entry<'_>, now: Timestamp) -> sqlx::Result<bool> {
    let inserted = sqlx::query(
        "insert into audit_trail (agency_id, workspace_id, actor, action, target, details, form_key, occurred_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (agency_id, form_key) do nothing",
    )
    .bind(entry.agency.0)
    .bind(entry.workspace.map(|workspace| workspace.0))
    .bind(entry.actor.map(|user| user.0))
    .bind(entry.action.as_str())
    .bind(entry.target)
    .bind(entry.details)
    .bind(entry.form_key)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// What a form of this agency has done before: the action and its target.
pub async fn done_by(
    db: &mut PgConnection,
    agency: AgencyId,
    form_key: &str,
) -> sqlx::Result<Option<(Action, String)>> {
    let row = sqlx::query("select action, target from audit_trail where agency_id = $1 and form_key = $2")
        .bind(agency.0)
        .bind(form_key)
        .fetch_optional(db)
        .await?;
    Ok(row.and_then(|row| Some((Action::parse(row.get("action"))?, row.get("target")))))
}

/// A page of the trail, newest first, below the number `before` (`i64::MAX` for the first page); of one client, or all.
pub async fn page(
    db: &mut PgConnection,
    agency: AgencyId,
    workspace: Option<WorkspaceId>,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<Record>> {
    let rows = sqlx::query(
        "select t.no, u.name as actor, w.public_id, w.name, t.action, t.target, t.details, t.occurred_at
         from audit_trail t left join users u on u.id = t.actor left join workspaces w on w.id = t.workspace_id
         where t.agency_id = $1 and ($2::bigint is null or t.workspace_id = $2) and t.no < $3
         order by t.no desc limit $4",
    )
    .bind(agency.0)
    .bind(workspace.map(|workspace| workspace.0))
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let record = |row: &sqlx::postgres::PgRow| {
        let workspace: Option<String> = row.get("public_id");
        Some(Record {
            number: row.get("no"),
            actor: row.get("actor"),
            workspace: workspace.zip(row.get("name")),
            action: Action::parse(row.get("action"))?,
            target: row.get("target"),
            details: row.get("details"),
            occurred_at: row.get::<jiff_sqlx::Timestamp, _>("occurred_at").to_jiff(),
        })
    };
    Ok(rows.iter().filter_map(record).collect())
}
