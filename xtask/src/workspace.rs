//! Where things are, and how the program is built.

use std::path::PathBuf;

use anyhow::{Context, Result};
use xshell::{Shell, cmd};

/// The repository and its build folder.
pub struct Workspace {
    /// Runs commands at the repository's top, and prints each before it runs.
    pub sh: Shell,
    /// The repository's top.
    pub root: PathBuf,
    /// Cargo's build folder, whatever the environment or configuration made of it.
    pub target: PathBuf,
}

impl Workspace {
    /// Asks Cargo.
    pub fn find() -> Result<Self> {
        let sh = Shell::new()?;
        sh.change_dir(env!("CARGO_MANIFEST_DIR"));
        let metadata = cmd!(sh, "cargo metadata --no-deps --format-version 1").quiet().read()?;
        let metadata: serde_json::Value = serde_json::from_str(&metadata)?;
        let path = |name: &str| {
            let path = metadata[name].as_str().with_context(|| format!("cargo metadata has no {name}"))?;
            anyhow::Ok(PathBuf::from(path))
        };
        let (root, target) = (path("workspace_root")?, path("target_directory")?);
        sh.change_dir(&root);
        Ok(Self { sh, root, target })
    }

    /// The folder that the server serves; it reads `LEPTOS_SITE_ROOT`.
    pub fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// Builds the program and returns its path.
    pub fn build_program(&self, release: bool) -> Result<PathBuf> {
        let profile = if release { "release" } else { "dev" };
        cmd!(self.sh, "cargo build --package minutebank --bin minutebank --profile {profile}").run()?;
        Ok(self.target.join(if release { "release" } else { "debug" }).join("minutebank"))
    }
}
