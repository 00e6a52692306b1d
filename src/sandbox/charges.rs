//! `/v1/charges`: the charges behind PaymentIntents, one per attempt that reached the bank.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::bank_debits;
use super::cards::Card;
use super::errors::ApiError;
use super::lists::{CreatedFilter, Expand, Page};
use super::payment_methods::{billing_details, card_view, kind_of};
use super::payment_model::{Charge, Intent};
use super::shape::with_nulls;
use super::state::State;
use super::{customers, intents};

/// Fields of a charge that the sandbox never fills.
const ALWAYS_NULL: [&str; 14] = [
    "application",
    "application_fee",
    "application_fee_amount",
    "balance_transaction",
    "failure_balance_transaction",
    "on_behalf_of",
    "receipt_number",
    "review",
    "shipping",
    "source",
    "source_transfer",
    "statement_descriptor",
    "transfer_data",
    "transfer_group",
];

const EXPANDABLE: [&str; 2] = ["customer", "payment_intent"];

/// `GET /v1/charges/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.finish()?;
    let state = call.transaction.state;
    let charge = state.charges.get(id).ok_or_else(|| ApiError::missing("charge", "id", id))?;
    Ok(stored_view(state, charge, &expand))
}

/// `GET /v1/charges`
pub fn list(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    let expand = Expand::take(params, "data.", &EXPANDABLE)?;
    let page = Page::take(params)?;
    let created = CreatedFilter::take(params)?;
    let (intent, customer) = (params.text("payment_intent", 500)?, params.text("customer", 500)?);
    params.unsupported(&["transfer_group"])?;
    params.finish()?;
    let state = call.transaction.state;
    let customer_of = |charge: &Charge| state.intents.get(&charge.intent).and_then(|intent| intent.customer.clone());
    let meant = |charge: &&Charge| {
        created.meets(charge.created)
            && intent.as_ref().is_none_or(|id| charge.intent == *id)
            && (customer.is_none() || customer_of(charge) == customer)
    };
    let all: Vec<_> = state.charges.newest_first().filter(meant).collect();
    page.cut("/v1/charges", &all, |charge| stored_view(state, charge, &expand))
}

/// A charge of the state as Stripe shows it.
pub fn stored_view(state: &State, charge: &Charge, expand: &Expand) -> Value {
    // A charge is never without its intent.
    let Some(intent) = state.intents.get(&charge.intent) else {
        return Value::Null;
    };
    let mut shown = view(&state.base, intent, charge);
    if expand.has("payment_intent") {
        shown["payment_intent"] = intents::stored_view(state, intent, &Expand::default());
    }
    if let (true, Some(id)) = (expand.has("customer"), &intent.customer) {
        shown["customer"] = state.customers.get(id).map(customers::view).into();
    }
    shown
}

/// A charge as Stripe shows it.
pub fn view(base: &str, intent: &Intent, charge: &Charge) -> Value {
    let paid = charge.went_through();
    let status = match charge.decline {
        Some(_) => "failed",
        None if charge.pending => "pending",
        None => "succeeded",
    };
    let kind = kind_of(charge.card.as_ref());
    let mut details = json!({ "type": kind });
    details[kind] = charge.card.as_ref().map_or_else(|| bank_debits::view(true), |card| charged_card(intent, card));
    let shown = json!({
        "id": charge.id,
        "object": "charge",
        "amount": intent.amount,
        "amount_captured": if paid { intent.amount } else { 0 },
        "amount_refunded": charge.refunded,
        "billing_details": billing_details(&charge.payer),
        "calculated_statement_descriptor": "MINUTEBANK SANDBOX",
        "captured": paid,
        "created": charge.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "description": intent.data.description,
        "disputed": charge.disputed,
        "failure_code": charge.decline.map(|decline| decline.error_code()),
        "failure_message": charge.decline.map(|decline| decline.message()),
        "fraud_details": {},
        "livemode": false,
        "metadata": intent.data.metadata,
        "outcome": outcome(charge),
        "paid": paid,
        "payment_intent": intent.id,
        "payment_method": charge.payment_method,
        "payment_method_details": details,
        "receipt_email": intent.data.receipt_email,
        "receipt_url": paid.then(|| format!("{base}/r/{}", charge.id)),
        "refunded": paid && charge.refunded == intent.amount,
        "statement_descriptor_suffix": intent.data.statement_descriptor_suffix,
        "status": status,
    });
    with_nulls(shown, &ALWAYS_NULL)
}

fn charged_card(intent: &Intent, card: &Card) -> Value {
    let mut shown = card_view(card);
    shown["amount_authorized"] = intent.amount.into();
    shown["network"] = card.brand.clone().into();
    shown["three_d_secure"] = Value::Null;
    shown
}

fn outcome(charge: &Charge) -> Value {
    json!({
        "network_status": if charge.decline.is_some() { "declined_by_network" } else { "approved_by_network" },
        "reason": charge.decline.map(|decline| decline.code()),
        "risk_level": "normal",
        "risk_score": 20,
        "seller_message": match charge.decline {
            Some(_) => "The bank did not return any further details with this decline.",
            None => "Payment complete.",
        },
        "type": if charge.decline.is_some() { "issuer_declined" } else { "authorized" },
    })
}
