//! `/v1/disputes`: charges that the card's owner disputes with their bank. They are opened by the sandbox's controls, or
//! by the card 4000 0000 0000 0259.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::charges;
use super::errors::ApiError;
use super::intents;
use super::lists::{CreatedFilter, Expand, Page};
use super::model::new_id;
use super::payment_model::{Charge, Intent};
use super::refund_model::{Dispute, DisputeStatus};
use super::state::{Change, State, Transaction};

const EXPANDABLE: [&str; 2] = ["charge", "payment_intent"];
/// Seconds in which the shop can object: 9 days, as Stripe's test mode gives.
const RESPONSE_SECS: i64 = 9 * 24 * 3_600;

/// How a dispute begins.
pub struct Opening {
    /// Cents; what was not refunded if absent.
    pub amount: Option<i64>,
    /// What the card's owner says.
    pub reason: String,
    /// An inquiry first: no money is taken.
    pub warning: bool,
}

/// Opens a dispute.
///
/// # Errors
/// In words, where this charge cannot be disputed so.
pub fn open(
    transaction: &mut Transaction<'_>,
    intent: &Intent,
    charge: &Charge,
    opening: Opening,
) -> Result<Dispute, &'static str> {
    let left = intent.amount - charge.refunded;
    let amount = opening.amount.unwrap_or(left);
    if !charge.went_through() {
        return Err("Only a charge that went through can be disputed.");
    }
    if !(1..=intent.amount).contains(&amount) {
        return Err("A dispute is about at least one cent and at most the charge.");
    }
    if of_charge(transaction.state, &charge.id).any(Dispute::is_open) {
        return Err("The charge has an open dispute.");
    }
    let dispute = Dispute {
        id: new_id("du_1", 23),
        created: transaction.now.as_second(),
        charge: charge.id.clone(),
        intent: intent.id.clone(),
        amount,
        currency: intent.currency.clone(),
        brand: charge.card.as_ref().map_or_else(|| "unknown".to_owned(), |card| card.brand.clone()),
        reason: opening.reason,
        status: if opening.warning { DisputeStatus::WarningNeedsResponse } else { DisputeStatus::NeedsResponse },
    };
    transaction.emit("charge.dispute.created", view(&dispute));
    if dispute.holds_money() {
        transaction.emit("charge.dispute.funds_withdrawn", view(&dispute));
    }
    transaction.put(Change::Charge(Charge { disputed: true, disputes_at: None, ..charge.clone() }));
    transaction.put(Change::Dispute(dispute.clone()));
    Ok(dispute)
}

/// Opens the dispute of a charge whose time has come.
pub fn open_due(transaction: &mut Transaction<'_>, charge: &Charge) {
    let opening = Opening { amount: None, reason: "fraudulent".to_owned(), warning: false };
    let intent = transaction.state.intents.get(&charge.intent).ok_or("A charge is never without its intent.");
    // Refunded or disputed otherwise meanwhile, it stays as it is.
    if intent.and_then(|intent| open(transaction, intent, charge, opening)).is_err() {
        transaction.put(Change::Charge(Charge { disputes_at: None, ..charge.clone() }));
    }
}

/// Moves an open dispute on: an inquiry is closed or becomes a dispute, a dispute is won or lost.
///
/// # Errors
/// In words, where it cannot move so.
pub fn advance(
    transaction: &mut Transaction<'_>,
    dispute: &Dispute,
    status: DisputeStatus,
) -> Result<Dispute, &'static str> {
    let kinds: &[&str] = match (dispute.status, status) {
        (DisputeStatus::NeedsResponse, DisputeStatus::Lost)
        | (DisputeStatus::WarningNeedsResponse, DisputeStatus::WarningClosed) => &["charge.dispute.closed"],
        (DisputeStatus::NeedsResponse, DisputeStatus::Won) => {
            &["charge.dispute.closed", "charge.dispute.funds_reinstated"]
        }
        (DisputeStatus::WarningNeedsResponse, DisputeStatus::NeedsResponse) => {
            &["charge.dispute.updated", "charge.dispute.funds_withdrawn"]
        }
        _ => return Err("A dispute with this status cannot become that."),
    };
    let moved = Dispute { status, ..dispute.clone() };
    let previous = json!({ "status": dispute.status.word() });
    for kind in kinds {
        transaction.emit_change(kind, view(&moved), previous.clone());
    }
    transaction.put(Change::Dispute(moved.clone()));
    Ok(moved)
}

/// The disputes of a charge, the newest first.
pub fn of_charge<'s>(state: &'s State, charge: &str) -> impl Iterator<Item = &'s Dispute> {
    state.disputes.newest_first().filter(move |dispute| dispute.charge == charge)
}

/// `GET /v1/disputes/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.finish()?;
    let state = call.transaction.state;
    Ok(expanded_view(state, find(state, id)?, &expand))
}

fn find<'s>(state: &'s State, id: &str) -> Result<&'s Dispute, ApiError> {
    state.disputes.get(id).ok_or_else(|| ApiError::missing("dispute", "dispute", id))
}

/// `GET /v1/disputes`
pub fn list(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    let expand = Expand::take(params, "data.", &EXPANDABLE)?;
    let page = Page::take(params)?;
    let created = CreatedFilter::take(params)?;
    let (intent, charge) = (params.text("payment_intent", 500)?, params.text("charge", 500)?);
    params.finish()?;
    let state = call.transaction.state;
    let meant = |dispute: &&Dispute| {
        created.meets(dispute.created)
            && intent.as_ref().is_none_or(|id| dispute.intent == *id)
            && charge.as_ref().is_none_or(|id| dispute.charge == *id)
    };
    let all: Vec<_> = state.disputes.newest_first().filter(meant).collect();
    page.cut("/v1/disputes", &all, |dispute| expanded_view(state, dispute, &expand))
}

/// `POST /v1/disputes/{id}/close`: the shop accepts that the money is gone.
pub fn close(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.finish()?;
    let state = call.transaction.state;
    let dispute = find(state, id)?;
    let closed = advance(call.transaction, dispute, DisputeStatus::Lost);
    let closed = closed.map_err(|_| ApiError::refused(None, None, "This dispute is already closed"))?;
    Ok(expanded_view(state, &closed, &expand))
}

fn expanded_view(state: &State, dispute: &Dispute, expand: &Expand) -> Value {
    let mut shown = view(dispute);
    if let (true, Some(charge)) = (expand.has("charge"), state.charges.get(&dispute.charge)) {
        shown["charge"] = charges::stored_view(state, charge, &Expand::default());
    }
    if let (true, Some(intent)) = (expand.has("payment_intent"), state.intents.get(&dispute.intent)) {
        shown["payment_intent"] = intents::stored_view(state, intent, &Expand::default());
    }
    shown
}

/// A dispute as Stripe shows it.
pub fn view(dispute: &Dispute) -> Value {
    let inquiry = matches!(dispute.status, DisputeStatus::WarningNeedsResponse | DisputeStatus::WarningClosed);
    json!({
        "id": dispute.id,
        "object": "dispute",
        "amount": dispute.amount,
        "balance_transactions": movements(dispute),
        "charge": dispute.charge,
        "created": dispute.created,
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": { "enhanced_evidence": {} },
        "evidence_details": {
            "due_by": dispute.is_open().then_some(dispute.created + RESPONSE_SECS),
            "enhanced_eligibility": {},
            "has_evidence": false,
            "past_due": false,
            "submission_count": 0,
        },
        "is_charge_refundable": inquiry,
        "livemode": false,
        "metadata": {},
        "network_reason_code": null,
        "payment_intent": dispute.intent,
        "payment_method_details": {
            "card": {
                "brand": dispute.brand,
                "case_type": if inquiry { "inquiry" } else { "chargeback" },
                "network": dispute.brand,
                "network_reason_code": null,
            },
            "type": "card",
        },
        "reason": dispute.reason,
        "status": dispute.status.word(),
    })
}

/// What was taken from the shop's balance and given back; the sandbox takes no fee.
fn movements(dispute: &Dispute) -> Vec<Value> {
    let movement = |place: &str, amount: i64| {
        json!({
            "id": format!("txn_{place}{}", &dispute.id[4..]),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": dispute.created,
            "balance_type": "payments",
            "created": dispute.created,
            "currency": dispute.currency,
            "description": format!("Chargeback for {}", dispute.charge),
            "exchange_rate": null,
            "fee": 0,
            "fee_details": [],
            "net": amount,
            "reporting_category": if amount < 0 { "dispute" } else { "dispute_reversal" },
            "source": dispute.id,
            "status": "available",
            "type": "adjustment",
        })
    };
    match dispute.status {
        DisputeStatus::WarningNeedsResponse | DisputeStatus::WarningClosed => Vec::new(),
        DisputeStatus::NeedsResponse | DisputeStatus::Lost => vec![movement("1", -dispute.amount)],
        DisputeStatus::Won => vec![movement("1", -dispute.amount), movement("2", dispute.amount)],
    }
}
