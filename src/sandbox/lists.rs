//! Pages of objects and expansion, as every list of Stripe's has them.

use serde_json::{Value, json};

use super::errors::ApiError;
use super::model::{Customer, Event, LineItem, Session};
use super::params::Params;
use super::payment_model::{Charge, Intent, PaymentMethod};
use super::refund_model::{Dispute, Refund};

/// An object that can be listed.
pub trait Listed {
    /// What an error calls it.
    const NOUN: &'static str;
    /// Its id.
    fn id(&self) -> &str;
}

macro_rules! listed {
    ($($type:ty, $noun:literal;)*) => {$(
        impl Listed for $type {
            const NOUN: &'static str = $noun;
            fn id(&self) -> &str {
                &self.id
            }
        }
    )*};
}

listed! {
    Customer, "customer";
    Session, "checkout.session";
    PaymentMethod, "PaymentMethod";
    Intent, "payment_intent";
    Charge, "charge";
    Refund, "refund";
    Dispute, "dispute";
    Event, "event";
    LineItem, "item";
}

/// Which part of a list is asked for.
pub struct Page {
    limit: usize,
    starting_after: Option<String>,
    ending_before: Option<String>,
}

impl Page {
    /// Takes `limit`, `starting_after` and `ending_before`.
    ///
    /// # Errors
    /// 400 for a limit outside 1–100, or both cursors at once.
    pub fn take(params: &mut Params) -> Result<Self, ApiError> {
        let limit = params.integer("limit", 1)?.unwrap_or(10);
        if limit > 100 {
            let message = "Invalid integer: limit must be at most 100";
            return Err(ApiError::invalid("parameter_invalid_integer", "limit", message));
        }
        let starting_after = params.text("starting_after", 500)?;
        let ending_before = params.text("ending_before", 500)?;
        if starting_after.is_some() && ending_before.is_some() {
            let message = "You may only specify one of these parameters: ending_before, starting_after.";
            return Err(ApiError::invalid("parameters_exclusive", "ending_before", message));
        }
        Ok(Self { limit: usize::try_from(limit).unwrap_or(10), starting_after, ending_before })
    }

    /// Cuts the page out of all objects, which come newest first, and shows each.
    ///
    /// # Errors
    /// 400 where a cursor names nothing of the list.
    pub fn cut<T: Listed>(&self, url: &str, all: &[&T], show: impl Fn(&T) -> Value) -> Result<Value, ApiError> {
        let place = |param: &str, id: &str| {
            let found = all.iter().position(|object| object.id() == id);
            found.ok_or_else(|| ApiError::missing_reference(T::NOUN, param, id))
        };
        let (part, has_more) = match (&self.starting_after, &self.ending_before) {
            (_, Some(id)) => {
                let end = place("ending_before", id)?;
                let begin = end.saturating_sub(self.limit);
                (&all[begin..end], begin > 0)
            }
            (after, None) => {
                let begin = match after {
                    Some(id) => place("starting_after", id)? + 1,
                    None => 0,
                };
                let end = (begin + self.limit).min(all.len());
                (&all[begin..end], end < all.len())
            }
        };
        let data: Vec<_> = part.iter().map(|object| show(object)).collect();
        Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
    }
}

/// `created`, exact or `created[gte]` and its siblings, in Unix seconds.
#[derive(Default)]
pub struct CreatedFilter {
    from: Option<i64>,
    until: Option<i64>,
}

impl CreatedFilter {
    /// Takes it.
    ///
    /// # Errors
    /// 400 where a bound is no number.
    pub fn take(params: &mut Params) -> Result<Self, ApiError> {
        if params.is_value("created") {
            let exact = params.integer("created", 0)?;
            return Ok(Self { from: exact, until: exact });
        }
        let Some(mut bounds) = params.inner("created")? else {
            return Ok(Self::default());
        };
        let after = bounds.integer("gt", 0)?.map(|bound| bound.saturating_add(1));
        let before = bounds.integer("lt", 0)?.map(|bound| bound.saturating_sub(1));
        let from = bounds.integer("gte", 0)?.max(after);
        let until = [bounds.integer("lte", 0)?, before].into_iter().flatten().min();
        bounds.finish()?;
        Ok(Self { from, until })
    }

    /// Whether an object made then is meant.
    pub fn meets(&self, created: i64) -> bool {
        self.from.is_none_or(|from| created >= from) && self.until.is_none_or(|until| created <= until)
    }
}

/// Which ids are to be replaced by their objects.
#[derive(Default)]
pub struct Expand(Vec<String>);

impl Expand {
    /// Takes `expand[]`; in lists every path begins with `data.`.
    ///
    /// # Errors
    /// 400 for a path that cannot be expanded.
    pub fn take(params: &mut Params, prefix: &str, expandable: &[&str]) -> Result<Self, ApiError> {
        let mut paths = Vec::new();
        for path in params.texts("expand")? {
            match path.strip_prefix(prefix).filter(|path| expandable.contains(path)) {
                Some(known) => paths.push(known.to_owned()),
                None => {
                    let message = format!("This property cannot be expanded ({path}).");
                    return Err(ApiError::invalid_value("expand", message));
                }
            }
        }
        Ok(Self(paths))
    }

    /// Whether a field is to be replaced.
    pub fn has(&self, field: &str) -> bool {
        self.0.iter().any(|path| path.split('.').next() == Some(field))
    }

    /// What is to be replaced inside that field.
    pub fn under(&self, field: &str) -> Self {
        let inside = |path: &String| path.strip_prefix(field)?.strip_prefix('.').map(str::to_owned);
        Self(self.0.iter().filter_map(inside).collect())
    }
}
