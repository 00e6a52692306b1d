//! pgbench, the yardstick: its built-in TPC-B-like script at scale 10, prepared, 8 clients.

use std::process::Stdio;

use tokio::process::Command;

use super::BenchError;
use crate::embedded;

/// What a run came to.
pub struct Run {
    /// Transactions.
    pub transactions: f64,
    /// Transactions per second.
    pub tps: f64,
}

/// Fills pgbench's tables, which have names of their own, in the same database.
pub async fn fill(url: &str) -> Result<(), BenchError> {
    pgbench(&["-i", "-q", "-s", "10", url]).await.map(drop)
}

/// Runs the script.
pub async fn tpcb_like(url: &str, seconds: u64) -> Result<Run, BenchError> {
    let seconds = seconds.to_string();
    let said = pgbench(&["-b", "tpcb-like", "-M", "prepared", "-c", "8", "-j", "2", "-T", &seconds, url]).await?;
    let figure = |name: &str| {
        let found = said.lines().find_map(|line| line.strip_prefix(name)?.split(' ').next()?.parse::<f64>().ok());
        found.ok_or_else(|| BenchError::Pgbench(format!("said nothing of {name}{said}")))
    };
    Ok(Run { transactions: figure("number of transactions actually processed: ")?, tps: figure("tps = ")? })
}

async fn pgbench(args: &[&str]) -> Result<String, BenchError> {
    let output = Command::new(embedded::bin_dir()?.join("pgbench"))
        .args(args)
        .stdin(Stdio::null())
        .output()
        .await
        .map_err(|error| BenchError::Pgbench(error.to_string()))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(BenchError::Pgbench(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}
