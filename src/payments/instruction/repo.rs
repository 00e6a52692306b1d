//! Instructions as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, Row};

use super::{Deed, Instruction, Status, Why};
use crate::tenants::UserId;
use crate::units::WorkspaceId;

/// Stores an instruction before anything is done. One of the same form is left as it is.
pub async fn insert(db: &mut PgConnection, instruction: &Instruction) -> sqlx::Result<()> {
    sqlx::query(
        "insert into instructions (workspace_id, id, form_key, given_by, deed, created_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (workspace_id, form_key) do nothing",
    )
    .bind(instruction.workspace.0)
    .bind(&instruction.id)
    .bind(&instruction.form_key)
    .bind(instruction.given_by.map(|user| user.0))
    .bind(Json(&instruction.deed))
    .bind(instruction.created_at.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// The instruction that a form has given to this workspace.
pub async fn by_form(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    form_key: &str,
) -> sqlx::Result<Option<Instruction>> {
    let row = sqlx::query("select * from instructions where workspace_id = $1 and form_key = $2")
        .bind(workspace.0)
        .bind(form_key)
        .fetch_optional(db)
        .await?;
    Ok(row.as_ref().map(read))
}

/// Instructions given before `given_before` that are not settled, the oldest first.
pub async fn open(db: &mut PgConnection, given_before: Timestamp, limit: i64) -> sqlx::Result<Vec<Instruction>> {
    let rows = sqlx::query(
        "select * from instructions where status = 'open' and created_at < $1 order by created_at limit $2",
    )
    .bind(given_before.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect())
}

/// Marks an instruction done. False where somebody else was faster.
pub async fn finish(db: &mut PgConnection, instruction: &Instruction, now: Timestamp) -> sqlx::Result<bool> {
    let finished = sqlx::query(
        "update instructions set status = 'done', settled_at = $3
         where workspace_id = $1 and id = $2 and status = 'open'",
    )
    .bind(instruction.workspace.0)
    .bind(&instruction.id)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(finished.rows_affected() == 1)
}

/// Marks an instruction refused; one that is settled is left as it is.
pub async fn refuse(db: &mut PgConnection, instruction: &Instruction, why: Why, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "update instructions set status = 'refused', refusal = $3, settled_at = $4
         where workspace_id = $1 and id = $2 and status = 'open'",
    )
    .bind(instruction.workspace.0)
    .bind(&instruction.id)
    .bind(why.as_str())
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

fn read(row: &PgRow) -> Instruction {
    let Json(deed): Json<Deed> = row.get("deed");
    let status = match row.get("status") {
        "open" => Status::Open,
        "done" => Status::Done,
        _ => Status::Refused(Why::parse(row.get("refusal")).unwrap_or(Why::Invalid)),
    };
    Instruction {
        workspace: WorkspaceId(row.get("workspace_id")),
        id: row.get("id"),
        form_key: row.get("form_key"),
        given_by: row.get::<Option<i64>, _>("given_by").map(UserId),
        deed,
        status,
        created_at: row.get::<jiff_sqlx::Timestamp, _>("created_at").to_jiff(),
    }
}
