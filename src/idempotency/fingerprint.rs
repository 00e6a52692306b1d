//! Two bodies are the same request if they parse to the same JSON: white space, the order of fields and the way a
//! number is written do not count.

use serde_json::{Number, Value};

/// The hash of a body as parsed JSON, or of nothing where nothing was sent; `None` where it is no JSON.
pub fn body_hash(body: &[u8]) -> Option<[u8; 32]> {
    let mut hasher = blake3::Hasher::new();
    if !body.is_empty() {
        feed(&mut hasher, &serde_json::from_slice(body).ok()?);
    }
    Some(*hasher.finalize().as_bytes())
}

/// Each value begins with its kind and, where it has one, its length: no two values feed the same bytes.
fn feed(hasher: &mut blake3::Hasher, value: &Value) {
    let mut begin = |kind: u8, length: usize| {
        hasher.update(&[kind]).update(&(length as u64).to_le_bytes());
    };
    match value {
        Value::Null => begin(b'n', 0),
        Value::Bool(flag) => begin(b'b', usize::from(*flag)),
        Value::Number(number) => {
            let text = plain(number);
            begin(b'#', text.len());
            hasher.update(text.as_bytes());
        }
        Value::String(text) => {
            begin(b'"', text.len());
            hasher.update(text.as_bytes());
        }
        Value::Array(values) => {
            begin(b'[', values.len());
            values.iter().for_each(|value| feed(hasher, value));
        }
        Value::Object(fields) => {
            begin(b'{', fields.len());
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            for (name, value) in fields {
                hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
                feed(hasher, value);
            }
        }
    }
}

/// `25`, `25.0` and `2.5e1` are one number.
fn plain(number: &Number) -> String {
    let text = number.to_string();
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(one: &str, other: &str) -> bool {
        body_hash(one.as_bytes()).unwrap() == body_hash(other.as_bytes()).unwrap()
    }

    #[test]
    fn order_and_spelling_do_not_count() {
        assert!(same(r#"{"a":1,"b":[true,null]}"#, " { \"b\" : [true, null], \"a\": 1 }\n"));
        assert!(same(r#"{"o":{"x":"A","y":2}}"#, r#"{"o":{"y":2,"x":"\u0041"}}"#));
        assert!(same("25", "25.00") && same("25", "2.5e1") && same("0", "-0.0"));
    }

    #[test]
    fn values_count() {
        for (one, other) in [
            (r#"{"a":1}"#, r#"{"a":2}"#),
            (r#"{"a":1}"#, r#"{"a":"1"}"#),
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
            (r#"["ab"]"#, r#"["a","b"]"#),
            (r#"[[],1]"#, r#"[[1]]"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":1,"b":{}}"#),
            ("10000000000000001", "10000000000000000"),
            ("0.25", "0.5"),
            ("{}", "null"),
            ("true", "false"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
        assert_eq!(body_hash(b"{"), None);
        assert_ne!(body_hash(b""), body_hash(b"{}"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_hashed_or_not_json(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            assert_eq!(body_hash(&body).is_some(), body.is_empty() || serde_json::from_slice::<Value>(&body).is_ok());
        }

        #[test]
        fn fields_may_come_in_any_order(fields in proptest::collection::btree_map("[a-c]{1,3}", 0i64..3, 0..5)) {
            let text = |fields: Vec<(&String, &i64)>| {
                let fields: Vec<_> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", fields.join(","))
            };
            let forward = text(fields.iter().collect());
            let backward = text(fields.iter().rev().collect());
            assert!(same(&forward, &backward));
        }
    }
}
