//! What work costs: processor time and write-ahead log. Other than rates they hardly depend on who else is busy on the
//! machine, so that two versions can be compared on one that is shared.

use std::fmt;
use std::time::Duration;

use sqlx::PgConnection;

use super::store;

/// Processor time is counted in these (`USER_HZ`, 100 on every Linux of today).
const TICK: Duration = Duration::from_millis(10);

/// Totals since the processes began.
#[derive(Clone, Copy)]
pub struct Totals {
    ours: Duration,
    postgres: Duration,
    wal: i64,
}

/// What an operation took of them.
pub struct Cost {
    /// Processor time of this process and its ended children, in µs.
    ours: f64,
    /// Processor time of the whole Postgres, in µs.
    postgres: f64,
    /// Bytes of write-ahead log.
    wal: f64,
}

impl fmt::Display for Cost {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "{:>8.1} {:>8.1} {:>9.0}", self.ours, self.postgres, self.wal)
    }
}

impl Totals {
    /// As they are now. Processor times are zero where there is no `/proc`.
    pub async fn read(db: &mut PgConnection) -> sqlx::Result<Self> {
        let (backend, wal) = store::backend_and_wal(db).await?;
        Ok(Self { ours: ours().unwrap_or_default(), postgres: postgres(backend).unwrap_or_default(), wal })
    }

    /// What each of this many operations took from here to `later`.
    pub fn per_operation(&self, later: &Self, operations: f64) -> Cost {
        let micros = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64() * 1e6 / operations;
        Cost {
            ours: micros(self.ours, later.ours),
            postgres: micros(self.postgres, later.postgres),
            wal: (later.wal - self.wal) as f64 / operations,
        }
    }
}

/// The fields of `/proc/PID/stat` after the name: state, parent, …
fn fields(pid: &str) -> Option<Vec<i64>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split(' ').map(|field| field.trim().parse().unwrap_or_default()).collect())
}

/// User and system time of a process, and of its children that have ended.
fn ticks(fields: &[i64]) -> Duration {
    let ticks: i64 = fields.iter().skip(11).take(4).sum();
    TICK * u32::try_from(ticks).unwrap_or_default()
}

/// Of this process and its ended children: pgbench is one.
fn ours() -> Option<Duration> {
    fields("self").map(|fields| ticks(&fields))
}

/// Of the postmaster and all its children, those that have ended among them.
fn postgres(backend: i32) -> Option<Duration> {
    let postmaster = *fields(&backend.to_string())?.get(1)?;
    let mut total = ticks(&fields(&postmaster.to_string())?);
    for entry in std::fs::read_dir("/proc").ok()?.flatten() {
        let child = entry.file_name().to_str().and_then(fields);
        total += child.filter(|child| child.get(1) == Some(&postmaster)).map_or(Duration::ZERO, |child| ticks(&child));
    }
    Some(total)
}
