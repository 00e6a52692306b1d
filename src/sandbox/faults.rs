//! Faults on demand: the next requests that match are answered badly, in the way asked for.

use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::api::{Disturbance, Forced};
use super::conduct::Decline;

/// What goes wrong. The names ending in `_after` do the work first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Nothing done, 500; kept under the idempotency key, as Stripe keeps it.
    #[serde(rename = "http_500")]
    Http500,
    /// Done, but answered 500; kept under the idempotency key.
    #[serde(rename = "http_500_after")]
    Http500After,
    /// Nothing done; a proxy's HTML page with status 502.
    #[serde(rename = "html_502")]
    Html502,
    /// Done, but a proxy's HTML page with status 502 comes back.
    #[serde(rename = "html_502_after")]
    Html502After,
    /// Nothing done, 429.
    RateLimit,
    /// Nothing done, connection closed without an answer.
    DropBefore,
    /// Done, connection closed without an answer.
    DropAfter,
    /// Done, and no answer for ten minutes.
    Hang,
    /// Done, and the answer breaks off in the middle of its body.
    PartialBody,
    /// Done at once, but the answer comes `delay_ms` later.
    Late,
    /// A charge made by the API is declined.
    Decline,
    /// A charge made by the API is declined: the bank wants the customer.
    AuthenticationRequired,
    /// A refund begins as pending, and stays so until a control turns it.
    PendingRefund,
    /// Done and answered, but executing takes `delay_ms` longer; meanwhile the idempotency key is in use.
    Slow,
}

impl Kind {
    /// What it does to the execution itself.
    pub const fn disturbance(self) -> Disturbance {
        match self {
            Self::Http500 => Disturbance::FailBefore,
            Self::Http500After => Disturbance::FailAfter,
            Self::Decline => Disturbance::Force(Forced::Decline(Decline::Generic)),
            Self::AuthenticationRequired => Disturbance::Force(Forced::Decline(Decline::AuthenticationRequired)),
            Self::PendingRefund => Disturbance::Force(Forced::PendingRefund),
            _ => Disturbance::None,
        }
    }
}

/// A fault waiting for its requests.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What goes wrong.
    pub kind: Kind,
    /// Beginning of the path; below `/v1`.
    #[serde(default = "everywhere")]
    pub path_prefix: String,
    /// HTTP method; every one if absent.
    #[serde(default)]
    pub method: Option<String>,
    /// How many requests it befalls.
    #[serde(default = "once")]
    pub times: u32,
    /// Milliseconds before anything else happens; of `slow` and `late`, what they are late by.
    #[serde(default)]
    pub delay_ms: u64,
}

fn everywhere() -> String {
    "/v1/".to_owned()
}

const fn once() -> u32 {
    1
}

/// The faults that wait; never kept on disk.
#[derive(Default)]
pub struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// Adds one.
    pub fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    /// Forgets all.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// All that wait.
    pub fn waiting(&self) -> Vec<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The fault of this request, the oldest first; it is used up once.
    pub fn befalling(&self, method: &str, path: &str) -> Option<Fault> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|fault| fault.times > 0);
        let found = waiting.iter_mut().find(|fault| {
            path.starts_with(&fault.path_prefix)
                && fault.method.as_ref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(method))
        })?;
        found.times -= 1;
        Some(found.clone())
    }
}
