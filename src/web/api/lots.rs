//! `/v1/wallet/lots`: packages, newest first.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::forms::List;
use super::key::WalletKey;
use super::paging::ListKey;
use super::query::Parameters;
use super::{ApiError, schemas};
use crate::app::overview::{Package, PackageSource, PackageState};
use crate::app::packages::page_of_packages;
use crate::state::AppState;
use crate::units::Meter;

/// A package.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lot)]
pub struct LotBody {
    id: String,
    #[schema(schema_with = schemas::lot)]
    object: &'static str,
    name: String,
    #[schema(schema_with = schemas::lot_unit)]
    unit: &'static str,
    granted: i64,
    remaining: i64,
    price_milli_cents: i64,
    #[schema(schema_with = schemas::lot_source)]
    source: &'static str,
    /// A package is frozen while no plan of its unit is active.
    #[schema(schema_with = schemas::lot_status)]
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
                PackageState::Refunded => "refunded",
            },
            created_at: package.added_at,
            receipt_url: package.receipt_url,
        }
    }
}

/// List packages
///
/// Newest first. Calls use them oldest first, after the plan's allowance.
#[utoipa::path(
    get, path = "/v1/wallet/lots", operation_id = "list_lots",
    tag = "Wallet", security(("key" = ["wallet:read"])),
    params(
        ("limit" = Option<i64>, Query, description = "How many, 25 unless given", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of packages", body = List<LotBody>),
        (status = 400, description = "`invalid_cursor`: not a cursor of this list."),
        (status = 422, description = "`invalid_field`: a parameter is unknown or not as it has to be."),
    ),
)]
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
