//! `/v1/wallet/transactions`: every posting that a customer understands, newest first.

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
use crate::app::current_wallet;
use crate::app::transactions::{Filter, Place, Reference, Transaction, TransactionType, page};
use crate::state::AppState;
use crate::units::Meter;

/// A change of the wallet.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transaction)]
pub struct TransactionBody {
    id: String,
    #[schema(schema_with = schemas::transaction)]
    object: &'static str,
    /// 1, 2, 3 … without a gap in each workspace.
    seq: i64,
    #[serde(rename = "type")]
    #[schema(schema_with = schemas::transaction_type)]
    kind: &'static str,
    /// When it happened.
    occurred_at: Timestamp,
    /// When it was written.
    recorded_at: Timestamp,
    /// Change of the credits, signed.
    amount_milli_cents: i64,
    /// Change of allowance and packages, signed; null where the plan counts calls.
    amount_seconds: Option<i64>,
    /// Change of allowance and packages, signed; null where the plan counts minutes.
    amount_calls: Option<i64>,
    /// Credits afterwards.
    balance_milli_cents: i64,
    /// Seconds in packages afterwards; null where the plan counts calls.
    packs_seconds: Option<i64>,
    /// Calls in packages afterwards; null where the plan counts minutes.
    packs_calls: Option<i64>,
    reference: ReferenceBody,
    /// In one line.
    description: String,
}

/// What a transaction belongs to.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reference)]
struct ReferenceBody {
    /// E.g. `call`, `message`, `checkout_session`, `payment_intent`, `period`.
    #[serde(rename = "type")]
    kind: &'static str,
    /// Its id.
    id: String,
}

impl From<Reference> for ReferenceBody {
    fn from(reference: Reference) -> Self {
        Self { kind: reference.kind, id: reference.id }
    }
}

impl TransactionBody {
    /// `meter` is the plan's. A quantity of the other unit shows only where there is one, e.g. after a change of plan.
    fn new(transaction: Transaction, meter: Option<Meter>) -> Self {
        let counted = |unit: Meter, units: i64| (units != 0 || meter == Some(unit)).then_some(units);
        Self {
            id: transaction.id,
            object: "transaction",
            seq: transaction.seq,
            kind: transaction.kind.as_str(),
            occurred_at: transaction.occurred_at,
            recorded_at: transaction.recorded_at,
            amount_milli_cents: transaction.amount.0,
            amount_seconds: counted(Meter::Minutes, transaction.amount_secs),
            amount_calls: counted(Meter::Calls, transaction.amount_calls),
            balance_milli_cents: transaction.balance.0,
            packs_seconds: counted(Meter::Minutes, transaction.packs_secs),
            packs_calls: counted(Meter::Calls, transaction.packs_calls),
            reference: transaction.reference.into(),
            description: transaction.description,
        }
    }
}

/// List transactions
///
/// Newest first. Holds are no transactions: a call shows here once it is charged.
#[utoipa::path(
    get, path = "/v1/wallet/transactions", operation_id = "list_transactions",
    tag = "Wallet", security(("key" = ["wallet:read"])),
    params(
        ("type" = inline(Option<TransactionType>), Query, description = "Only this type"),
        ("from" = Option<Timestamp>, Query, description = "Not before this instant", example = "2026-11-01T00:00:00Z"),
        ("to" = Option<Timestamp>, Query, description = "Before this instant", example = "2026-12-01T00:00:00Z"),
        ("limit" = Option<i64>, Query, description = "How many, 25 unless given", minimum = 1, maximum = 100),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before, with the same filter"),
    ),
    responses(
        (status = 200, description = "A page of transactions", body = List<TransactionBody>),
        (status = 400, description = "`invalid_cursor`: not a cursor of this list and filter."),
        (status = 422, description = "`invalid_field`: a parameter is unknown or not as it has to be."),
    ),
)]
pub async fn list(
    WalletKey(program): WalletKey,
    State(state): State<AppState>,
    mut parameters: Parameters,
) -> Result<Json<List<TransactionBody>>, ApiError> {
    let filter = filter(&mut parameters)?;
    let key = ListKey::new("transactions", program.workspace, &format!("{filter:?}"));
    let limit = parameters.limit()?;
    let place = parameters.cursor(&key)?.map_or(Place::Newest, Place::Before);
    parameters.finish()?;
    let meter = current_wallet(&state, program.workspace).await?.subscription.map(|it| it.snapshot.terms.meter);
    let page = page(&state, program.workspace, &filter, place, limit).await?;
    let transactions = page.transactions.into_iter().map(|it| TransactionBody::new(it, meter)).collect();
    Ok(Json(List::new(transactions, page.older.map(|seq| key.cursor(seq)))))
}

fn filter(parameters: &mut Parameters) -> Result<Filter, ApiError> {
    let words = TransactionType::ALL.map(TransactionType::as_str).join(", ");
    Ok(Filter {
        kind: parameters.word("type", TransactionType::parse, &words)?,
        from: parameters.instant("from")?,
        to: parameters.instant("to")?,
        reference: None,
    })
}
