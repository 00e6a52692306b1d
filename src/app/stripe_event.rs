//! What an event of Stripe's sets off. An event is only a hint: what is true is retrieved.

use super::fulfil_purchase::{FulfilError, Fulfilment, fulfil};
use super::open_checkout::{BuyError, open_checkout};
use super::remove_card::follow_card;
use super::reverse_payment::about_reversal;
use super::top_up::conclude;
use crate::payments::inbox::{self, ItemKind, NewItem};
use crate::payments::{
    self, Bought, Event, Failure, Intent, IntentState, PurchaseStatus, customer, is_intent_id, repo, topup,
};
use crate::state::AppState;
use crate::units::MilliCents;

/// Processes a stored event, then marks it done. Safe to repeat.
///
/// # Errors
/// Where its effect is not certain; the event stays unprocessed and is tried again.
pub async fn process_event(state: &AppState, event: &Event) -> Result<(), FulfilError> {
    let outcome = match (event.type_.as_str(), &event.object) {
        (
            "checkout.session.completed"
            | "checkout.session.expired"
            | "checkout.session.async_payment_succeeded"
            | "checkout.session.async_payment_failed",
            Some(session),
        ) => about_session(state, event, session).await?,
        ("setup_intent.succeeded", Some(_)) => about_setup(state, event).await?,
        (
            "payment_method.detached" | "payment_method.updated" | "payment_method.automatically_updated",
            Some(payment_method),
        ) => follow_card(state, payment_method).await?,
        (
            "payment_intent.succeeded" | "payment_intent.payment_failed" | "payment_intent.canceled",
            Some(payment_intent),
        ) => about_intent(state, event, payment_intent).await?,
        (
            "charge.refunded"
            | "charge.refund.updated"
            | "refund.created"
            | "refund.updated"
            | "refund.failed"
            | "charge.dispute.created"
            | "charge.dispute.updated"
            | "charge.dispute.closed"
            | "charge.dispute.funds_withdrawn"
            | "charge.dispute.funds_reinstated",
            Some(_),
        ) => about_reversal(state, event).await?,
        _ => "ignored",
    };
    let mut db = state.db.acquire().await?;
    payments::event::repo::mark_processed(&mut db, &event.id, outcome, state.clock.now()).await?;
    Ok(())
}

async fn about_session(state: &AppState, event: &Event, session: &str) -> Result<&'static str, FulfilError> {
    let mut fulfilment = fulfil(state, session).await?;
    if fulfilment == Fulfilment::NotOurs {
        learn_session(state, event).await?;
        fulfilment = fulfil(state, session).await?;
    }
    Ok(match fulfilment {
        Fulfilment::Credited(_) => "credited",
        Fulfilment::Open(_) => "open",
        Fulfilment::Unpaid(purchase) if event.type_ == "checkout.session.async_payment_failed" => {
            let mut db = state.db.acquire().await?;
            repo::mark_ended(&mut db, &purchase.id, PurchaseStatus::Failed).await?;
            if let Bought::Request(payment) = &purchase.bought {
                payments::request::repo::mark_failed(&mut db, purchase.workspace, &payment.request).await?;
            }
            "failed"
        }
        Fulfilment::Unpaid(_) => "unpaid",
        Fulfilment::Expired(_) => "expired",
        Fulfilment::Unmatched(_) => "unmatched",
        Fulfilment::NotOurs => "not ours",
    })
}

/// A card was set up: its Checkout is complete.
async fn about_setup(state: &AppState, event: &Event) -> Result<&'static str, FulfilError> {
    let Some(id) = &event.purchase else {
        return Ok("not ours");
    };
    let mut db = state.db.acquire().await?;
    let purchase = repo::purchase(&mut db, id).await?;
    drop(db);
    match purchase.and_then(|purchase| purchase.session) {
        Some((session, _)) => about_session(state, event, &session).await,
        // The event of the session itself names it.
        None => Ok("not ours"),
    }
}

/// A charge has changed. Checkout's own are told by their sessions; one that nobody of us asked for is looked at by the
/// agency.
async fn about_intent(state: &AppState, event: &Event, payment_intent: &str) -> Result<&'static str, FulfilError> {
    if event.topup.is_none() && event.purchase.is_some() {
        return Ok("of a session");
    }
    if !is_intent_id(payment_intent) {
        return Ok("not ours");
    }
    let intent = match state.stripe.intent(payment_intent).await {
        Err(Failure::Refused { .. }) => return Ok("not ours"),
        intent => intent?,
    };
    let mut db = state.db.acquire().await?;
    let topup = match &intent.topup {
        Some(id) => topup::repo::find(&mut db, id).await?,
        None => None,
    };
    drop(db);
    match topup {
        Some(topup) => {
            conclude(state, &topup, &intent).await?;
            Ok("followed")
        }
        None if intent.state == IntentState::Succeeded => unasked(state, &intent).await,
        None => Ok("not ours"),
    }
}

/// A charge of a customer of ours that belongs to nothing we know.
async fn unasked(state: &AppState, intent: &Intent) -> Result<&'static str, FulfilError> {
    let Some(customer) = &intent.customer else {
        return Ok("not ours");
    };
    let mut db = state.db.acquire().await?;
    let Some(workspace) = customer::repo::owner(&mut db, customer).await? else {
        return Ok("not ours");
    };
    if state.stripe.is_of_session(&intent.id).await? {
        return Ok("of a session");
    }
    let item = NewItem {
        workspace,
        kind: ItemKind::UnmatchedPayment,
        reference: &intent.id,
        detail: "A payment of this client that nobody asked for credits nothing",
        amount: Some(MilliCents::from_cents(intent.amount)),
    };
    inbox::repo::insert(&mut db, &item, state.clock.now()).await?;
    Ok("unmatched")
}

/// The event may be faster than the answer to the request that made its session: asks for that answer again.
async fn learn_session(state: &AppState, event: &Event) -> Result<(), FulfilError> {
    let Some(id) = &event.client_reference_id else {
        return Ok(());
    };
    let mut db = state.db.acquire().await?;
    let purchase = repo::purchase(&mut db, id).await?;
    drop(db);
    let Some(purchase) = purchase.filter(|purchase| purchase.session.is_none()) else {
        return Ok(());
    };
    match open_checkout(state, purchase).await {
        Err(BuyError::Database(error)) => Err(error.into()),
        Err(BuyError::StripeUnreachable) => {
            Err(Failure::Unknown("the answer that names the session is missing".to_owned()).into())
        }
        _ => Ok(()),
    }
}
