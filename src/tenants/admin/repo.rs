//! Rows of administrators and of their clients. Nothing here commits.

use jiff::tz::TimeZone;
use sqlx::{PgConnection, Row};

use super::{Admin, Client, Colleague};
use crate::tenants::{AgencyId, UserId};
use crate::units::WorkspaceId;

/// The agency that a person works for; the one they have worked for the longest, where there are several.
pub async fn admin(db: &mut PgConnection, user: UserId) -> sqlx::Result<Option<Admin>> {
    let row = sqlx::query(
        "select u.name, u.email, u.session_epoch, a.id, a.name as agency_name
         from agency_admins m join users u on u.id = m.user_id join agencies a on a.id = m.agency_id
         where m.user_id = $1 order by m.created_at, a.id limit 1",
    )
    .bind(user.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Admin {
        user,
        name: row.get("name"),
        email: row.get("email"),
        agency: AgencyId(row.get("id")),
        agency_name: row.get("agency_name"),
        session_epoch: row.get("session_epoch"),
    }))
}

/// Everybody who works for an agency, who came first on top.
pub async fn colleagues(db: &mut PgConnection, agency: AgencyId) -> sqlx::Result<Vec<Colleague>> {
    let rows = sqlx::query(
        "select u.id, u.name, u.email, m.created_at from agency_admins m join users u on u.id = m.user_id
         where m.agency_id = $1 order by m.created_at, u.id",
    )
    .bind(agency.0)
    .fetch_all(db)
    .await?;
    let colleague = |row: &sqlx::postgres::PgRow| Colleague {
        user: UserId(row.get("id")),
        name: row.get("name"),
        email: row.get("email"),
        since: row.get::<jiff_sqlx::Timestamp, _>("created_at").to_jiff(),
    };
    Ok(rows.iter().map(colleague).collect())
}

/// What an agency is called.
///
/// # Errors
/// `RowNotFound` where there is no such agency.
pub async fn agency_name(db: &mut PgConnection, agency: AgencyId) -> sqlx::Result<String> {
    sqlx::query_scalar("select name from agencies where id = $1").bind(agency.0).fetch_one(db).await
}

/// The id by which an agency is known outside, `ag_…`.
///
/// # Errors
/// `RowNotFound` where there is no such agency.
pub async fn public_id(db: &mut PgConnection, agency: AgencyId) -> sqlx::Result<String> {
    sqlx::query_scalar("select public_id from agencies where id = $1").bind(agency.0).fetch_one(db).await
}

/// A client of this agency by its public id; other agencies' clients do not exist for it.
pub async fn client(db: &mut PgConnection, agency: AgencyId, public_id: &str) -> sqlx::Result<Option<Client>> {
    let row = sqlx::query("select id, public_id, name from workspaces where agency_id = $1 and public_id = $2")
        .bind(agency.0)
        .bind(public_id)
        .fetch_optional(db)
        .await?;
    Ok(row.map(|row| Client {
        workspace: WorkspaceId(row.get("id")),
        public_id: row.get("public_id"),
        name: row.get("name"),
        agency,
    }))
}

/// Whose client a workspace is.
///
/// # Errors
/// `RowNotFound` where there is no such workspace.
pub async fn agency_of(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<AgencyId> {
    let id = sqlx::query_scalar("select agency_id from workspaces where id = $1").bind(workspace.0).fetch_one(db);
    Ok(AgencyId(id.await?))
}

/// The clients of an agency whose name or public id holds this text, in whatever case.
pub async fn clients(db: &mut PgConnection, agency: AgencyId, search: &str) -> sqlx::Result<Vec<Client>> {
    let rows = sqlx::query(
        "select id, public_id, name from workspaces
         where agency_id = $1 and (strpos(lower(name), lower($2)) > 0 or strpos(public_id, $2) > 0)",
    )
    .bind(agency.0)
    .bind(search)
    .fetch_all(db)
    .await?;
    let client = |row: &sqlx::postgres::PgRow| Client {
        workspace: WorkspaceId(row.get("id")),
        public_id: row.get("public_id"),
        name: row.get("name"),
        agency,
    };
    Ok(rows.iter().map(client).collect())
}

/// The zone that most clients of an agency live in, where it has clients.
pub async fn zone(db: &mut PgConnection, agency: AgencyId) -> sqlx::Result<Option<TimeZone>> {
    let name: Option<String> = sqlx::query_scalar(
        "select time_zone from workspaces where agency_id = $1 group by time_zone order by count(*) desc, min(id) limit 1",
    )
    .bind(agency.0)
    .fetch_optional(db)
    .await?;
    Ok(name.map(|name| TimeZone::get(&name).expect("a workspace's zone was checked when it was made")))
}

/// Keeps other changes of a client waiting until the transaction ends; calls and reads go on.
pub async fn lock(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<()> {
    sqlx::query("select from workspaces where id = $1 for no key update").bind(workspace.0).execute(db).await?;
    Ok(())
}
