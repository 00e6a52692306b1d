//! The architecture as a test. Each rule is proven on small samples, then run over the repository. The length of
//! functions is clippy's matter.

mod rules;

use std::fs;
use std::path::Path;

use rules::*;

const FOLDERS: [&str; 7] = ["src", "xtask", "style", "migrations", "end2end", ".ci", ".config"];
const FILES: [&str; 5] = ["README.md", "Cargo.toml", "clippy.toml", "deny.toml", "rustfmt.toml"];
const NOT_OURS: [&str; 3] = ["node_modules", "results", "screenshots"];

fn repository() -> Vec<Source> {
    let mut sources = Vec::new();
    for folder in FOLDERS {
        collect(Path::new(ROOT), folder, &mut sources);
    }
    for file in FILES {
        sources.extend(fs::read_to_string(Path::new(ROOT).join(file)).map(|text| Source::new(file, &text)));
    }
    assert!(sources.iter().any(|source| source.path == "src/tests/tidy.rs"), "the walk finds this file");
    sources
}

fn collect(root: &Path, folder: &str, sources: &mut Vec<Source>) {
    let Ok(entries) = fs::read_dir(root.join(folder)) else {
        return;
    };
    for entry in entries.map(|entry| entry.expect("a readable folder")) {
        let name = entry.file_name().into_string().expect("a name in UTF-8");
        let path = format!("{folder}/{name}");
        if entry.path().is_dir() {
            if !NOT_OURS.contains(&name.as_str()) {
                collect(root, &path, sources);
            }
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            sources.push(Source { path, text });
        }
    }
}

fn assert_none(rule: fn(&Source) -> Vec<String>) {
    let findings: Vec<String> = repository().iter().flat_map(rule).collect();
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

/// How often the rule finds fault with this text at this path.
fn count(rule: fn(&Source) -> Vec<String>, path: &str, text: &str) -> usize {
    rule(&Source::new(path, text)).len()
}

#[test]
fn feature_gates_stand_only_in_lib() {
    const FEATURE: &str = "feature";
    let gate = format!("#[cfg({FEATURE} = \"ssr\")]");
    assert_eq!(count(feature_gates, "src/web/mod.rs", &gate), 1);
    assert_eq!(count(feature_gates, "src/web/mod.rs", &format!("#[cfg(all(unix, not({FEATURE} = \"ssr\")))]")), 1);
    assert_eq!(count(feature_gates, "src/web/mod.rs", &format!("#[cfg_attr({FEATURE} = \"ssr\", x)]")), 1);
    assert_eq!(count(feature_gates, "src/lib.rs", &gate), 0);
    assert_eq!(count(feature_gates, "src/web/mod.rs", "#[cfg(test)]"), 0);
    assert_none(feature_gates);
}

#[test]
fn sql_stands_only_in_stores() {
    assert_eq!(count(sql_outside_stores, "src/web/mod.rs", "sqlx::query_as(\"…\")"), 1);
    assert_eq!(count(sql_outside_stores, "src/app/buy_pack.rs", "let sql = r#\"select 1 from lot\"#;"), 1);
    assert_eq!(count(sql_outside_stores, "src/ledger/writer.rs", "client.batch_execute(x)"), 1);
    assert_eq!(count(sql_outside_stores, "src/ledger/store.rs", "sqlx::query(\"select 1\")"), 0);
    assert_eq!(count(sql_outside_stores, "src/tests/fixture.rs", "sqlx::query(\"select 1\")"), 0);
    assert_eq!(
        count(sql_outside_stores, "src/web/mod.rs", "label(\"Choose\", \"what to select \") // \"select 1\""),
        0
    );
    assert_none(sql_outside_stores);
}

#[test]
fn nobody_imports_against_the_stream() {
    assert_eq!(modules_used("use crate::{app, web::{a, b}, units::X};"), ["app", "web", "units"]);
    assert_eq!(count(wrong_way, "src/ledger/decide.rs", "use crate::web::session;"), 1);
    assert_eq!(count(wrong_way, "src/ledger/decide.rs", "use crate::{\n    app::{x, y},\n    units::Z,\n};"), 1);
    assert_eq!(count(wrong_way, "src/app/buy_pack.rs", "use crate::{ledger, web};"), 1);
    assert_eq!(count(wrong_way, "src/ledger/mod.rs", "use crate::{units::{app, web}, clock}; // crate::app"), 0);
    assert_eq!(count(wrong_way, "src/web/mod.rs", "use crate::app;"), 0);
    assert_none(wrong_way);
}

#[test]
fn quantities_are_integers() {
    assert_eq!(count(floats, "src/pricing/hold.rs", "fn price() -> f64"), 1);
    assert_eq!(count(floats, "src/pricing/hold.rs", "let buf64 = 0; // never f64"), 0);
    assert_eq!(count(floats, "src/web/charts.rs", "let x: f32"), 0);
    assert_none(floats);
}

#[test]
fn the_core_is_pure() {
    assert_eq!(count(effects_in_core, "src/ledger/decide.rs", "pub async fn decide() {}"), 1);
    assert_eq!(count(effects_in_core, "src/pricing/packs.rs", "use crate::clock::Clock;"), 1);
    assert_eq!(count(effects_in_core, "src/ledger/decide.rs", "let now = 1; // not of a Clock"), 0);
    assert_eq!(count(effects_in_core, "src/ledger/writer.rs", "pub async fn run() {}"), 0);
    assert_none(effects_in_core);
}

#[test]
fn files_can_be_read_in_one_sitting() {
    assert_eq!(count(too_long, "src/a.rs", &"x\n".repeat(MAX_LINES + 1)), 1);
    assert_eq!(count(too_long, "src/a.rs", &"x\n".repeat(MAX_LINES)), 0);
    assert_eq!(count(too_long, "end2end/package-lock.json", &"x\n".repeat(MAX_LINES + 1)), 0);
    assert_none(too_long);
}

#[test]
fn modules_are_named_after_what_they_do() {
    for path in ["src/utils.rs", "src/web/helpers/mod.rs", "end2end/common.mjs"] {
        assert_eq!(count(empty_names, path, ""), 1, "{path}");
    }
    assert_eq!(count(empty_names, "src/web/session.rs", ""), 0);
    assert_none(empty_names);
}

#[test]
fn nothing_is_left_for_later() {
    for word in UNFINISHED {
        assert_eq!(count(unfinished, "src/a.rs", &format!("// {}: later", word.to_uppercase())), 1, "{word}");
        assert_eq!(count(unfinished, "src/a.rs", &format!("{word}!()")), 1, "{word}");
        assert_eq!(count(unfinished, "src/a.rs", &format!("{word}s")), 0, "{word}");
    }
    assert_none(unfinished);
}

#[test]
fn no_path_of_one_machine() {
    for home in HOMES {
        assert_eq!(count(machine_paths, "src/a.rs", &format!("\"{home}me/file\"")), 1, "{home}");
        assert_eq!(count(machine_paths, "src/a.rs", &format!("https://a.test{home}me")), 0, "{home}");
    }
    assert_eq!(count(machine_paths, "README.md", &format!("cd {ROOT}/src")), 1);
    assert_eq!(count(machine_paths, "src/a.rs", &format!("/usr/lib/postgresql {}linuxbrew/opt", HOMES[0])), 0);
    assert_none(machine_paths);
}

#[test]
fn every_sheet_is_imported() {
    let others = ["pill.css".to_owned(), "card.css".to_owned()];
    assert!(sheets("@import \"pill.css\";\n@import url('./card.css');\n", &others).is_empty());
    assert_eq!(sheets("@import \"pill.css\";", &others).len(), 1);
    assert_eq!(sheets("@import \"pill.css\";\n@import \"pill.css\";\n@import \"card.css\";", &others).len(), 1);
    assert_eq!(sheets("@import \"pill.css\";\n@import \"card.css\";\n@import \"gone.css\";", &others).len(), 1);

    let style = Path::new(ROOT).join("style");
    let bundles = ["main.css", "account.css", "desk.css"];
    let main = bundles.map(|name| fs::read_to_string(style.join(name)).expect(name)).concat();
    let names = fs::read_dir(&style).expect("style/").map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("a name in UTF-8"));
    let others: Vec<String> =
        names.filter(|name| name.ends_with(".css") && !bundles.contains(&name.as_str())).collect();
    let findings = sheets(&main, &others);
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}
