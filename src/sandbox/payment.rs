//! One attempt to complete a Checkout session: by the hosted page, or by `/_sandbox/sessions/{id}/pay`.

use super::bank_debits;
use super::cards::Checked;
use super::charging::{self, Attempt, Tried};
use super::checkout;
use super::conduct::Presence;
use super::errors::ApiError;
use super::intents::Shown;
use super::model::{Mode, Payer, Session, SessionStatus, new_id};
use super::payment_methods;
use super::payment_model::{Intent, IntentStatus, PaymentMethod, SetupIntent};
use super::setup_intents;
use super::state::{Change, Transaction};

/// How an attempt ended.
pub enum Outcome {
    /// Complete, by this attempt or an earlier one: where to go now.
    Complete(String),
    /// The customer is to authenticate, at this address of the sandbox.
    Asks(String),
    /// Declined; the session stays open.
    Declined(ApiError),
    /// The session had expired.
    Expired,
}

/// Tries to complete a session. A session already complete stays as it is.
pub fn attempt(transaction: &mut Transaction<'_>, session: &Session, checked: Checked, payer: Payer) -> Outcome {
    match session.status {
        SessionStatus::Complete => return Outcome::Complete(session.success_address()),
        SessionStatus::Expired => return Outcome::Expired,
        SessionStatus::Open => {}
    }
    let method = payment_methods::new(transaction, checked, payer);
    match session.mode {
        Mode::Payment => {
            let intent = intent_of(transaction, session);
            pay(transaction, session, intent, method, Presence::There)
        }
        Mode::Setup => {
            let known = session.setup_intent.as_deref().and_then(|id| transaction.state.setup_intents.get(id));
            // A session in setup mode is never without its intent.
            known.map_or(Outcome::Expired, |intent| save(transaction, session, intent, method, Presence::There))
        }
    }
}

/// Pays a session by bank debit: it is complete, and the money comes later.
pub fn debit(transaction: &mut Transaction<'_>, session: &Session, has_funds: bool, payer: Payer) -> Outcome {
    match session.status {
        SessionStatus::Complete => return Outcome::Complete(session.success_address()),
        SessionStatus::Expired => return Outcome::Expired,
        SessionStatus::Open => {}
    }
    let account = bank_debits::account(transaction, has_funds, payer);
    let intent = intent_of(transaction, session);
    let tried = bank_debits::begin(transaction, intent, account);
    let session = Session { payment_intent: Some(tried.intent.id.clone()), unpaid: true, ..session.clone() };
    complete(transaction, session, tried.method.payer)
}

/// Tries to pay a session's intent.
pub fn pay(
    transaction: &mut Transaction<'_>,
    session: &Session,
    intent: Intent,
    method: PaymentMethod,
    presence: Presence,
) -> Outcome {
    let tried = charging::attempt(transaction, intent, method, Attempt::with(presence));
    let session = Session { payment_intent: Some(tried.intent.id.clone()), ..session.clone() };
    match tried.intent.status {
        IntentStatus::Succeeded => complete(transaction, session, tried.method.payer),
        IntentStatus::RequiresAction => {
            let address = authentication_address(&tried.intent.id);
            transaction.put(Change::Session(Box::new(session)));
            Outcome::Asks(address)
        }
        _ => {
            transaction.put(Change::Session(Box::new(session)));
            declined(&tried)
        }
    }
}

fn declined(tried: &Tried) -> Outcome {
    let error = tried.shown("").failure();
    Outcome::Declined(error.unwrap_or_else(ApiError::internal))
}

/// Tries to save a card for a session in setup mode.
pub fn save(
    transaction: &mut Transaction<'_>,
    session: &Session,
    intent: &SetupIntent,
    method: PaymentMethod,
    presence: Presence,
) -> Outcome {
    let payer = method.payer.clone();
    let intent = setup_intents::attempt(transaction, intent, method, presence);
    match intent.status {
        IntentStatus::Succeeded => complete(transaction, session.clone(), payer),
        IntentStatus::RequiresAction => Outcome::Asks(authentication_address(&intent.id)),
        _ => Outcome::Declined(setup_intents::failure(&intent, None).unwrap_or_else(ApiError::internal)),
    }
}

/// Where the customer authenticates for an intent.
fn authentication_address(intent: &str) -> String {
    format!("/c/authenticate/{intent}")
}

fn complete(transaction: &mut Transaction<'_>, session: Session, payer: Payer) -> Outcome {
    let session = Session { status: SessionStatus::Complete, payer: Some(payer), ..session };
    transaction.emit("checkout.session.completed", checkout::view(transaction.state, &session));
    let to = session.success_address();
    transaction.put(Change::Session(Box::new(session)));
    Outcome::Complete(to)
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
        status: IntentStatus::RequiresPaymentMethod,
        payment_method: None,
        unauthenticated: None,
        return_url: None,
        allow_redirects: None,
        kinds: session.kinds.clone(),
        settles_at: None,
        canceled: None,
    };
    let shown = Shown { base: &transaction.state.base, intent: &intent, charge: None, method: None };
    transaction.emit("payment_intent.created", shown.view());
    intent
}
