//! The commands, and the story of a start.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::bench;

/// Self-hosted billing desk of a voice platform: prepaid minutes, credits and packs over one Postgres ledger.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Measure the writer beside pgbench on a Postgres of its own
    Bench(bench::Args),
}

/// Runs the command of the command line; everything is configured by the environment (README).
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads for the runtime");
    let done = runtime.block_on(async {
        match cli.command {
            Some(Task::Bench(args)) => bench::run(&args).await.map_err(|error| error.to_string()),
            None => Ok(()),
        }
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
