//! Rows of agencies, workspaces, people and keys. Times are the caller's; nothing here commits.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::key::hint_of;
use super::{AgencyId, ApiKey, Member, Membership, Role, Scope, UserId, Workspace, hash_of};
use crate::ledger;
use crate::units::WorkspaceId;

/// Creates an agency.
pub async fn create_agency(
    db: &mut PgConnection,
    public_id: &str,
    name: &str,
    now: Timestamp,
) -> sqlx::Result<AgencyId> {
    let id = sqlx::query_scalar("insert into agencies (public_id, name, created_at) values ($1, $2, $3) returning id")
        .bind(public_id)
        .bind(name)
        .bind(now.to_sqlx())
        .fetch_one(db)
        .await?;
    Ok(AgencyId(id))
}

/// Creates a workspace of an agency, with its empty wallet. Days and periods are computed in `zone`.
pub async fn create_workspace(
    db: &mut PgConnection,
    agency: AgencyId,
    public_id: &str,
    name: &str,
    zone: &TimeZone,
    now: Timestamp,
) -> sqlx::Result<WorkspaceId> {
    let id = sqlx::query_scalar(
        "insert into workspaces (agency_id, public_id, name, time_zone, created_at) values ($1, $2, $3, $4, $5)
         returning id",
    )
    .bind(agency.0)
    .bind(public_id)
    .bind(name)
    .bind(zone.iana_name().unwrap_or("UTC"))
    .bind(now.to_sqlx())
    .fetch_one(&mut *db)
    .await?;
    let workspace = WorkspaceId(id);
    ledger::repo::create_wallet(db, workspace, zone, now).await?;
    Ok(workspace)
}

/// Creates a person. The address is stored in lower case; `password_hash` comes from
/// [`hash_password`](super::hash_password).
pub async fn create_user(
    db: &mut PgConnection,
    email: &str,
    name: &str,
    password_hash: &str,
    now: Timestamp,
) -> sqlx::Result<UserId> {
    let id = sqlx::query_scalar(
        "insert into users (email, name, password_hash, created_at) values (lower($1), $2, $3, $4) returning id",
    )
    .bind(email)
    .bind(name)
    .bind(password_hash)
    .bind(now.to_sqlx())
    .fetch_one(db)
    .await?;
    Ok(UserId(id))
}

/// Makes a person a member of a workspace.
pub async fn add_member(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("insert into members (workspace_id, user_id, role, created_at) values ($1, $2, $3, $4)")
        .bind(workspace.0)
        .bind(user.0)
        .bind(role.as_str())
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// Makes a person an administrator of an agency.
pub async fn add_agency_admin(
    db: &mut PgConnection,
    agency: AgencyId,
    user: UserId,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("insert into agency_admins (agency_id, user_id, created_at) values ($1, $2, $3)")
        .bind(agency.0)
        .bind(user.0)
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// A key with a known text to store. The text is hashed at once and kept nowhere.
#[derive(Clone, Debug)]
pub struct NewKey<'a> {
    /// The whole key, `mb_…`.
    pub text: &'a str,
    /// Whose.
    pub agency: AgencyId,
    /// The only workspace that it opens; `None` for an agency's key.
    pub workspace: Option<WorkspaceId>,
    /// What it is for, in its owner's words.
    pub name: &'a str,
    /// What it may do.
    pub scopes: &'a [Scope],
}

/// Stores a key's hash; its row is answered.
pub async fn create_api_key(db: &mut PgConnection, key: &NewKey<'_>, now: Timestamp) -> sqlx::Result<i64> {
    let hint = hint_of(key.text);
    let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
    sqlx::query_scalar(
        "insert into api_keys (key_hash, hint, agency_id, workspace_id, name, scopes, created_at)
         values ($1, $2, $3, $4, $5, $6, $7) returning id",
    )
    .bind(hash_of(key.text).to_vec())
    .bind(hint)
    .bind(key.agency.0)
    .bind(key.workspace.map(|workspace| workspace.0))
    .bind(key.name)
    .bind(scopes)
    .bind(now.to_sqlx())
    .fetch_one(db)
    .await
}

/// The key with this text; `None` where there is none or it was revoked.
pub async fn api_key(db: &mut PgConnection, text: &str, now: Timestamp) -> sqlx::Result<Option<ApiKey>> {
    let row = sqlx::query(
        "select k.id, k.agency_id, k.workspace_id, w.public_id, k.scopes,
                k.last_used_at is null or k.last_used_at < $2::timestamptz - interval '1 minute' as use_is_stale
         from api_keys k left join workspaces w on w.id = k.workspace_id
         where k.key_hash = $1 and k.revoked_at is null",
    )
    .bind(hash_of(text).to_vec())
    .bind(now.to_sqlx())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let workspace: Option<i64> = row.get("workspace_id");
        let scopes: Vec<String> = row.get("scopes");
        ApiKey {
            id: row.get("id"),
            agency: AgencyId(row.get("agency_id")),
            workspace: workspace.map(|id| (WorkspaceId(id), row.get("public_id"))),
            scopes: scopes.iter().filter_map(|word| Scope::parse(word)).collect(),
            use_is_stale: row.get("use_is_stale"),
        }
    }))
}

/// Notes that a key was used. Meant for once a minute ([`ApiKey::use_is_stale`]), not for each request.
pub async fn note_key_use(db: &mut PgConnection, id: i64, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update api_keys set last_used_at = greatest(last_used_at, $2) where id = $1")
        .bind(id)
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// A workspace of this agency by its public id; other agencies' workspaces do not exist for it.
pub async fn workspace_of_agency(
    db: &mut PgConnection,
    agency: AgencyId,
    public_id: &str,
) -> sqlx::Result<Option<WorkspaceId>> {
    let id = sqlx::query_scalar("select id from workspaces where public_id = $2 and agency_id = $1")
        .bind(agency.0)
        .bind(public_id)
        .fetch_optional(db)
        .await?;
    Ok(id.map(WorkspaceId))
}

/// What pages say about a workspace.
pub async fn workspace(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<Workspace>> {
    let row = sqlx::query(
        "select w.public_id, w.name, a.name as agency_name
         from workspaces w join agencies a on a.id = w.agency_id where w.id = $1",
    )
    .bind(workspace.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Workspace {
        public_id: row.get("public_id"),
        name: row.get("name"),
        agency_name: row.get("agency_name"),
    }))
}

/// The zone of a workspace's days and periods; `None` where there is no such workspace.
pub async fn zone(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<TimeZone>> {
    let name: Option<String> = sqlx::query_scalar("select time_zone from workspaces where id = $1")
        .bind(workspace.0)
        .fetch_optional(db)
        .await?;
    Ok(name.map(|name| TimeZone::get(&name).expect("a workspace's zone was checked when it was made")))
}

/// The workspace that a person sees first, the one they have belonged to for longest, with their role there.
pub async fn first_workspace(db: &mut PgConnection, user: UserId) -> sqlx::Result<Option<(WorkspaceId, Role)>> {
    let row = sqlx::query(
        "select workspace_id, role from members where user_id = $1 order by created_at, workspace_id limit 1",
    )
    .bind(user.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (WorkspaceId(row.get("workspace_id")), role(&row))))
}

/// The session epoch of a person who belongs to no workspace and to no agency; `None` for everybody else.
pub async fn stranded(db: &mut PgConnection, user: UserId) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar(
        "select session_epoch from users u where id = $1
            and not exists (select from members where user_id = u.id)
            and not exists (select from agency_admins where user_id = u.id)",
    )
    .bind(user.0)
    .fetch_optional(db)
    .await
}

fn role(row: &PgRow) -> Role {
    Role::parse(row.get("role")).expect("a CHECK names the roles")
}

/// A person in a workspace, with the role they have now. Administrators of its agency read, where they are no members;
/// `None` for anybody else.
pub async fn member(db: &mut PgConnection, workspace: WorkspaceId, user: UserId) -> sqlx::Result<Option<Member>> {
    let row = sqlx::query(
        "select u.name, u.email, u.session_epoch, coalesce(m.role, 'viewer') as role, m.role is null as visiting,
            w.public_id
         from workspaces w join users u on u.id = $2
         left join members m on m.workspace_id = w.id and m.user_id = u.id
         where w.id = $1 and (m.role is not null
            or exists (select from agency_admins a where a.agency_id = w.agency_id and a.user_id = u.id))",
    )
    .bind(workspace.0)
    .bind(user.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Member {
        user,
        name: row.get("name"),
        email: row.get("email"),
        workspace,
        workspace_public_id: row.get("public_id"),
        role: role(&row),
        visiting: row.get("visiting"),
        session_epoch: row.get("session_epoch"),
    }))
}

/// The workspaces that a person belongs to, by name.
pub async fn memberships(db: &mut PgConnection, user: UserId) -> sqlx::Result<Vec<Membership>> {
    let rows = sqlx::query(
        "select w.public_id, w.name, a.name as agency_name
         from members m join workspaces w on w.id = m.workspace_id join agencies a on a.id = w.agency_id
         where m.user_id = $1 order by lower(w.name), w.id",
    )
    .bind(user.0)
    .fetch_all(db)
    .await?;
    let membership = |row: &PgRow| Membership {
        public_id: row.get("public_id"),
        name: row.get("name"),
        agency_name: row.get("agency_name"),
    };
    Ok(rows.iter().map(membership).collect())
}

/// A workspace by its public id, with the role of this person there, as [`member`] has it; `None` where it is none of
/// theirs.
pub async fn workspace_of_member(
    db: &mut PgConnection,
    user: UserId,
    public_id: &str,
) -> sqlx::Result<Option<(WorkspaceId, Role)>> {
    let row = sqlx::query(
        "select w.id as workspace_id, coalesce(m.role, 'viewer') as role
         from workspaces w left join members m on m.workspace_id = w.id and m.user_id = $1
         where w.public_id = $2 and (m.role is not null
            or exists (select from agency_admins a where a.agency_id = w.agency_id and a.user_id = $1))",
    )
    .bind(user.0)
    .bind(public_id)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (WorkspaceId(row.get("workspace_id")), role(&row))))
}

/// Names of those who started these purchases of a workspace, by purchase id.
pub async fn buyers(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    purchases: &[String],
) -> sqlx::Result<HashMap<String, String>> {
    let rows = sqlx::query(
        "select p.id, u.name from purchases p join users u on u.id = p.bought_by
         where p.workspace_id = $1 and p.id = any($2)",
    )
    .bind(workspace.0)
    .bind(purchases)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
