//! `minutebank bench`: the writer in process beside pgbench's TPC-B-like script, on the same Postgres in one run.
//!
//! Each hold and each settle is one operation, counted when its answer is durable. Figures are ratios: machines differ.

mod load;
mod pgbench;
mod store;

use std::time::Duration;

use sqlx::Connection as _;
use sqlx::PgConnection;

use crate::clock::Clock;
use crate::database::writer_link::LinkError;
use crate::database::{self, DatabaseError};
use crate::embedded::{self, EmbeddedError};
use crate::ledger::{self, Ledger, LedgerError, Options};
use load::{Load, Result as LoadResult};

/// What to run.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Wallets of the many-wallets load
    #[arg(long, default_value_t = 10_000)]
    wallets: i64,
    /// Seconds of each load
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Parallel transactions of the writer
    #[arg(long, default_value_t = 2)]
    shards: usize,
}

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// No Postgres.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// No schema.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The ledger did not answer.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Its connections failed.
    #[error(transparent)]
    Connection(#[from] LinkError),
    /// The wallets could not be made.
    #[error(transparent)]
    Sql(#[from] sqlx::Error),
    /// pgbench is missing or failed.
    #[error("pgbench: {0}")]
    Pgbench(String),
    /// No place for the data.
    #[error("no folder for the benchmark's data: {0}")]
    Folder(#[from] std::io::Error),
    /// The ledger did not reconcile afterwards.
    #[error("after the load the ledger does not reconcile: {0}")]
    Broken(String),
}

/// Measures on a Postgres of its own, with the durability of a default installation, and prints a table.
pub async fn run(args: &Args) -> Result<(), BenchError> {
    let folder = std::env::temp_dir().join(format!("minutebank-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let postgres = embedded::start(embedded::Options { data_dir: folder.clone() }).await?;
    let measured = measure(args, postgres.url()).await;
    postgres.stop().await;
    std::fs::remove_dir_all(&folder)?;
    measured
}

async fn measure(args: &Args, url: &str) -> Result<(), BenchError> {
    database::migrate(url).await?;
    let pool = database::connect(url, 4).await?;
    let clock = Clock::system();
    let mut db = pool.acquire().await?;
    let wallets = store::create_wallets(&mut db, args.wallets, clock.now()).await?;
    let ledger =
        Ledger::start(&Options { database_url: url.to_owned(), shards: args.shards, clock: clock.clone() }).await?;
    let load = Load::new(ledger, clock);
    load.subscribe(&wallets).await?;
    store::settle_down(&mut db).await?;

    let span = Duration::from_secs(args.seconds);
    let before = pgbench::tpcb_like(url, args.seconds).await?;
    println!("{:<34} {before:>9.0} tps", "pgbench TPC-B-like, 8 clients");
    let loads = [
        (format!("{} wallets, 256 in flight", args.wallets), &wallets[..], 256),
        (format!("{} wallets, 64 in flight", args.wallets), &wallets[..], 64),
        ("one wallet, 256 in flight".to_owned(), &wallets[..1], 256),
        ("one wallet, 64 in flight".to_owned(), &wallets[..1], 64),
    ];
    let mut measured: Vec<(String, LoadResult)> = Vec::new();
    for (name, wallets, in_flight) in loads {
        measured.push((name, load.run(wallets, in_flight, span).await?));
    }
    let after = pgbench::tpcb_like(url, args.seconds).await?;
    println!("{:<34} {after:>9.0} tps (again, at the end)", "pgbench TPC-B-like, 8 clients");
    let tps = f64::midpoint(before, after);
    println!("{:<34} {:>9} {:>9} {:>9} {:>9}", "", "ops/s", "x TPC-B", "p50 ms", "p99 ms");
    for (name, result) in &measured {
        let (ops, p50, p99) = (result.per_second(), result.percentile(50), result.percentile(99));
        println!("{name:<34} {ops:>9.0} {:>9.2} {p50:>9.2} {p99:>9.2}", ops / tps);
    }
    load.close().await;
    check(&mut db).await
}

async fn check(db: &mut PgConnection) -> Result<(), BenchError> {
    db.ping().await?;
    let report = ledger::reconcile(db).await?;
    println!("reconciled {} postings of {} wallets", report.postings, report.wallets);
    match report.findings.first() {
        None => Ok(()),
        Some(finding) => Err(BenchError::Broken(finding.to_string())),
    }
}
