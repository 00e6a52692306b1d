//! Demo data: an agency, its client and thirty days of believable history, made through the same commands that real
//! calls use (SPEC §6). Nothing here runs outside demo mode.
//!
//! Seeding may be killed anywhere: what stands is found by its id, what is missing is added, and every command of the
//! history repeats without effect.

mod harbor;
mod history;
pub mod process;
mod repo;

use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::Clock;
use crate::ledger::{Ledger, LedgerError, Options};
use crate::state::AppState;

/// Password of every demo user.
pub const PASSWORD: &str = "minutebank-demo";

/// Why the demo data could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A row could not be written.
    #[error("cannot write the demo data: {0}")]
    Sql(#[from] sqlx::Error),
    /// A command failed.
    #[error("cannot make the demo's history: {0}")]
    Ledger(#[from] LedgerError),
    /// The history's own writer could not connect.
    #[error("cannot make the demo's history: {0}")]
    Connection(#[from] tokio_postgres::Error),
}

/// Makes what is missing of the demo data. `database_url` is where a writer with its own, held clock connects: the
/// history is written as of the days on which it happened.
pub async fn ensure(state: &AppState, database_url: &str) -> Result<(), DemoError> {
    let mut db = state.db.acquire().await?;
    let begun_at = harbor::found(&mut db, state.clock.now()).await?;
    let workspace = repo::workspace(&mut db, harbor::WORKSPACE).await?;
    let history = harbor::history(begun_at);
    if repo::is_complete(&mut db, workspace, &history).await? {
        return Ok(());
    }
    let clock = Clock::held(history.anchor_at);
    let options = Options { database_url: database_url.to_owned(), shards: 1, clock: clock.clone() };
    let ledger = Ledger::start(&options).await?;
    let played = history.play(&ledger, &clock, workspace, Arc::new(harbor::snapshot())).await;
    ledger.close().await;
    Ok(played?)
}

/// Days before, to the second.
fn days_before(at: Timestamp, days: i64) -> Timestamp {
    at - jiff::SignedDuration::from_hours(24 * days)
}
