//! One attempt to pay a Checkout session: by the hosted page, or by `/_sandbox/sessions/{id}/pay`.

use super::cards::Checked;
use super::checkout;
use super::errors::ApiError;
use super::intents;
use super::model::{Charge, Intent, Payer, Session, SessionStatus, new_id};
use super::state::{Change, Transaction};

/// How an attempt ended.
pub enum Outcome {
    /// Paid, by this attempt or an earlier one: where to go now.
    Paid(String),
    /// Declined; the session stays open.
    Declined(ApiError),
    /// The session had expired.
    Expired,
}

/// Tries to pay a session. A session already paid is not paid again.
pub fn attempt(
    transaction: &mut Transaction<'_>,
    base: &str,
    session: &Session,
    checked: Checked,
    payer: Payer,
) -> Outcome {
    match session.status {
        SessionStatus::Complete => return Outcome::Paid(session.success_address()),
        SessionStatus::Expired => return Outcome::Expired,
        SessionStatus::Open => {}
    }
    let mut session = session.clone();
    let mut intent = intent_of(transaction, &session);
    let charge = Charge {
        id: new_id("ch_3", 23),
        created: transaction.now.as_second(),
        intent: intent.id.clone(),
        payment_method: new_id("pm_1", 23),
        card: checked.card,
        payer: payer.clone(),
        decline: checked.decline,
    };
    intent.latest_charge = Some(charge.id.clone());
    intent.succeeded = charge.decline.is_none();
    session.payment_intent = Some(intent.id.clone());
    let outcome = if let Some(error) = intents::decline_error(&intent, &charge) {
        transaction.emit("charge.failed", intents::charge_view(&intent, &charge));
        transaction.emit("payment_intent.payment_failed", intents::view(&intent, Some(&charge)));
        Outcome::Declined(error)
    } else {
        session.status = SessionStatus::Complete;
        session.payer = Some(payer);
        transaction.emit("charge.succeeded", intents::charge_view(&intent, &charge));
        transaction.emit("payment_intent.succeeded", intents::view(&intent, Some(&charge)));
        transaction.emit("checkout.session.completed", checkout::view(transaction.state, base, &session));
        Outcome::Paid(session.success_address())
    };
    transaction.put(Change::Charge(charge));
    transaction.put(Change::Intent(intent));
    transaction.put(Change::Session(Box::new(session)));
    outcome
}

/// The session's intent; the first attempt makes it.
fn intent_of(transaction: &mut Transaction<'_>, session: &Session) -> Intent {
    let existing = session.payment_intent.as_deref().and_then(|id| transaction.state.intents.get(id));
    if let Some(intent) = existing {
        return intent.clone();
    }
    let intent = Intent {
        id: new_id("pi_3", 23),
        created: transaction.now.as_second(),
        secret: new_id("", 25),
        amount: session.total(),
        currency: session.currency.clone(),
        customer: session.customer.clone(),
        data: session.intent_data.clone(),
        latest_charge: None,
        succeeded: false,
    };
    transaction.emit("payment_intent.created", intents::view(&intent, None));
    intent
}
