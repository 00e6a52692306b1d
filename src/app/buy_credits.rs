//! Buying credits.

use super::open_checkout::{BuyError, BuyForm, begin, begun, open_checkout};
use crate::ledger;
use crate::payments::Bought;
use crate::pricing::CREDIT_AMOUNTS;
use crate::state::AppState;
use crate::units::MilliCents;

/// What somebody chose in the Add credits dialog.
#[derive(Clone, Debug)]
pub struct CreditsOrder {
    /// The form that was sent.
    pub form: BuyForm,
    /// How much: [`CREDIT_AMOUNTS`], whole cents.
    pub amount: MilliCents,
}

/// Begins a purchase, or finds the one that this form began. Answers the address of its Checkout.
///
/// # Errors
/// See [`BuyError`].
pub async fn buy_credits(state: &AppState, order: &CreditsOrder) -> Result<String, BuyError> {
    let bought = Bought::Credits { amount: order.amount };
    let same = |other: &Bought| *other == bought;
    let purchase = match begun(state, &order.form, same).await? {
        Some(purchase) => purchase,
        None => {
            check(state, order).await?;
            begin(state, &order.form, bought.clone(), same).await?
        }
    };
    open_checkout(state, purchase).await
}

/// Whether credits are of use in this wallet. They never freeze, so a subscription that has ended does not matter
/// (SPEC §1.3): its last rates go on.
async fn check(state: &AppState, order: &CreditsOrder) -> Result<(), BuyError> {
    let mut db = state.db.acquire().await?;
    let wallet = ledger::repo::wallet(&mut db, order.form.workspace).await?;
    let subscription = wallet.and_then(|wallet| wallet.subscription).ok_or(BuyError::NoSubscription)?;
    if !subscription.snapshot.terms.rates.any() {
        return Err(BuyError::NoRates);
    }
    if !CREDIT_AMOUNTS.contains(&order.amount) || order.amount.0 % MilliCents::PER_CENT != 0 {
        return Err(BuyError::Amount);
    }
    Ok(())
}
