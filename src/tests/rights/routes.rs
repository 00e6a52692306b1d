//! Every address of the application, read from its source: a route that is added there is a route that the table must
//! know.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Method and path, e.g. `POST /v1/calls/{id}/complete`. Files are `GET`.
pub type Route = String;

const METHODS: [&str; 7] = ["get", "post", "put", "delete", "patch", "head", "options"];
/// What attaches handlers without saying it in a way that is read here.
const UNREADABLE: [&str; 8] = [
    "any(",
    "on(",
    ".route_service(path",
    "MethodRouter",
    ".nest_service(\"/\"",
    "any_service(",
    "on_service(",
    ".fallback_service(",
];

/// All routes under `src/web`.
pub fn of_the_source() -> BTreeSet<Route> {
    let mut routes = BTreeSet::new();
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    read_folder(&web, &mut routes);
    routes
}

fn read_folder(folder: &Path, routes: &mut BTreeSet<Route>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read_folder(&path, routes);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let prefix = match folder.file_name().and_then(|name| name.to_str()) {
                Some("api") => "/v1",
                Some("agency") => "/agency",
                _ => "",
            };
            let source = fs::read_to_string(&path).unwrap();
            routes.extend(read(&source, prefix).unwrap_or_else(|why| panic!("{}: {why}", path.display())));
        }
    }
}

/// The routes of one file. `Err` holds what could not be understood.
fn read(source: &str, prefix: &str) -> Result<Vec<Route>, String> {
    let mut routes = Vec::new();
    for (at, _) in source.match_indices(".route(") {
        let (path, handlers) = arguments(&source[at + ".route(".len()..])?;
        let path = path_of(path)?;
        let methods = methods(handlers)?;
        routes.extend(methods.into_iter().map(|method| format!("{method} {prefix}{path}")));
    }
    for beginning in [".route_service(", ".nest_service("] {
        for (at, _) in source.match_indices(beginning) {
            let (path, _) = arguments(&source[at + beginning.len()..])?;
            routes.push(format!("GET {prefix}{}", path_of(path)?));
        }
    }
    for (at, _) in source.match_indices(".nest(") {
        let (path, _) = arguments(&source[at + ".nest(".len()..])?;
        if path != "\"/v1\"" && path != "\"/agency\"" {
            return Err(format!("an unknown nest: {path}"));
        }
    }
    Ok(routes)
}

/// The two arguments of a call, from after its parenthesis.
fn arguments(rest: &str) -> Result<(&str, &str), String> {
    let mut depth = 0;
    let mut comma = None;
    for (at, letter) in rest.char_indices() {
        match letter {
            '(' | '{' | '[' if !in_path(rest, at) => depth += 1,
            ')' if depth == 0 => {
                let comma: usize = comma.ok_or("one argument only")?;
                return Ok((rest[..comma].trim(), rest[comma + 1..at].trim()));
            }
            ')' | '}' | ']' if !in_path(rest, at) => depth -= 1,
            ',' if depth == 0 => comma = comma.or(Some(at)),
            _ => {}
        }
    }
    Err("the call does not end".to_owned())
}

/// True within a string literal: braces of a path are no brackets.
fn in_path(rest: &str, at: usize) -> bool {
    rest[..at].matches('"').count() % 2 == 1
}

/// A literal, or the constant of a server function.
fn path_of(argument: &str) -> Result<String, String> {
    if let Some(literal) = argument.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return Ok(literal.to_owned());
    }
    let function = argument.strip_prefix("islands::").and_then(|rest| rest.strip_suffix("::PATH"));
    match function {
        Some(function) => Ok(format!("<{function}>")),
        None => Err(format!("a path that cannot be read: {argument}")),
    }
}

fn methods(handlers: &str) -> Result<Vec<String>, String> {
    if let Some(unreadable) = UNREADABLE.iter().find(|it| handlers.contains(**it)) {
        return Err(format!("{unreadable} hides its methods"));
    }
    let is_call = |method: &str| {
        let call = format!("{method}(");
        handlers
            .match_indices(&call)
            .any(|(at, _)| !handlers[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let found: Vec<String> =
        METHODS.into_iter().filter(|method| is_call(method)).map(|method| method.to_uppercase()).collect();
    if found.is_empty() { Err(format!("no method in {handlers}")) } else { Ok(found) }
}

#[test]
fn routes_are_read_from_source() {
    let source = r#"
        .route("/", get(to_billing)).route("/sign-in", get(a::show).post(a::submit))
        .route(
            "/calls/{id}",
            get(calls::show).layer(x("y", [1, 2])),
        )
        .route(islands::Wallet::PATH, get(sections::answer))
        .nest_service("/pkg", ServeDir::new(root.join("pkg")))"#;
    let expected = ["GET /", "GET /sign-in", "POST /sign-in", "GET /calls/{id}", "GET <Wallet>", "GET /pkg"];
    assert_eq!(read(source, "").unwrap(), expected);
    assert_eq!(read(".route(\"/calls\", post(x))", "/v1").unwrap(), ["POST /v1/calls"]);
    for bad in
        [".route(PATH, get(x))", ".route(\"/x\", any(x))", ".route(\"/x\", x)", ".nest(\"/y\", z)", ".route(\"/x\""]
    {
        assert!(read(bad, "").is_err(), "{bad}");
    }
}
