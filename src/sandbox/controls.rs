//! `/_sandbox/…`: faults, webhooks and payments at will. What each does stands in `controls.md`.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::future::join_all;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::Sandbox;
use super::authentication::{self, Pressed};
use super::cards::{Account, Typed};
use super::errors::ApiError;
use super::faults::Fault;
use super::model::{Endpoint, Payer, SessionStatus};
use super::payment::{self, Outcome};
use super::state::{Change, Transaction};
use super::{checkout, events, webhooks};

/// What the controls are, in words.
pub const HELP: &str = include_str!("controls.md");

/// A refused control.
pub struct Refused(StatusCode, Value);

impl Refused {
    /// In words.
    pub fn new(status: StatusCode, message: &str) -> Self {
        Self(status, json!({ "error": { "message": message } }))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        (self.0, Json(self.1)).into_response()
    }
}

/// How a control ends.
pub type Done = Result<Json<Value>, Refused>;

/// Makes a control's changes durable.
///
/// # Errors
/// 500 where the journal cannot be written.
pub async fn commit<R: Send + 'static>(
    sandbox: &Arc<Sandbox>,
    work: impl FnOnce(&mut Transaction<'_>) -> R + Send + 'static,
) -> Result<R, Refused> {
    let failed = || Refused::new(StatusCode::INTERNAL_SERVER_ERROR, "The sandbox cannot write its state file.");
    sandbox.commit(work).await.map_err(|_| failed())
}

/// `GET /_sandbox/`
pub async fn help() -> &'static str {
    HELP
}

/// `GET /_sandbox/state`
pub async fn state(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    let faults = sandbox.faults.waiting();
    let enabled = sandbox.deliveries_on.load(Ordering::SeqCst);
    let sums = sandbox.store.read(|state| {
        let sessions = |status| state.sessions.newest_first().filter(move |session| session.status == status);
        let paid = sessions(SessionStatus::Complete).filter(|session| session.payment_status() == "paid");
        let paid: i64 = paid.map(|session| session.total()).sum();
        let declined = state.charges.newest_first().filter(|charge| charge.decline.is_some()).count();
        let delivered = state.deliveries.newest_first().filter(|delivery| delivery.delivered).count();
        let pending = state.deliveries.newest_first().filter(|delivery| delivery.next_at_ms.is_some()).count();
        json!({
            "pid": std::process::id(),
            "customers": state.customers.len(),
            "sessions": {
                "total": state.sessions.len(),
                "open": sessions(SessionStatus::Open).count(),
                "complete": sessions(SessionStatus::Complete).count(),
                "expired": sessions(SessionStatus::Expired).count(),
            },
            "paid_cents": paid,
            "payments": state.charges.newest_first().filter(|charge| charge.went_through()).count(),
            "declined": declined,
            "events": state.events.len(),
            "deliveries": {
                "pending": pending,
                "delivered": delivered,
                "given_up": state.deliveries.len() - delivered - pending,
            },
            "webhook": { "url": state.endpoint.as_ref().map(|endpoint| &endpoint.url), "enabled": enabled },
            "faults": faults,
        })
    });
    Json(sums)
}

/// `POST /_sandbox/reset`
pub async fn reset(State(sandbox): State<Arc<Sandbox>>) -> Done {
    sandbox.faults.clear();
    sandbox.deliveries_on.store(true, Ordering::SeqCst);
    commit(&sandbox, |transaction| {
        transaction.put(Change::Reset);
        if let Some(endpoint) = transaction.state.endpoint.clone() {
            transaction.put(Change::Endpoint(endpoint));
        }
    })
    .await?;
    Ok(Json(json!({ "reset": true })))
}

/// `POST /_sandbox/faults`
pub async fn add_fault(State(sandbox): State<Arc<Sandbox>>, Json(fault): Json<Fault>) -> Done {
    if !fault.path_prefix.starts_with("/v1/") {
        return Err(Refused::new(StatusCode::BAD_REQUEST, "path_prefix must begin with /v1/"));
    }
    sandbox.faults.add(fault);
    Ok(Json(json!({ "faults": sandbox.faults.waiting() })))
}

/// `DELETE /_sandbox/faults`
pub async fn clear_faults(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    sandbox.faults.clear();
    Json(json!({ "faults": [] }))
}

/// `POST /_sandbox/webhook`
pub async fn set_webhook(State(sandbox): State<Arc<Sandbox>>, Json(endpoint): Json<Endpoint>) -> Done {
    if !is_http(&endpoint.url) {
        return Err(Refused::new(StatusCode::BAD_REQUEST, "url must be an absolute http address"));
    }
    let url = endpoint.url.clone();
    commit(&sandbox, |transaction| transaction.put(Change::Endpoint(endpoint))).await?;
    Ok(Json(json!({ "webhook": { "url": url } })))
}

/// Whether the sandbox can send to this address; it has no TLS.
pub fn is_http(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| url.scheme() == "http" && url.has_host())
}

/// Body of [`switch_webhooks`].
#[derive(Deserialize)]
pub struct Switch {
    enabled: bool,
}

/// `POST /_sandbox/webhooks`
pub async fn switch_webhooks(State(sandbox): State<Arc<Sandbox>>, Json(switch): Json<Switch>) -> Json<Value> {
    sandbox.deliveries_on.store(switch.enabled, Ordering::SeqCst);
    Json(json!({ "webhooks": { "enabled": switch.enabled } }))
}

/// Body of [`resend`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resend {
    event: Option<String>,
    session: Option<String>,
    #[serde(rename = "type", default = "completed")]
    kind: String,
    #[serde(default = "one")]
    copies: usize,
    secret: Option<String>,
    #[serde(default)]
    age_secs: i64,
}

fn completed() -> String {
    "checkout.session.completed".to_owned()
}

const fn one() -> usize {
    1
}

/// `POST /_sandbox/webhooks/resend`
pub async fn resend(State(sandbox): State<Arc<Sandbox>>, Json(wanted): Json<Resend>) -> Done {
    let (body, endpoint) = sandbox.store.read(|state| {
        let mut all = state.events.newest_first();
        let event = all.find(|event| match (&wanted.event, &wanted.session) {
            (Some(id), _) => event.id == *id,
            (None, Some(session)) => event.kind == wanted.kind && event.object["id"] == session.as_str(),
            (None, None) => false,
        });
        (event.map(|event| format!("{:#}", events::view(state, event))), state.endpoint.clone())
    });
    let body = body.ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, "No such event."))?;
    let mut endpoint = endpoint.ok_or_else(|| Refused::new(StatusCode::CONFLICT, "There is no webhook endpoint."))?;
    if let Some(secret) = wanted.secret {
        endpoint.secret = secret;
    }
    let at = sandbox.clock.now() - SignedDuration::from_secs(wanted.age_secs);
    let copies = (0..wanted.copies.min(100)).map(|_| webhooks::send(&sandbox, &endpoint, body.clone(), at));
    Ok(Json(json!({ "statuses": join_all(copies).await })))
}

/// Body of [`pay`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pay {
    #[serde(default = "good_card")]
    card: String,
    account: Option<Account>,
}

fn good_card() -> String {
    "4242424242424242".to_owned()
}

/// `POST /_sandbox/sessions/{id}/pay`
pub async fn pay(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, Json(pay): Json<Pay>) -> Done {
    let session = id.clone();
    commit(&sandbox, move |transaction| pay_now(transaction, &session, pay)).await??;
    let shown = sandbox.store.read(|state| state.sessions.get(&id).map(|session| checkout::view(state, session)));
    Ok(Json(shown.unwrap_or_default()))
}

/// `POST /_sandbox/authenticate/{intent}`
pub async fn authenticate(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    Json(pressed): Json<Pressed>,
) -> Done {
    let known = id.clone();
    let found = commit(&sandbox, move |transaction| authentication::press(transaction, &id, pressed.outcome)).await?;
    found.ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, "No such intent."))?;
    let status = sandbox.store.read(|state| {
        let setup = state.setup_intents.get(&known).map(|intent| intent.status);
        setup.or(state.intents.get(&known).map(|intent| intent.status))
    });
    Ok(Json(json!({ "id": known, "status": status })))
}

fn pay_now(transaction: &mut Transaction<'_>, id: &str, pay: Pay) -> Result<(), Refused> {
    let state = transaction.state;
    let session = state.sessions.get(id).ok_or_else(|| Refused::new(StatusCode::NOT_FOUND, "No such session."))?;
    let email = checkout::known_email(state, session).map(str::to_owned);
    if let Some(account) = pay.account {
        let payer = Payer { email, name: None };
        return ended(payment::debit(transaction, session, account == Account::Funded, payer));
    }
    let card_number = pay.card;
    let next_year = transaction.now.to_zoned(TimeZone::UTC).year() + 1;
    let typed = Typed {
        cvc: if card_number.starts_with('3') { "1234" } else { "123" }.to_owned(),
        card_number,
        exp: format!("12/{next_year}"),
        name: "Sandbox Payer".to_owned(),
        ..Typed::default()
    };
    let checked = typed.check(transaction.now).map_err(|faulty| {
        Refused::new(StatusCode::BAD_REQUEST, faulty.card_number.unwrap_or("The card is invalid."))
    })?;
    let payer = Payer { email, name: Some(typed.name) };
    ended(payment::attempt(transaction, session, checked, payer))
}

fn ended(outcome: Outcome) -> Result<(), Refused> {
    match outcome {
        Outcome::Complete(_) | Outcome::Asks(_) => Ok(()),
        Outcome::Declined(error) => Err(refused_card(&error)),
        Outcome::Expired => Err(Refused::new(StatusCode::CONFLICT, "The session has expired.")),
    }
}

fn refused_card(error: &ApiError) -> Refused {
    Refused(error.status, error.body())
}
