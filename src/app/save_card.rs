//! Saving a card: through Checkout on its own, or beside a payment. What Checkout has made of it is retrieved, compared
//! with whom it was asked for, and becomes the workspace's one current card.

use super::ReadError;
use super::fulfil_purchase::FulfilError;
use super::open_checkout::{BuyError, BuyForm, begin, begun, open_checkout};
use crate::notify::live;
use crate::payments::card::{CardSeen, SavedCard, repo as cards};
use crate::payments::{self, Bought, Failure, Purchase, Session, recharge, topup};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// Begins to save a card, or finds what this form began. Answers the address of its Checkout.
///
/// # Errors
/// See [`BuyError`].
pub async fn save_card(state: &AppState, form: &BuyForm) -> Result<String, BuyError> {
    let same = |bought: &Bought| *bought == Bought::Card;
    let purchase = match begun(state, form, same).await? {
        Some(purchase) => purchase,
        None => begin(state, form, Bought::Card, same).await?,
    };
    open_checkout(state, purchase).await
}

/// The card that a workspace is charged with.
///
/// # Errors
/// The database's.
pub async fn current_card(state: &AppState, workspace: WorkspaceId) -> Result<Option<SavedCard>, ReadError> {
    Ok(cards::current(&mut *state.db.acquire().await?, workspace).await?)
}

/// Makes the card of a completed session the workspace's current one, and lets auto-recharge begin anew with it; the
/// card before is charged no more. What is no card, or not this customer's, is left alone.
///
/// # Errors
/// See [`FulfilError`]; trying again goes on from there.
pub(super) async fn keep_card(state: &AppState, session: &Session, purchase: &Purchase) -> Result<(), FulfilError> {
    let card = match seen(state, session).await {
        // Stripe knows nothing of it any more.
        Err(Failure::Refused { message, .. }) => {
            tracing::warn!(purchase = purchase.id, message, "a card could not be saved");
            None
        }
        seen => seen?,
    };
    let ours = card.filter(|card| card.customer.as_ref() == Some(&purchase.customer));
    let mut transaction = state.db.begin().await?;
    if let Some(card) = ours {
        // In the order of who removes a card, so that nobody waits for each other.
        recharge::repo::lock(&mut transaction, purchase.workspace).await?;
        cards::lock(&mut transaction, purchase.workspace).await?;
        let (customer, asked_at) = (&purchase.customer, purchase.created_at);
        if cards::put(&mut transaction, purchase.workspace, &card, customer, asked_at).await? {
            recharge::repo::begin_anew(&mut transaction, purchase.workspace).await?;
            topup::repo::withdraw_left(&mut transaction, purchase.workspace, state.clock.now()).await?;
        }
    }
    payments::repo::mark_card_saved(&mut transaction, &purchase.id).await?;
    live::announce(&mut transaction, purchase.workspace).await?;
    transaction.commit().await?;
    Ok(())
}

/// The same beside a payment, which is done whatever becomes of the card: the sweep asks for it again.
pub(super) async fn keep_card_beside(state: &AppState, session: &Session, purchase: &Purchase) {
    if purchase.save_card
        && purchase.bought != Bought::Card
        && let Err(error) = keep_card(state, session, purchase).await
    {
        tracing::warn!(purchase = purchase.id, %error, "a card could not be saved yet");
    }
}

/// The card that a session has made, as Stripe has it.
async fn seen(state: &AppState, session: &Session) -> Result<Option<CardSeen>, Failure> {
    let method = match (&session.setup_intent, &session.payment_intent) {
        (Some(setup), _) => state.stripe.method_of_setup(setup).await?,
        (None, Some(intent)) => state.stripe.intent(intent).await?.payment_method,
        (None, None) => None,
    };
    match method {
        Some(method) => state.stripe.card(&method).await,
        None => Ok(None),
    }
}
