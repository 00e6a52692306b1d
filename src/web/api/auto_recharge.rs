//! `/v1/wallet/auto_recharge`: its settings.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::body::Fields;
use super::forms::dollars_down;
use super::key::{ChargeKey, WalletKey};
use super::{ApiError, schemas};
use crate::app::set_recharge::{SetError, configure, settings};
use crate::payments::recharge::{Amounts, CAPS, Recharge, THRESHOLDS, WrongAmounts};
use crate::pricing::CREDIT_AMOUNTS;
use crate::state::AppState;
use crate::units::MilliCents;

/// Settings of auto-recharge; never configured, it is off and has none.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = AutoRecharge)]
pub struct AutoRechargeBody {
    enabled: bool,
    /// Below so much available it charges the saved card.
    #[schema(schema_with = schemas::dollars_or_null)]
    threshold_usd: Option<Number>,
    /// What it charges.
    #[schema(schema_with = schemas::dollars_or_null)]
    topup_usd: Option<Number>,
    /// At most so much in a calendar month.
    #[schema(schema_with = schemas::dollars_or_null)]
    monthly_cap_usd: Option<Number>,
}

impl From<Option<&Recharge>> for AutoRechargeBody {
    fn from(recharge: Option<&Recharge>) -> Self {
        let Some(Recharge { enabled, amounts, .. }) = recharge else { return Self::default() };
        Self {
            enabled: *enabled,
            threshold_usd: Some(dollars_down(amounts.threshold)),
            topup_usd: Some(dollars_down(amounts.topup)),
            monthly_cap_usd: Some(dollars_down(amounts.monthly_cap)),
        }
    }
}

/// What is to be set. Amounts that are left out stay as they are.
#[derive(ToSchema)]
#[schema(as = SetAutoRecharge)]
#[allow(dead_code, reason = "it is read field by field; this describes it")]
pub struct SetAutoRecharge {
    enabled: bool,
    #[schema(schema_with = schemas::dollars_or_null)]
    threshold_usd: Option<Number>,
    /// At least the threshold, from 0.5 to 10000.
    #[schema(schema_with = schemas::dollars_or_null)]
    topup_usd: Option<Number>,
    /// At least one top-up.
    #[schema(schema_with = schemas::dollars_or_null)]
    monthly_cap_usd: Option<Number>,
}

/// Read the settings of auto-recharge
#[utoipa::path(
    get, path = "/v1/wallet/auto_recharge", operation_id = "read_auto_recharge",
    tag = "Wallet", security(("key" = ["wallet:read"])),
    responses((status = 200, description = "The settings", body = AutoRechargeBody)),
)]
pub async fn show(
    WalletKey(program): WalletKey,
    State(state): State<AppState>,
) -> Result<Json<AutoRechargeBody>, ApiError> {
    Ok(Json(settings(&state, program.workspace).await?.as_ref().into()))
}

/// Set auto-recharge
///
/// Once the answer says that it is off, no charge is on its way and none is started.
#[utoipa::path(
    put, path = "/v1/wallet/auto_recharge", operation_id = "set_auto_recharge",
    tag = "Wallet", security(("key" = ["wallet:charge"])),
    request_body = SetAutoRecharge,
    responses(
        (status = 200, description = "The settings as they are now", body = AutoRechargeBody),
        (status = 409, description = "`card_required`: there is no saved card to charge. `no_rates`: nothing of the plan \
                                      is paid with credits."),
    ),
)]
pub async fn set(
    ChargeKey(program): ChargeKey,
    State(state): State<AppState>,
    mut fields: Fields,
) -> Result<Json<AutoRechargeBody>, ApiError> {
    let enabled = fields.flag("enabled")?.ok_or_else(|| ApiError::field("enabled", "enabled is required"))?;
    let given = [
        fields.dollars("threshold_usd", THRESHOLDS)?,
        fields.dollars("topup_usd", CREDIT_AMOUNTS)?,
        fields.dollars("monthly_cap_usd", CAPS)?,
    ];
    fields.finish()?;
    let before = settings(&state, program.workspace).await?;
    let amounts = amounts(given, before.as_ref(), enabled)?;
    configure(&state, program.workspace, enabled, amounts.as_ref(), None).await?;
    Ok(Json(settings(&state, program.workspace).await?.as_ref().into()))
}

/// What is given, else what is stored. All of it is needed, unless nothing is to be set but off.
fn amounts(
    given: [Option<MilliCents>; 3],
    before: Option<&Recharge>,
    enabled: bool,
) -> Result<Option<Amounts>, ApiError> {
    let stored = before.map(|before| before.amounts);
    if !enabled && stored.is_none() && given.iter().all(Option::is_none) {
        return Ok(None);
    }
    let [threshold, topup, monthly_cap] = given;
    let one = |given: Option<MilliCents>, of: fn(Amounts) -> MilliCents, name: &str| {
        given.or(stored.map(of)).ok_or_else(|| ApiError::field(name, format!("{name} is required")))
    };
    Ok(Some(Amounts {
        threshold: one(threshold, |it| it.threshold, "threshold_usd")?,
        topup: one(topup, |it| it.topup, "topup_usd")?,
        monthly_cap: one(monthly_cap, |it| it.monthly_cap, "monthly_cap_usd")?,
    }))
}

impl From<SetError> for ApiError {
    fn from(error: SetError) -> Self {
        match error {
            SetError::Amounts(wrong) => {
                let field = match wrong {
                    WrongAmounts::Threshold => "threshold_usd",
                    WrongAmounts::TopUp | WrongAmounts::BelowThreshold => "topup_usd",
                    WrongAmounts::Cap | WrongAmounts::CapBelowTopUp => "monthly_cap_usd",
                };
                Self::field(field, wrong.to_string())
            }
            SetError::NoCard => Self::CardRequired,
            SetError::NoRates => Self::NoRates,
            SetError::Read(error) => error.into(),
        }
    }
}
