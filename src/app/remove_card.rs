//! A card leaves: because somebody of the workspace removes or replaces it, or because Stripe says that it is gone.

use super::fulfil_purchase::FulfilError;
use super::set_recharge::record;
use crate::notify::live;
use crate::payments::card::repo as cards;
use crate::payments::{Failure, recharge, topup};
use crate::state::AppState;
use crate::tenants::UserId;
use crate::units::WorkspaceId;

/// Cards of one look.
const BATCH: i64 = 100;

/// Removes the current card, if it still is that one. It is charged no more from this moment, and auto-recharge is
/// switched off, as the audit trail then says; the sweep takes it away at Stripe.
///
/// # Errors
/// The database's.
pub async fn remove_card(
    state: &AppState,
    workspace: WorkspaceId,
    payment_method: &str,
    by: UserId,
) -> sqlx::Result<()> {
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    // Waits for an automatic charge that is being sent.
    let before = recharge::repo::lock(&mut transaction, workspace).await?;
    cards::lock(&mut transaction, workspace).await?;
    if cards::remove(&mut transaction, workspace, payment_method).await? {
        recharge::repo::switch_off(&mut transaction, workspace, now).await?;
        topup::repo::withdraw_left(&mut transaction, workspace, now).await?;
        record(&mut transaction, workspace, before.as_ref(), Some(by), now).await?;
        live::announce(&mut transaction, workspace).await?;
    }
    transaction.commit().await
}

/// Brings a card to where Stripe says that it is: its bank may have renewed it, somebody may have detached it there.
///
/// # Errors
/// See [`FulfilError`]; to be tried again.
pub async fn follow_card(state: &AppState, payment_method: &str) -> Result<&'static str, FulfilError> {
    let mut db = state.db.acquire().await?;
    let Some(known) = cards::by_payment_method(&mut db, payment_method).await? else {
        return Ok("not ours");
    };
    drop(db);
    let seen = match state.stripe.card(&known.payment_method).await {
        Err(Failure::Refused { .. }) => None,
        seen => seen?,
    };
    let mut db = state.db.acquire().await?;
    let outcome = match seen.filter(|card| card.customer.as_ref() == Some(&known.customer)) {
        Some(card) => {
            cards::renew(&mut db, known.workspace, &card).await?;
            "renewed"
        }
        None => {
            cards::mark_gone(&mut db, known.workspace, &known.payment_method).await?;
            "gone"
        }
    };
    live::announce(&mut db, known.workspace).await?;
    Ok(outcome)
}

/// Takes cards away at Stripe that were removed or replaced here. Answers how many are gone.
///
/// # Errors
/// Where the database failed; Stripe's failures only put things off.
pub async fn sweep_cards(state: &AppState) -> sqlx::Result<usize> {
    let mut db = state.db.acquire().await?;
    let leaving = cards::leaving(&mut db, BATCH).await?;
    drop(db);
    let mut gone = 0;
    for card in leaving {
        match state.stripe.detach_card(&card.payment_method).await {
            // Refused: it was taken away before.
            Ok(()) | Err(Failure::Refused { .. }) => {
                let mut db = state.db.acquire().await?;
                cards::mark_gone(&mut db, card.workspace, &card.payment_method).await?;
                gone += 1;
            }
            Err(error) => tracing::warn!(%error, "a card could not be taken away yet"),
        }
    }
    Ok(gone)
}
