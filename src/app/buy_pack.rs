//! Buying packs.

use super::open_checkout::{BuyError, BuyForm, begin, begun, open_checkout};
use crate::catalog;
use crate::ledger::{self, SubscriptionState};
use crate::payments::{Bought, Packs};
use crate::pricing::{PurchaseMode, QUANTITIES};
use crate::state::AppState;
use crate::units::MilliCents;

/// What somebody chose in the Buy Minutes dialog.
#[derive(Clone, Debug)]
pub struct PackOrder {
    /// The form that was sent.
    pub form: BuyForm,
    /// Public id of the pack.
    pub pack: String,
    /// How many.
    pub quantity: i64,
}

/// Begins a purchase, or finds the one that this form began. Answers the address of its Checkout.
///
/// # Errors
/// See [`BuyError`].
pub async fn buy_pack(state: &AppState, order: &PackOrder) -> Result<String, BuyError> {
    // The price may have changed meanwhile; what was bought first stays bought.
    let same = |bought: &Bought| match bought {
        Bought::Packs(packs) => packs.pack == order.pack && packs.quantity == order.quantity,
        Bought::Credits { .. } | Bought::Request(_) | Bought::Card => false,
    };
    let purchase = match begun(state, &order.form, same).await? {
        Some(purchase) => purchase,
        None => begin(state, &order.form, Bought::Packs(check(state, order).await?), same).await?,
    };
    open_checkout(state, purchase).await
}

/// The packs, if this client may buy them now.
async fn check(state: &AppState, order: &PackOrder) -> Result<Packs, BuyError> {
    let workspace = order.form.workspace;
    let mut db = state.db.acquire().await?;
    let wallet = ledger::repo::wallet(&mut db, workspace).await?;
    // What is owed is paid beside the packs; rounded up, and what that is too much becomes credits.
    let owed = wallet.as_ref().map_or(0, |wallet| wallet.balances.debt_mc);
    let balance = MilliCents::from_cents(MilliCents(owed).cents_up());
    let active = wallet.and_then(|wallet| wallet.subscription).filter(|it| it.state == SubscriptionState::Active);
    let subscription = active.ok_or(BuyError::NoSubscription)?;
    let terms = &subscription.snapshot.terms;
    if !terms.addons {
        return Err(BuyError::AddonsDisabled);
    }
    if terms.purchase_mode != PurchaseMode::SelfService {
        return Err(BuyError::ViaProvider);
    }
    if !QUANTITIES.contains(&order.quantity) {
        return Err(BuyError::Quantity);
    }
    let offered = catalog::repo::assigned_pack(&mut db, workspace, &order.pack).await?;
    let (pack_id, pack) = offered.filter(|(_, pack)| pack.meter == terms.meter).ok_or(BuyError::PackGone)?;
    Ok(Packs {
        pack_id,
        pack: pack.id,
        name: pack.name,
        meter: pack.meter,
        units_each: pack.units,
        price_each: pack.price,
        quantity: order.quantity,
        balance,
    })
}
