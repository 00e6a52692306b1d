//! One owner per data folder: an advisory lock that the kernel drops with its process, however that ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::EmbeddedError;
use super::cluster::NO_LINK;

/// Held for as long as this process owns the data folder.
#[derive(Debug)]
pub(super) struct OwnerLock {
    /// Closing it gives the lock back.
    _file: File,
}

impl OwnerLock {
    /// Takes `<home>/owner.lock` at once, or says which process has it. The file itself is never removed: a lock on
    /// a removed file would not be seen by the next process.
    pub(super) fn take(home: &Path, data_dir: &Path) -> Result<Self, EmbeddedError> {
        let path = home.join("owner.lock");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .custom_flags(NO_LINK)
            .open(&path)
            .map_err(EmbeddedError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(EmbeddedError::Owned { data_dir: data_dir.to_owned(), pid: read_owner(&mut file) });
            }
            Err(TryLockError::Error(source)) => {
                return Err(EmbeddedError::io("lock", &path)(source));
            }
        }
        write_owner(&mut file).map_err(EmbeddedError::io("write", &path))?;
        Ok(Self { _file: file })
    }
}

fn write_owner(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0))?;
    writeln!(file, "{}", std::process::id())
}

/// The winner of a race writes its id a moment after it has the lock, so the loser looks a few times. A file of a
/// dead owner is never read here: its lock is free.
fn read_owner(file: &mut File) -> Option<i32> {
    for _ in 0..10 {
        let mut text = String::new();
        file.seek(SeekFrom::Start(0)).ok()?;
        file.read_to_string(&mut text).ok()?;
        if let Some(pid) = text.strip_suffix('\n').and_then(|line| line.parse().ok()) {
            return Some(pid);
        }
        thread::sleep(Duration::from_millis(20));
    }
    None
}
