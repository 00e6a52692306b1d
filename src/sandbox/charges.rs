//! The charges behind PaymentIntents: one per attempt that reached the bank.

use serde_json::{Value, json};

use super::payment_methods::{billing_details, card_view};
use super::payment_model::{Charge, Intent};
use super::shape::with_nulls;

/// Fields of a charge that the sandbox never fills.
const ALWAYS_NULL: [&str; 15] = [
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

/// A charge as Stripe shows it.
pub fn view(intent: &Intent, charge: &Charge) -> Value {
    let paid = charge.decline.is_none();
    let mut card = card_view(&charge.card);
    card["amount_authorized"] = intent.amount.into();
    card["network"] = charge.card.brand.clone().into();
    card["three_d_secure"] = Value::Null;
    let shown = json!({
        "id": charge.id,
        "object": "charge",
        "amount": intent.amount,
        "amount_captured": if paid { intent.amount } else { 0 },
        "amount_refunded": 0,
        "billing_details": billing_details(&charge.payer),
        "calculated_statement_descriptor": "MINUTEBANK SANDBOX",
        "captured": paid,
        "created": charge.created,
        "currency": intent.currency,
        "customer": intent.customer,
        "description": intent.data.description,
        "disputed": false,
        "failure_code": charge.decline.map(|decline| decline.error_code()),
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
    with_nulls(shown, &ALWAYS_NULL)
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
