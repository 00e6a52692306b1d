//! The folders: where the cluster, its log and its socket are, and how a cluster comes to be.
//!
//! `<data folder>/postgres/` belongs to whoever starts Minutebank and holds `owner.lock`, `postgres.log`, `cluster/`
//! and `socket/`; the last two belong to the account of Postgres.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::Signal;

use super::EmbeddedError;
use super::account::{Account, make_folder};
use super::binaries::Binaries;

/// The cluster's superuser.
pub(super) const ROLE: &str = "minutebank";
/// The database of the ledger.
pub(super) const DATABASE: &str = "minutebank";
/// No TCP port is opened; the number only names the socket file.
pub(super) const PORT: u16 = 5432;
/// `initdb` works in `<home>/initdb-<pid>`, so that a folder named `cluster` is always whole.
pub(super) const HALF_MADE: &str = "initdb-";
/// `sun_path` has 108 bytes on Linux and 104 elsewhere, one of them the final zero.
pub(super) const SOCKET_BYTES: usize = if cfg!(target_os = "linux") { 106 } else { 102 };
const LOG_BYTES: u64 = 8 << 20;
/// For files that root opens in a folder that may belong to another user: links are refused.
pub(super) const NO_LINK: i32 = OFlags::NOFOLLOW.bits().cast_signed();

/// The folders of one cluster; all paths are absolute and without links.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    /// `<data folder>/postgres`.
    pub(super) home: PathBuf,
    /// Postgres' own data folder.
    pub(super) cluster: PathBuf,
    /// What the server says.
    pub(super) log: PathBuf,
}

impl Layout {
    /// Makes `<data_dir>/postgres` if need be.
    pub(super) fn make(data_dir: &Path) -> Result<Self, EmbeddedError> {
        let absolute = std::path::absolute(data_dir);
        let data_dir = absolute.map_err(EmbeddedError::io("look at", data_dir))?;
        make_folder(&data_dir)?;
        let real = data_dir.canonicalize();
        let data_dir = real.map_err(EmbeddedError::io("look at", &data_dir))?;
        let home = data_dir.join("postgres");
        make_folder(&home)?;
        Ok(Self { cluster: home.join("cluster"), log: home.join("postgres.log"), home })
    }

    /// The major version that made the cluster; `None` if there is no cluster yet.
    pub(super) fn version(&self) -> Result<Option<u32>, EmbeddedError> {
        let cluster = &self.cluster;
        let path = cluster.join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => {
                let major = text.trim().parse().ok();
                major.map(Some).ok_or_else(|| EmbeddedError::NotACluster { cluster: cluster.clone() })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let empty = fs::read_dir(cluster).map_or(true, |mut entries| entries.next().is_none());
                if empty { Ok(None) } else { Err(EmbeddedError::NotACluster { cluster: cluster.clone() }) }
            }
            Err(error) => Err(EmbeddedError::io("read", &path)(error)),
        }
    }

    /// Makes a new cluster: `initdb` in a temporary folder, then a rename, so that it is there whole or not at all.
    pub(super) fn init(&self, account: &Account, binaries: &Binaries) -> Result<(), EmbeddedError> {
        let making = self.home.join(format!("{HALF_MADE}{}", std::process::id()));
        DirBuilder::new().mode(0o700).create(&making).map_err(EmbeddedError::io("make", &making))?;
        account.own(&making)?;
        tracing::info!(folder = %self.cluster.display(), version = binaries.major, "making a Postgres data folder");
        let initdb = binaries.dir.join("initdb");
        let answer = account
            .command(&initdb, Signal::INT)
            .arg("-D")
            .arg(&making)
            // Trust is safe: there is no TCP, and only the account may enter the socket's folder.
            .args(["-U", ROLE, "-A", "trust", "-E", "UTF8", "--locale=C", "--data-checksums"])
            .output()
            .map_err(EmbeddedError::io("run", &initdb))?;
        if !answer.status.success() {
            let _ = fs::remove_dir_all(&making);
            let said = String::from_utf8_lossy(&answer.stderr);
            let detail = telling_line(&said).unwrap_or_else(|| answer.status.to_string());
            return Err(EmbeddedError::Initdb { cluster: self.cluster.clone(), detail });
        }
        fs::rename(&making, &self.cluster).map_err(EmbeddedError::io("move into place", &making))?;
        let synced = fs::File::open(&self.home).and_then(|home| home.sync_all());
        synced.map_err(EmbeddedError::io("sync", &self.home))
    }

    /// Makes the folder of the socket: in `home`, or, where that path is too long for a socket, in the system's
    /// temporary folder. Returns the path of the socket.
    pub(super) fn make_socket_folder(&self, account: &Account, temporary: &Path) -> Result<PathBuf, EmbeddedError> {
        let own = self.home.join("socket");
        let name = blake3::hash(self.home.as_os_str().as_encoded_bytes()).to_hex();
        let short = temporary.join(format!("minutebank-{}", &name[..12]));
        let folder = if fits(&own) {
            own
        } else if fits(&short) {
            short
        } else {
            let path = std::cmp::min_by_key(socket_in(&own), socket_in(&short), |path| path.as_os_str().len());
            return Err(EmbeddedError::SocketPath { path });
        };
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => account.own(&folder)?,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // In a shared temporary folder somebody else may have made it first.
                let found = fs::symlink_metadata(&folder).map_err(EmbeddedError::io("look at", &folder))?;
                let private = found.mode() & 0o077 == 0;
                if !found.is_dir() || found.uid() != account.uid() || !private {
                    return Err(EmbeddedError::SocketFolder { folder });
                }
            }
            Err(error) => return Err(EmbeddedError::io("make", &folder)(error)),
        }
        account.check_may_enter(&folder)?;
        Ok(socket_in(&folder))
    }

    /// Puts a log that has grown large aside; one older log is kept.
    pub(super) fn rotate_log(&self) {
        if fs::metadata(&self.log).is_ok_and(|log| log.len() > LOG_BYTES) {
            let _ = fs::rename(&self.log, self.log.with_extension("log.old"));
        }
    }
}

fn socket_in(folder: &Path) -> PathBuf {
    folder.join(format!(".s.PGSQL.{PORT}"))
}

/// Short enough, and without the characters that part entries in Postgres' list of socket folders.
fn fits(folder: &Path) -> bool {
    let path = socket_in(folder);
    let bytes = path.as_os_str().as_encoded_bytes();
    bytes.len() <= SOCKET_BYTES && !bytes.iter().any(|byte| b",\"".contains(byte))
}

/// The line that says why: the last that names an error, else the last at all.
pub(super) fn telling_line(said: &str) -> Option<String> {
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let names_error = |line: &&str| ["FATAL:", "PANIC:", "error:"].iter().any(|word| line.contains(word));
    lines().rfind(names_error).or_else(|| lines().next_back()).map(str::to_owned)
}
