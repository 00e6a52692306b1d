//! `minutebank bench`: the writer in process beside pgbench's TPC-B-like script, on the same Postgres in one run.
//!
//! Each hold and each settle is one operation, counted when its answer is durable. Figures are ratios: machines differ.
//! Beside them stands what an operation cost, which a busy machine changes little.

mod cost;
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
use cost::{Cost, Totals};
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

    let mut table = Table::default();
    table.pgbench(url, &mut db, args.seconds).await?;
    let loads = [
        (format!("{} wallets, 256 in flight", args.wallets), &wallets[..], 256),
        (format!("{} wallets, 64 in flight", args.wallets), &wallets[..], 64),
        ("one wallet, 256 in flight".to_owned(), &wallets[..1], 256),
        ("one wallet, 64 in flight".to_owned(), &wallets[..1], 64),
    ];
    for (name, wallets, in_flight) in loads {
        let before = Totals::read(&mut db).await?;
        let result = load.run(wallets, in_flight, Duration::from_secs(args.seconds)).await?;
        let cost = before.per_operation(&Totals::read(&mut db).await?, result.operations());
        table.loads.push((name, result, cost));
    }
    table.pgbench(url, &mut db, args.seconds).await?;
    table.print();
    load.close().await;
    check(&mut db).await
}

/// What was measured.
#[derive(Default)]
struct Table {
    /// Transactions per second, before and after the loads.
    pgbench: Vec<(f64, Cost)>,
    loads: Vec<(String, LoadResult, Cost)>,
}

impl Table {
    async fn pgbench(&mut self, url: &str, db: &mut PgConnection, seconds: u64) -> Result<(), BenchError> {
        pgbench::fill(url).await?;
        let before = Totals::read(db).await?;
        let run = pgbench::tpcb_like(url, seconds).await?;
        let cost = before.per_operation(&Totals::read(db).await?, run.transactions);
        self.pgbench.push((run.tps, cost));
        Ok(())
    }

    fn print(&self) {
        let (ours, wal) = ("ours us", "WAL bytes");
        println!(
            "{:<30} {:>9} {:>8} {:>8} {:>8} {ours:>8} {:>8} {wal:>9}",
            "", "ops/s", "x TPC-B", "p50 ms", "p99 ms", "pg us"
        );
        let tps = self.pgbench.iter().map(|(tps, _)| tps).sum::<f64>() / self.pgbench.len() as f64;
        for (name, result, cost) in &self.loads {
            let (ops, p50, p99) = (result.per_second(), result.percentile(50), result.percentile(99));
            println!("{name:<30} {ops:>9.0} {:>8.2} {p50:>8.2} {p99:>8.2} {cost}", ops / tps);
        }
        for (tps, cost) in &self.pgbench {
            println!("{:<30} {tps:>9.0} {:>8} {:>8} {:>8} {cost}", "pgbench TPC-B-like, 8 clients", "", "", "");
        }
    }
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
