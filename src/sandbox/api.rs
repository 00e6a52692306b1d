//! One request to `/v1`: who asks, under which key, for what; and the answer.

use axum::http::{Method, StatusCode};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use super::Sandbox;
use super::conduct::Decline;
use super::errors::ApiError;
use super::form;
use super::idempotency::Claim;
use super::model::KeptAnswer;
use super::params::Params;
use super::state::{Cause, Change, Transaction};
use super::{
    charges, checkout, checkout_create, customers, disputes, events, intent_actions, intents, line_items,
    payment_methods, refunds, setup_intents,
};

/// The version of Stripe's API whose shapes the sandbox speaks, whatever version is asked for.
pub const API_VERSION: &str = "2026-09-30.endive";

/// What an endpoint gives.
pub type Answer = Result<Value, ApiError>;

/// A request as endpoints see it.
pub struct Call<'c, 's> {
    /// Parameters of query and body.
    pub params: Params,
    /// Where changes are gathered.
    pub transaction: &'c mut Transaction<'s>,
    /// What a fault wants otherwise than usual.
    pub forced: Option<Forced>,
}

/// An outcome that a fault asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forced {
    /// A charge is declined.
    Decline(Decline),
    /// A refund is pending until a control turns it.
    PendingRefund,
}

/// A request as it came in.
pub struct Request {
    /// `req_…`
    pub id: String,
    /// HTTP method.
    pub method: Method,
    /// Path, from `/v1`.
    pub path: String,
    /// Query string.
    pub query: String,
    /// Form-encoded body.
    pub body: String,
    /// `Authorization`.
    pub authorization: Option<String>,
    /// `Idempotency-Key`.
    pub key: Option<String>,
}

/// A finished answer.
#[derive(Clone, Debug)]
pub struct Finished {
    /// HTTP status.
    pub status: StatusCode,
    /// JSON.
    pub body: String,
    /// `Request-Id` of the first request, where this repeats its answer.
    pub replayed: Option<String>,
}

impl From<ApiError> for Finished {
    fn from(error: ApiError) -> Self {
        Self { status: error.status, body: pretty(&error.body()), replayed: None }
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

/// How execution is to be disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// Not at all.
    None,
    /// Answer 500 and do nothing.
    FailBefore,
    /// Do it and answer 500.
    FailAfter,
    /// Do it with this outcome.
    Force(Forced),
}

/// A request that passed every check before execution, and holds its idempotency key.
pub struct Ready {
    request: Request,
    parameters: String,
    params: Params,
    claim: Option<Claim>,
}

/// Checks key, parameters' form and idempotency key.
///
/// # Errors
/// The finished answer where nothing is to be executed: a refusal, or a kept answer.
pub fn prepare(sandbox: &Sandbox, request: Request) -> Result<Ready, Finished> {
    authorize(request.authorization.as_deref())?;
    let encoded = if request.method == Method::POST { &request.body } else { &request.query };
    let parameters = form::parse(encoded)?;
    let canonical = form::canonical(&parameters);
    let claim = match &request.key {
        Some(key) if request.method == Method::POST => {
            let endpoint = format!("{} {}", request.method, request.path);
            Some(Claim::take(sandbox, key, &endpoint, &canonical)?)
        }
        _ => None,
    };
    Ok(Ready { request, parameters: canonical, params: Params::root(parameters), claim })
}

/// Executes a request and makes its effect and its kept answer durable in one step. Blocks on the disk.
pub fn execute(sandbox: &Sandbox, ready: Ready, disturbance: Disturbance) -> Finished {
    let Ready { request, parameters, params, claim } = ready;
    let now = sandbox.clock.now();
    let cause = Cause { request: Some(request.id.clone()), idempotency_key: request.key.clone() };
    let committed = sandbox.store.commit(now, cause, |transaction| {
        let answer = match disturbance {
            Disturbance::FailBefore => Err(ApiError::internal()),
            Disturbance::Force(forced) => {
                dispatch(&request, &mut Call { params, transaction: &mut *transaction, forced: Some(forced) })
            }
            _ => dispatch(&request, &mut Call { params, transaction: &mut *transaction, forced: None }),
        };
        let answer = if disturbance == Disturbance::FailAfter { Err(ApiError::internal()) } else { answer };
        let executed = answer.as_ref().map_or_else(|error| error.executed, |_| true);
        let finished = match answer {
            Ok(value) => Finished { status: StatusCode::OK, body: pretty(&value), replayed: None },
            Err(error) => error.into(),
        };
        if let Some(claim) = claim.as_ref().filter(|_| executed) {
            transaction.put(Change::Answer(KeptAnswer {
                key: claim.key().to_owned(),
                endpoint: format!("{} {}", request.method, request.path),
                parameters,
                status: finished.status.as_u16(),
                body: finished.body.clone(),
                request: request.id.clone(),
                created: now.as_second(),
            }));
        }
        finished
    });
    committed.unwrap_or_else(|error| {
        tracing::error!(%error, "the sandbox cannot write its state file");
        ApiError::internal().into()
    })
}

fn dispatch(request: &Request, call: &mut Call<'_, '_>) -> Answer {
    let segments: Vec<_> = request.path.trim_start_matches("/v1/").split('/').collect();
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["customers"]) => customers::create(call),
        ("GET", ["customers"]) => customers::list(call),
        ("GET", ["customers", id]) if !id.is_empty() => customers::retrieve(call, id),
        ("POST", ["checkout", "sessions"]) => checkout_create::create(call),
        ("GET", ["checkout", "sessions"]) => checkout::list(call),
        ("GET", ["checkout", "sessions", id]) if !id.is_empty() => checkout::retrieve(call, id),
        ("GET", ["checkout", "sessions", id, "line_items"]) => line_items::list(call, id),
        ("POST", ["checkout", "sessions", id, "expire"]) => checkout::expire(call, id),
        ("POST", ["customers", id]) if !id.is_empty() => customers::update(call, id),
        ("GET", ["customers", id, "payment_methods"]) => payment_methods::list_of_customer(call, id),
        ("GET", ["payment_methods"]) => payment_methods::list(call),
        ("GET", ["payment_methods", id]) if !id.is_empty() => payment_methods::retrieve(call, id),
        ("POST", ["payment_methods", id, "attach"]) => payment_methods::attach(call, id),
        ("POST", ["payment_methods", id, "detach"]) => payment_methods::detach(call, id),
        ("GET", ["setup_intents", id]) if !id.is_empty() => setup_intents::retrieve(call, id),
        ("POST", ["payment_intents"]) => intent_actions::create(call),
        ("POST", ["payment_intents", id, "confirm"]) => intent_actions::confirm(call, id),
        ("POST", ["payment_intents", id, "cancel"]) => intent_actions::cancel(call, id),
        ("GET", ["payment_intents"]) => intents::list(call),
        ("GET", ["payment_intents", id]) if !id.is_empty() => intents::retrieve(call, id),
        ("POST", ["refunds"]) => refunds::create(call),
        ("GET", ["refunds"]) => refunds::list(call),
        ("GET", ["refunds", id]) if !id.is_empty() => refunds::retrieve(call, id),
        ("GET", ["charges"]) => charges::list(call),
        ("GET", ["charges", id]) if !id.is_empty() => charges::retrieve(call, id),
        ("GET", ["disputes"]) => disputes::list(call),
        ("GET", ["disputes", id]) if !id.is_empty() => disputes::retrieve(call, id),
        ("POST", ["disputes", id, "close"]) => disputes::close(call, id),
        ("GET", ["events"]) => events::list(call),
        ("GET", ["events", id]) if !id.is_empty() => events::retrieve(call, id),
        (method, _) => Err(ApiError::unknown_address(method, &request.path)),
    }
}

/// Any `sk_test_…` key opens the one account, as bearer token or as the user of basic authentication.
fn authorize(header: Option<&str>) -> Result<(), ApiError> {
    let (scheme, credentials) = header.and_then(|header| header.trim().split_once(' ')).unwrap_or_default();
    let key = match scheme.to_ascii_lowercase().as_str() {
        "bearer" => credentials.trim().to_owned(),
        "basic" => {
            let decoded = BASE64_STANDARD.decode(credentials.trim()).unwrap_or_default();
            let text = String::from_utf8(decoded).unwrap_or_default();
            text.split(':').next().unwrap_or_default().to_owned()
        }
        _ => String::new(),
    };
    if key.is_empty() {
        return Err(ApiError::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using \
             Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        ));
    }
    if key.contains("_live_") {
        let message =
            "This is the Minutebank Stripe sandbox. It refuses live keys: use any key that begins with sk_test_.";
        return Err(ApiError::unauthorized(message));
    }
    match key.strip_prefix("sk_test_") {
        Some(tail) if !tail.is_empty() => Ok(()),
        _ => Err(ApiError::unauthorized(
            "Invalid API Key provided: the sandbox takes any key that begins with sk_test_.",
        )),
    }
}
