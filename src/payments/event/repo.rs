//! Events as they came. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::PgConnection;

use super::Event;

/// Stores a raw event. False where it was stored and processed before.
pub async fn insert(
    db: &mut PgConnection,
    event: &Event,
    payload: &str,
    now: Timestamp,
    next_check_at: Timestamp,
) -> sqlx::Result<bool> {
    sqlx::query(
        "insert into stripe_events (id, type, livemode, payload, received_at, next_check_at)
         values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing",
    )
    .bind(&event.id)
    .bind(&event.type_)
    .bind(event.livemode)
    .bind(payload)
    .bind(now.to_sqlx())
    .bind(next_check_at.to_sqlx())
    .execute(&mut *db)
    .await?;
    sqlx::query_scalar("select processed_at is null from stripe_events where id = $1")
        .bind(&event.id)
        .fetch_one(db)
        .await
}

/// Marks an event whose effect is committed, with a word on what came of it.
pub async fn mark_processed(db: &mut PgConnection, id: &str, outcome: &str, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update stripe_events set processed_at = $3, outcome = $2 where id = $1 and processed_at is null")
        .bind(id)
        .bind(outcome)
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// A stored event whose effect is not certain yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// `evt_…`
    pub id: String,
    /// When it came first.
    pub received_at: Timestamp,
    /// The raw body.
    pub payload: String,
}

/// Events that the sweep must try again.
pub async fn due(db: &mut PgConnection, now: Timestamp, limit: i64) -> sqlx::Result<Vec<StoredEvent>> {
    let rows: Vec<(String, jiff_sqlx::Timestamp, String)> = sqlx::query_as(
        "select id, received_at, payload from stripe_events
         where processed_at is null and next_check_at <= $1 order by next_check_at limit $2",
    )
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    let stored = |(id, received_at, payload): (_, jiff_sqlx::Timestamp, _)| StoredEvent {
        id,
        received_at: received_at.to_jiff(),
        payload,
    };
    Ok(rows.into_iter().map(stored).collect())
}

/// Sets when the sweep tries an event again.
pub async fn check_at(db: &mut PgConnection, id: &str, next: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update stripe_events set next_check_at = $2 where id = $1")
        .bind(id)
        .bind(next.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// Makes every unprocessed event due now: after a start, nobody else may be at it.
pub async fn make_all_due(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("update stripe_events set next_check_at = $1 where processed_at is null and next_check_at > $1")
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}
