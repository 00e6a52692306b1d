//! Who runs Postgres: this user, or, because Postgres refuses root, the account that root drops to.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use rustix::process::{Signal, geteuid};

use super::EmbeddedError;

/// The account that Postgres' processes run under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Account {
    name: String,
    uid: u32,
    gid: u32,
    /// True as root: children change to the account, and its folders are given to it.
    switch: bool,
}

impl Account {
    /// This user; as root the owner of the `cluster`, or for a new one `postgres`, else `nobody`.
    pub(super) fn for_cluster(cluster: &Path) -> Result<Self, EmbeddedError> {
        if !geteuid().is_root() {
            let (uid, gid) = (geteuid().as_raw(), rustix::process::getegid().as_raw());
            return Ok(Self { name: format!("uid {uid}"), uid, gid, switch: false });
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        if let Ok(owner) = fs::metadata(cluster)
            && owner.uid() != 0
        {
            let known = Self::look_up(&passwd, |_, uid| uid == owner.uid());
            let (uid, gid) = (owner.uid(), owner.gid());
            return Ok(known.unwrap_or_else(|| Self { name: format!("uid {uid}"), uid, gid, switch: true }));
        }
        Self::look_up(&passwd, |name, _| name == "postgres")
            .or_else(|| Self::look_up(&passwd, |name, _| name == "nobody"))
            .ok_or(EmbeddedError::NoAccount)
    }

    fn look_up(passwd: &str, wanted: impl Fn(&str, u32) -> bool) -> Option<Self> {
        passwd.lines().find_map(|line| {
            let mut fields = line.split(':');
            let (name, _, uid, gid) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
            let (uid, gid) = (uid.parse().ok()?, gid.parse().ok()?);
            (uid != 0 && wanted(name, uid)).then(|| Self { name: name.to_owned(), uid, gid, switch: true })
        })
    }

    /// The account's user id.
    pub(super) fn uid(&self) -> u32 {
        self.uid
    }

    /// Gives a file or folder to the account (nothing to do unless root); never follows a link.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.switch {
            return Ok(());
        }
        lchown(path, Some(self.uid), Some(self.gid)).map_err(EmbeddedError::io("change the owner of", path))
    }

    /// As root: checks that the account may pass every folder down to `path`, which must be absolute.
    pub(super) fn check_may_enter(&self, path: &Path) -> Result<(), EmbeddedError> {
        if !self.switch {
            return Ok(());
        }
        for folder in path.ancestors() {
            let found = fs::metadata(folder).map_err(EmbeddedError::io("look at", folder))?;
            let execute = if found.uid() == self.uid {
                0o100
            } else if found.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            if found.mode() & execute == 0 {
                return Err(EmbeddedError::Closed { account: self.name.clone(), folder: folder.to_owned() });
            }
        }
        Ok(())
    }

    /// A command under the account: empty environment, C locale, own process group (so that Ctrl-C in a terminal
    /// reaches us first), and told `on_death` when the thread that spawns it ends.
    pub(super) fn command(&self, program: &Path, on_death: Signal) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("LC_ALL", "C").current_dir("/").process_group(0);
        if self.switch {
            command.uid(self.uid).gid(self.gid);
        }
        die_with_this_thread(&mut command, on_death);
        command
    }
}

/// Makes a folder and its parents. Those that root makes can be passed by the account of Postgres, whatever the umask.
pub(super) fn make_folder(folder: &Path) -> Result<(), EmbeddedError> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(parent) = folder.parent() {
        make_folder(parent)?;
    }
    match fs::create_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => {
            return Ok(());
        }
        made => made.map_err(EmbeddedError::io("make", folder))?,
    }
    if geteuid().is_root() {
        let open = Permissions::from_mode(0o755);
        fs::set_permissions(folder, open).map_err(EmbeddedError::io("open", folder))?;
    }
    Ok(())
}

/// The kernel clears the parent-death signal when a process changes its user, so it is set after that, in the child.
/// It follows the parent *thread*: only a thread that lives as long as the child may spawn it.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "pre_exec; the closure makes two system calls and allocates nothing")]
fn die_with_this_thread(command: &mut Command, on_death: Signal) {
    let parent = Some(rustix::process::getpid());
    // SAFETY: between fork and exec only async-signal-safe calls are made: prctl and getppid.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(on_death))?;
            // The parent may have died before the call above.
            if rustix::process::getppid() == parent { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
        });
    }
}

/// Other systems have no such signal: there the next start ends what an earlier one left.
#[cfg(not(target_os = "linux"))]
fn die_with_this_thread(_: &mut Command, _: Signal) {}
