//! What stands of the demo data.

use jiff::Timestamp;
use sqlx::PgConnection;

use super::history::History;
use crate::ledger;
use crate::units::WorkspaceId;

/// When the demo began: the agency's first day; `None` before that.
pub async fn begun_at(db: &mut PgConnection, agency: &str) -> sqlx::Result<Option<Timestamp>> {
    let at: Option<jiff_sqlx::Timestamp> = sqlx::query_scalar("select created_at from agencies where public_id = $1")
        .bind(agency)
        .fetch_optional(db)
        .await?;
    Ok(at.map(|at| at.to_jiff()))
}

/// True where there is an agency.
pub async fn has_agencies(db: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("select exists (select from agencies)").fetch_one(db).await
}

/// A workspace by its public id.
pub async fn workspace(db: &mut PgConnection, public_id: &str) -> sqlx::Result<WorkspaceId> {
    let id = sqlx::query_scalar("select id from workspaces where public_id = $1").bind(public_id).fetch_one(db).await?;
    Ok(WorkspaceId(id))
}

/// True where the last call of the history has ended.
pub async fn is_complete(db: &mut PgConnection, workspace: WorkspaceId, history: &History) -> sqlx::Result<bool> {
    let call = ledger::repo::call(db, workspace, &history.last_call).await?;
    Ok(call.is_some_and(|call| call.end.is_some()))
}
