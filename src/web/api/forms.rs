//! Forms that several answers share: dollars, quantities by unit, lists.

use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::schemas;
use crate::units::{Meter, MilliCents};

/// Whole cents as a JSON number of dollars, e.g. `47.23`. Written digit by digit: no fraction is ever computed.
pub fn dollars(cents: i64) -> Number {
    let sign = if cents < 0 { "-" } else { "" };
    let text = format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100);
    text.trim_end_matches('0').trim_end_matches('.').parse().expect("digits and a point are a number")
}

/// What somebody has, rounded down.
pub fn dollars_down(amount: MilliCents) -> Number {
    dollars(amount.cents_down())
}

/// What somebody must add, rounded up.
pub fn dollars_up(amount: MilliCents) -> Number {
    dollars(amount.cents_up())
}

/// A quantity as the two fields that it has in answers: seconds and calls, one of them `null`.
pub fn by_unit(meter: Option<Meter>, units: i64) -> (Option<i64>, Option<i64>) {
    match meter {
        Some(Meter::Minutes) => (Some(units), None),
        Some(Meter::Calls) => (None, Some(units)),
        None => (None, None),
    }
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct List<T> {
    #[schema(schema_with = schemas::list)]
    object: &'static str,
    data: Vec<T>,
    /// Of the next page; null on the last one.
    next_cursor: Option<String>,
}

impl<T> List<T> {
    /// A page, and where the next begins.
    pub fn new(data: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { object: "list", data, next_cursor }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_numbers_of_whole_cents() {
        let shown = |cents| dollars(cents).to_string();
        assert_eq!(shown(4_723), "47.23");
        assert_eq!(shown(20), "0.2");
        assert_eq!(shown(5), "0.05");
        assert_eq!(shown(2_000), "20");
        assert_eq!(shown(0), "0");
        assert_eq!(shown(-150), "-1.5");
        assert_eq!(dollars_down(MilliCents(5_999)).to_string(), "0.05");
        assert_eq!(dollars_up(MilliCents(5_001)).to_string(), "0.06");
    }
}
