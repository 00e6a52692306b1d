//! The outbox.

use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{Mail, Outgoing};

/// Writes a mail, in the transaction of its cause.
pub async fn write(db: &mut PgConnection, mail: &Mail, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "insert into mails (recipient, subject, body, created_at, expires_at, next_attempt_at)
         values ($1, $2, $3, $4, $5, $4)",
    )
    .bind(&mail.recipient)
    .bind(mail.subject)
    .bind(&mail.body)
    .bind(now.to_sqlx())
    .bind(mail.expires_at.map(|at| at.to_sqlx()))
    .execute(db)
    .await?;
    Ok(())
}

/// Takes mails that are due, at most `limit`: until `lease` is over nobody else takes them.
pub async fn take_due(
    db: &mut PgConnection,
    limit: i64,
    lease: SignedDuration,
    now: Timestamp,
) -> sqlx::Result<Vec<Outgoing>> {
    let rows = sqlx::query(
        "update mails set attempts = attempts + 1, next_attempt_at = $3 where id in
            (select id from mails where next_attempt_at <= $2 order by next_attempt_at limit $1 for update skip locked)
         returning id, recipient, subject, body, created_at, attempts",
    )
    .bind(limit)
    .bind(now.to_sqlx())
    .bind((now + lease).to_sqlx())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(outgoing).collect())
}

fn outgoing(row: &PgRow) -> Outgoing {
    Outgoing {
        id: row.get("id"),
        recipient: row.get("recipient"),
        subject: row.get("subject"),
        body: row.get("body"),
        created_at: row.get::<jiff_sqlx::Timestamp, _>("created_at").to_jiff(),
        attempts: row.get("attempts"),
    }
}

/// Notes that a mail was sent; what it said is forgotten.
pub async fn note_sent(db: &mut PgConnection, id: i64, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update mails set sent_at = $2, next_attempt_at = null, body = '' where id = $1")
        .bind(id)
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// Notes when a mail that failed is tried again; `None`: never.
pub async fn put_off(db: &mut PgConnection, id: i64, until: Option<Timestamp>) -> sqlx::Result<()> {
    sqlx::query("update mails set next_attempt_at = $2 where id = $1")
        .bind(id)
        .bind(until.map(|at| at.to_sqlx()))
        .execute(db)
        .await?;
    Ok(())
}

/// Removes mails that were not sent while they were of use.
pub async fn delete_expired(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("delete from mails where sent_at is null and expires_at <= $1").bind(now.to_sqlx()).execute(db).await?;
    Ok(())
}

/// The newest mails, for the demo's list of what would have been sent.
pub async fn newest(db: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<Outgoing>> {
    let rows =
        sqlx::query("select id, recipient, subject, body, created_at, attempts from mails order by id desc limit $1")
            .bind(limit)
            .fetch_all(db)
            .await?;
    Ok(rows.iter().map(outgoing).collect())
}
