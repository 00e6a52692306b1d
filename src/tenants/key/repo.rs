//! Keys of one workspace, as its owners make, see and end them.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{ListedKey, Scope, hash_of, hint_of};
use crate::units::WorkspaceId;

/// Every key of a workspace: those that open something first, then newest first.
pub async fn keys(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Vec<ListedKey>> {
    let rows = sqlx::query(
        "select id, name, hint, scopes, created_at, last_used_at, revoked_at from api_keys
         where workspace_id = $1 order by revoked_at is not null, id desc",
    )
    .bind(workspace.0)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(listed).collect())
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

/// Gives a key its text, once. False where it has one already, was revoked, or is another workspace's.
pub async fn give_text(db: &mut PgConnection, workspace: WorkspaceId, id: i64, text: &str) -> sqlx::Result<bool> {
    let given = sqlx::query(
        "update api_keys set key_hash = $3, hint = $4
         where id = $2 and workspace_id = $1 and key_hash is null and revoked_at is null",
    )
    .bind(workspace.0)
    .bind(id)
    .bind(hash_of(text).to_vec())
    .bind(hint_of(text))
    .execute(db)
    .await?;
    Ok(given.rows_affected() == 1)
}

/// Ends a key of this workspace. From this commit on it opens nothing; ending it again changes nothing.
pub async fn revoke_key(db: &mut PgConnection, workspace: WorkspaceId, id: i64, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update api_keys set revoked_at = $3 where id = $2 and workspace_id = $1 and revoked_at is null")
        .bind(workspace.0)
        .bind(id)
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}
