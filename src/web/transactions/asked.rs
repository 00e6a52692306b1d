//! The filter of the transactions as it was typed: kept for the form, checked for the query.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::app::transactions::{Filter, TransactionType};

/// Longest reference that is looked for, in characters: ids of payments are the longest.
const LONGEST_REFERENCE: usize = 255;
/// Years whose days can be asked for: all that instants can be told of, and a century without any call.
const YEARS: std::ops::Range<i16> = 1_900..9_999;

/// What the form holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// A word of [`TransactionType`]; empty for all.
    pub kind: String,
    /// First day, `2026-11-01`; empty for all.
    pub from: String,
    /// Last day, inclusive; empty for all.
    pub to: String,
    /// Begin of a reference's id.
    pub reference: String,
}

/// What is wrong with what was typed, field by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wrong {
    /// With the type.
    pub kind: Option<String>,
    /// With the first day.
    pub from: Option<String>,
    /// With the last day.
    pub to: Option<String>,
    /// With the reference.
    pub reference: Option<String>,
}

impl Asked {
    /// What an address says.
    pub fn read(query: &HashMap<String, String>) -> Self {
        let typed = |name| query.get(name).map_or("", |typed| typed.trim()).to_owned();
        Self { kind: typed("type"), from: typed("from"), to: typed("to"), reference: typed("reference") }
    }

    /// Nothing is filtered out.
    pub fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// The fields that are filled in, as an address's query, followed by `more`.
    pub fn query(&self, more: &[(&str, &str)]) -> String {
        let own = [("type", &self.kind), ("from", &self.from), ("to", &self.to), ("reference", &self.reference)];
        let filled = own.into_iter().filter(|(_, typed)| !typed.is_empty());
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(filled).extend_pairs(more).finish()
    }

    /// The chosen type.
    pub fn chosen(&self) -> Option<TransactionType> {
        TransactionType::parse(&self.kind)
    }

    /// First and last day, where they are dates.
    pub fn days(&self) -> (Option<Date>, Option<Date>) {
        (date(&self.from).unwrap_or_default(), date(&self.to).unwrap_or_default())
    }

    /// The filter, with days of this zone.
    ///
    /// # Errors
    /// What is wrong, beside each field.
    pub fn filter(&self, zone: &TimeZone) -> Result<Filter, Wrong> {
        let mut wrong = Wrong::default();
        if !self.kind.is_empty() && self.chosen().is_none() {
            wrong.kind = Some("Choose a type from the list.".to_owned());
        }
        let (first, last) = (date(&self.from), date(&self.to));
        for (day, wrong) in [(&first, &mut wrong.from), (&last, &mut wrong.to)] {
            *wrong = day.is_err().then(|| "Enter a date such as 2026-11-20.".to_owned());
        }
        let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
        if first.zip(last).is_some_and(|(first, last)| last < first) {
            wrong.to = Some("Choose a day that is not before From.".to_owned());
        }
        wrong.reference = self.wrong_reference();
        if wrong != Wrong::default() {
            return Err(wrong);
        }
        Ok(Filter {
            kind: self.chosen(),
            from: first.map(|day| start_of(day, zone)),
            to: last.and_then(|day| day.tomorrow().ok()).map(|next| start_of(next, zone)),
            reference: (!self.reference.is_empty()).then(|| self.reference.clone()),
        })
    }

    fn wrong_reference(&self) -> Option<String> {
        let is_plain = self.reference.bytes().all(|byte| byte.is_ascii_graphic());
        if self.reference.len() > LONGEST_REFERENCE {
            return Some(format!("Enter {LONGEST_REFERENCE} characters or fewer."));
        }
        (!is_plain).then(|| "Enter letters, digits and signs, without spaces.".to_owned())
    }
}

/// No date of a day; it says nothing, the form does.
struct NotADay;

/// A day; none where nothing is typed.
fn date(typed: &str) -> Result<Option<Date>, NotADay> {
    if typed.is_empty() {
        return Ok(None);
    }
    let day = Date::strptime("%Y-%m-%d", typed).map_err(|_| NotADay)?;
    if YEARS.contains(&day.year()) { Ok(Some(day)) } else { Err(NotADay) }
}

/// The first instant of a day, which is not always midnight: some zones skip it when their clocks go forward.
fn start_of(day: Date, zone: &TimeZone) -> Timestamp {
    day.to_zoned(zone.clone()).expect("an instant of these years can be told").timestamp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &str) -> Asked {
        Asked::read(&url::form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    fn bounds(query: &str, zone: &str) -> (Option<String>, Option<String>) {
        let filter = asked(query).filter(&TimeZone::get(zone).unwrap()).unwrap();
        (filter.from.map(|at| at.to_string()), filter.to.map(|at| at.to_string()))
    }

    fn wrong(query: &str) -> Wrong {
        asked(query).filter(&TimeZone::UTC).unwrap_err()
    }

    #[test]
    fn a_day_is_the_workspace_s_also_when_clocks_change() {
        let day = |from: &str, to: &str| (Some(from.to_owned()), Some(to.to_owned()));
        let new_york = |date: &str| bounds(&format!("from={date}&to={date}"), "America/New_York");
        assert_eq!(new_york("2026-11-20"), day("2026-11-20T05:00:00Z", "2026-11-21T05:00:00Z"));
        assert_eq!(new_york("2026-11-01"), day("2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"), "25 hours");
        assert_eq!(new_york("2026-03-08"), day("2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z"), "23 hours");
        // In Santiago that Sunday begins at 1:00.
        let santiago = bounds("from=2026-09-06&to=2026-09-06", "America/Santiago");
        assert_eq!(santiago, day("2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"));
        assert_eq!(bounds("", "UTC"), (None, None));
    }

    #[test]
    fn what_is_typed_is_trimmed_and_kept() {
        let typed = asked("type=call&from=+2026-11-01&reference=call_8Kq+&after=7");
        let filter = typed.filter(&TimeZone::UTC).unwrap();
        assert_eq!((filter.kind, filter.reference.as_deref()), (Some(TransactionType::Call), Some("call_8Kq")));
        assert_eq!(typed.query(&[("before", "7")]), "type=call&from=2026-11-01&reference=call_8Kq&before=7");
        assert!(asked("before=7&to=+").is_everything());
        assert!(!typed.is_everything());
    }

    #[test]
    fn what_is_wrong_is_said_beside_its_field() {
        let date = Some("Enter a date such as 2026-11-20.".to_owned());
        assert_eq!(wrong("type=cal"), Wrong { kind: Some("Choose a type from the list.".into()), ..Wrong::default() });
        for typed in ["2026-02-30", "Nov+1", "20261101", "2026-11-01T00:00", "-2026-11-01", "9999-12-31", "0001-01-01"]
        {
            assert_eq!(wrong(&format!("from={typed}")), Wrong { from: date.clone(), ..Wrong::default() }, "{typed}");
        }
        assert_eq!(wrong("to=2026-13-01").to, date);
        let reversed = wrong("from=2026-11-02&to=2026-11-01");
        let words = Some("Choose a day that is not before From.".to_owned());
        assert_eq!(reversed, Wrong { to: words, ..Wrong::default() });
        for typed in ["a b", "caf%C3%A9", "a%00b"] {
            assert!(wrong(&format!("reference={typed}")).reference.is_some(), "{typed}");
        }
        assert!(wrong(&format!("reference={}", "x".repeat(256))).reference.unwrap().contains("255"));
        assert!(asked("from=2026-11-01&to=2026-11-01").filter(&TimeZone::UTC).is_ok(), "one day is a range");
    }
}
