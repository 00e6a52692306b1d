//! Every SQL statement of a store or repo is prepared against the migrated database, so that a column that is gone or a
//! type that has changed is found without a test for each.

use std::fs;
use std::path::{Path, PathBuf};

use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};

use crate::fixture::world;

/// What stands before a statement.
const BEGINNINGS: [&str; 4] = ["query(", "query_as(", "query_scalar(", ": &str ="];

/// The statements of a source, as literals directly after a beginning. `Err` holds the place of a call without one.
fn statements(source: &str) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    for beginning in BEGINNINGS {
        for (at, _) in source.match_indices(beginning) {
            let rest = source[at + beginning.len()..].trim_start();
            match literal(rest) {
                Some(text) => found.push(text),
                None if source[..at].ends_with("sqlx::") => {
                    return Err(rest.lines().next().unwrap_or_default().to_owned());
                }
                None => {}
            }
        }
    }
    Ok(found)
}

/// The text of the string literal with which this begins.
fn literal(rest: &str) -> Option<String> {
    if let Some(raw) = rest.strip_prefix("r#\"") {
        return raw.split_once("\"#").map(|(text, _)| text.to_owned());
    }
    let text = rest.strip_prefix('"')?.split_once('"')?.0;
    Some(text.replace("\\\n", ""))
}

fn stores(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            stores(&path, found);
        } else if path.file_name().is_some_and(|name| name == "store.rs" || name == "repo.rs") {
            found.push(path);
        }
    }
}

#[test]
fn literals_are_read_as_rust_reads_them() {
    let source =
        "sqlx::query(\n  \"select 1\",\n); const X: &str = \"select 2\"; sqlx::query_scalar(r#\"select \"a\"\"#)";
    assert_eq!(statements(source).unwrap(), ["select 1", "select \"a\"", "select 2"]);
    assert!(statements("sqlx::query(&format!(\"x\"))").is_err());
}

#[test]
fn every_statement_can_be_prepared() {
    world(async |world| {
        let mut db = world.superuser().await;
        let mut files = Vec::new();
        stores(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
        let mut prepared = 0;
        for file in files {
            let found = statements(&fs::read_to_string(&file).unwrap());
            for sql in found.unwrap_or_else(|call| panic!("{}: not a literal: {call}", file.display())) {
                let statement = AssertSqlSafe(sql.clone()).into_sql_str();
                if let Err(error) = (&mut db).prepare(statement).await {
                    panic!("{}: {error}\n{sql}", file.display());
                }
                prepared += 1;
            }
        }
        assert!(prepared > 60, "only {prepared} statements were found");
    });
}
