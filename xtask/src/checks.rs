//! `cargo xtask test`: every step runs even after one has failed, so that one run tells everything.

use std::io::{BufRead, BufReader, IsTerminal};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use xshell::{Cmd, cmd};

use crate::workspace::Workspace;
use crate::{machine, site};

/// What a step says about itself in the summary, where it says more than that it passed.
type Lines = Vec<String>;

struct Step {
    name: &'static str,
    what: &'static str,
    check: fn(&Workspace) -> (Lines, Result<()>),
}

const STEPS: [Step; 6] = [
    Step { name: "fmt", what: "format", check: |workspace| (Vec::new(), format(workspace)) },
    Step { name: "clippy", what: "lints, server and browser", check: |workspace| (Vec::new(), lints(workspace)) },
    Step { name: "unit", what: "unit and integration tests", check: tests },
    Step { name: "doc", what: "documentation", check: |workspace| (Vec::new(), documentation(workspace)) },
    Step { name: "deny", what: "licences, sources and known faults of dependencies", check: dependencies },
    Step { name: "e2e", what: "end to end, in a real browser", check: end_to_end },
];

/// Runs the chosen steps, or all; prints a line for each at the end. Fails if one failed or does not exist.
pub fn run(workspace: &Workspace, only: &[&str]) -> Result<()> {
    if let Some(unknown) = only.iter().find(|name| STEPS.iter().all(|step| step.name != **name)) {
        bail!("there is no step {unknown}; there are {}", STEPS.map(|step| step.name).join(", "));
    }
    let mut summary = Vec::new();
    let mut failed = Vec::new();
    for step in STEPS.iter().filter(|step| only.is_empty() || only.contains(&step.name)) {
        println!("\n=== {}: {}", step.name, step.what);
        let start = Instant::now();
        let (lines, result) = (step.check)(workspace);
        let took = seconds(start.elapsed());
        let state = if result.is_ok() { "passed" } else { "FAILED" };
        println!("=== {}: {state} in {took}", step.name);
        summary.push(format!("{:<8}{state}{took:>9}  {}", step.name, step.what));
        summary.extend(lines.into_iter().map(|line| format!("        {line}")));
        if let Err(error) = result {
            summary.push(format!("        {error:#}"));
            failed.push(step.name);
        }
    }
    println!("\n=== Summary");
    summary.iter().for_each(|line| println!("{line}"));
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn format(workspace: &Workspace) -> Result<()> {
    Ok(cmd!(workspace.sh, "cargo fmt --all --check").run()?)
}

fn lints(workspace: &Workspace) -> Result<()> {
    let sh = &workspace.sh;
    cmd!(sh, "cargo clippy --package xtask --all-targets -- -D warnings").run()?;
    cmd!(sh, "cargo clippy --package minutebank --all-targets -- -D warnings").run()?;
    if !machine::ensure_wasm_target(workspace)? {
        bail!("without the wasm32 target the browser's half cannot be checked");
    }
    let browser = ["--target", "wasm32-unknown-unknown", "--no-default-features", "--features", "hydrate"];
    Ok(cmd!(sh, "cargo clippy --package minutebank --lib {browser...} -- -D warnings").run()?)
}

/// The packages are built one after the other: together, Cargo would pick other features for what both use, and build
/// most of it again.
fn tests(workspace: &Workspace) -> (Lines, Result<()>) {
    let sh = &workspace.sh;
    if !machine::has_nextest(workspace) {
        println!("cargo-nextest is not installed; cargo test runs the same tests, only slower.");
    }
    let mut lines = Vec::new();
    let color = if std::io::stdout().is_terminal() { "always" } else { "never" };
    for selection in [["--package", "xtask"].as_slice(), &["--package", "minutebank", "--lib", "--bins"]] {
        let (kept, result) = if machine::has_nextest(workspace) {
            run_keeping(cmd!(sh, "cargo nextest run {selection...} --color {color}"), is_nextest_summary)
        } else {
            run_keeping(cmd!(sh, "cargo test {selection...} --no-fail-fast"), is_cargo_summary)
        };
        lines.extend(kept);
        if result.is_err() {
            return (lines, result);
        }
    }
    // One process: its tests share one Postgres, which nextest would start anew for each.
    let integration = cmd!(sh, "cargo test --package minutebank --test integration --no-fail-fast");
    let (kept, result) = run_keeping(integration, is_cargo_summary);
    lines.extend(kept);
    if result.is_err() {
        return (lines, result);
    }
    // nextest leaves the examples in the documentation to Cargo.
    let examples = cmd!(sh, "cargo test --package minutebank --doc").run();
    (lines, examples.map_err(Into::into))
}

/// `Summary [   1.234s] 56 tests run: …` and every test that failed.
fn is_nextest_summary(line: &str) -> bool {
    let first = line.split_whitespace().next();
    matches!(first, Some("Summary" | "FAIL" | "TIMEOUT" | "SIGABRT" | "SIGKILL" | "SIGSEGV"))
}

/// `test result: …` of each test program and every test that failed.
fn is_cargo_summary(line: &str) -> bool {
    line.starts_with("test result:") || line.ends_with("... FAILED")
}

fn documentation(workspace: &Workspace) -> Result<()> {
    let _env = workspace.sh.push_env("RUSTDOCFLAGS", "-D warnings");
    Ok(cmd!(workspace.sh, "cargo doc --package minutebank --no-deps").run()?)
}

/// What `deny.toml` says. Known faults are listed by RustSec: without its list the rest is checked all the same, and the
/// summary says what was not.
fn dependencies(workspace: &Workspace) -> (Lines, Result<()>) {
    let mut lines = Vec::new();
    let result = check_dependencies(workspace, &mut lines);
    (lines, result)
}

fn check_dependencies(workspace: &Workspace, lines: &mut Lines) -> Result<()> {
    let (sh, deny) = (&workspace.sh, machine::ensure_deny(workspace)?);
    cmd!(sh, "{deny} check licenses bans sources").run()?;
    if cmd!(sh, "{deny} fetch db").run().is_err() {
        let told = "NOT CHECKED: known vulnerabilities. The list of RustSec could not be fetched from github.com.";
        eprintln!("{told}");
        lines.push(told.to_owned());
        return Ok(());
    }
    Ok(cmd!(sh, "{deny} check advisories").run()?)
}

fn end_to_end(workspace: &Workspace) -> (Lines, Result<()>) {
    let suite = || {
        let browser = machine::ensure_browser(workspace)?;
        machine::ensure_packages(workspace)?;
        if !machine::ensure_wasm_target(workspace)? {
            bail!("without the wasm32 target there are no islands to test");
        }
        site::build_wasm(workspace)?;
        site::build_files(workspace)?;
        let program = workspace.build_program(false)?;
        Ok(cmd!(workspace.sh, "npm --prefix end2end test")
            .env("CHROME_BIN", browser)
            .env("MINUTEBANK_BIN", program)
            .env("LEPTOS_SITE_ROOT", workspace.site()))
    };
    match suite() {
        Ok(command) => run_keeping(command, is_node_summary),
        Err(error) => (Vec::new(), Err(error)),
    }
}

/// Node's test runner ends with `ℹ tests 5`, `ℹ pass 5`, `ℹ fail 0`; `✖` marks each test that failed.
fn is_node_summary(line: &str) -> bool {
    ["ℹ tests ", "ℹ pass ", "ℹ fail ", "✖ "].iter().any(|start| line.starts_with(start))
}

/// Runs a command, passing its output on line by line, and keeps the lines that the summary shall repeat, each once.
fn run_keeping(command: Cmd, keep: fn(&str) -> bool) -> (Lines, Result<()>) {
    let name = command.to_string();
    println!("$ {name}");
    let mut kept = Vec::new();
    let run = || -> Result<()> {
        // One pipe for both streams, so that their lines stay in order.
        let (reader, writer) = std::io::pipe()?;
        let mut child = Command::from(command);
        child.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
        let mut running = child.spawn().with_context(|| name.clone())?;
        // Until this process lets go of its writing ends the reader would never end.
        drop(child);
        for line in BufReader::new(reader).split(b'\n') {
            let line = String::from_utf8_lossy(&line?).into_owned();
            println!("{line}");
            let plain = without_colors(&line);
            let plain = plain.trim().to_owned();
            if keep(&plain) && !kept.contains(&plain) {
                kept.push(plain);
            }
        }
        let status = running.wait()?;
        if !status.success() {
            bail!("{name}: {status}");
        }
        Ok(())
    };
    let result = run();
    (kept, result)
}

/// The line without its terminal colours (`ESC [ … m`).
fn without_colors(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |plain, part| plain + part.split_once('m').map_or(part, |(_, text)| text))
}

fn seconds(time: Duration) -> String {
    format!("{}.{} s", time.as_secs(), time.subsec_millis() / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_the_test_runners_are_recognised() {
        assert!(is_nextest_summary("Summary [   1.234s] 56 tests run: 56 passed, 0 skipped"));
        assert!(is_nextest_summary("FAIL [   0.004s] ( 1/56) minutebank units::tests::money"));
        assert!(!is_nextest_summary("PASS [   0.004s] ( 1/56) minutebank units::tests::money"));
        assert!(is_cargo_summary("test result: ok. 1 passed") && is_cargo_summary("test a::b ... FAILED"));
        assert!(!is_cargo_summary("test a::b ... ok"));
        assert!(is_node_summary("ℹ pass 5") && is_node_summary("✖ quantity 3 (8 ms)"));
        assert!(!is_node_summary("ℹ duration_ms 5") && !is_node_summary("✔ quantity 3 (8 ms)"));
    }

    #[test]
    fn colours_are_removed() {
        assert_eq!(without_colors("\u{1b}[32;1mSummary\u{1b}[0m [ 1s]"), "Summary [ 1s]");
        assert_eq!(without_colors("plain"), "plain");
    }

    #[test]
    fn output_is_kept_and_failure_reported() {
        let sh = xshell::Shell::new().unwrap();
        let script = "echo one; echo two >&2; echo two; exit 3";
        let (kept, result) = run_keeping(cmd!(sh, "sh -c {script}"), |line| line == "two");
        assert_eq!(kept, ["two"]);
        assert!(format!("{:#}", result.unwrap_err()).contains("exit status: 3"));
    }
}
