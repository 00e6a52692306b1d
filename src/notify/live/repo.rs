//! The one statement that tells other instances. It never runs in a ledger transaction, because the lock of a commit
//! that notifies is database-wide (DESIGN §2).

use sqlx::PgConnection;

/// Sends a text of less than 8,000 bytes to everybody who listens on a channel.
pub async fn notify(db: &mut PgConnection, channel: &str, text: &str) -> sqlx::Result<()> {
    sqlx::query("select pg_notify($1, $2)").bind(channel).bind(text).execute(db).await?;
    Ok(())
}
