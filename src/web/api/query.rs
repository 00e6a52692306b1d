//! Reading the parameters of an address one by one, so that what is wrong with them names its parameter.

use std::collections::BTreeMap;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Date;

use super::ApiError;
use super::paging::{self, ListKey};
use crate::state::AppState;

/// The parameters of an address. Each is taken once; [`Parameters::finish`] finds what nobody knows.
#[derive(Debug)]
pub struct Parameters(BTreeMap<String, String>);

impl FromRequestParts<AppState> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}

impl Parameters {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let mut parameters = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if parameters.contains_key(name.as_ref()) {
                return Err(ApiError::field(name, "The parameter is given twice"));
            }
            parameters.insert(name.into_owned(), value.into_owned());
        }
        Ok(Self(parameters))
    }

    fn read<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>, what: &str) -> Result<Option<T>, ApiError> {
        match self.0.remove(name) {
            None => Ok(None),
            Some(value) => {
                parse(&value).map(Some).ok_or_else(|| ApiError::field(name, format!("{name} has to be {what}")))
            }
        }
    }

    /// An optional word of a closed list; `parse` knows it, `words` names it.
    pub fn word<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
        words: &str,
    ) -> Result<Option<T>, ApiError> {
        self.read(name, parse, &format!("one of {words}"))
    }

    /// An optional instant in RFC 3339, with `Z` or an offset.
    pub fn instant(&mut self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        self.read(name, instant, "a time in RFC 3339, e.g. 2026-11-20T15:00:00Z")
    }

    /// A required date, `YYYY-MM-DD`.
    pub fn date(&mut self, name: &str) -> Result<Date, ApiError> {
        let date = self.read(name, date, "a date, e.g. 2026-11-20")?;
        date.ok_or_else(|| ApiError::field(name, format!("{name} is required, e.g. {name}=2026-11-20")))
    }

    /// `limit`: how many to show.
    pub fn limit(&mut self) -> Result<i64, ApiError> {
        let limit = |value: &str| value.parse().ok().filter(|limit| (1..=paging::MOST).contains(limit));
        let limit = self.read("limit", limit, &format!("a whole number from 1 to {}", paging::MOST))?;
        Ok(limit.unwrap_or(paging::USUAL))
    }

    /// `cursor`: the number below which the page begins; `None` for the first page.
    pub fn cursor(&mut self, list: &ListKey) -> Result<Option<i64>, ApiError> {
        let cursor = self.0.remove("cursor");
        cursor.map(|cursor| list.number(&cursor).ok_or(ApiError::InvalidCursor)).transpose()
    }

    /// An error where a parameter is left that nobody asked for.
    pub fn finish(self) -> Result<(), ApiError> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => Err(ApiError::field(name, "There is no such parameter")),
        }
    }
}

/// The library reads more forms than RFC 3339's, such as `20261120T15Z`; clients get one.
fn instant(text: &str) -> Option<Timestamp> {
    let separators: Vec<u8> = [4, 7, 10, 13, 16].iter().filter_map(|&at| text.as_bytes().get(at).copied()).collect();
    let in_form = matches!(&separators[..], b"--T::" | b"--t::") && !text.contains('[');
    in_form.then(|| text.parse().ok()).flatten()
}

fn date(text: &str) -> Option<Date> {
    let in_form = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    in_form.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::WorkspaceId;

    fn parameters(query: &str) -> Parameters {
        Parameters::parse(query).unwrap()
    }

    #[track_caller]
    fn wrong<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
        match result.unwrap_err() {
            ApiError::InvalidField { field, .. } => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_parameter_is_known_and_given_once() {
        parameters("").finish().unwrap();
        assert_eq!(wrong(parameters("page=2").finish()), "page");
        assert_eq!(wrong(Parameters::parse("limit=1&limit=1")), "limit");
        assert_eq!(wrong(Parameters::parse("%6Cimit=1&limit=1")), "limit");
    }

    #[test]
    fn limits_have_bounds() {
        assert_eq!(parameters("").limit().unwrap(), 25);
        assert_eq!(parameters("limit=1").limit().unwrap(), 1);
        assert_eq!(parameters("limit=100").limit().unwrap(), 100);
        for bad in ["0", "101", "-1", "1.5", "x", "", "%00", "%zz", "9223372036854775808"] {
            assert_eq!(wrong(parameters(&format!("limit={bad}")).limit()), "limit", "{bad}");
        }
    }

    #[test]
    fn instants_are_rfc_3339() {
        let read = |text: &str| parameters(&format!("from={text}")).instant("from");
        let expected: Timestamp = "2026-11-20T14:00:00Z".parse().unwrap();
        for good in ["2026-11-20T14:00:00Z", "2026-11-20t14:00:00.000z", "2026-11-20T15:00:00%2B01:00"] {
            assert_eq!(read(good).unwrap(), Some(expected), "{good}");
        }
        assert_eq!(parameters("").instant("from").unwrap(), None);
        for bad in [
            "",
            "2026-11-20",
            "2026-11-20T14:00:00",
            "20261120T140000Z",
            "2026-11-20T15:00:00+01:00",
            "2026-11-20T14:00:00Z[UTC]",
            "2026-02-30T00:00:00Z",
            "now",
            "1763650800",
            "%FF",
        ] {
            assert_eq!(wrong(read(bad)), "from", "{bad}");
        }
    }

    #[test]
    fn dates_are_required_and_plain() {
        assert_eq!(parameters("from=2026-11-20").date("from").unwrap(), jiff::civil::date(2026, 11, 20));
        for bad in ["to=1", "from=", "from=20261120", "from=2026-02-29", "from=2026-11-20T00", "from=2026-W47-5"] {
            assert_eq!(wrong(parameters(bad).date("from")), "from", "{bad}");
        }
    }

    #[test]
    fn a_cursor_is_one_of_this_list() {
        let list = ListKey::new("lots", WorkspaceId(1), "");
        assert_eq!(parameters("").cursor(&list).unwrap(), None);
        assert_eq!(parameters(&format!("cursor={}", list.cursor(41))).cursor(&list).unwrap(), Some(41));
        assert!(matches!(parameters("cursor=x").cursor(&list), Err(ApiError::InvalidCursor)));
    }
}
