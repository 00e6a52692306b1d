//! The server process: starting it, waiting until it is ready, starting it again when it dies.
//!
//! All of this happens on one thread that lives as long as the server should: the kernel signals the postmaster when
//! the thread that spawned it ends, with the process (kill -9 included) or otherwise.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::account::Account;
use super::binaries::Binaries;
use super::cluster::{Layout, NO_LINK, PORT, telling_line};
use super::lock::OwnerLock;
use super::{EmbeddedError, remains};

/// Recovery after a crash reads the log since the last checkpoint, at most about a gigabyte.
const READY: Duration = Duration::from_secs(300);
const TRIES: u32 = 4;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What the owner of the server and its thread share.
#[derive(Debug, Default)]
pub(super) struct Control {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stopping: bool,
    /// Our child, not yet reaped, so that its id cannot mean another process.
    running: Option<Pid>,
}

impl Control {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the server (`INT` fast, `QUIT` immediately); it will not be started again.
    pub(super) fn stop(&self, signal: Signal) {
        let mut state = self.state();
        state.stopping = true;
        if let Some(pid) = state.running
            && let Err(error) = kill_process(pid, signal)
        {
            tracing::warn!(%error, "Postgres could not be signalled");
        }
        self.changed.notify_all();
    }

    fn stopping(&self) -> bool {
        self.state().stopping
    }

    /// Waits, but not longer than until `stop`.
    fn pause(&self, time: Duration) {
        let waited = self.changed.wait_timeout_while(self.state(), time, |state| !state.stopping);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }

    /// Spawns unless stopping; under the lock, so that `stop` cannot miss the child.
    fn spawn(&self, command: &mut Command) -> io::Result<Option<Child>> {
        let mut state = self.state();
        if state.stopping {
            return Ok(None);
        }
        let child = command.spawn()?;
        state.running = Some(Pid::from_child(&child));
        Ok(Some(child))
    }

    /// Reaps the child if it has ended.
    fn reap(&self, child: &mut Child) -> io::Result<Option<std::process::ExitStatus>> {
        let mut state = self.state();
        let ended = child.try_wait()?;
        if ended.is_some() {
            state.running = None;
        }
        Ok(ended)
    }
}

/// Everything that a start has found and made; the lock goes back when this is dropped.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) layout: Layout,
    pub(super) account: Account,
    pub(super) binaries: Binaries,
    pub(super) socket: PathBuf,
    pub(super) lock: OwnerLock,
}

impl Server {
    /// Starts the postmaster and returns when it accepts connections. What dead processes leave may be in the way for
    /// a moment (shared memory that backends still hold), hence a few tries.
    pub(super) fn launch(&self, control: &Control) -> Result<Child, EmbeddedError> {
        let mut tries = 1;
        loop {
            match self.launch_once(control) {
                Err(error @ EmbeddedError::NotReady { .. }) if tries < TRIES && !control.stopping() => {
                    tracing::warn!(%error, "trying again");
                    tries += 1;
                    control.pause(BETWEEN_TRIES);
                }
                result => return result,
            }
        }
    }

    fn launch_once(&self, control: &Control) -> Result<Child, EmbeddedError> {
        let began = Instant::now();
        remains::clear(&self.layout.cluster, &self.socket, &self.account)?;
        self.layout.rotate_log();
        let mut log = OpenOptions::new()
            .create(true)
            .append(true)
            .read(true)
            .custom_flags(NO_LINK)
            .open(&self.layout.log)
            .map_err(EmbeddedError::io("open", &self.layout.log))?;
        let log_start = log.seek(SeekFrom::End(0)).map_err(EmbeddedError::io("read", &self.layout.log))?;
        let mut command = self.command(&log)?;
        let postgres = || self.binaries.dir.join("postgres");
        let spawned = control.spawn(&mut command).map_err(|error| EmbeddedError::io("run", &postgres())(error))?;
        let mut child = spawned.ok_or(EmbeddedError::Stopped)?;
        self.wait_until_ready(&mut child, control, log_start)?;
        let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(version = self.binaries.major, pid = child.id(), took_ms, "Postgres is ready");
        Ok(child)
    }

    fn command(&self, log: &File) -> Result<Command, EmbeddedError> {
        let mut command = self.account.command(&self.binaries.dir.join("postgres"), Signal::INT);
        let stderr = log.try_clone().map_err(EmbeddedError::io("open", &self.layout.log))?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        command.arg("-D").arg(&self.layout.cluster);
        let folder = self.socket.parent().unwrap_or(&self.socket);
        let mut sockets = std::ffi::OsString::from("unix_socket_directories=\"");
        sockets.push(folder);
        sockets.push("\"");
        command.arg("-c").arg(sockets);
        let port = format!("port={PORT}");
        // What was acknowledged is on disk: fsync and synchronous_commit stay on.
        for setting in [
            port.as_str(),
            "listen_addresses=",
            "unix_socket_permissions=0700",
            "fsync=on",
            "synchronous_commit=on",
            "full_page_writes=on",
            "timezone=UTC",
            "log_timezone=UTC",
            "logging_collector=off",
            "log_destination=stderr",
        ] {
            command.arg("-c").arg(setting);
        }
        Ok(command)
    }

    /// Ready is when `postmaster.pid` names our own living child (whose working folder is therefore the cluster) and
    /// says `ready`.
    fn wait_until_ready(&self, child: &mut Child, control: &Control, log_start: u64) -> Result<(), EmbeddedError> {
        let pid = Pid::from_child(child);
        let log = &self.layout.log;
        let not_ready = |detail: String| EmbeddedError::NotReady { detail, log: log.clone() };
        let deadline = Instant::now() + READY;
        loop {
            let ended = control.reap(child).map_err(EmbeddedError::io("wait for", &self.binaries.dir))?;
            if let Some(status) = ended {
                if control.stopping() {
                    return Err(EmbeddedError::Stopped);
                }
                return Err(not_ready(self.last_words(log_start).unwrap_or_else(|| status.to_string())));
            }
            if remains::PidFile::read(&self.layout.cluster).is_some_and(|file| file.pid == pid && file.ready) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let _ = kill_process(pid, Signal::QUIT);
                wait_for_end(pid);
                let _ = control.reap(child);
                return Err(not_ready(format!("it took more than {} seconds", READY.as_secs())));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn last_words(&self, log_start: u64) -> Option<String> {
        let mut log = File::open(&self.layout.log).ok()?;
        log.seek(SeekFrom::Start(log_start)).ok()?;
        let mut said = Vec::new();
        log.read_to_end(&mut said).ok()?;
        telling_line(&String::from_utf8_lossy(&said))
    }

    /// Lives as long as the server should: whenever the postmaster ends without being told to, starts it again.
    /// Returns after `Control::stop`, when the last child is reaped and the socket's folder is gone.
    pub(super) fn supervise(self, control: &Control, mut child: Child) {
        loop {
            let began = Instant::now();
            wait_for_end(Pid::from_child(&child));
            let status = control.reap(&mut child);
            if control.stopping() {
                break;
            }
            let status = status.ok().flatten().map_or_else(|| "gone".to_owned(), |status| status.to_string());
            tracing::error!(pid = child.id(), status, "Postgres ended by itself; starting it again");
            if began.elapsed() < SHORTEST_PAUSE {
                control.pause(SHORTEST_PAUSE); // whatever ends it so soon would keep this machine busy
            }
            match self.relaunch(control) {
                Some(next) => child = next,
                None => break,
            }
        }
        if let Some(folder) = self.socket.parent() {
            let _ = fs::remove_dir(folder);
        }
        tracing::info!("Postgres has stopped");
        drop(self.lock);
    }

    fn relaunch(&self, control: &Control) -> Option<Child> {
        let mut pause = SHORTEST_PAUSE;
        while !control.stopping() {
            match self.launch(control) {
                Ok(child) => return Some(child),
                Err(_) if control.stopping() => break,
                Err(error) => tracing::error!(%error, "Postgres does not come back; trying again"),
            }
            control.pause(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        None
    }
}

/// Blocks until the child has ended, and leaves it to be reaped: until then its id stays its own.
fn wait_for_end(pid: Pid) {
    while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {}
}
