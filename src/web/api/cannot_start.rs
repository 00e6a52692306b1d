//! The 402: why no call can start, and why credits do not cover messages or a number; with the figures that tell what to
//! add (SPEC §4).

use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::forms::{by_unit, dollars_down, dollars_up};
use super::wallet::{hold_price, limited};
use super::{ApiError, schemas};
use crate::app::identify::Program;
use crate::app::{ReadError, current_wallet};
use crate::ledger::{LedgerError, Refusal};
use crate::pricing::{LEAST_TOPUP, Standing};
use crate::state::AppState;
use crate::units::{MilliCents, grouped};

/// What was asked for and refused.
#[derive(Clone, Copy, Debug)]
pub enum Wanted {
    /// A call, or a campaign of calls.
    Call,
    /// So many messages.
    Messages(i64),
    /// A number.
    Number,
}

/// The 402 of a refusal; what else can be wrong keeps its own code.
pub async fn refused(state: &AppState, program: &Program, refusal: Refusal, wanted: Wanted) -> ApiError {
    let topup_url = state.config.public_url.join("/billing").map(String::from).unwrap_or_default();
    let why = match refusal {
        Refusal::InsufficientBalance(standing) => {
            return ApiError::CannotStart(Box::new(CannotStart::too_little(&standing, topup_url)));
        }
        Refusal::InsufficientCredits { available, required } => {
            let error = CannotStart::too_dear(wanted, available, required, topup_url);
            return ApiError::CannotStart(Box::new(error));
        }
        Refusal::NoSubscription => CannotStart::no_subscription,
        Refusal::SubscriptionEnding => CannotStart::subscription_ending,
        Refusal::SubscriptionBlocked => CannotStart::subscription_blocked,
        other => return ReadError::Ledger(LedgerError::Refused(other)).into(),
    };
    match current_wallet(state, program.workspace).await {
        Ok(wallet) => {
            let error = why(&wallet.standing(), topup_url);
            ApiError::CannotStart(Box::new(if let Wanted::Call = wanted { error } else { error.without_hold() }))
        }
        Err(error) => error.into(),
    }
}

/// The 402 of a call, of messages, of a number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CannotStart)]
pub struct CannotStartBody {
    /// Why.
    pub error: CannotStart,
}

/// Why no call can start, or what credits do not cover. On plans without rates a call has no price; messages and
/// numbers have nothing but a price.
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

    /// The price of messages, or the first fee of a number, is above the available credits.
    fn too_dear(wanted: Wanted, available: MilliCents, required: MilliCents, topup_url: String) -> Self {
        let whole = |amount: MilliCents| MilliCents::from_cents(amount.cents_up());
        let missing = MilliCents(required.0 - available.0);
        let (message, what, to) = match wanted {
            Wanted::Messages(1) => {
                ("Wallet balance below the price of the message", "1 message costs".to_owned(), "send it")
            }
            Wanted::Messages(count) => (
                "Wallet balance below the price of the messages",
                format!("{} messages cost", grouped(count)),
                "send them",
            ),
            Wanted::Call | Wanted::Number => {
                ("Wallet balance below the first fee of the number", "the number costs".to_owned(), "rent it")
            }
        };
        let month = if let Wanted::Number = wanted { " a month" } else { "" };
        Self {
            code: "insufficient_balance",
            message,
            balance_usd: dollars_down(available),
            required_usd: Some(dollars_up(required)),
            user_message: format!(
                "Your balance is {available} but {what} {}{month}. Add {} or more in credits to {to}.",
                whole(required),
                whole(missing.max(LEAST_TOPUP)),
            ),
            available_milli_cents: available.0,
            required_milli_cents: Some(required.0),
            shortfall_usd: Some(dollars_up(missing)),
            ..Self::too_little(&Standing::default(), topup_url).without_hold()
        }
    }

    /// The same for what holds nothing.
    fn without_hold(self) -> Self {
        let user_message = match self.code {
            "no_subscription" => "This account has no plan yet. Ask your provider to start one.".to_owned(),
            "subscription_blocked" => "A payment to your provider is overdue. Pay it to go on.".to_owned(),
            _ => self.user_message,
        };
        let (capacity_seconds, required_seconds, capacity_calls, required_calls) = (None, None, None, None);
        let (required_usd, required_milli_cents, shortfall_usd) = (None, None, None);
        Self {
            user_message,
            capacity_seconds,
            required_seconds,
            capacity_calls,
            required_calls,
            required_usd,
            required_milli_cents,
            shortfall_usd,
            ..self
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

    #[test]
    fn messages_and_numbers_say_what_they_cost() {
        let error = |wanted, available, required| {
            let error = CannotStart::too_dear(wanted, MilliCents(available), MilliCents(required), String::new());
            serde_json::to_value(error).unwrap()
        };
        let messages = error(Wanted::Messages(1_200), 50_500, 1_200_000);
        let figures = ["balance_usd", "required_usd", "shortfall_usd"].map(|name| messages[name].to_string());
        assert_eq!(figures, ["0.5", "12", "11.5"]);
        assert_eq!(
            messages["user_message"],
            "Your balance is $0.50 but 1,200 messages cost $12.00. Add $11.50 or more in credits to send them."
        );
        for name in ["capacity_seconds", "required_seconds", "capacity_calls", "required_calls"] {
            assert!(messages[name].is_null(), "{name}");
        }
        assert_eq!(
            error(Wanted::Messages(1), 999, 1_000)["user_message"],
            "Your balance is $0.00 but 1 message costs $0.01. Add $0.50 or more in credits to send it."
        );
        assert_eq!(
            error(Wanted::Number, 100_000, 200_000)["user_message"],
            "Your balance is $1.00 but the number costs $2.00 a month. Add $1.00 or more in credits to rent it."
        );
    }
}
