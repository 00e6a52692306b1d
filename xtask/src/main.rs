//! The repository's own commands. `cargo xtask run` starts the product, `cargo xtask test` decides about a change.

mod checks;
mod machine;
mod site;
mod workspace;

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

const USAGE: &str = "\
cargo xtask run [--release]            build everything and start Minutebank in demo mode
cargo xtask build [--release]          build the site and the program, start nothing
cargo xtask test [--only STEP]...      format, lints, tests, documentation, dependencies, a real browser
cargo xtask bench [ARGUMENT]...        measure the ledger's writer (release build)

STEP is one of: fmt, clippy, unit, doc, deny, e2e.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<()> {
    match words {
        ["run", options @ ..] => run(is_release(options)?),
        ["build", options @ ..] => build(&Workspace::find()?, is_release(options)?).map(drop),
        ["test", options @ ..] => checks::run(&Workspace::find()?, &chosen_steps(options)?),
        ["bench", arguments @ ..] => bench(arguments),
        [] | ["help" | "--help" | "-h"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => bail!("unknown command: {}\n\n{USAGE}", words.join(" ")),
    }
}

fn is_release(options: &[&str]) -> Result<bool> {
    match options {
        [] => Ok(false),
        ["--release"] => Ok(true),
        _ => bail!("unknown option: {}\n\n{USAGE}", options.join(" ")),
    }
}

/// The steps after each `--only`; none given means all of them.
fn chosen_steps<'a>(options: &[&'a str]) -> Result<Vec<&'a str>> {
    match options {
        [] => Ok(Vec::new()),
        ["--only", step, rest @ ..] => {
            let mut steps = vec![*step];
            steps.extend(chosen_steps(rest)?);
            Ok(steps)
        }
        _ => bail!("unknown option: {}\n\n{USAGE}", options.join(" ")),
    }
}

/// Builds, then becomes the server: Ctrl-C and signals reach it directly.
fn run(release: bool) -> Result<()> {
    let workspace = Workspace::find()?;
    println!("Builds Minutebank in {} and starts it.", workspace.target.display());
    if !machine::has_postgres() {
        println!(
            "No Postgres on the PATH or in /usr/lib/postgresql. Unless the program finds one elsewhere, its first start \
             fetches one into its cache; Debian's own is installed by: apt-get install -y postgresql"
        );
    }
    let program = build(&workspace, release)?;
    let error = Command::new(&program).arg("serve").env("LEPTOS_SITE_ROOT", workspace.site()).exec();
    Err(error).with_context(|| format!("{} does not start", program.display()))
}

/// Builds the site and the program; returns the program's path.
fn build(workspace: &Workspace, release: bool) -> Result<std::path::PathBuf> {
    if machine::ensure_wasm_target(workspace)? {
        site::build_wasm(workspace)?;
    } else {
        eprintln!("Without the compiler's wasm32 target the pages work, but nothing on them is live.");
        site::remove_wasm(workspace)?;
    }
    site::build_files(workspace)?;
    workspace.build_program(release)
}

fn bench(arguments: &[&str]) -> Result<()> {
    let program = Workspace::find()?.build_program(true)?;
    let error = Command::new(&program).arg("bench").args(arguments).exec();
    Err(error).with_context(|| format!("{} does not start", program.display()))
}
