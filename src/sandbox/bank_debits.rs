//! Payments by bank debit: the customer is done at once, the money comes or fails to come later.

use serde_json::{Value, json};

use super::charging::{self, Tried};
use super::checkout;
use super::conduct::{Conduct, Decline};
use super::model::{Metadata, Payer, Session, new_id};
use super::payment_model::{Intent, IntentStatus, PaymentMethod};
use super::state::{Change, State, Transaction};

/// Stripe's word for this kind of paying.
pub const KIND: &str = "us_bank_account";
/// The last digits of the only account there is.
const LAST4: &str = "6789";
const BANK: &str = "STRIPE TEST BANK";
/// Seconds until the bank answers by itself; real ones take days.
const SETTLES_AFTER_SECS: i64 = 30;

/// The test bank account; without funds, the bank sends the debit back.
pub fn account(transaction: &Transaction<'_>, has_funds: bool, payer: Payer) -> PaymentMethod {
    PaymentMethod {
        id: new_id("pm_1", 23),
        created: transaction.now.as_second(),
        card: None,
        conduct: if has_funds { Conduct::Pays } else { Conduct::DeclinesCharges },
        payer,
        customer: None,
        set_up: false,
        spent: true,
        metadata: Metadata::new(),
    }
}

/// Sends the debit on its way.
pub fn begin(transaction: &mut Transaction<'_>, intent: Intent, account: PaymentMethod) -> Tried {
    let settles_at = Some(transaction.now.as_second() + SETTLES_AFTER_SECS);
    charging::begin_debit(transaction, Intent { settles_at, ..intent }, account)
}

/// The bank answers; repeated, nothing happens.
///
/// # Errors
/// Where no debit is on its way.
pub fn settle(
    transaction: &mut Transaction<'_>,
    intent: &Intent,
    decline: Option<Decline>,
) -> Result<(), &'static str> {
    let state = transaction.state;
    let charge = intent.latest_charge.as_deref().and_then(|id| state.charges.get(id));
    let method = intent.payment_method.as_deref().and_then(|id| state.payment_methods.get(id));
    let (Some(charge), Some(method), IntentStatus::Processing) = (charge, method, intent.status) else {
        return Err("There is no bank debit on its way.");
    };
    let intent = Intent { settles_at: None, ..intent.clone() };
    let tried = Tried { intent, charge: Some(charge.clone()), method: method.clone() };
    charging::end_debit(transaction, tried, decline);
    let paid = decline.is_none();
    if let Some(session) = session_of(state, charge.intent.as_str()) {
        let session = Session { unpaid: !paid, ..session.clone() };
        let kind = if paid { "async_payment_succeeded" } else { "async_payment_failed" };
        transaction.emit(&format!("checkout.session.{kind}"), checkout::view(state, &session));
        transaction.put(Change::Session(Box::new(session)));
    }
    Ok(())
}

fn session_of<'s>(state: &'s State, intent: &str) -> Option<&'s Session> {
    state.sessions.newest_first().find(|session| session.payment_intent.as_deref() == Some(intent))
}

/// Settles a debit whose time has come, as the account's funds decide.
pub fn settle_due(transaction: &mut Transaction<'_>, intent: &Intent) {
    let method = intent.payment_method.as_deref().and_then(|id| transaction.state.payment_methods.get(id));
    let empty = method.is_some_and(|method| method.conduct == Conduct::DeclinesCharges);
    if settle(transaction, intent, empty.then_some(Decline::DebitReturned)).is_err() {
        transaction.put(Change::Intent(Intent { settles_at: None, ..intent.clone() }));
    }
}

/// The account as a payment method shows it; `of_charge`, as a charge does.
pub fn view(of_charge: bool) -> Value {
    let mut shown = json!({
        "account_holder_type": "individual",
        "account_type": "checking",
        "bank_name": BANK,
        "fingerprint": "sandboxbank00001",
        "last4": LAST4,
        "routing_number": "110000000",
    });
    let more = if of_charge {
        json!({ "expected_debit_date": null, "mandate": null, "payment_reference": null })
    } else {
        let networks = json!({ "preferred": "ach", "supported": ["ach"] });
        json!({ "financial_connections_account": null, "networks": networks, "status_details": {} })
    };
    for (field, value) in more.as_object().into_iter().flatten() {
        shown[field] = value.clone();
    }
    shown
}

/// The account in words.
pub fn named() -> String {
    format!("{BANK} ending in {LAST4}")
}
