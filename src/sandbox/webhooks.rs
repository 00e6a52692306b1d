//! Signed webhooks, repeated with back-off until they are answered with 2xx; what is pending survives a restart.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;
use tokio::task::JoinSet;

use super::Sandbox;
use super::events;
use super::model::{Delivery, Endpoint};
use super::state::{Cause, Change};

/// Seconds until the next attempt, by attempts made; Stripe begins with minutes, a sandbox must not.
const BACK_OFF_SECS: [i64; 6] = [1, 5, 30, 120, 600, 3_600];
const LATER_SECS: i64 = 6 * 3_600;
/// Stripe gives up after three days.
const GIVE_UP_SECS: i64 = 3 * 24 * 3_600;
const AT_ONCE: usize = 16;
const UNRECORDED: Duration = Duration::from_secs(30);
const TICK: Duration = Duration::from_millis(200);

/// Delivers what is due and does what time brings, for as long as it is polled.
pub async fn deliver(sandbox: Arc<Sandbox>) {
    let mut under_way = HashSet::new();
    let mut attempts = JoinSet::new();
    loop {
        catch_up(&sandbox).await;
        let now = sandbox.clock.now();
        let (due, waits) = sandbox.store.read(|state| (state.due(now), state.waits()));
        if sandbox.deliveries_on.load(Ordering::SeqCst) {
            for delivery in due {
                if attempts.len() < AT_ONCE && under_way.insert(delivery.event.clone()) {
                    attempts.spawn(attempt(Arc::clone(&sandbox), delivery));
                }
            }
        }
        tokio::select! {
            Some(done) = attempts.join_next(), if !attempts.is_empty() => {
                if let Ok(event) = done {
                    under_way.remove(&event);
                }
            }
            () = sandbox.store.changed() => {}
            () = tokio::time::sleep(TICK), if waits => {}
        }
    }
}

async fn catch_up(sandbox: &Arc<Sandbox>) {
    let now = sandbox.clock.now();
    if !sandbox.store.read(|state| state.is_behind(now)) {
        return;
    }
    let sandbox = Arc::clone(sandbox);
    // Every commit does first what is to happen by itself; this one has nothing else to do.
    let commit = move || sandbox.store.commit(now, Cause::default(), |_| ());
    if let Ok(Err(error)) = tokio::task::spawn_blocking(commit).await {
        tracing::error!(%error, "the sandbox cannot write its state file");
    }
}

/// One attempt; returns the event's id.
async fn attempt(sandbox: Arc<Sandbox>, delivery: Delivery) -> String {
    let event = delivery.event.clone();
    let at = sandbox.clock.now();
    let (body, endpoint) = sandbox.store.read(|state| {
        let body = state.events.get(&event).map(|event| (format!("{:#}", events::view(state, event)), event.created));
        (body, state.endpoint.clone())
    });
    let (delivered, created) = match (body, endpoint) {
        (Some((body, created)), Some(endpoint)) => {
            let status = send(&sandbox, &endpoint, body, at).await;
            (matches!(status, Some(200..=299)), created)
        }
        _ => return event,
    };
    let made = delivery.attempts + 1;
    let now = sandbox.clock.now();
    let next_at = now.as_second() + back_off_secs(made);
    let next_at_ms = (!delivered && next_at <= created + GIVE_UP_SECS).then_some(next_at * 1_000);
    let outcome = Delivery { attempts: made, next_at_ms, delivered, ..delivery };
    let recorded = tokio::task::spawn_blocking(move || {
        sandbox.store.commit(now, Cause::default(), |transaction| {
            // Nothing to record if everything was forgotten meanwhile.
            if transaction.state.deliveries.get(&outcome.event).is_some() {
                transaction.put(Change::Delivery(outcome));
            }
        })
    });
    if let Ok(Err(error)) = recorded.await {
        tracing::error!(%error, "the sandbox cannot write its state file");
        // It is still due, and must not be sent again and again meanwhile.
        tokio::time::sleep(UNRECORDED).await;
    }
    event
}

fn back_off_secs(attempts: u32) -> i64 {
    let place = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    BACK_OFF_SECS.get(place).copied().unwrap_or(LATER_SECS)
}

/// Sends a body, signed as of `at`; the status of the answer, if there was one.
pub async fn send(sandbox: &Sandbox, endpoint: &Endpoint, body: String, at: Timestamp) -> Option<u16> {
    let signature = signature(&endpoint.secret, at, &body);
    let request = sandbox
        .http
        .post(&endpoint.url)
        .header("content-type", "application/json; charset=utf-8")
        .header("user-agent", "Stripe/1.0 (Minutebank Stripe sandbox)")
        .header("stripe-signature", signature)
        .body(body);
    match request.send().await {
        Ok(answer) => Some(answer.status().as_u16()),
        Err(error) => {
            tracing::warn!(error = %error.without_url(), "a sandbox webhook was not answered");
            None
        }
    }
}

/// `t=…,v1=…`: HMAC-SHA256 over `t.body` with the endpoint's secret.
pub fn signature(secret: &str, at: Timestamp, body: &str) -> String {
    let at = at.as_second();
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}
