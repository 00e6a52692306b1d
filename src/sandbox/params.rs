//! Reading parameters as Stripe does: typed, bounded, and nothing unknown let through.

use std::collections::BTreeMap;

use url::Url;

use super::errors::ApiError;
use super::form::{Name, Node};

/// Parameters of one level; each is taken once, and [`Params::finish`] refuses what is left.
pub struct Params {
    path: String,
    branch: BTreeMap<Name, Node>,
}

impl Params {
    /// The parameters of a request.
    pub fn root(branch: BTreeMap<Name, Node>) -> Self {
        Self { path: String::new(), branch }
    }

    /// The name of one of these parameters as the client wrote it: `line_items[0][quantity]`.
    pub fn full(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.path) }
    }

    fn take(&mut self, name: &str) -> Option<Node> {
        self.branch.remove(&Name::Word(name.to_owned()))
    }

    /// A text of at most `longest` characters.
    ///
    /// # Errors
    /// 400 for a map, an empty text or one too long.
    pub fn text(&mut self, name: &str, longest: usize) -> Result<Option<String>, ApiError> {
        let full = self.full(name);
        match self.take(name) {
            None => Ok(None),
            Some(Node::Branch(_)) => Err(ApiError::invalid_value(&full, "Invalid string: {:hash=>\"…\"}")),
            Some(Node::Text(text)) if text.is_empty() => Err(ApiError::invalid(
                "parameter_invalid_empty",
                &full,
                format!(
                    "You passed an empty string for '{full}'. We assume empty values are an attempt to unset a \
                     parameter; however '{full}' cannot be unset. You should remove '{full}' from your request or \
                     supply a non-empty value."
                ),
            )),
            Some(Node::Text(text)) if text.chars().count() > longest => Err(ApiError::invalid_value(
                &full,
                format!("Invalid string: {full} must be at most {longest} characters"),
            )),
            Some(Node::Text(text)) => Ok(Some(text)),
        }
    }

    /// A whole number of at least `least`.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn integer(&mut self, name: &str, least: i64) -> Result<Option<i64>, ApiError> {
        let full = self.full(name);
        let Some(text) = self.text(name, 64)? else {
            return Ok(None);
        };
        let bad = |message| ApiError::invalid("parameter_invalid_integer", &full, message);
        let number: i64 = text.parse().map_err(|_| bad(format!("Invalid integer: {text}")))?;
        if number < least {
            return Err(bad(format!("This value must be greater than or equal to {least}.")));
        }
        Ok(Some(number))
    }

    /// Whether the parameter is one value and not a map.
    pub fn is_value(&self, name: &str) -> bool {
        matches!(self.branch.get(&Name::Word(name.to_owned())), Some(Node::Text(_)))
    }

    /// Whether the parameter was sent empty, which unsets it; it is taken then.
    pub fn unset(&mut self, name: &str) -> bool {
        let empty = matches!(self.branch.get(&Name::Word(name.to_owned())), Some(Node::Text(text)) if text.is_empty());
        empty && self.take(name).is_some()
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// 400 for anything else.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, ApiError> {
        let full = self.full(name);
        match self.text(name, 64)?.as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(other) => Err(ApiError::invalid_value(full, format!("Invalid boolean: {other}"))),
        }
    }

    /// One word of a list.
    ///
    /// # Errors
    /// 400 for a word outside it.
    pub fn choice(&mut self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, ApiError> {
        let full = self.full(name);
        let Some(text) = self.text(name, 100)? else {
            return Ok(None);
        };
        match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(*word)),
            None => {
                let message = format!("Invalid {name}: must be one of {}", words.join(", "));
                Err(ApiError::invalid_value(full, message))
            }
        }
    }

    /// An absolute http or https address of at most 5,000 characters, as sent.
    ///
    /// # Errors
    /// 400 `url_invalid` for anything else.
    pub fn address(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let full = self.full(name);
        let Some(text) = self.text(name, 5_000)? else {
            return Ok(None);
        };
        let absolute = Url::parse(&text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if absolute { Ok(Some(text)) } else { Err(ApiError::invalid("url_invalid", full, "Not a valid URL")) }
    }

    /// An e-mail address.
    ///
    /// # Errors
    /// 400 `email_invalid` where it plainly is none.
    pub fn email(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        let full = self.full(name);
        let Some(text) = self.text(name, 512)? else {
            return Ok(None);
        };
        if is_email(&text) {
            return Ok(Some(text));
        }
        Err(ApiError::invalid("email_invalid", full, format!("Invalid email address: {text}")))
    }

    /// `metadata`: at most 50 keys of 40 characters, values of 500; an empty value unsets its key.
    ///
    /// # Errors
    /// 400 beyond that.
    pub fn metadata(&mut self) -> Result<BTreeMap<String, String>, ApiError> {
        self.metadata_over(&BTreeMap::new())
    }

    /// The same, laid over what is kept; an empty `metadata` unsets all of it.
    ///
    /// # Errors
    /// 400 beyond the same bounds.
    pub fn metadata_over(&mut self, kept: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ApiError> {
        let full = self.full("metadata");
        let mut metadata = kept.clone();
        match self.take("metadata") {
            None => {}
            Some(Node::Text(text)) if text.is_empty() => metadata.clear(),
            Some(Node::Text(_)) => return Err(ApiError::invalid_value(full, "Invalid object")),
            Some(Node::Branch(branch)) => {
                for (name, node) in branch {
                    let key = name.to_string();
                    let Node::Text(value) = node else {
                        return Err(ApiError::invalid_value(full, "Metadata values must be strings"));
                    };
                    if key.chars().count() > 40 || value.chars().count() > 500 {
                        let message = "Metadata keys have at most 40 characters, values at most 500";
                        return Err(ApiError::invalid_value(format!("{full}[{key}]"), message));
                    }
                    if value.is_empty() {
                        metadata.remove(&key);
                    } else {
                        metadata.insert(key, value);
                    }
                }
            }
        }
        if metadata.len() > 50 {
            return Err(ApiError::invalid_value(full, "Metadata has at most 50 keys"));
        }
        Ok(metadata)
    }

    /// Parameters below a name.
    ///
    /// # Errors
    /// 400 where a value stands instead.
    pub fn inner(&mut self, name: &str) -> Result<Option<Params>, ApiError> {
        let path = self.full(name);
        match self.take(name) {
            None => Ok(None),
            Some(Node::Branch(branch)) => Ok(Some(Params { path, branch })),
            Some(Node::Text(_)) => Err(ApiError::invalid_value(path, "Invalid object")),
        }
    }

    /// Objects of a list, in order.
    ///
    /// # Errors
    /// 400 where values stand instead.
    pub fn list(&mut self, name: &str) -> Result<Vec<Params>, ApiError> {
        let Some(outer) = self.inner(name)? else {
            return Ok(Vec::new());
        };
        let items = outer.branch.into_iter().map(|(index, node)| {
            let path = format!("{}[{index}]", outer.path);
            match node {
                Node::Branch(branch) => Ok(Params { path, branch }),
                Node::Text(_) => Err(ApiError::invalid_value(path, "Invalid object")),
            }
        });
        items.collect()
    }

    /// Texts of a list, in order.
    ///
    /// # Errors
    /// 400 where objects stand instead.
    pub fn texts(&mut self, name: &str) -> Result<Vec<String>, ApiError> {
        let Some(outer) = self.inner(name)? else {
            return Ok(Vec::new());
        };
        let items = outer.branch.into_iter().map(|(index, node)| match node {
            Node::Text(text) => Ok(text),
            Node::Branch(_) => Err(ApiError::invalid_value(format!("{}[{index}]", outer.path), "Invalid string")),
        });
        items.collect()
    }

    /// Refuses with the sandbox's own code what Stripe offers and the sandbox does not.
    ///
    /// # Errors
    /// 400 for the first such parameter.
    pub fn unsupported(&self, names: &[&str]) -> Result<(), ApiError> {
        match names.iter().find(|name| self.branch.contains_key(&Name::Word((**name).to_owned()))) {
            Some(name) => Err(ApiError::unsupported(self.full(name))),
            None => Ok(()),
        }
    }

    /// Refuses whatever was not taken.
    ///
    /// # Errors
    /// 400 `parameter_unknown`.
    pub fn finish(&self) -> Result<(), ApiError> {
        match self.branch.keys().next() {
            None => Ok(()),
            Some(name) => {
                let full = self.full(&name.to_string());
                Err(ApiError::invalid("parameter_unknown", &full, format!("Received unknown parameter: {full}")))
            }
        }
    }

    /// What must be there.
    ///
    /// # Errors
    /// 400 `parameter_missing`.
    pub fn required<T>(&self, name: &str, value: Option<T>) -> Result<T, ApiError> {
        value.ok_or_else(|| {
            let full = self.full(name);
            ApiError::invalid("parameter_missing", &full, format!("Missing required param: {full}."))
        })
    }
}

/// Whether a text can be an e-mail address: one `@`, a dotted host, no blanks.
pub fn is_email(text: &str) -> bool {
    let Some((local, host)) = text.split_once('@') else {
        return false;
    };
    let dotted = host.contains('.') && !host.starts_with('.') && !host.ends_with('.');
    !local.is_empty() && dotted && !host.contains('@') && !text.contains(char::is_whitespace)
}
