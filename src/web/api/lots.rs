//! `/v1/wallet/lots`: packages, newest first.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;

use super::ApiError;
use super::forms::List;
use super::key::WalletKey;
use super::paging::ListKey;
use super::query::Parameters;
use crate::app::overview::{Package, PackageSource, PackageState};
use crate::app::packages::page_of_packages;
use crate::state::AppState;
use crate::units::Meter;

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
    mut parameters: Parameters,
) -> Result<Json<List<LotBody>>, ApiError> {
    let key = ListKey::new("lots", program.workspace, "");
    let limit = parameters.limit()?;
    let before = parameters.cursor(&key)?.unwrap_or(i64::MAX);
    parameters.finish()?;
    let (packages, next) = page_of_packages(&state, program.workspace, before, limit).await?;
    let lots = packages.into_iter().map(LotBody::from).collect();
    Ok(Json(List::new(lots, next.map(|number| key.cursor(number)))))
}
