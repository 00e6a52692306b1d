//! Fulfilling a purchase: the one function between a paid session and the wallet (SPEC §5).
//!
//! Called by the webhook, the return page and the sweep; safe any number of times, in parallel, in any order, and when
//! it is stopped between any two of its steps. The ledger's UNIQUE key, the session's id, decides that it credits once.
//! A card that is to be saved comes after what was paid, and never holds it up.

use sqlx::Acquire as _;

use super::alert_members::{News, tell};
use super::pay_request::settle_payment;
use super::save_card::{keep_card, keep_card_beside};
use crate::ledger::LedgerError;
use crate::notify::live;
use crate::payments::bill;
use crate::payments::inbox::{self, ItemKind, NewItem};
use crate::payments::{
    Bought, Failure, Mismatch, Purchase, PurchaseStatus, Session, SessionState, is_session_id, repo,
};
use crate::state::AppState;
use crate::units::MilliCents;

/// What became of a session's purchase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fulfilment {
    /// What was bought is posted, now or before.
    Credited(Box<Purchase>),
    /// It can still be paid.
    Open(Box<Purchase>),
    /// Checkout is done, the money is on its way.
    Unpaid(Box<Purchase>),
    /// It ended without a payment.
    Expired(Box<Purchase>),
    /// It was paid, but not as it was asked for; nothing is credited, the agency has it in its inbox.
    Unmatched(Box<Purchase>),
    /// The session belongs to no purchase of ours.
    NotOurs,
}

/// Why it is not known what became of it; to be tried again.
#[derive(Debug, thiserror::Error)]
pub enum FulfilError {
    /// Stripe did not say how the session stands.
    #[error(transparent)]
    Stripe(#[from] Failure),
    /// The ledger did not take the credit.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Brings a session's purchase to where Stripe says that it is.
///
/// # Errors
/// See [`FulfilError`]; whatever was done until then stays, and trying again goes on from there.
pub async fn fulfil(state: &AppState, session_id: &str) -> Result<Fulfilment, FulfilError> {
    if !is_session_id(session_id) {
        return Ok(Fulfilment::NotOurs);
    }
    let mut db = state.db.acquire().await?;
    let found = repo::purchase_by_session(&mut db, session_id).await?;
    drop(db);
    let Some(purchase) = found.map(Box::new) else {
        return Ok(Fulfilment::NotOurs);
    };
    match purchase.status {
        PurchaseStatus::Credited if !purchase.save_card => return Ok(Fulfilment::Credited(purchase)),
        PurchaseStatus::Unmatched => return Ok(Fulfilment::Unmatched(purchase)),
        PurchaseStatus::Credited | PurchaseStatus::Open | PurchaseStatus::Expired | PurchaseStatus::Failed => {}
    }
    let session = state.stripe.session(session_id).await?;
    if purchase.status == PurchaseStatus::Credited {
        keep_card(state, &session, &purchase).await?;
        return Ok(Fulfilment::Credited(purchase));
    }
    if let Some(payment_intent) = &session.payment_intent {
        let mut db = state.db.acquire().await?;
        repo::set_payment_intent(&mut db, &purchase.id, payment_intent).await?;
    }
    match session.state {
        SessionState::Open => Ok(Fulfilment::Open(purchase)),
        SessionState::Unpaid => Ok(Fulfilment::Unpaid(purchase)),
        SessionState::Expired => {
            let mut db = state.db.acquire().await?;
            repo::mark_ended(&mut db, &purchase.id, PurchaseStatus::Expired).await?;
            Ok(Fulfilment::Expired(purchase))
        }
        SessionState::Paid => match session.matches(session_id, &purchase, state.stripe.livemode()) {
            Ok(()) => {
                keep_receipt(state, &session, &purchase).await?;
                credit(state, &session, purchase).await
            }
            Err(mismatch) => report(state, &session, purchase, &mismatch).await,
        },
    }
}

/// Posts what was bought under the session's id, then marks the purchase; or marks the request that was paid, or saves
/// the card. Stopped in between, the next call finds the posting and marks it.
async fn credit(state: &AppState, session: &Session, purchase: Box<Purchase>) -> Result<Fulfilment, FulfilError> {
    match &purchase.bought {
        Bought::Request(payment) => {
            let payment = payment.clone();
            let settled = settle_payment(state, &session.id, purchase, &payment).await?;
            if let Fulfilment::Credited(purchase) = &settled {
                keep_card_beside(state, session, purchase).await;
            }
            return Ok(settled);
        }
        Bought::Card => keep_card(state, session, &purchase).await?,
        Bought::Packs(_) | Bought::Credits { .. } => {
            if let Some(command) = purchase.credit(&session.id) {
                state.ledger.submit(purchase.workspace, command).await?;
            }
        }
    }
    let mut transaction = state.db.begin().await?;
    if repo::mark_credited(&mut transaction, &purchase.id, state.clock.now()).await? && purchase.bought != Bought::Card
    {
        let receipt = News::paid(&mut transaction, purchase.workspace, &purchase.bought, &session.id).await?;
        tell(state, &mut transaction, purchase.workspace, &receipt).await?;
    }
    // The wallet's own news came before this.
    live::announce(&mut transaction, purchase.workspace).await?;
    transaction.commit().await?;
    keep_card_beside(state, session, &purchase).await;
    Ok(Fulfilment::Credited(purchase))
}

/// Keeps where Stripe shows the receipt, before anything says that there is one.
async fn keep_receipt(state: &AppState, session: &Session, purchase: &Purchase) -> sqlx::Result<()> {
    if let Some(url) = &session.receipt_url {
        let mut db = state.db.acquire().await?;
        bill::repo::keep_receipt(&mut db, &purchase.id, url).await?;
    }
    Ok(())
}

/// Puts a payment that does not match into the agency's inbox, and leaves the wallet alone.
async fn report(
    state: &AppState,
    session: &Session,
    purchase: Box<Purchase>,
    mismatch: &Mismatch,
) -> Result<Fulfilment, FulfilError> {
    let Mismatch { field, found, expected } = mismatch;
    let detail = format!("the payment's {field} is {found}, its purchase says {expected}. Nothing was credited.");
    tracing::error!(session = session.id, purchase = purchase.id, detail, "a payment does not match its purchase");
    let mut db = state.db.acquire().await?;
    let mut transaction = db.begin().await?;
    let now = state.clock.now();
    let item = NewItem {
        workspace: purchase.workspace,
        kind: ItemKind::UnmatchedPayment,
        reference: &session.id,
        detail: &detail,
        amount: session.amount_total.map(MilliCents::from_cents),
    };
    inbox::repo::insert(&mut transaction, &item, now).await?;
    repo::mark_ended(&mut transaction, &purchase.id, PurchaseStatus::Unmatched).await?;
    transaction.commit().await?;
    Ok(Fulfilment::Unmatched(purchase))
}
