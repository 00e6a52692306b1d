//! The state on disk: one line of JSON per commit, on disk before anything is answered.
//!
//! A line is whole or absent: what a kill cut off has no newline and is dropped at the next start, and was never
//! acknowledged. At each start the lines are folded into a fresh file, which replaces the old one by rename.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::SandboxError;
use super::passing_time;
use super::state::{Cause, Change, State, Transaction};

/// The journal holds the webhook secret.
const OWNER_ONLY: u32 = 0o600;

/// A sandbox that is just stopping may hold the lock for a moment longer.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// State and journal behind one lock.
pub struct Store {
    inner: Mutex<Inner>,
    changed: Notify,
}

struct Inner {
    state: State,
    file: File,
    broken: bool,
    _lock: File,
}

impl Store {
    /// Opens a journal, or begins one. Blocks on the disk.
    ///
    /// # Errors
    /// Where the file cannot be read or written, belongs to a running sandbox, or is something else.
    pub fn open(path: &Path, base: &str, now: Timestamp) -> Result<Self, SandboxError> {
        let lock = lock(path)?;
        let mut state = load(path)?;
        state.base = base.to_owned();
        let file = rewrite(path, &state.snapshot(now)).map_err(|error| SandboxError::State(path.into(), error))?;
        let inner = Inner { state, file, broken: false, _lock: lock };
        Ok(Self { inner: Mutex::new(inner), changed: Notify::new() })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic between two changes leaves the state whole: changes are applied only after they are durable.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state.
    pub fn read<R>(&self, look: impl FnOnce(&State) -> R) -> R {
        look(&self.lock().state)
    }

    /// Gathers changes and makes them durable, all or none, before returning. Blocks on the disk.
    ///
    /// # Errors
    /// Where the journal cannot be written; from then on nothing is.
    pub fn commit<R>(
        &self,
        now: Timestamp,
        cause: Cause,
        work: impl FnOnce(&mut Transaction<'_>) -> R,
    ) -> io::Result<R> {
        let mut inner = self.lock();
        let mut wrote = false;
        while inner.state.is_behind(now) {
            let mut passed = Transaction::new(&inner.state, now, Cause::default());
            passing_time::step(&mut passed);
            let changes = passed.into_changes();
            wrote |= inner.write(changes)?;
        }
        let mut transaction = Transaction::new(&inner.state, now, cause);
        let result = work(&mut transaction);
        let changes = transaction.into_changes();
        wrote |= inner.write(changes)?;
        if wrote {
            self.changed.notify_one();
        }
        Ok(result)
    }

    /// Returns after the next commit that changed something.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }
}

impl Inner {
    fn write(&mut self, changes: Vec<Change>) -> io::Result<bool> {
        if changes.is_empty() {
            return Ok(false);
        }
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        let mut line = serde_json::to_vec(&changes)?;
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            self.broken = true;
            return Err(error);
        }
        for change in changes {
            self.state.apply(change);
        }
        Ok(true)
    }
}

fn sibling(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn lock(path: &Path) -> Result<File, SandboxError> {
    let failed = |error| SandboxError::State(path.into(), error);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let file =
        OpenOptions::new().create(true).truncate(false).write(true).open(sibling(path, ".lock")).map_err(failed)?;
    for _ in 0..LOCK_ATTEMPTS {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PAUSE),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(SandboxError::InUse(path.into()))
}

fn load(path: &Path) -> Result<State, SandboxError> {
    let bytes = match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        other => other.map_err(|error| SandboxError::State(path.into(), error))?,
    };
    let mut state = State::default();
    for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
        // Only a line of ours that was cut off may be dropped: the file might be somebody else's.
        if !line.ends_with(b"\n") && line.starts_with(b"[") {
            break;
        }
        let changes: Vec<Change> = serde_json::from_slice(line).map_err(|error| SandboxError::Unreadable {
            path: path.into(),
            line: number + 1,
            error,
        })?;
        for change in changes {
            state.apply(change);
        }
    }
    Ok(state)
}

/// Writes a fresh journal beside the old one and puts it in its place; returns it open at its end.
fn rewrite(path: &Path, changes: &[Change]) -> io::Result<File> {
    let fresh = sibling(path, ".new");
    let mut file = OpenOptions::new().create(true).truncate(true).write(true).mode(OWNER_ONLY).open(&fresh)?;
    let mut lines = Vec::new();
    for change in changes {
        serde_json::to_writer(&mut lines, &[change])?;
        lines.push(b'\n');
    }
    file.write_all(&lines)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()?;
    Ok(file)
}
