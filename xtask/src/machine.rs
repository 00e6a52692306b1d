//! What the machine must have. Nothing here asks a question; whatever is installed is named first.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use xshell::cmd;

use crate::workspace::Workspace;

const WASM: &str = "wasm32-unknown-unknown";
/// Version of cargo-deny that reads our deny.toml.
const DENY: &str = "0.20.2";
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const MAC_BROWSERS: [&str; 2] = [
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/// Whether the compiler can build for the browser, after trying to install what it lacks.
pub fn ensure_wasm_target(workspace: &Workspace) -> Result<bool> {
    let sh = &workspace.sh;
    let sysroot = cmd!(sh, "rustc --print sysroot").quiet().read()?;
    if Path::new(&sysroot).join("lib/rustlib").join(WASM).is_dir() {
        return Ok(true);
    }
    if on_path("rustup").is_none() {
        eprintln!("The compiler has no {WASM} target and there is no rustup: install it as you installed Rust.");
        return Ok(false);
    }
    println!("Installs the compiler's {WASM} target.");
    Ok(cmd!(sh, "rustup target add {WASM}").run().is_ok())
}

/// Whether a Postgres is named or stands where most do; the program itself looks in more places.
pub fn has_postgres() -> bool {
    let named = ["DATABASE_URL", "MINUTEBANK_PG_BIN"].iter().any(|name| std::env::var_os(name).is_some());
    named || on_path("postgres").is_some() || Path::new("/usr/lib/postgresql").is_dir()
}

/// Whether `cargo nextest` is there; it is worth having, but not the minutes that building it takes.
pub fn has_nextest(workspace: &Workspace) -> bool {
    cmd!(workspace.sh, "cargo nextest --version").quiet().ignore_stderr().read().is_ok()
}

/// The program `cargo-deny`, after installing it beside what is built here if the machine has none.
pub fn ensure_deny(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target.join("tools");
    let ours = tools.join("bin/cargo-deny");
    if let Some(program) = on_path("cargo-deny").or_else(|| ours.is_file().then(|| ours.clone())) {
        return Ok(program);
    }
    println!("Installs cargo-deny {DENY} into {}; that takes some minutes, once.", tools.display());
    cmd!(workspace.sh, "cargo install --locked --version {DENY} --root {tools} cargo-deny").run()?;
    Ok(ours)
}

/// A Chromium: `CHROME_BIN`, else an installed one, else Debian's package where we may install it.
pub fn ensure_browser(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(browser) = std::env::var_os("CHROME_BIN").map(PathBuf::from).or_else(installed_browser) {
        return Ok(browser);
    }
    let sh = &workspace.sh;
    let is_root = cmd!(sh, "id -u").quiet().read()? == "0";
    if !is_root || on_path("apt-get").is_none() {
        bail!("there is no Chromium: install Chromium or Google Chrome, or set CHROME_BIN to one");
    }
    println!("Installs Debian's package chromium.");
    let _env = sh.push_env("DEBIAN_FRONTEND", "noninteractive");
    cmd!(sh, "apt-get update -q").run()?;
    cmd!(sh, "apt-get install -y -q --no-install-recommends chromium fonts-liberation").run()?;
    installed_browser().context("the package chromium brought no browser; set CHROME_BIN to one")
}

/// The end-to-end suite's packages, exactly as locked; skipped when they are newer than the lock.
pub fn ensure_packages(workspace: &Workspace) -> Result<()> {
    if on_path("npm").is_none() {
        bail!("there is no npm: install Node 20 or newer");
    }
    let changed_at = |path: &str| std::fs::metadata(workspace.root.join("end2end").join(path))?.modified();
    if changed_at("node_modules/.package-lock.json").is_ok_and(|at| at >= changed_at("package-lock.json").unwrap_or(at))
    {
        return Ok(());
    }
    println!("Installs the packages of end2end/package-lock.json into end2end/node_modules.");
    cmd!(workspace.sh, "npm --prefix end2end ci --no-audit --no-fund").run()?;
    Ok(())
}

fn installed_browser() -> Option<PathBuf> {
    let on_mac = || MAC_BROWSERS.iter().map(PathBuf::from).find(|path| path.exists());
    BROWSERS.iter().find_map(|name| on_path(name)).or_else(on_mac)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.is_file())
}
