//! Reading a JSON body field by field, so that what is wrong with it names its field.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::ApiError;
use super::json::Unambiguous;
use crate::ids;
use crate::state::AppState;
use crate::units::MilliCents;

/// Longest body, bytes.
const LIMIT: usize = 64 * 1_024;
/// Longest `metadata`, bytes of compact JSON.
const METADATA_LIMIT: usize = 4 * 1_024;
/// Longest text of a field, characters.
const TEXT_LIMIT: usize = 255;

/// The fields of a JSON object. Each is taken once; [`Fields::finish`] finds what nobody knows.
#[derive(Debug)]
pub struct Fields(Map<String, Value>);

impl FromRequest<AppState> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &AppState) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::NotJson);
        }
        let body = read(request.into_body()).await?;
        match serde_json::from_slice(&body) {
            Ok(Unambiguous(Value::Object(fields))) => Ok(Self(fields)),
            Ok(_) => Err(ApiError::InvalidJson("The body has to be a JSON object".to_owned())),
            Err(error) => Err(ApiError::InvalidJson(format!("The body is not JSON: {error}"))),
        }
    }
}

/// A body, up to its end or to what it may be long.
pub async fn read(body: Body) -> Result<Bytes, ApiError> {
    Ok(crate::web::body::read(body, LIMIT).await?)
}

fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

impl Fields {
    /// A field that is there and not `null`.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// An optional text of up to 255 characters.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.chars().count() <= TEXT_LIMIT && is_storable(&text) => Ok(Some(text)),
            Some(_) => Err(ApiError::field(name, format!("{name} has to be a text of up to {TEXT_LIMIT} characters"))),
        }
    }

    /// A required text of 1 to 255 characters.
    pub fn required_text(&mut self, name: &str) -> Result<String, ApiError> {
        let text = self.text(name)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| ApiError::field(name, format!("{name} is required")))
    }

    /// An optional id, `^[A-Za-z0-9_.:-]{1,64}$`.
    pub fn id(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(id)) if ids::is_given_id(&id) => Ok(Some(id)),
            Some(_) => Err(ApiError::field(name, format!("{name} has to match ^[A-Za-z0-9_.:-]{{1,64}}$"))),
        }
    }

    /// A required id, of the same form.
    pub fn required_id(&mut self, name: &str) -> Result<String, ApiError> {
        self.id(name)?.ok_or_else(|| ApiError::field(name, format!("{name} is required")))
    }

    /// A required word of a closed list; `parse` knows it, `words` names it.
    pub fn word<T>(&mut self, name: &str, parse: impl Fn(&str) -> Option<T>, words: &str) -> Result<T, ApiError> {
        let value = self.take(name);
        let word = value.as_ref().and_then(Value::as_str);
        word.and_then(parse).ok_or_else(|| ApiError::field(name, format!("{name} has to be one of {words}")))
    }

    /// An optional flag.
    pub fn flag(&mut self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(ApiError::field(name, format!("{name} has to be true or false"))),
        }
    }

    /// A required whole number in a range. `60.0` is whole, too.
    pub fn integer(&mut self, name: &str, range: RangeInclusive<i64>) -> Result<i64, ApiError> {
        let number = self.take(name).filter(Value::is_number).and_then(|number| {
            let digits = number.to_string();
            digits.strip_suffix(".0").unwrap_or(&digits).parse().ok()
        });
        number.filter(|number| range.contains(number)).ok_or_else(|| {
            let (from, to) = range.into_inner();
            ApiError::field(name, format!("{name} has to be a whole number from {from} to {to}"))
        })
    }

    /// Optional dollars of whole cents in a range, e.g. `25`, `25.5`. Read digit by digit: no fraction is ever computed.
    pub fn dollars(&mut self, name: &str, range: RangeInclusive<MilliCents>) -> Result<Option<MilliCents>, ApiError> {
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        let amount = Some(value).filter(Value::is_number).and_then(|number| whole_cents(&number.to_string()));
        match amount.filter(|amount| range.contains(amount)) {
            Some(amount) => Ok(Some(amount)),
            None => {
                let (from, to) = range.into_inner();
                Err(ApiError::field(name, format!("{name} has to be a number of whole cents from {from} to {to}")))
            }
        }
    }

    /// An optional flat object of texts, up to 4 KiB.
    pub fn texts(&mut self, name: &str) -> Result<Option<BTreeMap<String, String>>, ApiError> {
        let wrong = || ApiError::field(name, format!("{name} has to be a flat object of texts, up to 4 KiB"));
        let Some(value) = self.take(name) else {
            return Ok(None);
        };
        if value.to_string().len() > METADATA_LIMIT {
            return Err(wrong());
        }
        let texts: BTreeMap<String, String> = serde_json::from_value(value).map_err(|_| wrong())?;
        let storable = texts.iter().all(|(key, text)| is_storable(key) && is_storable(text));
        if storable { Ok(Some(texts)) } else { Err(wrong()) }
    }

    /// An error where a field is left that nobody asked for.
    pub fn finish(self) -> Result<(), ApiError> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(name) => Err(ApiError::field(name, "There is no such field")),
        }
    }
}

/// A JSON number as dollars; `None` where it has parts of a cent.
fn whole_cents(number: &str) -> Option<MilliCents> {
    let (dollars, cents) = number.split_once('.').unwrap_or((number, "0"));
    let dollars: i64 = dollars.parse().ok().filter(|dollars| (0..=i64::MAX / 1_000_000).contains(dollars))?;
    let cents: i64 = match cents.len() {
        1 => cents.parse::<i64>().ok()? * 10,
        2 => cents.parse().ok()?,
        _ => return None,
    };
    Some(MilliCents(dollars * MilliCents::PER_DOLLAR + cents * MilliCents::PER_CENT))
}

/// Postgres keeps every character but this one.
fn is_storable(text: &str) -> bool {
    !text.contains('\0')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        let Value::Object(fields) = value else { panic!("an object") };
        Fields(fields)
    }

    fn wrong_field<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
        match result.unwrap_err() {
            ApiError::InvalidField { field, .. } => field,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn null_is_the_same_as_absent() {
        let mut given = fields(json!({"a": null, "b": null, "c": null, "d": null}));
        assert_eq!(given.text("a").unwrap(), None);
        assert_eq!(given.flag("b").unwrap(), None);
        assert_eq!(given.texts("c").unwrap(), None);
        assert_eq!(given.id("d").unwrap(), None);
        given.finish().unwrap();
    }

    #[test]
    fn what_is_wrong_names_its_field() {
        let mut given = fields(json!({
            "a": 1, "b": "yes", "c": 1.5, "d": {"x": 1}, "e": "\0", "f": {"k": "\0"}, "g": "x".repeat(256), "h": 9,
        }));
        assert_eq!(wrong_field(given.text("a")), "a");
        assert_eq!(wrong_field(given.flag("b")), "b");
        assert_eq!(wrong_field(given.integer("c", 0..=9)), "c");
        assert_eq!(wrong_field(given.texts("d")), "d");
        assert_eq!(wrong_field(given.text("e")), "e");
        assert_eq!(wrong_field(given.texts("f")), "f");
        assert_eq!(wrong_field(given.text("g")), "g");
        assert_eq!(wrong_field(given.integer("missing", 0..=9)), "missing");
        assert_eq!(wrong_field(given.finish()), "h");
    }

    #[test]
    fn numbers_are_whole_whatever_their_form() {
        let read = |json: &str| fields(serde_json::from_str(json).unwrap()).integer("a", 0..=1_000).ok();
        assert_eq!(
            ["60", "60.0", "6e1", "-0.0"].map(|number| read(&format!("{{\"a\":{number}}}"))),
            [Some(60), Some(60), Some(60), Some(0)]
        );
        for bad in ["60.5", "-1", "1001", "1e300", "18446744073709551616", "\"60\"", "[60]", "true"] {
            assert_eq!(read(&format!("{{\"a\":{bad}}}")), None, "{bad}");
        }
    }

    #[test]
    fn dollars_have_whole_cents() {
        let range = MilliCents(50_000)..=MilliCents(1_000_000_000);
        let read = |json: &str| {
            let mut given = fields(serde_json::from_str(&format!("{{\"a\":{json}}}")).unwrap());
            given.dollars("a", range.clone()).ok().flatten().map(MilliCents::cents_down)
        };
        let good = ["25", "25.0", "25.5", "25.50", "2.55e1", "0.5", "10000", "0.57", "4.35"].map(read);
        let cents = [2_500, 2_500, 2_550, 2_550, 2_550, 50, 1_000_000, 57, 435];
        assert_eq!(good, cents.map(Some));
        for bad in ["0.49", "10000.01", "25.505", "0.5001", "-25", "1e300", "1e-3", "\"25\"", "true", "[25]"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(fields(json!({ "a": null })).dollars("a", range).unwrap(), None);
    }

    #[test]
    fn metadata_is_small() {
        let mut given = fields(json!({"a": {"k": "x".repeat(4_088)}, "b": {"k": "x".repeat(4_089)}}));
        assert!(given.texts("a").unwrap().is_some());
        assert_eq!(wrong_field(given.texts("b")), "b");
    }

    #[test]
    fn json_is_known_by_its_media_type() {
        let declared = |value: &str| is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]));
        assert!(declared("application/json"));
        assert!(declared("Application/JSON; charset=utf-8"));
        assert!(!declared("text/plain"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
