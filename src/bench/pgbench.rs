//! pgbench, the yardstick: its built-in TPC-B-like script at scale 10, prepared, 8 clients.

use std::process::Stdio;

use tokio::process::Command;
use url::Url;

use super::BenchError;
use crate::embedded;

/// Transactions per second, on a database of its own on the same server.
pub async fn tpcb_like(url: &str, seconds: u64) -> Result<f64, BenchError> {
    let url: Url = url.parse().map_err(|_| BenchError::Pgbench("no address".to_owned()))?;
    let database = url.path().trim_start_matches('/').to_owned();
    pgbench(&url, &["-i", "-q", "-s", "10", &database]).await?;
    let seconds = seconds.to_string();
    let said =
        pgbench(&url, &["-b", "tpcb-like", "-M", "prepared", "-c", "8", "-j", "2", "-T", &seconds, &database]).await?;
    let tps = said.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.ok_or_else(|| BenchError::Pgbench(format!("said no tps: {said}")))
}

async fn pgbench(url: &Url, args: &[&str]) -> Result<String, BenchError> {
    let query = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let host = query("host").or_else(|| url.host_str().map(str::to_owned)).unwrap_or_default();
    let port = query("port").or_else(|| url.port().map(|port| port.to_string())).unwrap_or_else(|| "5432".to_owned());
    let output = Command::new(embedded::bin_dir()?.join("pgbench"))
        .args(["-h", &host, "-p", &port, "-U", url.username()])
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
