//! The rules: each is a function from one file to its findings.

/// The repository's top.
pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// As long as a file may be.
pub const MAX_LINES: usize = 400;

/// Who may not know whom: data flows `web → app → ledger | payments | tenants | catalog | notify`.
const ROOMS: [(&str, &[&str]); 7] = [
    ("src/pricing/", &["web", "app", "ledger", "payments", "tenants", "catalog"]),
    ("src/ledger/", &["web", "app"]),
    ("src/payments/", &["web", "app"]),
    ("src/tenants/", &["web", "app"]),
    ("src/catalog/", &["web", "app"]),
    ("src/notify/", &["web", "app"]),
    ("src/app/", &["web"]),
];
/// Names that say nothing of what a module is about.
const EMPTY_NAMES: [&str; 9] =
    ["util", "utils", "helper", "helpers", "manager", "service", "services", "common", "misc"];
/// Where quantities are whole numbers, always.
const INTEGERS_ONLY: [&str; 4] = ["src/units.rs", "src/pricing/", "src/ledger/", "src/payments/"];
/// The functional core: rules of the ledger that need neither database nor clock.
const CORE: [&str; 9] = ["account", "call", "command", "decide", "period", "posting", "receipt", "wallet", "waterfall"];
/// What a deterministic function does not touch.
const EFFECTS: [&str; 5] = ["async ", "tokio", "sqlx", "Clock", "rand::"];
/// Words of work left for later, in two halves so that this file does not hold them.
pub const UNFINISHED: [&str; 5] =
    [concat!("to", "do"), concat!("fix", "me"), concat!("unimpl", "emented"), concat!("ha", "ck"), concat!("xx", "x")];
/// Where people keep their own files.
pub const HOMES: [&str; 3] = [concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];
const SQL_CALLS: [&str; 5] = ["sqlx::query", "sqlx::raw_sql", ".batch_execute(", ".simple_query(", "query_scalar("];
const SQL_STARTS: [&str; 4] = ["select ", "insert into ", "delete from ", "update "];

/// One text of the repository; the path is relative, with `/`.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    fn is_rust_of(&self, folder: &str) -> bool {
        self.path.starts_with(folder) && self.path.ends_with(".rs")
    }

    fn is_test(&self) -> bool {
        self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }

    fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// `path:line: why` for each line that the rule finds fault with.
    fn lines_where(&self, why: &str, is_fault: impl Fn(&str) -> bool) -> Vec<String> {
        let faults = self.text.lines().enumerate().filter(|(_, line)| is_fault(line));
        faults.map(|(number, line)| format!("{}:{}: {why}: {}", self.path, number + 1, line.trim())).collect()
    }
}

pub fn feature_gates(source: &Source) -> Vec<String> {
    if !source.is_rust_of("src/") || source.path == "src/lib.rs" {
        return Vec::new();
    }
    source.lines_where("feature gates stand only in src/lib.rs", |line| {
        ["cfg(", "cfg!(", "cfg_attr("]
            .iter()
            .any(|open| code(line).split(open).skip(1).any(|it| it.contains("feature")))
    })
}

pub fn sql_outside_stores(source: &Source) -> Vec<String> {
    if !source.is_rust_of("src/") || source.is_test() || ["store.rs", "repo.rs"].contains(&source.name()) {
        return Vec::new();
    }
    source.lines_where("SQL stands only in store.rs and repo.rs", |line| {
        let line = code(line);
        let calls = SQL_CALLS.iter().any(|call| line.contains(call));
        let mut literals = line.split('"').skip(1).step_by(2);
        calls || literals.any(|text| SQL_STARTS.iter().any(|start| text.trim_start().starts_with(start)))
    })
}

pub fn wrong_way(source: &Source) -> Vec<String> {
    let forbidden = ROOMS.iter().filter(|(room, _)| source.is_rust_of(room)).flat_map(|(_, modules)| *modules);
    let text: String = source.text.lines().map(|line| code(line).to_owned() + "\n").collect();
    let used = modules_used(&text);
    let found = forbidden.filter(|module| used.contains(&(**module).to_owned()));
    found.map(|module| format!("{}: may not know crate::{module}", source.path)).collect()
}

/// The crate's modules that a text names: `crate::web::x`, `use crate::{app, web::y}`.
pub fn modules_used(text: &str) -> Vec<String> {
    let identifier = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut used = Vec::new();
    for path in text.split("crate::").skip(1) {
        let Some(group) = path.strip_prefix('{') else {
            used.push(identifier(path));
            continue;
        };
        let mut depth = 0;
        let mut at_start = true;
        for (at, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => at_start = true,
                _ if at_start && letter.is_alphabetic() => {
                    used.push(identifier(&group[at..]));
                    at_start = false;
                }
                _ => {}
            }
        }
    }
    used
}

pub fn floats(source: &Source) -> Vec<String> {
    if !INTEGERS_ONLY.iter().any(|place| source.is_rust_of(place)) {
        return Vec::new();
    }
    source.lines_where("only integers", |line| words(code(line)).any(|word| word == "f32" || word == "f64"))
}

pub fn effects_in_core(source: &Source) -> Vec<String> {
    let core = CORE.iter().any(|name| source.path == format!("src/ledger/{name}.rs"));
    if !core && !source.is_rust_of("src/pricing/") && source.path != "src/units.rs" {
        return Vec::new();
    }
    source.lines_where("the core is pure", |line| EFFECTS.iter().any(|effect| code(line).contains(effect)))
}

pub fn too_long(source: &Source) -> Vec<String> {
    let lines = source.text.lines().count();
    let counts = [".rs", ".mjs", ".css"].iter().any(|end| source.path.ends_with(end));
    if counts && lines > MAX_LINES { vec![format!("{}: {lines} lines", source.path)] } else { Vec::new() }
}

pub fn empty_names(source: &Source) -> Vec<String> {
    let parts = source.path.split('/').map(|part| part.split('.').next().unwrap_or(part));
    let empty = parts.filter(|part| EMPTY_NAMES.contains(part));
    empty.map(|part| format!("{}: {part} says nothing", source.path)).collect()
}

pub fn unfinished(source: &Source) -> Vec<String> {
    source.lines_where("left for later", |line| {
        words(line).any(|word| UNFINISHED.iter().any(|unfinished| word.eq_ignore_ascii_case(unfinished)))
    })
}

pub fn machine_paths(source: &Source) -> Vec<String> {
    let here = format!("{ROOT}/");
    source.lines_where("a path of one machine", |line| {
        // A path that goes on from something else, as in `{folder}/home/`, is not absolute.
        let starts_path = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "./}_-".contains(c));
        // Homebrew has this one address on every Linux.
        let line = &line.replace(concat!("/ho", "me/linuxbrew/"), "");
        HOMES.iter().copied().chain([here.as_str()]).any(|path| line.match_indices(path).any(|(at, _)| starts_path(at)))
    })
}

/// `main.css` imports every other sheet, once, and nothing that is not there.
pub fn sheets(main: &str, others: &[String]) -> Vec<String> {
    let imports: Vec<&str> = main
        .lines()
        .filter(|line| line.trim_start().starts_with("@import"))
        .filter_map(|line| line.split(['"', '\'']).nth(1))
        .map(|path| path.trim_start_matches("./"))
        .collect();
    let forgotten = others.iter().filter(|other| imports.iter().filter(|import| *import == other).count() != 1);
    let gone = imports.iter().filter(|import| !others.iter().any(|other| other == *import));
    let forgotten = forgotten.map(|name| format!("style/{name} is not imported once by main.css"));
    forgotten.chain(gone.map(|name| format!("main.css imports {name}, which is not there"))).collect()
}

/// A line without its comment.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric() && c != '_')
}
