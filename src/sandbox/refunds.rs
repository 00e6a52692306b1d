//! `/v1/refunds`: money sent back, at once, later or in vain.

use serde_json::{Value, json};

use super::api::{Answer, Call, Forced};
use super::charges;
use super::conduct::Conduct;
use super::currency;
use super::disputes;
use super::errors::ApiError;
use super::intents;
use super::lists::{CreatedFilter, Expand, Page};
use super::model::new_id;
use super::params::Params;
use super::payment_model::{Charge, Intent, IntentStatus};
use super::refund_model::{Refund, RefundStatus};
use super::shape::with_nulls;
use super::state::{Change, State, Transaction};

const EXPANDABLE: [&str; 2] = ["charge", "payment_intent"];
/// Seconds until a refund of one of Stripe's test cards turns out otherwise than it began.
const TURNS_AFTER_SECS: i64 = 5;
/// Why a refund fails where nothing else is said.
pub const FAILURE_REASON: &str = "expired_or_canceled_card";

/// `POST /v1/refunds`
pub fn create(call: &mut Call<'_, '_>) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    let params = &mut call.params;
    let named = (params.text("payment_intent", 500)?, params.text("charge", 500)?);
    let amount = params.integer("amount", 1)?;
    let reason = params.choice("reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
    let metadata = params.metadata()?;
    params.unsupported(&[
        "currency",
        "customer",
        "instructions_email",
        "origin",
        "refund_application_fee",
        "reverse_transfer",
    ])?;
    params.finish()?;
    let state = call.transaction.state;
    let (intent, charge) = charge_of(state, params, named)?;
    let amount = amount_of(state, intent, charge, amount)?;
    let now = call.transaction.now.as_second();
    let conduct = state.payment_methods.get(&charge.payment_method).map(|method| method.conduct);
    let (status, turns_at) = match (call.forced, conduct) {
        (Some(Forced::PendingRefund), _) => (RefundStatus::Pending, None),
        (_, Some(Conduct::RefundsPend)) => (RefundStatus::Pending, Some(now + TURNS_AFTER_SECS)),
        (_, Some(Conduct::RefundsFail)) => (RefundStatus::Succeeded, Some(now + TURNS_AFTER_SECS)),
        _ => (RefundStatus::Succeeded, None),
    };
    let refund = Refund {
        id: new_id("re_3", 23),
        created: now,
        charge: charge.id.clone(),
        intent: intent.id.clone(),
        amount,
        currency: intent.currency.clone(),
        reason: reason.map(str::to_owned),
        metadata,
        status,
        failure_reason: None,
        turns_at,
    };
    let before = json!({ "amount_refunded": charge.refunded, "refunded": charge.refunded == intent.amount });
    let charge = Charge { refunded: charge.refunded + amount, ..charge.clone() };
    call.transaction.emit("refund.created", view(&refund));
    let shown = charges::view(&state.base, intent, &charge);
    call.transaction.emit_change("charge.refunded", shown, before);
    let mut answer = view(&refund);
    if expand.has("charge") {
        answer["charge"] = charges::view(&state.base, intent, &charge);
    }
    if expand.has("payment_intent") {
        answer["payment_intent"] = intents::stored_view(state, intent, &Expand::default());
    }
    call.transaction.put(Change::Charge(charge));
    call.transaction.put(Change::Refund(refund));
    Ok(answer)
}

/// The charge that is to be sent back, named itself or by its intent.
fn charge_of<'s>(
    state: &'s State,
    params: &Params,
    named: (Option<String>, Option<String>),
) -> Result<(&'s Intent, &'s Charge), ApiError> {
    match named {
        (_, Some(id)) => {
            let charge = state.charges.get(&id);
            let charge = charge.ok_or_else(|| ApiError::missing_reference("charge", "charge", &id))?;
            let intent = state.intents.get(&charge.intent).ok_or_else(ApiError::internal)?;
            if !charge.went_through() {
                let message = format!("Charge {id} did not go through and cannot be refunded.");
                return Err(ApiError::refused(None, None, message));
            }
            Ok((intent, charge))
        }
        (Some(id), None) => {
            let intent = state.intents.get(&id);
            let intent = intent.ok_or_else(|| ApiError::missing_reference("payment_intent", "payment_intent", &id))?;
            let charge = intent.latest_charge.as_deref().and_then(|id| state.charges.get(id));
            match charge.filter(|_| intent.status == IntentStatus::Succeeded) {
                Some(charge) => Ok((intent, charge)),
                None => {
                    let message = format!("This PaymentIntent ({id}) does not have a successful charge to refund.");
                    Err(ApiError::refused(None, None, message))
                }
            }
        }
        (None, None) => params.required("payment_intent", None),
    }
}

/// Never more than is left of the charge.
fn amount_of(state: &State, intent: &Intent, charge: &Charge, asked: Option<i64>) -> Result<i64, ApiError> {
    let left = intent.amount - charge.refunded;
    if left == 0 {
        let message = format!("Charge {} has already been refunded.", charge.id);
        return Err(ApiError::refused(Some("charge_already_refunded"), None, message));
    }
    if disputes::of_charge(state, &charge.id).any(|dispute| dispute.holds_money()) {
        let message = format!("Charge {} has been charged back; cannot issue a refund.", charge.id);
        return Err(ApiError::refused(Some("charge_disputed"), None, message));
    }
    let amount = asked.unwrap_or(left);
    if amount > left {
        let written = |cents| currency::written(cents, &intent.currency);
        let what = if charge.refunded == 0 { "charge amount" } else { "unrefunded amount on charge" };
        let message = format!("Refund amount ({}) is greater than {what} ({})", written(amount), written(left));
        return Err(ApiError::refused(None, Some("amount"), message));
    }
    Ok(amount)
}

/// How a refund turns out after it began; repeated, nothing happens.
///
/// # Errors
/// The refund's status, where it cannot turn so any more.
pub fn turn(
    transaction: &mut Transaction<'_>,
    refund: &Refund,
    status: RefundStatus,
    reason: Option<&str>,
) -> Result<Refund, RefundStatus> {
    match (refund.status, status) {
        (now, wanted) if now == wanted => return Ok(refund.clone()),
        (RefundStatus::Pending, _) | (RefundStatus::Succeeded, RefundStatus::Failed) => {}
        (now, _) => return Err(now),
    }
    let failed = status == RefundStatus::Failed;
    let turned = Refund {
        status,
        failure_reason: failed.then(|| reason.unwrap_or(FAILURE_REASON).to_owned()),
        turns_at: None,
        ..refund.clone()
    };
    let previous = json!({ "status": refund.status.word() });
    for kind in ["refund.updated", "charge.refund.updated"] {
        transaction.emit_change(kind, view(&turned), previous.clone());
    }
    if failed {
        transaction.emit("refund.failed", view(&turned));
        // The money is back with the shop, and could be sent again.
        if let Some(charge) = transaction.state.charges.get(&refund.charge) {
            transaction.put(Change::Charge(Charge { refunded: charge.refunded - refund.amount, ..charge.clone() }));
        }
    }
    transaction.put(Change::Refund(turned.clone()));
    Ok(turned)
}

/// Turns a refund whose time has come.
pub fn turn_due(transaction: &mut Transaction<'_>, refund: &Refund) {
    let status = if refund.status == RefundStatus::Pending { RefundStatus::Succeeded } else { RefundStatus::Failed };
    if turn(transaction, refund, status, None).is_err() {
        transaction.put(Change::Refund(Refund { turns_at: None, ..refund.clone() }));
    }
}

/// `GET /v1/refunds/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.finish()?;
    let state = call.transaction.state;
    let refund = state.refunds.get(id).ok_or_else(|| ApiError::missing("refund", "id", id))?;
    Ok(expanded_view(state, refund, &expand))
}

/// `GET /v1/refunds`
pub fn list(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    let expand = Expand::take(params, "data.", &EXPANDABLE)?;
    let page = Page::take(params)?;
    let created = CreatedFilter::take(params)?;
    let (intent, charge) = (params.text("payment_intent", 500)?, params.text("charge", 500)?);
    params.finish()?;
    let state = call.transaction.state;
    let meant = |refund: &&Refund| {
        created.meets(refund.created)
            && intent.as_ref().is_none_or(|id| refund.intent == *id)
            && charge.as_ref().is_none_or(|id| refund.charge == *id)
    };
    let all: Vec<_> = state.refunds.newest_first().filter(meant).collect();
    page.cut("/v1/refunds", &all, |refund| expanded_view(state, refund, &expand))
}

fn expanded_view(state: &State, refund: &Refund, expand: &Expand) -> Value {
    let mut shown = view(refund);
    if let (true, Some(charge)) = (expand.has("charge"), state.charges.get(&refund.charge)) {
        shown["charge"] = charges::stored_view(state, charge, &Expand::default());
    }
    if let (true, Some(intent)) = (expand.has("payment_intent"), state.intents.get(&refund.intent)) {
        shown["payment_intent"] = intents::stored_view(state, intent, &Expand::default());
    }
    shown
}

/// A refund as Stripe shows it.
pub fn view(refund: &Refund) -> Value {
    let mut shown = json!({
        "id": refund.id,
        "object": "refund",
        "amount": refund.amount,
        "charge": refund.charge,
        "created": refund.created,
        "currency": refund.currency,
        "destination_details": {
            "card": { "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund" },
            "type": "card",
        },
        "metadata": refund.metadata,
        "payment_intent": refund.intent,
        "reason": refund.reason,
        "status": refund.status.word(),
    });
    if let Some(reason) = &refund.failure_reason {
        shown["failure_reason"] = reason.as_str().into();
    }
    if refund.status == RefundStatus::Pending {
        shown["pending_reason"] = "processing".into();
    }
    with_nulls(shown, &["balance_transaction", "receipt_number", "source_transfer_reversal", "transfer_reversal"])
}
