//! The card that Call Central has on file. The sandbox gives it, as Stripe's test mode does.

use super::{DemoError, repo};
use crate::app::open_checkout::{BuyError, customer};
use crate::payments::card::repo as cards;
use crate::payments::customer::repo::payer;
use crate::state::AppState;

/// Whose card it is.
const WORKSPACE: &str = "ws_central";
/// Stripe's name for a Visa card that pays.
const TEST_CARD: &str = "pm_card_visa";

/// Saves it, unless the client has or had a card.
///
/// # Errors
/// Faults of the database. Without an answer of the sandbox the next start saves it.
pub async fn save(state: &AppState) -> Result<(), DemoError> {
    let mut db = state.db.acquire().await?;
    let workspace = repo::workspace(&mut db, WORKSPACE).await?;
    if cards::had_one(&mut db, workspace).await? {
        return Ok(());
    }
    let payer = payer(&mut db, workspace).await?;
    drop(db);
    let customer = match customer(state, workspace, &payer).await {
        Ok(customer) => customer,
        Err(BuyError::Database(error)) => return Err(error.into()),
        Err(error) => return missed(&error.to_string()),
    };
    let card = match state.stripe.attach_card(TEST_CARD, &customer).await {
        Ok(Some(card)) => card,
        Ok(None) => return missed("it is no card"),
        Err(error) => return missed(&error.to_string()),
    };
    let mut transaction = state.db.begin().await?;
    cards::lock(&mut transaction, workspace).await?;
    cards::put(&mut transaction, workspace, &card, &customer, state.clock.now()).await?;
    transaction.commit().await?;
    Ok(())
}

/// Said, and left to the next start.
fn missed(why: &str) -> Result<(), DemoError> {
    tracing::warn!(why, "the demo's card could not be saved");
    Ok(())
}
