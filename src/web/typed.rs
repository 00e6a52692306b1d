//! Forms with many fields: what was typed is kept by name, and read field by field, so that everything that is wrong is
//! said at once.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;

use crate::catalog::FieldError;
use crate::pricing::{DollarsError, MILLI_CENTS, parse_dollars};
use crate::units::MilliCents;

/// What stands in the fields of a form, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Typed(BTreeMap<String, String>);

impl<V: Into<String>> Extend<(&'static str, V)> for Typed {
    fn extend<T: IntoIterator<Item = (&'static str, V)>>(&mut self, pairs: T) {
        self.0.extend(pairs.into_iter().map(|(name, text)| (name.to_owned(), text.into())));
    }
}

impl<V: Into<String>> FromIterator<(&'static str, V)> for Typed {
    fn from_iter<T: IntoIterator<Item = (&'static str, V)>>(pairs: T) -> Self {
        let mut typed = Self::default();
        typed.extend(pairs);
        typed
    }
}

impl Typed {
    /// What stands in a field, without spaces around it; empty where there is no such field.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", |text| text.trim())
    }

    /// Takes the one-use key out of the form.
    pub fn take_key(&mut self) -> String {
        self.0.remove("form_key").unwrap_or_default()
    }
}

/// Reads fields, and gathers what is wrong with them. A field that is wrong is read as the value that is given for it,
/// so that the fields that depend on it are not blamed.
#[derive(Debug)]
pub struct Reader<'t> {
    typed: &'t Typed,
    faults: Vec<FieldError>,
}

impl<'t> Reader<'t> {
    /// Begins with a form in which nothing is wrong.
    pub fn new(typed: &'t Typed) -> Self {
        Self { typed, faults: Vec::new() }
    }

    /// What stands in a field.
    pub fn text(&self, name: &str) -> String {
        self.typed.text(name).to_owned()
    }

    /// A field in which `parse` finds something, or `message` stands beside it.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        message: &'static str,
        or: T,
        parse: impl Fn(&str) -> Option<T>,
    ) -> T {
        parse(self.typed.text(name)).unwrap_or_else(|| {
            self.faults.push(FieldError { field: name, message });
            or
        })
    }

    /// A whole number.
    pub fn number<T: FromStr>(&mut self, name: &'static str, or: T) -> T {
        self.parsed(name, "Enter a whole number.", or, |text| text.parse().ok())
    }

    /// One of several words.
    pub fn choice<T>(&mut self, name: &'static str, or: T, parse: impl Fn(&str) -> Option<T>) -> T {
        self.parsed(name, "Choose one.", or, parse)
    }

    /// An amount of money with up to `decimals` digits after the point.
    pub fn dollars(&mut self, name: &'static str, decimals: usize, or: MilliCents) -> MilliCents {
        let message = match parse_dollars(self.typed.text(name), decimals) {
            Ok(amount) => return amount,
            Err(DollarsError::NotAnAmount) => "Enter an amount in dollars, such as 29 or 29.50.",
            Err(DollarsError::TooFine) if decimals == MILLI_CENTS => "Enter at most five digits after the point.",
            Err(DollarsError::TooFine) => "Enter whole cents: at most two digits after the point.",
        };
        self.faults.push(FieldError { field: name, message });
        or
    }

    /// The same, where an empty field is nothing.
    pub fn dollars_if_any(&mut self, name: &'static str, decimals: usize, or: MilliCents) -> MilliCents {
        if self.typed.text(name).is_empty() { MilliCents(0) } else { self.dollars(name, decimals, or) }
    }

    /// Everything that is wrong: with what was typed, and of `more` what is not said already.
    pub fn faults(mut self, more: Vec<FieldError>) -> Vec<FieldError> {
        for fault in more {
            if self.faults.iter().all(|known| known.field != fault.field) {
                self.faults.push(fault);
            }
        }
        self.faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::CENTS;

    #[test]
    fn every_wrong_field_is_named_once() {
        let typed: Typed =
            [("price", "29.505"), ("rate", "0.00007"), ("days", " 7 "), ("rank", "high")].into_iter().collect();
        let mut reader = Reader::new(&typed);
        assert_eq!(reader.dollars("price", CENTS, MilliCents(5)), MilliCents(5));
        assert_eq!(reader.dollars("rate", MILLI_CENTS, MilliCents(5)), MilliCents(7));
        assert_eq!(reader.dollars_if_any("none", CENTS, MilliCents(5)), MilliCents(0));
        assert_eq!((reader.number("days", 1_u16), reader.number("rank", 3_i32)), (7, 3));
        let more = ["price", "name"].map(|field| FieldError { field, message: "More." });
        let fields: Vec<_> = reader.faults(more.into()).into_iter().map(|fault| fault.field).collect();
        assert_eq!(fields, ["price", "rank", "name"]);
    }
}
