//! Members and open invitations of a workspace as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row, postgres::PgRow};

use super::{Invited, ListedMember};
use crate::tenants::{Role, UserId};
use crate::units::WorkspaceId;

fn role(row: &PgRow) -> Role {
    Role::parse(row.get("role")).expect("a CHECK names the roles")
}

/// The members of a workspace, owners first, then by name.
pub async fn members(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Vec<ListedMember>> {
    let rows = sqlx::query(
        "select u.id, u.name, u.email, m.role, m.created_at from members m join users u on u.id = m.user_id
         where m.workspace_id = $1
         order by array_position(array['owner', 'billing', 'viewer'], m.role), lower(u.name), u.id",
    )
    .bind(workspace.0)
    .fetch_all(db)
    .await?;
    let member = |row: &PgRow| ListedMember {
        user: UserId(row.get("id")),
        name: row.get("name"),
        email: row.get("email"),
        role: role(row),
        since: row.get::<jiff_sqlx::Timestamp, _>("created_at").to_jiff(),
    };
    Ok(rows.iter().map(member).collect())
}

/// Open invitations to a workspace, one for each address, newest first.
pub async fn invited(db: &mut PgConnection, workspace: WorkspaceId, now: Timestamp) -> sqlx::Result<Vec<Invited>> {
    let rows = sqlx::query(
        "select * from (
            select distinct on (email) email, role, created_at, expires_at from invites
            where workspace_id = $1 and accepted_at is null and expires_at > $2 order by email, created_at desc
         ) newest order by created_at desc, email",
    )
    .bind(workspace.0)
    .bind(now.to_sqlx())
    .fetch_all(db)
    .await?;
    let invited = |row: &PgRow| Invited {
        email: row.get("email"),
        role: role(row),
        sent_at: row.get::<jiff_sqlx::Timestamp, _>("created_at").to_jiff(),
        expires_at: row.get::<jiff_sqlx::Timestamp, _>("expires_at").to_jiff(),
    };
    Ok(rows.iter().map(invited).collect())
}

/// Ends every open invitation of an address to a workspace; how many there were.
pub async fn withdraw(db: &mut PgConnection, workspace: WorkspaceId, email: &str, now: Timestamp) -> sqlx::Result<u64> {
    let ended = sqlx::query(
        "update invites set expires_at = $3
         where workspace_id = $1 and email = lower($2) and accepted_at is null and expires_at > $3",
    )
    .bind(workspace.0)
    .bind(email)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(ended.rows_affected())
}

/// How many owners a workspace has besides this person.
pub async fn other_owners(db: &mut PgConnection, workspace: WorkspaceId, user: UserId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from members where workspace_id = $1 and user_id <> $2 and role = 'owner'")
        .bind(workspace.0)
        .bind(user.0)
        .fetch_one(db)
        .await
}

/// Gives a member another role. False where there is no such member.
pub async fn set_role(db: &mut PgConnection, workspace: WorkspaceId, user: UserId, role: Role) -> sqlx::Result<bool> {
    let changed = sqlx::query("update members set role = $3 where workspace_id = $1 and user_id = $2")
        .bind(workspace.0)
        .bind(user.0)
        .bind(role.as_str())
        .execute(db)
        .await?;
    Ok(changed.rows_affected() == 1)
}

/// Ends a membership. False where there was none.
pub async fn remove(db: &mut PgConnection, workspace: WorkspaceId, user: UserId) -> sqlx::Result<bool> {
    let removed = sqlx::query("delete from members where workspace_id = $1 and user_id = $2")
        .bind(workspace.0)
        .bind(user.0)
        .execute(db)
        .await?;
    Ok(removed.rows_affected() == 1)
}
