//! What an event of Stripe's sets off. An event is only a hint: what is true is retrieved.

use super::fulfil_purchase::{FulfilError, Fulfilment, fulfil};
use super::open_checkout::{BuyError, open_checkout};
use super::reverse_payment::about_reversal;
use crate::payments::{self, Bought, Event, Failure, PurchaseStatus, repo};
use crate::state::AppState;

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
