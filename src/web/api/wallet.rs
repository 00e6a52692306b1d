//! `/v1/wallet`: what is there, what is held, and how many calls fit; and the 402 that says why none does.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::auto_recharge::AutoRechargeBody;
use super::forms::{by_unit, dollars_down, dollars_up};
use super::key::WalletKey;
use super::{ApiError, schemas};
use crate::app::current_wallet;
use crate::app::set_recharge::settings;
use crate::ledger::survey::SubscriptionStatus;
use crate::ledger::{PaymentState, SubscriptionState, Wallet};
use crate::payments::recharge::Recharge;
use crate::pricing::{Fit, Standing};
use crate::state::AppState;
use crate::units::{Meter, MilliCents};

/// What is there, what is held, and how many calls fit.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Wallet)]
pub struct WalletBody {
    #[schema(schema_with = schemas::wallet)]
    object: &'static str,
    workspace: String,
    /// Posted credits, held or not.
    #[schema(schema_with = schemas::dollars)]
    balance_usd: Number,
    #[schema(schema_with = schemas::currency)]
    currency: &'static str,
    auto_recharge: AutoRechargeBody,
    balance_milli_cents: i64,
    held_milli_cents: i64,
    /// Posted minus held.
    available_milli_cents: i64,
    /// Owed after a refund or dispute of units already used.
    debt_milli_cents: i64,
    /// What allowance and packages count; null where there never was a plan.
    #[schema(schema_with = schemas::meter_or_null)]
    meter: Option<Meter>,
    #[schema(schema_with = schemas::subscription_status)]
    subscription_status: &'static str,
    allowance: AllowanceBody,
    packs: PacksBody,
    hold: HoldBody,
    /// What further calls can hold; null on the calls meter, and where usage is billed afterwards.
    capacity_seconds: Option<i64>,
    held_seconds: Option<i64>,
    /// The same on the calls meter.
    capacity_calls: Option<i64>,
    held_calls: Option<i64>,
    /// Null where usage is billed afterwards.
    calls_that_fit: Option<i64>,
    #[schema(schema_with = schemas::wallet_status)]
    status: &'static str,
}

/// The plan's allowance in the current period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Allowance)]
struct AllowanceBody {
    included_seconds: Option<i64>,
    used_seconds: Option<i64>,
    included_calls: Option<i64>,
    used_calls: Option<i64>,
    resets_at: Option<Timestamp>,
}

/// Packages that calls can draw from now.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Packs)]
struct PacksBody {
    remaining_seconds: Option<i64>,
    remaining_calls: Option<i64>,
    /// How many.
    active: usize,
}

/// What the next call would hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextHold)]
struct HoldBody {
    seconds: Option<i64>,
    calls: Option<i64>,
    milli_cents: Option<i64>,
}

impl WalletBody {
    fn new(workspace: String, wallet: &Wallet, recharge: Option<&Recharge>) -> Self {
        let standing = wallet.standing();
        let terms = wallet.subscription.as_ref().map(|it| &it.snapshot.terms);
        let meter = terms.map(|terms| terms.meter);
        let (capacity_seconds, capacity_calls) = by_unit(limited(&standing, meter), standing.capacity());
        let (held_seconds, held_calls) = by_unit(meter, standing.held);
        let (remaining_seconds, remaining_calls) = by_unit(meter, standing.lots);
        let (hold_seconds, hold_calls) = by_unit(meter, standing.hold);
        let subscription_status = SubscriptionStatus::of(wallet);
        let refused = wallet.payment == PaymentState::Unpaid || is_ending(wallet);
        Self {
            object: "wallet",
            workspace,
            balance_usd: dollars_down(standing.posted),
            currency: "USD",
            auto_recharge: recharge.into(),
            balance_milli_cents: standing.posted.0,
            held_milli_cents: standing.held_mc().0,
            available_milli_cents: standing.available_mc().0,
            debt_milli_cents: wallet.balances.debt_mc,
            meter,
            subscription_status: subscription_status.as_str(),
            allowance: AllowanceBody::new(wallet),
            packs: PacksBody { remaining_seconds, remaining_calls, active: wallet.usable_lots().count() },
            hold: HoldBody { seconds: hold_seconds, calls: hold_calls, milli_cents: hold_price(&standing) },
            capacity_seconds,
            held_seconds,
            capacity_calls,
            held_calls,
            calls_that_fit: match refused {
                true => Some(0),
                false => (!standing.postpaid).then(|| standing.calls_that_fit()),
            },
            status: match standing.fit() {
                _ if subscription_status == SubscriptionStatus::Blocked => "blocked",
                _ if refused => "paused",
                Fit::Paused => "paused",
                Fit::One => "low",
                Fit::Many(_) => "ok",
            },
        }
    }
}

impl AllowanceBody {
    /// A subscription that has ended includes nothing and is not reset.
    fn new(wallet: &Wallet) -> Self {
        let lasting = wallet.subscription.as_ref().filter(|it| it.state != SubscriptionState::Canceled);
        let included = lasting.map_or(0, |it| it.snapshot.terms.included);
        let meter = wallet.subscription.as_ref().map(|it| it.snapshot.terms.meter);
        let (included_seconds, included_calls) = by_unit(meter, included);
        let (used_seconds, used_calls) = by_unit(meter, included - wallet.balances.allowance);
        let reset = lasting.filter(|it| it.state == SubscriptionState::Active).map(|it| it.period.ends_at);
        Self { included_seconds, used_seconds, included_calls, used_calls, resets_at: reset }
    }
}

/// True where new calls wait for the end of those that a canceled subscription still carries.
fn is_ending(wallet: &Wallet) -> bool {
    wallet.subscription.as_ref().is_some_and(|it| it.state == SubscriptionState::Ending)
}

/// The unit in which capacity is counted; `None` where usage is billed afterwards and nothing limits it.
fn limited(standing: &Standing, meter: Option<Meter>) -> Option<Meter> {
    meter.filter(|_| !standing.postpaid)
}

/// Nominal cost of a hold, milli-cents; `None` on plans without rates.
fn hold_price(standing: &Standing) -> Option<i64> {
    (standing.sigma.0 > 0).then(|| standing.hold_mc().0)
}

/// Read the wallet
#[utoipa::path(
    get, path = "/v1/wallet", operation_id = "read_wallet",
    tag = "Wallet", security(("key" = ["wallet:read"])),
    responses((status = 200, description = "The wallet as it stands", body = WalletBody)),
)]
pub async fn show(WalletKey(program): WalletKey, State(state): State<AppState>) -> Result<Json<WalletBody>, ApiError> {
    let wallet = current_wallet(&state, program.workspace).await?;
    let recharge = settings(&state, program.workspace).await?;
    Ok(Json(WalletBody::new(program.workspace_public_id, &wallet, recharge.as_ref())))
}

/// The 402 of a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CannotStart)]
pub struct CannotStartBody {
    /// Why.
    pub error: CannotStart,
}

/// Why no call can start. On plans without rates there are no prices.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CannotStartError)]
pub struct CannotStart {
    /// For programs.
    pub code: &'static str,
    /// For the engine's own log.
    pub message: &'static str,
    /// Available credits.
    #[schema(schema_with = schemas::dollars)]
    balance_usd: Number,
    #[schema(schema_with = schemas::dollars_or_null)]
    required_usd: Option<Number>,
    /// For the customer.
    user_message: String,
    available_milli_cents: i64,
    required_milli_cents: Option<i64>,
    capacity_seconds: Option<i64>,
    required_seconds: Option<i64>,
    capacity_calls: Option<i64>,
    required_calls: Option<i64>,
    #[schema(schema_with = schemas::dollars_or_null)]
    shortfall_usd: Option<Number>,
    topup_url: String,
}

impl CannotStart {
    /// The wallet has less than the hold of a call.
    pub fn too_little(standing: &Standing, topup_url: String) -> Self {
        // No credits lift the limit of usage that is billed afterwards.
        let required = hold_price(standing).filter(|_| !standing.postpaid).map(MilliCents);
        let (capacity_seconds, capacity_calls) = by_unit(limited(standing, Some(standing.meter)), standing.capacity());
        let (required_seconds, required_calls) = by_unit(Some(standing.meter), standing.hold);
        Self {
            code: "insufficient_balance",
            message: "Wallet balance below minimum to start call",
            balance_usd: dollars_down(standing.available_mc()),
            required_usd: required.map(dollars_up),
            user_message: standing.paused_message().unwrap_or_default(),
            available_milli_cents: standing.available_mc().0,
            required_milli_cents: required.map(|required| required.0),
            capacity_seconds,
            required_seconds,
            capacity_calls,
            required_calls,
            shortfall_usd: required.map(|required| dollars_up(missing(standing, required))),
            topup_url,
        }
    }

    /// The workspace never had a subscription, so nothing says what a call holds.
    pub fn no_subscription(standing: &Standing, topup_url: String) -> Self {
        Self {
            code: "no_subscription",
            message: "The workspace has no subscription",
            user_message: "Calls paused. This account has no plan yet. Ask your provider to start one.".to_owned(),
            capacity_seconds: None,
            required_seconds: None,
            ..Self::too_little(standing, topup_url)
        }
    }

    /// The subscription was canceled, and the calls that it still carries are not over.
    pub fn subscription_ending(standing: &Standing, topup_url: String) -> Self {
        Self {
            code: "subscription_ending",
            message: "The subscription was canceled and waits for its last call",
            user_message: "Calls paused. Your plan was canceled; the calls in progress go on to their end. \
                           Ask your provider to start a new plan."
                .to_owned(),
            ..Self::too_little(standing, topup_url)
        }
    }

    /// A payment to the agency is overdue beyond the grace days.
    pub fn subscription_blocked(standing: &Standing, topup_url: String) -> Self {
        Self {
            code: "subscription_blocked",
            message: "A payment is overdue beyond its days of grace",
            user_message: "Calls paused. A payment to your provider is overdue. Pay it to keep calling.".to_owned(),
            ..Self::too_little(standing, topup_url)
        }
    }
}

/// Credits that would let the next call fit: what its price lacks where money is all there is, else the price of the
/// units that it lacks.
fn missing(standing: &Standing, required: MilliCents) -> MilliCents {
    if standing.runs_on_money() {
        return MilliCents((required.0 - standing.available_mc().0).max(0));
    }
    let units = (standing.hold - standing.capacity()).max(0);
    Standing { hold: units, sigma: standing.sigma_max, ..*standing }.hold_mc()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(standing: &Standing) -> serde_json::Value {
        serde_json::to_value(CannotStart::too_little(standing, String::new())).unwrap()
    }

    #[test]
    fn the_402_in_money_is_the_contract_s() {
        let sigma = MilliCents(20_000);
        let standing = Standing { posted: MilliCents(5_000), sigma, sigma_max: sigma, hold: 60, ..Standing::default() };
        let body = body(&standing);
        assert_eq!(body["balance_usd"].to_string(), "0.05");
        assert_eq!(body["required_usd"].to_string(), "0.2");
        assert_eq!(body["shortfall_usd"].to_string(), "0.15");
        assert_eq!((&body["capacity_seconds"], &body["required_seconds"]), (&15.into(), &60.into()));
        assert!(body["capacity_calls"].is_null() && body["required_calls"].is_null());
    }

    #[test]
    fn beside_units_the_shortfall_is_the_price_of_what_lacks() {
        let sigma = MilliCents(5_000);
        let standing = Standing { allowance: 120, sigma, sigma_max: sigma, hold: 3_600, ..Standing::default() };
        assert_eq!(body(&standing)["required_usd"].to_string(), "3");
        assert_eq!(body(&standing)["shortfall_usd"].to_string(), "2.9");
    }

    #[test]
    fn without_rates_there_is_no_price() {
        let body = body(&Standing { allowance: 15, hold: 60, ..Standing::default() });
        for name in ["required_usd", "required_milli_cents", "shortfall_usd"] {
            assert!(body[name].is_null(), "{name}");
        }
        assert_eq!((&body["balance_usd"], &body["available_milli_cents"]), (&0.into(), &0.into()));
    }
}
