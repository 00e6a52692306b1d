//! The commands, each a few lines; the story of a start stands in [`crate::serve`].

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sqlx::Connection as _;
use tokio::io::AsyncReadExt as _;
use tracing_subscriber::EnvFilter;

use crate::app::create_agency::create_agency;
use crate::app::reconcile::reconcile;
use crate::clock::Clock;
use crate::config::Config;
use crate::serve::{self, Postgres};
use crate::{bench, database, sandbox};

/// Self-hosted billing desk of a voice platform: prepaid minutes, credits and packs over one Postgres ledger.
///
/// Everything is configured by the environment; see the README. Without any configuration it runs in demo mode.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Serve pages, API and webhooks (the default)
    Serve,
    /// Serve in demo mode, whatever else is configured
    Demo,
    /// Bring the database's schema up to date
    Migrate,
    /// Check every invariant of the ledger; exits 1 and names the row where one does not hold
    Reconcile,
    /// Create an agency and print the link for its first administrator
    CreateAgency {
        /// Its name
        #[arg(long)]
        name: String,
        /// Address of its first administrator
        #[arg(long)]
        email: String,
    },
    /// Serve the stand-in of Stripe's API that demo mode uses
    StripeSandbox {
        /// End when standard input closes, that is, with the process that started this one
        #[arg(long)]
        until_stdin_closes: bool,
    },
    /// Measure the writer beside pgbench on a Postgres of its own
    Bench(bench::Args),
}

/// What is logged unless `RUST_LOG` says otherwise. Postgres notices that a table exists already at every start.
const LOGGED: &str = "info,sqlx::postgres::notice=warn";

/// An error that is shown as it is.
type Error = Box<dyn std::error::Error>;

/// Runs the command of the command line.
pub fn main() -> ExitCode {
    let task = Cli::parse().task.unwrap_or(Task::Serve);
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOGGED));
    let colors = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colors).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads for the runtime");
    let done = runtime.block_on(run(task));
    // A task that hangs in the background must not keep a finished program alive.
    runtime.shutdown_background();
    done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

async fn run(task: Task) -> Result<ExitCode, Error> {
    match task {
        Task::Serve => serve::run(Config::from_env()?).await?,
        Task::Demo => serve::run(Config::demo_from_env()?).await?,
        Task::Migrate => migrate(&Config::from_env()?).await?,
        Task::Reconcile => return check(&Config::from_env()?).await,
        Task::CreateAgency { name, email } => found(&Config::from_env()?, &name, &email).await?,
        Task::StripeSandbox { until_stdin_closes } => stand_in(&Config::from_env()?, until_stdin_closes).await?,
        Task::Bench(args) => bench::run(&args).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn migrate(config: &Config) -> Result<(), Error> {
    let postgres = Postgres::start(config).await?;
    database::migrate(postgres.url()).await?;
    println!("the schema is up to date");
    postgres.stop().await;
    Ok(())
}

async fn check(config: &Config) -> Result<ExitCode, Error> {
    let postgres = Postgres::start_or_join(config).await?;
    database::migrate(postgres.url()).await?;
    let pool = database::connect(postgres.url(), 1).await?;
    let mut db = pool.acquire().await?;
    db.ping().await?;
    let report = reconcile(&mut db).await?;
    drop(db);
    pool.close().await;
    postgres.stop().await;
    println!("{report}");
    Ok(if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn found(config: &Config, name: &str, email: &str) -> Result<(), Error> {
    let postgres = Postgres::start_or_join(config).await?;
    database::migrate(postgres.url()).await?;
    let pool = database::connect(postgres.url(), 1).await?;
    let mut db = pool.acquire().await?;
    let now = Clock::shifted(config.clock_offset).now();
    let link = create_agency(&mut db, &config.public_url, name, email, now).await;
    drop(db);
    pool.close().await;
    postgres.stop().await;
    println!("{name} is created. Its first administrator comes in within 7 days through\n{}", link?);
    Ok(())
}

async fn stand_in(config: &Config, until_stdin_closes: bool) -> Result<(), Error> {
    if !config.demo {
        // It would sign its events with the secret of the real endpoint.
        return Err("the Stripe sandbox runs in demo mode only (MINUTEBANK_DEMO=1)".into());
    }
    let options = sandbox::Options {
        addr: config.sandbox_addr,
        state_file: config.data_dir.join("stripe-sandbox.jsonl"),
        webhook_url: Some(format!("http://{}/webhooks/stripe", config.local_addr())),
        webhook_secret: config.stripe.webhook_secret.reveal().to_owned(),
        clock: Clock::shifted(config.clock_offset),
    };
    std::fs::create_dir_all(&config.data_dir)?;
    let listener = tokio::net::TcpListener::bind(config.sandbox_addr).await?;
    let parent_is_gone = async move {
        match until_stdin_closes {
            true => _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await,
            false => serve::told_to_stop().await,
        }
    };
    Ok(sandbox::run(options, listener, parent_is_gone).await?)
}
