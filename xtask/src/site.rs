//! The site: what the server serves from disk. `pkg/minutebank.{js,css}` and `pkg/minutebank_bg.wasm` are the names
//! that leptos puts into its pages; the files of `public/` lie beside and in it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions};
use wasm_bindgen_cli_support::Bindgen;
use xshell::cmd;

use crate::workspace::Workspace;

const NAME: &str = "minutebank";

/// Compiles the islands and writes their WASM and its JavaScript, unless these are newer than the compiler's output.
pub fn build_wasm(workspace: &Workspace) -> Result<()> {
    let features = ["--no-default-features", "--features", "hydrate"];
    // Only as a single crate type does Cargo optimise across crates, which a small WASM needs.
    cmd!(
        workspace.sh,
        "cargo rustc --package minutebank --lib --crate-type cdylib
         --target wasm32-unknown-unknown --profile wasm-release {features...}"
    )
    .run()?;
    let compiled = workspace.target.join("wasm32-unknown-unknown/wasm-release").join(format!("{NAME}.wasm"));
    let pkg = workspace.site().join("pkg");
    if is_newer(&pkg.join(format!("{NAME}_bg.wasm")), &compiled)? {
        return Ok(());
    }
    println!("Writes {}", pkg.display());
    Bindgen::new()
        .input_path(&compiled)
        .out_name(NAME)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(&pkg)
        .context("wasm-bindgen")
}

/// Removes what an earlier build left, so that no page loads islands that do not fit it.
pub fn remove_wasm(workspace: &Workspace) -> Result<()> {
    for file in [format!("{NAME}.js"), format!("{NAME}_bg.wasm")] {
        workspace.sh.remove_path(workspace.site().join("pkg").join(file))?;
    }
    Ok(())
}

/// Writes the style sheet and the files of `public/`; what is no longer in `public/` goes.
pub fn build_files(workspace: &Workspace) -> Result<()> {
    let site = workspace.site();
    fs::create_dir_all(site.join("pkg"))?;
    for entry in fs::read_dir(&site)? {
        let path = entry?.path();
        if !path.ends_with("pkg") {
            workspace.sh.remove_path(path)?;
        }
    }
    let public = workspace.root.join("public");
    if public.is_dir() {
        copy_folder(&public, &site)?;
    }
    // One sheet for every page; the others only for those that link them.
    for (source, sheet) in
        [("main.css", &format!("{NAME}.css") as &str), ("account.css", "account.css"), ("desk.css", "desk.css")]
    {
        let css = bundle(&workspace.root.join("style").join(source))?;
        fs::write(site.join("pkg").join(sheet), css)?;
    }
    Ok(())
}

/// One minified sheet of a file and everything it imports.
fn bundle(main: &Path) -> Result<String> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    // The errors borrow from the files, so they leave as text.
    let mut sheet = bundler.bundle(main).map_err(|error| anyhow!("{error}"))?;
    sheet.minify(MinifyOptions::default()).map_err(|error| anyhow!("{error}"))?;
    Ok(sheet.to_css(PrinterOptions { minify: true, ..PrinterOptions::default() })?.code)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let copy = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &copy)?;
        } else {
            fs::copy(entry.path(), copy)?;
        }
    }
    Ok(())
}

fn is_newer(made: &Path, source: &Path) -> Result<bool> {
    let source = fs::metadata(source).with_context(|| source.display().to_string())?.modified()?;
    Ok(fs::metadata(made).is_ok_and(|made| made.modified().is_ok_and(|made| made > source)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> std::path::PathBuf {
        let folder = std::env::temp_dir().join(format!("minutebank-xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn imports_become_one_small_sheet() {
        let folder = folder("css");
        fs::write(folder.join("main.css"), "@import \"pill.css\";\n@import \"card.css\";\n").unwrap();
        fs::write(folder.join("pill.css"), "/* why */\n.pill { color : red; }\n").unwrap();
        fs::write(folder.join("card.css"), ".card {\n  margin: 0;\n}\n").unwrap();
        assert_eq!(bundle(&folder.join("main.css")).unwrap(), ".pill{color:red}.card{margin:0}");
        fs::write(folder.join("main.css"), "@import \"gone.css\";").unwrap();
        assert!(bundle(&folder.join("main.css")).is_err());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_missing_output_is_not_newer() {
        let folder = folder("newer");
        fs::write(folder.join("source"), "").unwrap();
        assert!(!is_newer(&folder.join("made"), &folder.join("source")).unwrap());
        assert!(is_newer(&folder.join("made"), &folder.join("gone")).is_err());
        fs::remove_dir_all(folder).unwrap();
    }
}
