//! `POST /webhooks/stripe`: events whose signature is Stripe's, stored raw before anything is done about them.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use jiff::SignedDuration;

use super::body::{Unread, read};
use crate::app::stripe_event::process_event;
use crate::payments::{self, verify};
use crate::state::AppState;

/// Longest event, bytes; Stripe's carry whole objects.
const LONGEST_EVENT: usize = 256 * 1_024;

/// The sweep leaves a new event to this handler for so long.
const OWN: SignedDuration = SignedDuration::from_mins(1);

/// 200: it is done, or there is nothing to do; 400: not from Stripe, or too old; 503: send it again.
pub async fn receive(State(state): State<AppState>, headers: HeaderMap, body: Body) -> StatusCode {
    let body = match read(body, LONGEST_EVENT).await {
        Ok(body) => body,
        Err(Unread::TooLong) => return StatusCode::PAYLOAD_TOO_LARGE,
        Err(Unread::TooSlow) => return StatusCode::REQUEST_TIMEOUT,
    };
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let (Some(signature), Ok(payload)) = (signature, std::str::from_utf8(&body)) else {
        return StatusCode::BAD_REQUEST;
    };
    let now = state.clock.now();
    let secret = state.config.stripe.webhook_secret.reveal();
    let Ok(event) = verify(payload, signature, secret, now) else {
        return StatusCode::BAD_REQUEST;
    };
    // A test event on a live installation, or the other way round, is none of ours.
    if event.livemode != state.stripe.livemode() {
        return StatusCode::OK;
    }
    let stored = match state.db.acquire().await {
        Ok(mut db) => payments::event::repo::insert(&mut db, &event, payload, now, now + OWN).await,
        Err(error) => Err(error),
    };
    match stored {
        Ok(true) => {}
        Ok(false) => return StatusCode::OK,
        Err(error) => {
            tracing::warn!(%error, "an event could not be stored");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    }
    match process_event(&state, &event).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::warn!(event = event.id, %error, "an event could not be processed; the sweep tries again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}
