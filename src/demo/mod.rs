//! Demo data: an agency, its clients and thirty days of believable history, made through the same commands that real
//! calls use (SPEC §6). Nothing here runs outside demo mode.
//!
//! Seeding may be killed anywhere: what stands is found by its id, what is missing is added, and every command of the
//! history repeats without effect.

mod calls;
pub mod card;
mod catalog;
mod clients;
mod found;
mod history;
pub mod process;
mod repo;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use crate::app::request_cycles::bill_next;
use crate::clock::Clock;
use crate::database::writer_link::LinkError;
use crate::ledger::{Ledger, LedgerError, Options, Snapshot};
use crate::payments::request;
use crate::state::AppState;
use history::History;

pub use clients::{CLIENTS, Client};
pub use found::logins;

/// Password of every demo user.
pub const PASSWORD: &str = "minutebank-demo";

/// The payment of a period came a day after the period began.
const PAID_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// Why the demo data could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A row could not be written.
    #[error("cannot write the demo data: {0}")]
    Sql(#[from] sqlx::Error),
    /// A command failed.
    #[error("cannot make the demo's history: {0}")]
    Ledger(#[from] LedgerError),
    /// Demo users and keys exist in demo mode only.
    #[error(
        "this database holds demo data, whose passwords and keys are public: use another DATABASE_URL or \
         MINUTEBANK_DATA_DIR, or MINUTEBANK_DEMO=1"
    )]
    Leftover,
    /// A demo shows everybody's address and lets everybody in.
    #[error("demo mode refuses a database with data of your own: use another DATABASE_URL, or MINUTEBANK_DEMO=0")]
    RealData,
    /// The database's address is no address.
    #[error("cannot make the demo's history: {0}")]
    Address(#[from] url::ParseError),
    /// The history's own writer could not connect.
    #[error("cannot make the demo's history: {0}")]
    Connection(#[from] LinkError),
}

/// Keeps the demo and real data apart: its passwords and keys are known to everybody, and it shows its logins.
///
/// # Errors
/// [`DemoError::Leftover`] outside demo mode where the database holds demo data; [`DemoError::RealData`] in demo mode
/// where it holds an agency but not the demo's; faults of the database.
pub async fn fence(db: &mut PgConnection, demo: bool) -> Result<(), DemoError> {
    match (demo, repo::begun_at(db, found::AGENCY).await?.is_some()) {
        (false, true) => Err(DemoError::Leftover),
        (true, false) if repo::has_agencies(db).await? => Err(DemoError::RealData),
        _ => Ok(()),
    }
}

/// Makes what is missing of the demo data, client beside client. `database_url` is where writers with clocks of their
/// own connect: the history is written as of the days on which it happened.
pub async fn ensure(state: &AppState, database_url: &str) -> Result<(), DemoError> {
    let mut db = state.db.acquire().await?;
    let begun_at = found::found(&mut db, state.clock.now()).await?;
    drop(db);
    let histories = CLIENTS.iter().map(|client| relive(state, database_url, client, begun_at));
    futures::future::try_join_all(histories).await?;
    settle_history(state, begun_at).await?;
    Ok(())
}

/// Every period that began before the demo has been asked for as it began, and paid a day later.
async fn settle_history(state: &AppState, begun_at: Timestamp) -> Result<(), DemoError> {
    let mut db = state.db.acquire().await?;
    for client in &CLIENTS {
        let workspace = repo::workspace(&mut db, client.workspace).await?;
        while bill_next(&mut db, workspace, |began_at| began_at).await? {}
        let requests = request::repo::of_workspace(&mut db, workspace, None, i64::MAX).await?;
        for request in requests {
            if let Some((began_at, _)) = request.period.filter(|(began_at, _)| *began_at <= begun_at) {
                let paid_at = began_at + PAID_AFTER;
                request::repo::mark_paid(&mut db, workspace, &request.id, None, Some("Bank transfer"), paid_at).await?;
            }
        }
    }
    Ok(())
}

/// Plays a client's history, unless it is complete.
async fn relive(state: &AppState, database_url: &str, client: &Client, begun_at: Timestamp) -> Result<(), DemoError> {
    let history = History::of(client, begun_at);
    let mut db = state.db.acquire().await?;
    let workspace = repo::workspace(&mut db, client.workspace).await?;
    if repo::is_complete(&mut db, workspace, &history).await? {
        return Ok(());
    }
    drop(db);
    let clock = Clock::held(history.anchor_at);
    let options = Options { database_url: hasty(database_url)?, shards: 1, clock: clock.clone() };
    let ledger = Ledger::start(&options).await?;
    // Each workspace has taken one snapshot, when it was founded.
    let snapshot = Snapshot { id: 1, terms: catalog::terms(client.plan) };
    let played = history.play(&ledger, &clock, workspace, Arc::new(snapshot)).await;
    ledger.close().await;
    Ok(played?)
}

/// The same database, without waiting for the disk at each commit: what a crash cuts off the end is played again at
/// the next start, and the first command of a real call makes all before it durable.
fn hasty(database_url: &str) -> Result<String, url::ParseError> {
    let mut url: url::Url = database_url.parse()?;
    url.query_pairs_mut().append_pair("options", "-csynchronous_commit=off");
    Ok(url.into())
}
