//! Money that comes late or goes back, at will: bank debits, refunds, disputes. What each does stands in
//! `controls.md`.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::Sandbox;
use super::bank_debits;
use super::checkout;
use super::conduct::Decline;
use super::controls::{Done, Refused, commit};
use super::disputes::{self, Opening};
use super::payment_model::Charge;
use super::refund_model::{DisputeStatus, RefundStatus};
use super::refunds;
use super::state::State as Known;

/// Body of [`settle`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settle {
    outcome: Settled,
}

/// What the bank says.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Settled {
    Succeeded,
    Failed,
}

/// `POST /_sandbox/sessions/{id}/settle`
pub async fn settle(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, Json(wanted): Json<Settle>) -> Done {
    let session = id.clone();
    let settled = commit(&sandbox, move |transaction| {
        let state = transaction.state;
        let session = state.sessions.get(&session).ok_or_else(|| not_found("No such session."))?;
        let intent = session.payment_intent.as_deref().and_then(|id| state.intents.get(id));
        let intent = intent.ok_or_else(|| Refused::new(StatusCode::CONFLICT, "The session has no payment."))?;
        let decline = match wanted.outcome {
            Settled::Succeeded => None,
            Settled::Failed => Some(Decline::DebitReturned),
        };
        bank_debits::settle(transaction, intent, decline).map_err(|why| Refused::new(StatusCode::CONFLICT, why))
    });
    settled.await??;
    let shown = sandbox.store.read(|state| state.sessions.get(&id).map(|session| checkout::view(state, session)));
    Ok(Json(shown.unwrap_or_default()))
}

/// Body of [`turn_refund`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    status: RefundStatus,
    failure_reason: Option<String>,
}

/// `POST /_sandbox/refunds/{id}`
pub async fn turn_refund(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>, Json(turn): Json<Turn>) -> Done {
    let turned = commit(&sandbox, move |transaction| {
        let refund = transaction.state.refunds.get(&id).ok_or_else(|| not_found("No such refund."))?;
        let turned = refunds::turn(transaction, refund, turn.status, turn.failure_reason.as_deref());
        turned.map(|refund| refunds::view(&refund)).map_err(|status| {
            let message = format!("The refund's status is {}; it cannot turn so.", status.word());
            Refused::new(StatusCode::CONFLICT, &message)
        })
    });
    turned.await?.map(Json)
}

fn not_found(message: &str) -> Refused {
    Refused::new(StatusCode::NOT_FOUND, message)
}

/// Body of [`open_dispute`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Open {
    payment: String,
    amount: Option<i64>,
    #[serde(default = "fraudulent")]
    reason: String,
    #[serde(default)]
    warning: bool,
}

fn fraudulent() -> String {
    "fraudulent".to_owned()
}

/// `POST /_sandbox/disputes`
pub async fn open_dispute(State(sandbox): State<Arc<Sandbox>>, Json(open): Json<Open>) -> Done {
    let opened = commit(&sandbox, move |transaction| {
        let state = transaction.state;
        let charge = charge_of(state, &open.payment).ok_or_else(|| not_found("No such payment."))?;
        let intent = state.intents.get(&charge.intent).ok_or_else(|| not_found("No such payment."))?;
        let opening = Opening { amount: open.amount, reason: open.reason, warning: open.warning };
        let opened = disputes::open(transaction, intent, charge, opening);
        opened.map(|dispute| disputes::view(&dispute)).map_err(|why| Refused::new(StatusCode::CONFLICT, why))
    });
    opened.await?.map(Json)
}

/// The last charge of a session or an intent, or the charge itself.
fn charge_of<'s>(state: &'s Known, payment: &str) -> Option<&'s Charge> {
    let session = state.sessions.get(payment);
    let intent = session.map_or(Some(payment), |session| session.payment_intent.as_deref());
    let intent = intent.and_then(|id| state.intents.get(id));
    state.charges.get(intent.map_or(Some(payment), |intent| intent.latest_charge.as_deref())?)
}

/// Body of [`advance_dispute`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Advance {
    status: DisputeStatus,
}

/// `POST /_sandbox/disputes/{id}`
pub async fn advance_dispute(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
    Json(wanted): Json<Advance>,
) -> Done {
    let moved = commit(&sandbox, move |transaction| -> Result<Value, Refused> {
        let dispute = transaction.state.disputes.get(&id).ok_or_else(|| not_found("No such dispute."))?;
        let moved = disputes::advance(transaction, dispute, wanted.status);
        moved.map(|dispute| disputes::view(&dispute)).map_err(|why| Refused::new(StatusCode::CONFLICT, why))
    });
    moved.await?.map(Json)
}
