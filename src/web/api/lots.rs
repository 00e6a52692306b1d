//! `/v1/wallet/lots`: packages, newest first.

use axum::Json;
use axum::extract::{RawQuery, State};
use jiff::Timestamp;
use serde::Serialize;

use super::ApiError;
use super::forms::List;
use super::key::WalletKey;
use crate::app::overview::{Package, PackageSource, PackageState};
use crate::app::packages::page_of_packages;
use crate::state::AppState;
use crate::units::Meter;

const LIMIT: i64 = 25;
const MOST: i64 = 100;

/// A lot as the API shows it.
#[derive(Debug, Serialize)]
pub struct LotBody {
    id: String,
    object: &'static str,
    name: String,
    unit: &'static str,
    granted: i64,
    remaining: i64,
    price_milli_cents: i64,
    source: &'static str,
    status: &'static str,
    created_at: Timestamp,
    receipt_url: Option<String>,
}

impl From<Package> for LotBody {
    fn from(package: Package) -> Self {
        Self {
            id: package.id,
            object: "lot",
            name: package.name,
            unit: match package.meter {
                Meter::Minutes => "seconds",
                Meter::Calls => "calls",
            },
            granted: package.granted,
            remaining: package.remaining,
            price_milli_cents: package.price.0,
            source: match package.source {
                PackageSource::Stripe => "stripe",
                PackageSource::Agency => "agency",
                PackageSource::Grant => "grant",
            },
            status: match package.state {
                PackageState::Active => "active",
                PackageState::UsedUp => "used_up",
                PackageState::Frozen => "frozen",
            },
            created_at: package.added_at,
            receipt_url: None,
        }
    }
}

/// `GET /v1/wallet/lots?limit&cursor`
pub async fn list(
    WalletKey(program): WalletKey,
    State(state): State<AppState>,
    RawQuery(query): RawQuery,
) -> Result<Json<List<LotBody>>, ApiError> {
    let (limit, before) = paging(query.as_deref().unwrap_or_default())?;
    let (packages, next) = page_of_packages(&state, program.workspace, before, limit).await?;
    let lots = packages.into_iter().map(LotBody::from).collect();
    Ok(Json(List::new(lots, next.map(cursor))))
}

/// How many to show, and below which number.
fn paging(query: &str) -> Result<(i64, i64), ApiError> {
    let (mut limit, mut before) = (LIMIT, i64::MAX);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match name.as_ref() {
            "limit" => {
                let parsed = value.parse().ok().filter(|limit| (1..=MOST).contains(limit));
                limit = parsed.ok_or_else(|| ApiError::field("limit", format!("limit goes from 1 to {MOST}")))?;
            }
            "cursor" => before = number(&value).ok_or(ApiError::InvalidCursor)?,
            other => return Err(ApiError::field(other, "There is no such parameter")),
        }
    }
    Ok((limit, before))
}

/// The cursor of the page below a lot's number.
fn cursor(number: i64) -> String {
    hex::encode(number.to_be_bytes())
}

fn number(cursor: &str) -> Option<i64> {
    let bytes = hex::decode(cursor).ok()?;
    let number = i64::from_be_bytes(bytes.try_into().ok()?);
    (number > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_cursors_are_read() {
        assert_eq!(number(&cursor(41)), Some(41));
        for bad in ["", "41", "zz", &cursor(0), &cursor(-1), &format!("{}00", cursor(1))] {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn limits_have_bounds() {
        assert_eq!(paging("").unwrap(), (25, i64::MAX));
        assert_eq!(paging("limit=100").unwrap().0, 100);
        for bad in ["limit=0", "limit=101", "limit=x", "limit=", "page=2"] {
            assert!(matches!(paging(bad), Err(ApiError::InvalidField { .. })), "{bad}");
        }
        assert!(matches!(paging("cursor=x"), Err(ApiError::InvalidCursor)));
    }
}
