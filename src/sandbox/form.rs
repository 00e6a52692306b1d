//! Form-encoded parameters with Stripe's bracket nesting: `line_items[0][price_data][unit_amount]=1000`.

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::errors::ApiError;

/// More levels than any parameter of Stripe's has.
const DEEPEST: usize = 8;
/// More pairs than a hundred line items need.
const MOST_PAIRS: usize = 5_000;

/// One parameter: a text, or more parameters by name or index.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A value as sent.
    Text(String),
    /// `a[b]=…`, and lists: `a[0]=…` or `a[]=…`, both under their index.
    Branch(BTreeMap<Name, Node>),
}

/// The name of a parameter; indices sort by number, before words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// Place in a list.
    Index(u32),
    /// Name in a map.
    Word(String),
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Name::Index(index) => write!(f, "{index}"),
            Name::Word(word) => f.write_str(word),
        }
    }
}

/// Reads a body or query string.
///
/// # Errors
/// 400 where brackets do not close, nest too deep, or one name is both a value and a map.
pub fn parse(encoded: &str) -> Result<BTreeMap<Name, Node>, ApiError> {
    let mut root = BTreeMap::new();
    for (count, (key, value)) in form_urlencoded::parse(encoded.as_bytes()).enumerate() {
        if count >= MOST_PAIRS {
            return Err(malformed(&key));
        }
        let segments = segments(&key)?;
        insert(&mut root, &segments, value.into_owned()).map_err(|()| malformed(&key))?;
    }
    Ok(root)
}

/// The same parameters in one canonical text, whatever their order was: what an idempotency key is bound to.
pub fn canonical(root: &BTreeMap<Name, Node>) -> String {
    let mut pairs = Vec::new();
    flatten("", root, &mut pairs);
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

fn flatten<'a>(path: &str, branch: &'a BTreeMap<Name, Node>, pairs: &mut Vec<(String, &'a str)>) {
    for (name, node) in branch {
        let path = if path.is_empty() { name.to_string() } else { format!("{path}[{name}]") };
        match node {
            Node::Text(text) => pairs.push((path, text)),
            Node::Branch(inner) => flatten(&path, inner, pairs),
        }
    }
}

fn malformed(key: &str) -> ApiError {
    ApiError::invalid_value(key, format!("Invalid request (check that your POST content is well-formed): {key}"))
}

/// `a[b][]` as `a`, `b`, and an empty segment for the list's next place.
fn segments(key: &str) -> Result<Vec<&str>, ApiError> {
    let (first, mut rest) = key.split_at(key.find('[').unwrap_or(key.len()));
    let mut segments = vec![first];
    while let Some(inside) = rest.strip_prefix('[') {
        let (segment, after) = inside.split_once(']').ok_or_else(|| malformed(key))?;
        segments.push(segment);
        rest = after;
    }
    if first.is_empty() || !rest.is_empty() || segments.len() > DEEPEST {
        return Err(malformed(key));
    }
    Ok(segments)
}

fn insert(branch: &mut BTreeMap<Name, Node>, segments: &[&str], value: String) -> Result<(), ()> {
    let (segment, deeper) = segments.split_first().ok_or(())?;
    let name = match segment.parse() {
        Ok(index) => Name::Index(index),
        Err(_) if segment.is_empty() => Name::Index(next_index(branch)),
        Err(_) => Name::Word((*segment).to_owned()),
    };
    if deeper.is_empty() {
        return match branch.insert(name, Node::Text(value)) {
            Some(Node::Branch(_)) => Err(()),
            _ => Ok(()),
        };
    }
    match branch.entry(name).or_insert_with(|| Node::Branch(BTreeMap::new())) {
        Node::Branch(inner) => insert(inner, deeper, value),
        Node::Text(_) => Err(()),
    }
}

fn next_index(branch: &BTreeMap<Name, Node>) -> u32 {
    let last = branch.keys().rev().find_map(|name| match name {
        Name::Index(index) => Some(*index),
        Name::Word(_) => None,
    });
    last.map_or(0, |index| index.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_nest_and_order_does_not_matter() {
        let one =
            parse("line_items[0][price_data][unit_amount]=1000&metadata[a%20b]=x+y&expand[]=a&expand[]=b").unwrap();
        let two =
            parse("expand%5B0%5D=a&expand[1]=b&metadata%5Ba b%5D=x%20y&line_items[0][price_data][unit_amount]=1000")
                .unwrap();
        assert_eq!(one, two);
        assert_eq!(canonical(&one), canonical(&two));
        assert_ne!(canonical(&one), canonical(&parse("expand[]=a").unwrap()));
    }

    #[test]
    fn what_does_not_nest_is_refused() {
        for bad in ["a[b=1", "a=1&a[b]=2", "a[b]=2&a=1", "[a]=1", "a[b]c=1", "a[1][2][3][4][5][6][7][8]=1"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
