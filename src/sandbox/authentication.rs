//! `/c/authenticate/{intent}`: where a customer shows the bank that it is them, for a payment or for a card being saved.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use url::Url;

use super::Sandbox;
use super::charging::{self, Attempt};
use super::conduct::Presence;
use super::currency;
use super::hosted_page::{self, framed};
use super::html;
use super::model::{Session, SessionStatus};
use super::payment::{self, Outcome};
use super::payment_model::{Intent, IntentStatus, PaymentMethod, SetupIntent};
use super::setup_intents;
use super::state::{State as Known, Transaction};

/// What is being authenticated.
enum Subject<'s> {
    Payment(&'s Intent),
    Setup(&'s SetupIntent),
}

/// An intent that an address names, what it is tried with, and the session it belongs to.
struct Found<'s> {
    subject: Subject<'s>,
    method: Option<&'s PaymentMethod>,
    session: Option<&'s Session>,
}

impl<'s> Found<'s> {
    fn of(known: &'s Known, id: &str) -> Option<Self> {
        let (subject, method) = match known.intents.get(id) {
            Some(intent) => (Subject::Payment(intent), &intent.payment_method),
            None => {
                let intent = known.setup_intents.get(id)?;
                (Subject::Setup(intent), &intent.payment_method)
            }
        };
        let method = method.as_deref().and_then(|id| known.payment_methods.get(id));
        let session = known.sessions.newest_first().find(|session| {
            session.payment_intent.as_deref() == Some(id) || session.setup_intent.as_deref() == Some(id)
        });
        Some(Self { subject, method, session })
    }

    /// Whether the customer is awaited here; not once the session has run out.
    fn asks(&self) -> bool {
        let status = match self.subject {
            Subject::Payment(intent) => intent.status,
            Subject::Setup(intent) => intent.status,
        };
        let open = self.session.is_none_or(|session| session.status == SessionStatus::Open);
        status == IntentStatus::RequiresAction && open
    }

    /// Where the form leads in the end: the shop.
    fn way_back(&self) -> Option<&'s str> {
        match (self.session, &self.subject) {
            (Some(session), _) => Some(&session.success_url),
            (None, Subject::Payment(intent)) => intent.return_url.as_deref(),
            (None, Subject::Setup(_)) => None,
        }
    }
}

/// `GET /c/authenticate/{intent}`
pub async fn show(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>) -> Response {
    hosted_page::answer(
        sandbox.commit(move |transaction| Found::of(transaction.state, &id).map(|found| page(&found, &id))).await,
    )
}

/// Which button was pressed.
#[derive(Deserialize)]
pub struct Pressed {
    /// The button.
    pub outcome: Pressable,
}

/// The buttons there are.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Pressable {
    /// `Complete authentication`
    Complete,
    /// `Fail authentication`
    Fail,
}

/// `POST /c/authenticate/{intent}`
pub async fn submit(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    Form(pressed): Form<Pressed>,
) -> Response {
    hosted_page::answer(sandbox.commit(move |transaction| press(transaction, &id, pressed.outcome)).await)
}

/// What pressing a button does; none where there is no such intent.
pub fn press(transaction: &mut Transaction<'_>, id: &str, pressed: Pressable) -> Option<Response> {
    let known = transaction.state;
    let found = Found::of(known, id)?;
    let Some(method) = found.method.filter(|_| found.asks()) else {
        return Some(page(&found, id));
    };
    Some(match (pressed, &found.subject, found.session) {
        (Pressable::Complete, Subject::Payment(intent), Some(session)) => {
            let intent = (*intent).clone();
            back(payment::pay(transaction, session, intent, method.clone(), Presence::Authenticated), session)
        }
        (Pressable::Complete, Subject::Setup(intent), Some(session)) => {
            back(payment::save(transaction, session, intent, method.clone(), Presence::Authenticated), session)
        }
        (Pressable::Fail, Subject::Payment(intent), Some(session)) => {
            charging::fail_authentication(transaction, (*intent).clone(), method.clone());
            to_checkout(session)
        }
        (Pressable::Fail, Subject::Setup(intent), session) => {
            setup_intents::fail_authentication(transaction, intent, method);
            session.map_or_else(|| page(&found, id), to_checkout)
        }
        (pressed, Subject::Payment(intent), None) => {
            let (intent, method) = ((*intent).clone(), method.clone());
            let tried = match pressed {
                Pressable::Complete => {
                    charging::attempt(transaction, intent, method, Attempt::with(Presence::Authenticated))
                }
                Pressable::Fail => charging::fail_authentication(transaction, intent, method),
            };
            returned(&tried.intent)
        }
        (Pressable::Complete, Subject::Setup(_), None) => page(&found, id),
    })
}

fn back(outcome: Outcome, session: &Session) -> Response {
    match outcome {
        Outcome::Complete(to) => Redirect::to(&to).into_response(),
        _ => to_checkout(session),
    }
}

/// The Checkout page says what went wrong, and another card can be tried.
fn to_checkout(session: &Session) -> Response {
    Redirect::to(&format!("/c/pay/{}", session.id)).into_response()
}

/// As Stripe sends a customer back: with the intent and how it went.
fn returned(intent: &Intent) -> Response {
    let address = intent.return_url.as_deref().and_then(|url| Url::parse(url).ok());
    let Some(mut address) = address else {
        let text = "You can close this page.";
        let title = if intent.status == IntentStatus::Succeeded { "Payment complete" } else { "Payment not made" };
        return framed(StatusCode::OK, html::notice(title, text, None), None);
    };
    let status = if intent.status == IntentStatus::Succeeded { "succeeded" } else { "failed" };
    address
        .query_pairs_mut()
        .append_pair("payment_intent", &intent.id)
        .append_pair("payment_intent_client_secret", &format!("{}_secret_{}", intent.id, intent.secret))
        .append_pair("redirect_status", status);
    Redirect::to(address.as_str()).into_response()
}

fn page(found: &Found<'_>, id: &str) -> Response {
    let way_back = found.way_back();
    if !found.asks() {
        let text = "There is nothing to authenticate any more. You can close this page.";
        let link = found.session.map(|session| format!("/c/pay/{}", session.id));
        let link = link.as_deref().map(|to| ("Back to Checkout", to));
        return framed(StatusCode::OK, html::notice("Nothing to do here", text, link), way_back);
    }
    let what = match found.subject {
        Subject::Payment(intent) => format!("a payment of {}", currency::written(intent.amount, &intent.currency)),
        Subject::Setup(_) => "saving your card".to_owned(),
    };
    let card = found.method.and_then(|method| method.card.as_ref());
    let last4 = card.map_or("", |card| &card.last4);
    framed(StatusCode::OK, html::authenticate(id, &what, last4), way_back)
}
