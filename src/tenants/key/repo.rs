//! Keys of a workspace or an agency, as their owners make, see and end them.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{KeyOwner, ListedKey, Scope, hash_of, hint_of};
use crate::tenants::AgencyId;
use crate::units::WorkspaceId;

impl KeyOwner {
    /// Agency and workspace, as a key's row has them; the agency of a workspace's key is its workspace's.
    const fn columns(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Workspace(workspace) => (None, Some(workspace.0)),
            Self::Agency(agency) => (Some(agency.0), None),
        }
    }
}

/// Every key of an owner: those that open something first, then newest first.
pub async fn keys(db: &mut PgConnection, owner: KeyOwner) -> sqlx::Result<Vec<ListedKey>> {
    // Two statements, so that the index of workspaces is used.
    let found = match owner {
        KeyOwner::Workspace(workspace) => sqlx::query(
            "select id, name, hint, scopes, created_at, last_used_at, revoked_at from api_keys
             where workspace_id = $1 order by revoked_at is not null, id desc",
        )
        .bind(workspace.0),
        KeyOwner::Agency(agency) => sqlx::query(
            "select id, name, hint, scopes, created_at, last_used_at, revoked_at from api_keys
             where workspace_id is null and agency_id = $1 order by revoked_at is not null, id desc",
        )
        .bind(agency.0),
    };
    Ok(found.fetch_all(db).await?.iter().map(listed).collect())
}

fn listed(row: &PgRow) -> ListedKey {
    let scopes: Vec<String> = row.get("scopes");
    let at = |name| row.get::<Option<jiff_sqlx::Timestamp>, _>(name).map(jiff_sqlx::Timestamp::to_jiff);
    ListedKey {
        id: row.get("id"),
        name: row.get("name"),
        hint: row.get("hint"),
        scopes: scopes.iter().filter_map(|word| Scope::parse(word)).collect(),
        created_at: row.get::<jiff_sqlx::Timestamp, _>("created_at").to_jiff(),
        last_used_at: at("last_used_at"),
        revoked_at: at("revoked_at"),
    }
}

/// Makes a key that has no text yet and opens nothing. The same form again answers the same key.
pub async fn create_key(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    name: &str,
    scopes: &[Scope],
    form_key: &str,
    now: Timestamp,
) -> sqlx::Result<i64> {
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    sqlx::query_scalar(
        "insert into api_keys (hint, agency_id, workspace_id, name, scopes, form_key, created_at)
         select '', agency_id, id, $2, $3, $4, $5 from workspaces where id = $1
         on conflict (workspace_id, form_key) do update set form_key = excluded.form_key returning id",
    )
    .bind(workspace.0)
    .bind(name)
    .bind(scopes)
    .bind(form_key)
    .bind(now.to_sqlx())
    .fetch_one(db)
    .await
}

/// Makes an agency's key that has no text yet and opens nothing. The caller sees to it that a form makes one.
pub async fn create_agency_key(
    db: &mut PgConnection,
    agency: AgencyId,
    name: &str,
    scopes: &[Scope],
    now: Timestamp,
) -> sqlx::Result<i64> {
    let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    sqlx::query_scalar(
        "insert into api_keys (hint, agency_id, name, scopes, created_at) values ('', $1, $2, $3, $4) returning id",
    )
    .bind(agency.0)
    .bind(name)
    .bind(scopes)
    .bind(now.to_sqlx())
    .fetch_one(db)
    .await
}

/// Gives a key its text, once. False where it has one already, was revoked, or is another owner's.
pub async fn give_text(db: &mut PgConnection, owner: KeyOwner, id: i64, text: &str) -> sqlx::Result<bool> {
    let (agency, workspace) = owner.columns();
    let given = sqlx::query(
        "update api_keys set key_hash = $4, hint = $5
         where id = $3 and workspace_id is not distinct from $2 and agency_id = coalesce($1, agency_id)
             and key_hash is null and revoked_at is null",
    )
    .bind(agency)
    .bind(workspace)
    .bind(id)
    .bind(hash_of(text).to_vec())
    .bind(hint_of(text))
    .execute(db)
    .await?;
    Ok(given.rows_affected() == 1)
}

/// Ends a key of this owner. From this commit on it opens nothing; ending it again changes nothing.
pub async fn revoke_key(db: &mut PgConnection, owner: KeyOwner, id: i64, now: Timestamp) -> sqlx::Result<()> {
    let (agency, workspace) = owner.columns();
    sqlx::query(
        "update api_keys set revoked_at = $4
         where id = $3 and workspace_id is not distinct from $2 and agency_id = coalesce($1, agency_id)
             and revoked_at is null",
    )
    .bind(agency)
    .bind(workspace)
    .bind(id)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}
