//! `/v1/payment_intents` as Checkout makes them, and the charges behind them.

use serde_json::{Map, Value, json};

use super::api::{Answer, Call};
use super::customers;
use super::errors::ApiError;
use super::lists::{CreatedFilter, Expand, Page};
use super::model::{Charge, Intent};
use super::shape::with_nulls;
use super::state::State;

const EXPANDABLE: [&str; 3] = ["customer", "latest_charge", "payment_method"];

/// Fields of an intent that the sandbox never fills.
const INTENT_NULLS: [&str; 16] = [
    "application",
    "application_fee_amount",
    "automatic_payment_methods",
    "canceled_at",
    "cancellation_reason",
    "next_action",
    "on_behalf_of",
    "payment_method_configuration_details",
    "processing",
    "review",
    "setup_future_usage",
    "shipping",
    "source",
    "statement_descriptor",
    "transfer_data",
    "transfer_group",
];

/// Fields of a charge that the sandbox never fills.
const CHARGE_NULLS: [&str; 15] = [
    "application",
    "application_fee",
    "application_fee_amount",
    "balance_transaction",
    "failure_balance_transaction",
    "on_behalf_of",
    "receipt_number",
    "receipt_url",
    "review",
    "shipping",
    "source",
    "source_transfer",
    "statement_descriptor",
    "transfer_data",
    "transfer_group",
];

/// `GET /v1/payment_intents/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.unsupported(&["client_secret"])?;
    call.params.finish()?;
    let state = call.transaction.state;
    let intent = state.intents.get(id).ok_or_else(|| ApiError::missing("payment_intent", "intent", id))?;
    Ok(stored_view(state, intent, &expand))
}

/// `GET /v1/payment_intents`
pub fn list(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    let expand = Expand::take(params, "data.", &EXPANDABLE)?;
    let page = Page::take(params)?;
    let created = CreatedFilter::take(params)?;
    let customer = params.text("customer", 500)?;
    params.unsupported(&["customer_account"])?;
    params.finish()?;
    let state = call.transaction.state;
    let meant = |intent: &&Intent| created.meets(intent.created) && (customer.is_none() || intent.customer == customer);
    let all: Vec<_> = state.intents.newest_first().filter(meant).collect();
    page.cut("/v1/payment_intents", &all, |intent| stored_view(state, intent, &expand))
}

/// An intent of the state as Stripe shows it.
pub fn stored_view(state: &State, intent: &Intent, expand: &Expand) -> Value {
    let latest = intent.latest_charge.as_deref().and_then(|id| state.charges.get(id));
    let mut shown = view(intent, latest);
    if let Some(charge) = latest {
        if expand.has("latest_charge") {
            shown["latest_charge"] = charge_view(intent, charge);
        }
        if expand.has("payment_method") && intent.succeeded {
            shown["payment_method"] = payment_method_view(intent, charge);
        }
    }
    if let (true, Some(id)) = (expand.has("customer"), &intent.customer) {
        shown["customer"] = state.customers.get(id).map(customers::view).into();
    }
    shown
}

/// An intent as Stripe shows it, with its last attempt given.
pub fn view(intent: &Intent, latest: Option<&Charge>) -> Value {
    let failure = latest.and_then(|charge| Some(decline_error(intent, charge)?.object()));
    let shown = json!({
        "id": intent.id,
        "object": "payment_intent",
        "amount": intent.amount,
        "amount_capturable": 0,
        "amount_details": { "tip": {} },
        "amount_received": if intent.succeeded { intent.amount } else { 0 },
        "capture_method": "automatic_async",
        "client_secret": format!("{}_secret_{}", intent.id, intent.secret),
        "confirmation_method": "automatic",
        "created": intent.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "description": intent.data.description,
        "last_payment_error": failure,
        "latest_charge": intent.latest_charge,
        "livemode": false,
        "metadata": intent.data.metadata,
        "payment_method": latest.filter(|_| intent.succeeded).map(|charge| &charge.payment_method),
        "payment_method_options": {
            "card": {
                "installments": null,
                "mandate_options": null,
                "network": null,
                "request_three_d_secure": "automatic",
            },
        },
        "payment_method_types": ["card"],
        "receipt_email": intent.data.receipt_email,
        "statement_descriptor_suffix": intent.data.statement_descriptor_suffix,
        "status": if intent.succeeded { "succeeded" } else { "requires_payment_method" },
    });
    with_nulls(shown, &INTENT_NULLS)
}

/// The `card_error` of a declined attempt; none where it went through.
pub fn decline_error(intent: &Intent, charge: &Charge) -> Option<ApiError> {
    let decline = charge.decline?;
    let mut extra = Map::new();
    extra.insert("charge".into(), charge.id.clone().into());
    extra.insert("decline_code".into(), decline.code().into());
    extra.insert("payment_method".into(), payment_method_view(intent, charge));
    Some(ApiError::card("card_declined", decline.message(), extra))
}

fn billing_details(charge: &Charge) -> Value {
    let address = json!({
        "city": null, "country": "US", "line1": null, "line2": null, "postal_code": null, "state": null,
    });
    json!({
        "address": address,
        "email": charge.payer.email,
        "name": charge.payer.name,
        "phone": null,
        "tax_id": null,
    })
}

fn card_view(charge: &Charge) -> Value {
    json!({
        "brand": charge.card.brand,
        "checks": {
            "address_line1_check": null,
            "address_postal_code_check": null,
            "cvc_check": "pass",
        },
        "country": "US",
        "exp_month": charge.card.exp_month,
        "exp_year": charge.card.exp_year,
        "fingerprint": blake3::hash(charge.card.last4.as_bytes()).to_hex()[..16],
        "funding": "credit",
        "last4": charge.card.last4,
        "three_d_secure": null,
        "wallet": null,
    })
}

fn payment_method_view(intent: &Intent, charge: &Charge) -> Value {
    let mut card = card_view(charge);
    card["display_brand"] = charge.card.brand.clone().into();
    card["generated_from"] = Value::Null;
    card["networks"] = json!({ "available": [charge.card.brand], "preferred": null });
    card["three_d_secure_usage"] = json!({ "supported": true });
    json!({
        "id": charge.payment_method,
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing_details(charge),
        "card": card,
        "created": charge.created,
        "customer": intent.customer.as_ref().filter(|_| intent.succeeded),
        "livemode": false,
        "metadata": {},
        "type": "card",
    })
}

/// A charge as Stripe shows it.
pub fn charge_view(intent: &Intent, charge: &Charge) -> Value {
    let paid = charge.decline.is_none();
    let mut card = card_view(charge);
    card["amount_authorized"] = intent.amount.into();
    card["network"] = charge.card.brand.clone().into();
    let shown = json!({
        "id": charge.id,
        "object": "charge",
        "amount": intent.amount,
        "amount_captured": if paid { intent.amount } else { 0 },
        "amount_refunded": 0,
        "billing_details": billing_details(charge),
        "calculated_statement_descriptor": "MINUTEBANK SANDBOX",
        "captured": paid,
        "created": charge.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "description": intent.data.description,
        "disputed": false,
        "failure_code": charge.decline.map(|_| "card_declined"),
        "failure_message": charge.decline.map(|decline| decline.message()),
        "fraud_details": {},
        "livemode": false,
        "metadata": intent.data.metadata,
        "outcome": outcome(charge),
        "paid": paid,
        "payment_intent": intent.id,
        "payment_method": charge.payment_method,
        "payment_method_details": { "card": card, "type": "card" },
        "receipt_email": intent.data.receipt_email,
        "refunded": false,
        "statement_descriptor_suffix": intent.data.statement_descriptor_suffix,
        "status": if paid { "succeeded" } else { "failed" },
    });
    with_nulls(shown, &CHARGE_NULLS)
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
