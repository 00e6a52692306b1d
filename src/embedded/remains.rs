//! What an earlier life may have left: running processes, a pid file, socket files, a half-made cluster.
//!
//! Nothing here may be called without the owner lock. A lock file is stale when no Postgres process has its working
//! folder in the cluster; Postgres' own test (does the pid exist?) is fooled by reused pids and by zombies.

use std::fs;
use std::io;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::EmbeddedError;
use super::account::Account;

/// A fast shutdown writes a checkpoint, which may take a while.
const FAST_SHUTDOWN: Duration = Duration::from_secs(30);
/// Backends notice by themselves that their postmaster died, at once unless they are computing.
const BACKENDS_LEAVE: Duration = Duration::from_millis(500);
const IMMEDIATE_SHUTDOWN: Duration = Duration::from_secs(3);
const KILLED: Duration = Duration::from_secs(2);

/// The two lines of `postmaster.pid` that matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PidFile {
    /// Line 1.
    pub(super) pid: Pid,
    /// Line 8 says `ready`: connections are accepted.
    pub(super) ready: bool,
}

impl PidFile {
    /// Reads it; `None` if there is none, it is not written whole, or it is not of a postmaster.
    pub(super) fn read(cluster: &Path) -> Option<Self> {
        let text = fs::read_to_string(cluster.join("postmaster.pid")).ok()?;
        // A standalone process (initdb runs some) writes its id negated.
        let pid: i32 = text.lines().next()?.trim().parse().ok().filter(|pid| *pid > 0)?;
        let pid = Pid::from_raw(pid)?;
        let ready = text.lines().nth(7).is_some_and(|line| line.trim() == "ready");
        Some(Self { pid, ready })
    }
}

/// Ends what still works in the cluster and removes stale lock files, so that a postmaster can start.
pub(super) fn clear(cluster: &Path, socket: &Path, account: &Account) -> Result<(), EmbeddedError> {
    evict(cluster, account)?;
    for stale in [cluster.join("postmaster.pid"), socket.to_owned(), with_lock(socket)] {
        match fs::remove_file(&stale) {
            Ok(()) => tracing::info!(file = %stale.display(), "removed a stale lock file"),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(EmbeddedError::io("remove", &stale)(error)),
        }
    }
    Ok(())
}

fn with_lock(socket: &Path) -> std::path::PathBuf {
    let mut name = socket.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}

/// Removes the temporary folders of an `initdb` that was killed midway.
pub(super) fn remove_half_made(home: &Path, prefix: &str, account: &Account) -> Result<(), EmbeddedError> {
    let entries = fs::read_dir(home).map_err(EmbeddedError::io("read", home))?;
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix)) {
        let path = entry.path();
        tracing::info!(folder = %path.display(), "removing what an interrupted initdb left");
        evict(&path, account)?;
        // The initdb that made it may be removing it too, so a file may be gone or new while we walk.
        let deadline = Instant::now() + KILLED;
        loop {
            match fs::remove_dir_all(&path) {
                Ok(()) => break,
                Err(error) if error.kind() == io::ErrorKind::NotFound && !path.exists() => break,
                Err(_) if Instant::now() < deadline => thread::sleep(Duration::from_millis(50)),
                Err(error) => return Err(EmbeddedError::io("remove", &path)(error)),
            }
        }
    }
    Ok(())
}

/// Ends every Postgres process that works in `folder`: the postmaster by a fast shutdown, stragglers by an immediate
/// one. Even the last step loses nothing that was committed, because the log is on disk before a commit is answered.
fn evict(folder: &Path, account: &Account) -> Result<(), EmbeddedError> {
    let named = PidFile::read(folder).map(|file| file.pid);
    let left = occupants(folder, account, named);
    if left.is_empty() {
        return Ok(());
    }
    let postmaster = named.filter(|pid| left.contains(pid));
    let patience = match postmaster {
        Some(pid) => {
            tracing::info!(pid = pid.as_raw_pid(), "ending the Postgres that an earlier start left");
            send(&[pid], Signal::INT);
            FAST_SHUTDOWN
        }
        None => BACKENDS_LEAVE,
    };
    for (patience, then) in [(patience, Some(Signal::QUIT)), (IMMEDIATE_SHUTDOWN, Some(Signal::KILL)), (KILLED, None)] {
        let left = still_there(folder, account, named, patience);
        match (left.first(), then) {
            (None, _) => return Ok(()),
            (Some(_), Some(signal)) => send(&left, signal),
            (Some(pid), None) => {
                return Err(EmbeddedError::Occupied { pid: pid.as_raw_pid(), folder: folder.to_owned() });
            }
        }
    }
    Ok(())
}

fn send(to: &[Pid], signal: Signal) {
    for pid in to {
        if let Err(error) = kill_process(*pid, signal) {
            tracing::debug!(pid = pid.as_raw_pid(), ?signal, %error, "a process could not be signalled");
        }
    }
}

/// Waits until nobody is left, at most for `patience`; who is left then.
fn still_there(folder: &Path, account: &Account, named: Option<Pid>, patience: Duration) -> Vec<Pid> {
    let deadline = Instant::now() + patience;
    loop {
        let left = occupants(folder, account, named);
        if left.is_empty() || Instant::now() >= deadline {
            return left;
        }
        thread::sleep(Duration::from_millis(25));
    }
}

/// The Postgres processes whose working folder is `folder`. A zombie has none.
#[cfg(target_os = "linux")]
fn occupants(folder: &Path, account: &Account, _: Option<Pid>) -> Vec<Pid> {
    let mut here = Vec::new();
    let mut unknown = Vec::new();
    for pid in postgres_processes() {
        match fs::read_link(format!("/proc/{}/cwd", pid.as_raw_pid())) {
            Ok(cwd) if cwd == folder => here.push(pid),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => unknown.push(pid),
            _ => {}
        }
    }
    // Root in a container may lack the right to look at another user's processes, but that user may.
    if rustix::process::geteuid().is_root() && !unknown.is_empty() {
        here.extend(ask(account, folder, &unknown));
    }
    here
}

/// Every running process named `postgres`, of whomever.
#[cfg(target_os = "linux")]
fn postgres_processes() -> impl Iterator<Item = Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(Pid::from_raw).filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_pid()));
        let stat = stat.unwrap_or_default();
        let name_and_state = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(") "));
        name_and_state.is_some_and(|(name, state)| name.starts_with("postgres") && !state.starts_with(['Z', 'X']))
    })
}

/// Lets the account itself look which of the processes work in the folder.
#[cfg(target_os = "linux")]
fn ask(account: &Account, folder: &Path, pids: &[Pid]) -> Vec<Pid> {
    const LOOK: &str = r#"for pid do [ "/proc/$pid/cwd" -ef "$0" ] && echo "$pid"; done"#;
    let mut command = account.command(Path::new("/bin/sh"), Signal::KILL);
    command.args(["-c", LOOK]).arg(folder);
    command.args(pids.iter().map(|pid| pid.as_raw_pid().to_string()));
    let answer = command.output().map(|answer| answer.stdout).unwrap_or_default();
    let answer = String::from_utf8_lossy(&answer).into_owned();
    answer.lines().filter_map(|line| line.parse().ok().and_then(Pid::from_raw)).collect()
}

/// Without /proc only the process that the pid file names is looked at.
#[cfg(not(target_os = "linux"))]
fn occupants(folder: &Path, _: &Account, named: Option<Pid>) -> Vec<Pid> {
    let works_here = |pid: &Pid| {
        let pid = pid.as_raw_pid().to_string();
        let answer = std::process::Command::new("lsof").args(["-a", "-d", "cwd", "-p", &pid, "-Fn"]).output();
        answer.is_ok_and(|answer| {
            let text = String::from_utf8_lossy(&answer.stdout).into_owned();
            text.lines().any(|line| line.strip_prefix('n').is_some_and(|cwd| Path::new(cwd) == folder))
        })
    };
    named.into_iter().filter(works_here).collect()
}
