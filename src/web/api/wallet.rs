//! `/v1/wallet`: what is there, what is held, and how many calls fit.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::auto_recharge::AutoRechargeBody;
use super::forms::{by_unit, dollars_down};
use super::key::WalletKey;
use super::{ApiError, schemas};
use crate::app::current_wallet;
use crate::app::set_recharge::settings;
use crate::ledger::survey::SubscriptionStatus;
use crate::ledger::{PaymentState, SubscriptionState, Wallet};
use crate::payments::recharge::Recharge;
use crate::pricing::{Fit, Standing};
use crate::state::AppState;
use crate::units::Meter;

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
pub(super) fn limited(standing: &Standing, meter: Option<Meter>) -> Option<Meter> {
    meter.filter(|_| !standing.postpaid)
}

/// Nominal cost of a hold, milli-cents; `None` on plans without rates.
pub(super) fn hold_price(standing: &Standing) -> Option<i64> {
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
