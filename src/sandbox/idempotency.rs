//! Idempotency keys, as Stripe honours them: the same key and parameters give the kept answer, other parameters are
//! refused, and two requests with one key never run at the same time. Keys are kept for 24 hours.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;

use super::Sandbox;
use super::api::Finished;
use super::errors::ApiError;
use super::state::KEY_KEPT_SECS;

/// Keys of requests that are running.
#[derive(Clone, Default)]
pub struct Running(Arc<Mutex<HashSet<String>>>);

/// The right to execute under a key; given back when dropped.
pub struct Claim {
    key: String,
    running: Running,
}

impl Claim {
    /// Takes a key.
    ///
    /// # Errors
    /// The kept answer; 400 where the key was used for something else or is too long; 409 while it is in use.
    pub fn take(sandbox: &Sandbox, key: &str, endpoint: &str, parameters: &str) -> Result<Self, Finished> {
        if key.is_empty() || key.chars().count() > 255 {
            let message = "Idempotency keys must be between 1 and 255 characters long.";
            return Err(ApiError::idempotency(message).into());
        }
        let mut running = sandbox.running.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Looked up while the set is held: the one who runs commits its answer before it leaves the set.
        let now = sandbox.clock.now().as_second();
        let kept = sandbox.store.read(|state| state.answers.get(key).cloned());
        if let Some(kept) = kept.filter(|kept| now - kept.created < KEY_KEPT_SECS) {
            return Err(if kept.endpoint != endpoint {
                ApiError::idempotency(format!(
                    "Keys for idempotent requests can only be used for the same endpoint they were first used for \
                     ('{}' vs '{}'). Try using a key other than '{key}' if you meant to execute a different request.",
                    path(endpoint),
                    path(&kept.endpoint)
                ))
                .into()
            } else if kept.parameters != parameters {
                ApiError::idempotency(format!(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                     Try using a key other than '{key}' if you meant to execute a different request."
                ))
                .into()
            } else {
                let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                Finished { status, body: kept.body, replayed: Some(kept.request) }
            });
        }
        if !running.insert(key.to_owned()) {
            return Err(ApiError::idempotency_in_use(key).into());
        }
        Ok(Self { key: key.to_owned(), running: sandbox.running.clone() })
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.running.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}

fn path(endpoint: &str) -> &str {
    endpoint.split_once(' ').map_or(endpoint, |(_, path)| path)
}
