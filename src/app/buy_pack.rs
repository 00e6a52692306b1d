//! Buying packs: a purchase is stored with the exact request to Stripe, then the request is sent, then its answer is
//! stored, then the browser goes to Checkout. Stopped between any two steps, the next one who comes by goes on: the same
//! form, sent again, or the sweep.

use jiff::SignedDuration;

use crate::catalog;
use crate::ids;
use crate::ledger;
use crate::payments::{Attempt, Failure, Payer, Purchase, PurchaseStatus, customer_request, repo, session_request};
use crate::pricing::{PackOffer, PurchaseMode};
use crate::state::AppState;
use crate::tenants::UserId;
use crate::units::WorkspaceId;

/// How long a new attempt for a customer waits for the answer to the one before; Stripe keeps a key for 24 hours.
const CUSTOMER_REPLAYED_WITHIN: SignedDuration = SignedDuration::from_hours(23);
/// The sweep leaves a new purchase to its buyer for so long.
const BUYERS_OWN: SignedDuration = SignedDuration::from_mins(1);
/// Packs in one purchase.
const QUANTITIES: std::ops::RangeInclusive<i64> = 1..=20;

/// What somebody chose in the Buy Minutes dialog.
#[derive(Clone, Debug)]
pub struct PackOrder {
    /// For whom.
    pub workspace: WorkspaceId,
    /// By whom; the caller has checked that their role may buy.
    pub buyer: UserId,
    /// One-use key of the form.
    pub purchase_key: String,
    /// Public id of the pack.
    pub pack: String,
    /// How many.
    pub quantity: i64,
}

/// Why nothing was bought. Nothing is charged in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum BuyError {
    /// There is no active subscription.
    #[error("the workspace has no subscription")]
    NoSubscription,
    /// The plan has add-on packs Off.
    #[error("add-on packs are off")]
    AddonsDisabled,
    /// Only the agency sells packs here.
    #[error("packs are sold by the provider")]
    ViaProvider,
    /// The pack is not, or no longer, offered to this client.
    #[error("the pack is not offered")]
    PackGone,
    /// Not 1–20.
    #[error("the quantity is not between 1 and 20")]
    Quantity,
    /// The form's key is no key, or belongs to another choice or to an attempt that failed; a new form has a new one.
    #[error("the form was used before")]
    FormUsed,
    /// The outcome at Stripe is not known; the same form may be sent again.
    #[error("Stripe gave no answer")]
    StripeUnreachable,
    /// Stripe refused; a new form begins a new attempt.
    #[error("Stripe refused")]
    StripeRefused,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Begins a purchase, or finds the one that this form began. Answers the address of its Checkout.
///
/// # Errors
/// See [`BuyError`].
pub async fn buy_pack(state: &AppState, order: &PackOrder) -> Result<String, BuyError> {
    let purchase = match purchase_of(state, order).await? {
        Some(purchase) => purchase,
        None => begin(state, order).await?,
    };
    open_checkout(state, purchase).await
}

/// The purchase that this form has begun before, if it is for the same choice.
async fn purchase_of(state: &AppState, order: &PackOrder) -> Result<Option<Purchase>, BuyError> {
    if !ids::is_given_id(&order.purchase_key) {
        return Err(BuyError::FormUsed);
    }
    let mut db = state.db.acquire().await?;
    let found = repo::purchase_by_key(&mut db, order.workspace, &order.purchase_key).await?;
    match found {
        Some(purchase) if purchase.pack != order.pack || purchase.quantity != order.quantity => Err(BuyError::FormUsed),
        found => Ok(found),
    }
}

/// Checks the choice and stores the purchase with its request. Of several at once, one is stored and all get it.
async fn begin(state: &AppState, order: &PackOrder) -> Result<Purchase, BuyError> {
    let (pack_id, pack) = check(state, order).await?;
    let mut db = state.db.acquire().await?;
    let payer = repo::payer(&mut db, order.workspace).await?;
    drop(db);
    let now = state.clock.now();
    let mut purchase = Purchase {
        workspace: order.workspace,
        id: ids::fresh("pur"),
        purchase_key: order.purchase_key.clone(),
        bought_by: order.buyer,
        pack_id,
        pack: pack.id,
        pack_name: pack.name,
        meter: pack.meter,
        units_each: pack.units,
        price_each: pack.price,
        quantity: order.quantity,
        customer: customer(state, order.workspace, &payer).await?,
        status: PurchaseStatus::Open,
        attempt: Attempt { key: ids::fresh("key"), body: String::new() },
        session: None,
        created_at: now,
    };
    purchase.attempt.body = session_request(&purchase, &payer, &state.config.public_url);
    let mut db = state.db.acquire().await?;
    repo::insert_purchase(&mut db, &purchase, now + BUYERS_OWN).await?;
    drop(db);
    purchase_of(state, order).await?.ok_or(BuyError::FormUsed)
}

/// The pack, if this client may buy it now.
async fn check(state: &AppState, order: &PackOrder) -> Result<(i64, PackOffer), BuyError> {
    let mut db = state.db.acquire().await?;
    let wallet = ledger::repo::wallet(&mut db, order.workspace).await?;
    let subscription = wallet.and_then(|wallet| wallet.subscription).ok_or(BuyError::NoSubscription)?;
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
    let pack = catalog::repo::assigned_pack(&mut db, order.workspace, &order.pack).await?;
    pack.filter(|(_, pack)| pack.meter == terms.meter).ok_or(BuyError::PackGone)
}

/// The workspace's one Stripe customer. Several at once send the same key and get the same customer.
async fn customer(state: &AppState, workspace: WorkspaceId, payer: &Payer) -> Result<String, BuyError> {
    let fresh = || Attempt { key: ids::fresh("key"), body: customer_request(payer) };
    let now = state.clock.now();
    let mut db = state.db.acquire().await?;
    if repo::customer(&mut db, workspace).await?.is_none() {
        repo::insert_customer(&mut db, workspace, &fresh(), now).await?;
    }
    let stored = repo::customer(&mut db, workspace).await?.ok_or(sqlx::Error::RowNotFound)?;
    drop(db);
    if let Some(id) = stored.id {
        return Ok(id);
    }
    let outcome = if now.duration_since(stored.asked_at) < CUSTOMER_REPLAYED_WITHIN {
        state.stripe.create_customer(&stored.attempt).await
    } else {
        Err(Failure::Stuck("asked too long ago".to_owned()))
    };
    let found = match outcome {
        Err(Failure::Stuck(_)) => state.stripe.find_customer(payer).await,
        outcome => outcome.map(Some),
    };
    let mut db = state.db.acquire().await?;
    match found {
        Ok(Some(id)) => {
            repo::set_customer(&mut db, workspace, &id).await?;
            let stored = repo::customer(&mut db, workspace).await?;
            stored.and_then(|stored| stored.id).ok_or(BuyError::StripeUnreachable)
        }
        Err(Failure::Unknown(words) | Failure::Stuck(words)) => {
            tracing::warn!(words, "the outcome of making a customer is not known");
            Err(BuyError::StripeUnreachable)
        }
        failed @ (Ok(None) | Err(Failure::Refused { .. })) => {
            tracing::error!(?failed, "Stripe made no customer");
            repo::replace_customer_attempt(&mut db, workspace, &stored.attempt.key, &fresh(), now).await?;
            Err(BuyError::StripeRefused)
        }
    }
}

/// The address of a purchase's Checkout: as it is stored, else by sending the stored attempt, else by reading back what
/// became of it.
///
/// # Errors
/// `StripeUnreachable` while the outcome is unknown; `StripeRefused` once it is known that there is no session;
/// `FormUsed` where that was known before.
pub async fn open_checkout(state: &AppState, purchase: Purchase) -> Result<String, BuyError> {
    if let Some((_, url)) = &purchase.session {
        return address(url);
    }
    if purchase.status != PurchaseStatus::Open {
        return Err(BuyError::FormUsed);
    }
    let outcome = if purchase.may_send(state.clock.now()) {
        state.stripe.create_session(&purchase.attempt).await
    } else {
        Err(Failure::Stuck("sent too long ago".to_owned()))
    };
    let found = match outcome {
        Err(Failure::Stuck(_)) => state.stripe.find_session(&purchase.customer, &purchase.id).await,
        outcome => outcome.map(Some),
    };
    let mut db = state.db.acquire().await?;
    match found {
        Ok(Some(session)) => {
            let url = session.url.unwrap_or_default();
            repo::set_session(&mut db, &purchase.id, &session.id, &url).await?;
            address(&url)
        }
        failed @ (Ok(None) | Err(Failure::Refused { .. })) => {
            tracing::error!(purchase = purchase.id, ?failed, "Stripe made no session");
            repo::mark_never_opened(&mut db, &purchase.id).await?;
            if matches!(&failed, Err(Failure::Refused { param: Some(param), .. }) if param == "customer") {
                repo::forget_customer(&mut db, purchase.workspace, &purchase.customer).await?;
            }
            Err(BuyError::StripeRefused)
        }
        Err(Failure::Unknown(words) | Failure::Stuck(words)) => {
            tracing::warn!(purchase = purchase.id, words, "the outcome of making a session is not known");
            Err(BuyError::StripeUnreachable)
        }
    }
}

/// A session that was read back late may be closed, and has no address any more.
fn address(url: &str) -> Result<String, BuyError> {
    if url.is_empty() { Err(BuyError::FormUsed) } else { Ok(url.to_owned()) }
}
