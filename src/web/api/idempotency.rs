//! `Idempotency-Key` on every POST of `/v1` (SPEC §4). A request without it costs a look at its headers.
//!
//! The work runs as a task of its own: a client that hangs up does not cut it off between effect and answer.

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::Value;
use tracing::Instrument as _;

use super::ApiError;
use super::body::read;
use super::key::{AskedScope, caller};
use crate::app::answer_once::{Turn, keep, release, take_turn, work};
use crate::idempotency::{Claim, Kept, Key, Keyed, body_hash};
use crate::state::AppState;
use crate::tenants::ApiKey;

const HEADER: &str = "idempotency-key";
/// Set on an answer that was given before; Stripe's name for it.
const REPLAYED: &str = "idempotent-replayed";
/// Refusals that are kept like a success: a card that was charged in vain is not charged again by a retry.
const KEPT_REFUSALS: [&str; 2] = ["card_declined", "authentication_required"];

/// What the attempts under one key have in common. A handler names after it what it makes, so that a second attempt
/// after a crash finds that instead of making another.
#[derive(Clone, Debug)]
pub struct Attempt(String);

impl Attempt {
    /// The one id with this prefix.
    pub fn id(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.0)
    }
}

/// Runs a request at most once per key, and gives its answer again.
pub async fn answer_once(State(state): State<AppState>, request: Request, next: Next) -> Response {
    if request.method() != Method::POST || !request.headers().contains_key(HEADER) {
        return next.run(request).await;
    }
    match keyed_answer(state, request, next).await {
        Ok(response) => response,
        Err(error) => error.into_response(),
    }
}

async fn keyed_answer(state: AppState, request: Request, next: Next) -> Result<Response, ApiError> {
    let key = given_key(request.headers())?;
    let (mut parts, body) = request.into_parts();
    let caller = caller(&parts, &state).await?;
    let body = read(body).await?;
    let Some(hash) = body_hash(&body) else {
        // Not JSON: its handler says so, and has nothing to repeat.
        return Ok(next.run(Request::from_parts(parts, Body::from(body))).await);
    };
    let keyed = Keyed::new(caller.program.workspace, parts.method.as_str(), parts.uri.path(), &key, hash);
    match take_turn(&state, &keyed).await? {
        Turn::Repeat(kept) => repeated(kept, &caller.key),
        Turn::OtherBody => Err(ApiError::IdempotencyMismatch),
        Turn::InFlight => Err(ApiError::IdempotencyInProgress),
        Turn::Ours(claim) => {
            let asked = AskedScope::default();
            parts.extensions.insert(caller);
            parts.extensions.insert(asked.clone());
            parts.extensions.insert(Attempt(claim.identity.clone()));
            let request = Request::from_parts(parts, Body::from(body));
            let done = async move {
                let response = work(&state, &keyed, &claim, next.run(request)).await;
                settle(&state, &keyed, &claim, response, &asked).await
            };
            // What a panic leaves undone is free again when its lease ends.
            let done = tokio::spawn(done.in_current_span()).await;
            done.map_err(|error| ApiError::Failed(format!("an attempt did not end: {error}")))
        }
    }
}

fn given_key(headers: &HeaderMap) -> Result<Key, ApiError> {
    let mut given = headers.get_all(HEADER).iter();
    let key = given.next().and_then(|value| Key::parse(value.as_bytes()));
    key.filter(|_| given.next().is_none()).ok_or_else(|| {
        ApiError::field("Idempotency-Key", "Send one Idempotency-Key of 1 to 255 printable ASCII characters")
    })
}

/// The answer of before, for a key that might have got it itself.
fn repeated(kept: Kept, key: &ApiKey) -> Result<Response, ApiError> {
    if let Some(scope) = kept.scope.filter(|scope| !key.allows(*scope)) {
        return Err(ApiError::InsufficientScope(scope));
    }
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::HeaderName::from_static(REPLAYED), HeaderValue::from_static("true")),
    ];
    Ok((status, headers, kept.body).into_response())
}

/// Keeps an answer that is worth repeating; for any other the key stays free.
async fn settle(
    state: &AppState,
    keyed: &Keyed,
    claim: &Claim,
    response: Response,
    AskedScope(asked): &AskedScope,
) -> Response {
    let (parts, body) = response.into_parts();
    // An answer of ours; what it may be long was decided where it was made.
    let body = to_bytes(body, usize::MAX).await.unwrap_or_default();
    let settled = match worth_keeping(parts.status, &body) {
        Some(text) => {
            let scope = asked.get().copied();
            let kept = Kept { status: parts.status.as_u16(), body: text.to_owned(), scope };
            keep(state, keyed, claim, &kept).await
        }
        None => release(state, keyed, claim).await,
    };
    if let Err(error) = settled {
        tracing::warn!(%error, "an answer could not be kept; the next attempt finds what this one made");
    }
    Response::from_parts(parts, Body::from(body))
}

fn worth_keeping(status: StatusCode, body: &Bytes) -> Option<&str> {
    let refusal = || {
        let error: Value = serde_json::from_slice(body).ok()?;
        error["error"]["code"].as_str().map(|code| KEPT_REFUSALS.contains(&code))
    };
    let kept = status.is_success() || (status == StatusCode::PAYMENT_REQUIRED && refusal() == Some(true));
    kept.then(|| std::str::from_utf8(body).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_worth_repeating_are_kept() {
        let kept = |status: u16, body: &'static str| {
            worth_keeping(StatusCode::from_u16(status).unwrap(), &Bytes::from_static(body.as_bytes())).is_some()
        };
        assert!(kept(200, "{}") && kept(201, "{}") && kept(202, ""));
        assert!(kept(402, r#"{"error":{"code":"card_declined"}}"#));
        assert!(kept(402, r#"{"error":{"code":"authentication_required"}}"#));
        for (status, body) in [
            (402, r#"{"error":{"code":"insufficient_balance"}}"#),
            (402, "card_declined"),
            (409, r#"{"error":{"code":"card_declined"}}"#),
            (400, "{}"),
            (422, "{}"),
            (500, "{}"),
            (503, "{}"),
        ] {
            assert!(!kept(status, body), "{status} {body}");
        }
    }

    #[test]
    fn one_header_with_one_key() {
        let given = |keys: &[&str]| {
            let pairs = keys.iter().map(|key| (header::HeaderName::from_static(HEADER), key.parse().unwrap()));
            given_key(&pairs.collect::<HeaderMap>()).is_ok()
        };
        assert!(given(&["k"]));
        assert!(!given(&["k", "k"]) && !given(&[""]));
    }
}
