//! Rows of people's sessions.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row};

use super::OpenSession;
use crate::tenants::UserId;

/// Where a person is signed in, last used first.
pub async fn open_sessions(db: &mut PgConnection, user: UserId, now: Timestamp) -> sqlx::Result<Vec<OpenSession>> {
    let rows = sqlx::query(
        "select id_hash, device, signed_in_at, seen_at from sessions
         where user_id = $1 and expires_at > $2 order by seen_at desc, signed_in_at desc, id_hash limit 50",
    )
    .bind(user.0)
    .bind(now.to_sqlx())
    .fetch_all(db)
    .await?;
    Ok(rows
        .iter()
        .map(|row| OpenSession {
            id_hash: row.get("id_hash"),
            device: row.get("device"),
            signed_in_at: row.get::<jiff_sqlx::Timestamp, _>("signed_in_at").to_jiff(),
            seen_at: row.get::<jiff_sqlx::Timestamp, _>("seen_at").to_jiff(),
        })
        .collect())
}

/// Ends every session of a person, on every instance from this commit on. Those that are just being made, for a sign-in
/// or under another id, end too: they begin under the old number. Answers the new one.
pub async fn end_all(db: &mut PgConnection, user: UserId) -> sqlx::Result<i32> {
    let epoch =
        sqlx::query_scalar("update users set session_epoch = session_epoch + 1 where id = $1 returning session_epoch")
            .bind(user.0)
            .fetch_one(&mut *db)
            .await?;
    sqlx::query("delete from sessions where user_id = $1").bind(user.0).execute(db).await?;
    Ok(epoch)
}
