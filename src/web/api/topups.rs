//! `/v1/wallet/topup`: charging the saved card, and what became of it; `/v1/wallet/payment_methods`.

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use serde::Serialize;
use serde_json::Number;
use utoipa::ToSchema;

use super::body::Fields;
use super::calls::known_id;
use super::forms::{List, dollars_down};
use super::idempotency::Attempt;
use super::key::{ChargeKey, WalletKey};
use super::query::Parameters;
use super::{ApiError, schemas};
use crate::app::current_wallet;
use crate::app::save_card::current_card;
use crate::app::top_up::{TopupError, TopupOrder, find_topup, top_up};
use crate::payments::card::SavedCard;
use crate::payments::topup::{Topup, TopupStatus, Why};
use crate::pricing::CREDIT_AMOUNTS;
use crate::state::AppState;
use crate::units::WorkspaceId;

/// What is to be charged.
#[derive(ToSchema)]
#[allow(dead_code, reason = "it is read field by field; this describes it")]
pub struct TopUpWallet {
    /// From 0.5 to 10000.
    #[schema(schema_with = schemas::dollars)]
    amount_usd: Number,
    /// Of `GET /v1/wallet/payment_methods`.
    #[schema(pattern = "^[^\\u0000]*$", max_length = 255)]
    payment_method_id: String,
}

/// A charge of the saved card.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Topup)]
pub struct TopupBody {
    id: String,
    #[schema(schema_with = schemas::topup)]
    object: &'static str,
    #[schema(schema_with = schemas::topup_status)]
    status: &'static str,
    #[schema(schema_with = schemas::dollars)]
    amount_usd: Number,
    /// Posted credits, as they are now.
    #[schema(schema_with = schemas::dollars)]
    balance_usd: Number,
}

/// Charge the saved card
///
/// Adds credits. Needs an `Idempotency-Key`: the same key and body never charge twice.
#[utoipa::path(
    post, path = "/v1/wallet/topup", operation_id = "top_up_wallet",
    tag = "Wallet", security(("key" = ["wallet:charge"])),
    request_body = TopUpWallet,
    responses(
        (status = 200, description = "The card is charged and the credits are in the wallet", body = TopupBody),
        (status = 202, description = "The outcome is not known yet; ask for the top-up until it is", body = TopupBody),
        (status = 400, description = "`idempotency_key_required`: send an `Idempotency-Key`."),
        (status = 402, description = "Nothing was charged. `card_declined`: the bank declined. \
                                      `authentication_required`: it asks the card's owner to confirm, which they can \
                                      do by paying on the billing page."),
        (status = 409, description = "`no_rates`: nothing of the plan is paid with credits."),
    ),
)]
pub async fn charge(
    ChargeKey(program): ChargeKey,
    State(state): State<AppState>,
    attempt: Option<Extension<Attempt>>,
    mut fields: Fields,
) -> Result<(StatusCode, Json<TopupBody>), ApiError> {
    let Some(Extension(attempt)) = attempt else {
        return Err(ApiError::IdempotencyKeyRequired);
    };
    let amount = fields.dollars("amount_usd", CREDIT_AMOUNTS)?;
    let payment_method = fields.text("payment_method_id")?;
    fields.finish()?;
    let order = TopupOrder {
        workspace: program.workspace,
        id: attempt.id("pur"),
        amount: amount.ok_or_else(|| ApiError::field("amount_usd", "amount_usd is required"))?,
        payment_method: payment_method.ok_or_else(no_such_card)?,
    };
    let topup = top_up(&state, &order).await?;
    let status = match &topup.status {
        TopupStatus::Succeeded => StatusCode::OK,
        TopupStatus::Pending => StatusCode::ACCEPTED,
        TopupStatus::Failed(why) => return Err(refusal(why)),
    };
    Ok((status, Json(body(&state, program.workspace, topup).await?)))
}

/// Read a top-up
#[utoipa::path(
    get, path = "/v1/wallet/topups/{id}", operation_id = "read_topup",
    tag = "Wallet", security(("key" = ["wallet:read"])),
    params(("id" = String, Path, description = "Id of the top-up", example = "pur_2Wq8fKd0LmXv5Tz7RbNc1Y")),
    responses(
        (status = 200, description = "The top-up", body = TopupBody),
        (status = 404, description = "`not_found`: the workspace has no such top-up."),
    ),
)]
pub async fn show(
    WalletKey(program): WalletKey,
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<TopupBody>, ApiError> {
    let topup = find_topup(&state, program.workspace, &known_id(id)?).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(body(&state, program.workspace, topup).await?))
}

async fn body(state: &AppState, workspace: WorkspaceId, topup: Topup) -> Result<TopupBody, ApiError> {
    let wallet = current_wallet(state, workspace).await?;
    Ok(TopupBody {
        id: topup.id,
        object: "topup",
        status: match topup.status {
            TopupStatus::Succeeded => "succeeded",
            TopupStatus::Pending => "pending",
            TopupStatus::Failed(_) => "failed",
        },
        amount_usd: dollars_down(topup.amount),
        balance_usd: dollars_down(wallet.standing().posted),
    })
}

/// Why nothing was charged.
fn refusal(why: &Why) -> ApiError {
    match why {
        Why::Declined(_) | Why::Refused => ApiError::CardDeclined(why.sentence()),
        Why::AuthenticationRequired => ApiError::AuthenticationRequired,
        // The next request with the same key is another attempt.
        Why::NotMade => ApiError::Unavailable,
        Why::Unmatched => ApiError::Failed("a charge came out other than it was asked".to_owned()),
    }
}

fn no_such_card() -> ApiError {
    ApiError::field("payment_method_id", "payment_method_id has to be one of GET /v1/wallet/payment_methods")
}

impl From<TopupError> for ApiError {
    fn from(error: TopupError) -> Self {
        match error {
            TopupError::NoRates => Self::NoRates,
            TopupError::Amount => Self::field("amount_usd", "amount_usd has to be from 0.50 to 10000.00"),
            TopupError::NoCard => no_such_card(),
            TopupError::Unsettled(error) => error.into(),
        }
    }
}

/// A card that can be charged.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentMethod)]
pub struct PaymentMethodBody {
    id: String,
    #[schema(schema_with = schemas::payment_method)]
    object: &'static str,
    /// E.g. `visa`.
    brand: String,
    /// Last four digits.
    last4: String,
    exp_month: i32,
    exp_year: i32,
}

impl From<SavedCard> for PaymentMethodBody {
    fn from(card: SavedCard) -> Self {
        Self {
            id: card.payment_method,
            object: "payment_method",
            brand: card.brand,
            last4: card.last4,
            exp_month: card.exp_month,
            exp_year: card.exp_year,
        }
    }
}

/// List saved cards
///
/// A workspace has one at most. People save it on the billing page.
#[utoipa::path(
    get, path = "/v1/wallet/payment_methods", operation_id = "list_payment_methods",
    tag = "Wallet", security(("key" = ["wallet:read"])),
    responses(
        (status = 200, description = "The saved card, if there is one", body = List<PaymentMethodBody>),
        (status = 422, description = "`invalid_field`: a parameter is unknown."),
    ),
)]
pub async fn payment_methods(
    WalletKey(program): WalletKey,
    State(state): State<AppState>,
    parameters: Parameters,
) -> Result<Json<List<PaymentMethodBody>>, ApiError> {
    parameters.finish()?;
    let card = current_card(&state, program.workspace).await?;
    Ok(Json(List::new(card.into_iter().map(PaymentMethodBody::from).collect(), None)))
}
