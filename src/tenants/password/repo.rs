//! Rows of passwords, and of the links that set a new one.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::Credentials;
use crate::tenants::{LinkHash, UserId};

/// Who has this address, in whatever case it was typed.
pub async fn credentials(db: &mut PgConnection, email: &str) -> sqlx::Result<Option<Credentials>> {
    let row = sqlx::query("select id, email, name, password_hash, session_epoch from users where email = lower($1)")
        .bind(email)
        .fetch_optional(db)
        .await?;
    Ok(row.map(read))
}

/// The same for a known person.
pub async fn credentials_of(db: &mut PgConnection, user: UserId) -> sqlx::Result<Credentials> {
    let row = sqlx::query("select id, email, name, password_hash, session_epoch from users where id = $1")
        .bind(user.0)
        .fetch_one(db)
        .await?;
    Ok(read(row))
}

fn read(row: PgRow) -> Credentials {
    Credentials {
        user: UserId(row.get("id")),
        email: row.get("email"),
        name: row.get("name"),
        password_hash: row.get("password_hash"),
        session_epoch: row.get("session_epoch"),
    }
}

/// Stores a new password in place of a known one and ends every open link to set one. False where it is another one by
/// now.
pub async fn replace_password(db: &mut PgConnection, user: UserId, known: &str, new: &str) -> sqlx::Result<bool> {
    let locked: Option<String> =
        sqlx::query_scalar("select password_hash from users where id = $1 and password_hash = $2 for update")
            .bind(user.0)
            .bind(known)
            .fetch_optional(&mut *db)
            .await?;
    if locked.is_none() {
        return Ok(false);
    }
    set_password(db, user, new).await?;
    Ok(true)
}

/// Stores a new password and ends every open link to set one. `password_hash` comes from
/// [`hash_new_password`](crate::tenants::hash_new_password).
pub async fn set_password(db: &mut PgConnection, user: UserId, password_hash: &str) -> sqlx::Result<()> {
    sqlx::query("update users set password_hash = $2 where id = $1")
        .bind(user.0)
        .bind(password_hash)
        .execute(&mut *db)
        .await?;
    sqlx::query("delete from password_links where user_id = $1").bind(user.0).execute(db).await?;
    Ok(())
}

/// Notes that somebody asked for a link for this address. The same work for every address.
pub async fn request_link(db: &mut PgConnection, email: &str, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("insert into password_requests (email, requested_at) values (lower($1), $2) on conflict do nothing")
        .bind(email)
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// Takes the oldest requests, at most `limit`. Other instances take others meanwhile.
pub async fn take_requests(db: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "delete from password_requests where email in
            (select email from password_requests order by requested_at limit $1 for update skip locked)
         returning email",
    )
    .bind(limit)
    .fetch_all(db)
    .await
}

/// Waits until whoever is answering requests has written the letters, or has given up.
pub async fn wait_for_answers(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("select from password_requests for share").execute(db).await?;
    Ok(())
}

/// Makes a link, unless the person has `most` open ones.
pub async fn create_link(
    db: &mut PgConnection,
    user: UserId,
    link: LinkHash,
    most: i64,
    now: Timestamp,
    expires_at: Timestamp,
) -> sqlx::Result<bool> {
    let made = sqlx::query(
        "insert into password_links (token_hash, user_id, expires_at)
         select $2, $1, $5 where (select count(*) from password_links where user_id = $1 and expires_at > $4) < $3",
    )
    .bind(user.0)
    .bind(link.bytes().to_vec())
    .bind(most)
    .bind(now.to_sqlx())
    .bind(expires_at.to_sqlx())
    .execute(db)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// Whose link this is, while it can be used.
pub async fn link_owner(db: &mut PgConnection, link: LinkHash, now: Timestamp) -> sqlx::Result<Option<Credentials>> {
    let row = sqlx::query(
        "select u.id, u.email, u.name, u.password_hash, u.session_epoch
         from password_links l join users u on u.id = l.user_id where l.token_hash = $1 and l.expires_at > $2",
    )
    .bind(link.bytes().to_vec())
    .bind(now.to_sqlx())
    .fetch_optional(db)
    .await?;
    Ok(row.map(read))
}

/// Uses a link up. False where it was used or has expired: of two that try, one succeeds.
pub async fn use_link(db: &mut PgConnection, link: LinkHash, now: Timestamp) -> sqlx::Result<bool> {
    let used = sqlx::query("delete from password_links where token_hash = $1 and expires_at > $2")
        .bind(link.bytes().to_vec())
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(used.rows_affected() == 1)
}

/// Removes links that nobody has used in time.
pub async fn delete_expired_links(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("delete from password_links where expires_at <= $1").bind(now.to_sqlx()).execute(db).await?;
    Ok(())
}
