//! `/c/pay/{session}`: the hosted Checkout page, with plain forms and 303 redirects.

use std::sync::Arc;

use axum::Form;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use url::Url;

use super::Sandbox;
use super::bank_debits;
use super::cards::{Account, Faulty, Typed};
use super::checkout;
use super::errors::ApiError;
use super::html;
use super::model::{Mode, Payer, Session, SessionStatus};
use super::params::is_email;
use super::payment::{self, Outcome};
use super::payment_model::SetupFailure;
use super::state::{State as Known, Transaction};

/// `GET /c/style.css`
pub async fn style() -> Response {
    let head = [(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "max-age=300")];
    (head, include_str!("hosted_page.css")).into_response()
}

/// `GET /c/pay/{session}`
pub async fn show(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>) -> Response {
    let shown = sandbox.commit(move |transaction| {
        let known = transaction.state;
        known.sessions.get(&id).map(|session| match session.status {
            SessionStatus::Open => {
                let name = session.customer.as_deref().and_then(|id| known.customers.get(id)?.name.clone());
                let typed = Typed { name: name.unwrap_or_default(), ..Typed::default() };
                form(known, session, typed, Faulty::default(), unauthenticated(known, session).as_ref())
            }
            _ => over(session),
        })
    });
    answer(shown.await)
}

/// `POST /c/pay/{session}`
pub async fn submit(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, Form(typed): Form<Typed>) -> Response {
    answer(sandbox.commit(move |transaction| pay(transaction, &id, typed)).await)
}

/// The page a commit made; another where nothing was found or nothing could be written.
pub fn answer(result: std::io::Result<Option<Response>>) -> Response {
    match result {
        Ok(Some(response)) => response,
        Ok(None) => {
            let text = "The address is wrong, or the sandbox’s state was reset.";
            framed(StatusCode::NOT_FOUND, html::notice("There is no such page", text, None), None)
        }
        Err(_) => {
            let text = "The sandbox cannot write its state file; nothing was paid.";
            framed(StatusCode::INTERNAL_SERVER_ERROR, html::notice("Something went wrong", text, None), None)
        }
    }
}

/// None where there is no such session.
fn pay(transaction: &mut Transaction<'_>, id: &str, typed: Typed) -> Option<Response> {
    let known = transaction.state;
    let session = known.sessions.get(id)?;
    match session.status {
        // The second of two submits: the first has done it.
        SessionStatus::Complete => {
            return Some(Redirect::to(&session.success_address()).into_response());
        }
        SessionStatus::Expired => return Some(over(session)),
        SessionStatus::Open => {}
    }
    if let Some(account) = typed.account.filter(|_| session.kinds.iter().any(|kind| kind == bank_debits::KIND)) {
        let payer = Payer { email: checkout::known_email(known, session).map(str::to_owned), name: None };
        return Some(match payment::debit(transaction, session, account == Account::Funded, payer) {
            Outcome::Complete(to) => Redirect::to(&to).into_response(),
            _ => over(session),
        });
    }
    let email = match checkout::known_email(known, session) {
        Some(email) => Ok(email.to_owned()),
        None if is_email(typed.email.trim()) => Ok(typed.email.trim().to_owned()),
        None => Err("Your email address is missing or invalid."),
    };
    let (checked, email) = match (typed.check(transaction.now), email) {
        (Ok(checked), Ok(email)) => (checked, email),
        (checked, email) => {
            let faulty = Faulty { email: email.err(), ..checked.err().unwrap_or_default() };
            return Some(form(known, session, typed, faulty, None));
        }
    };
    let payer = Payer { email: Some(email), name: Some(typed.name.trim().to_owned()).filter(|name| !name.is_empty()) };
    Some(match payment::attempt(transaction, session, checked, payer) {
        Outcome::Complete(to) | Outcome::Asks(to) => Redirect::to(&to).into_response(),
        Outcome::Declined(error) => form(known, session, typed, Faulty::default(), Some(&error)),
        Outcome::Expired => over(session),
    })
}

/// What a customer is told who comes back from failing to authenticate.
fn unauthenticated(known: &Known, session: &Session) -> Option<ApiError> {
    let intent = session.payment_intent.as_deref().and_then(|id| known.intents.get(id));
    let setup = session.setup_intent.as_deref().and_then(|id| known.setup_intents.get(id));
    let failed = intent.is_some_and(|intent| intent.unauthenticated.is_some())
        || setup.is_some_and(|setup| setup.failure == Some(SetupFailure::Unauthenticated));
    let message = "We are unable to authenticate your payment method. Please choose a different payment method and try \
                   again.";
    failed.then(|| ApiError::card("payment_intent_authentication_failure", message))
}

fn form(known: &Known, session: &Session, typed: Typed, faulty: Faulty, declined: Option<&ApiError>) -> Response {
    let status = match declined {
        Some(error) => error.status,
        None if faulty == Faulty::default() => StatusCode::OK,
        None => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let email = checkout::known_email(known, session);
    let form = html::Form { typed, faulty, declined: declined.map(ApiError::message), email };
    framed(status, html::pay(session, &form), Some(&session.success_url))
}

/// The page of a session that can no longer be paid.
fn over(session: &Session) -> Response {
    let page = if session.status == SessionStatus::Complete {
        let to = session.success_address();
        let done = match session.mode {
            Mode::Setup => "is complete; your card is saved",
            Mode::Payment if session.unpaid => "is complete; the bank has not paid",
            Mode::Payment => "was paid",
        };
        let text = &format!("This Checkout session {done}. You can close this page.");
        html::notice("You’re all done here", text, Some(("Back to the shop", &to)))
    } else {
        let link = session.cancel_url.as_deref().map(|to| ("Go back", to));
        let text = "This Checkout session has expired and can no longer be completed. Nothing was charged.";
        html::notice("This page has expired", text, link)
    };
    framed(StatusCode::OK, page, Some(&session.success_url))
}

/// No script, no foreign content; the form may lead to the shop, since browsers apply `form-action` to the redirect too.
pub fn framed(status: StatusCode, page: String, way_back: Option<&str>) -> Response {
    let shop = way_back.and_then(|address| Url::parse(address).ok());
    let shop = shop.map_or_else(String::new, |url| url.origin().ascii_serialization());
    let policy = format!(
        "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {shop}"
    );
    let mut response = (status, Html(page)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("strict-origin-when-cross-origin"));
    if let Ok(policy) = HeaderValue::from_str(policy.trim_end()) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
