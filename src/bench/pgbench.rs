//! pgbench, the yardstick: its built-in TPC-B-like script at scale 10, prepared, 8 clients.

use std::process::Stdio;

use tokio::process::Command;

use super::BenchError;
use crate::embedded;

/// Transactions per second, in the same database: its tables have names of their own.
pub async fn tpcb_like(url: &str, seconds: u64) -> Result<f64, BenchError> {
    pgbench(&["-i", "-q", "-s", "10", url]).await?;
    let seconds = seconds.to_string();
    let said = pgbench(&["-b", "tpcb-like", "-M", "prepared", "-c", "8", "-j", "2", "-T", &seconds, url]).await?;
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.ok_or_else(|| BenchError::Pgbench(format!("said no tps: {said}")))
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
