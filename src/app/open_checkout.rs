//! From a form to Checkout: a purchase is stored with the exact request to Stripe, then the request is sent, then its
//! answer is stored, then the browser goes to Checkout. Stopped between any two steps, the next one who comes by goes on:
//! the same form, sent again, or the sweep.

use jiff::SignedDuration;

use crate::ids;
use crate::payments::{
    Attempt, Bought, Failure, Payer, Purchase, PurchaseStatus, customer as customers, customer_request, repo,
    session_request,
};
use crate::state::AppState;
use crate::tenants::UserId;
use crate::units::WorkspaceId;

/// How long a new attempt for a customer waits for the answer to the one before; Stripe keeps a key for 24 hours.
const CUSTOMER_REPLAYED_WITHIN: SignedDuration = SignedDuration::from_hours(23);
/// The sweep leaves a new purchase to its buyer for so long.
const BUYERS_OWN: SignedDuration = SignedDuration::from_mins(1);

/// A buy form: who sent it, and its key.
#[derive(Clone, Debug)]
pub struct BuyForm {
    /// For whom.
    pub workspace: WorkspaceId,
    /// By whom; the caller has checked that their role may buy.
    pub buyer: UserId,
    /// One-use key of the form.
    pub purchase_key: String,
    /// The card that pays is to be saved.
    pub save_card: bool,
}

/// Why nothing was bought. Nothing is charged in any of these cases.
#[derive(Debug, thiserror::Error)]
pub enum BuyError {
    /// There is no subscription, or for packs no active one.
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
    /// Nothing of the plan can be paid with credits.
    #[error("the plan has no rates")]
    NoRates,
    /// Not $0.50–$10,000, or not whole cents.
    #[error("the amount is not between $0.50 and $10,000, in whole cents")]
    Amount,
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

/// The purchase that this form has begun before, if `same` knows it as the same choice.
pub(super) async fn begun(
    state: &AppState,
    form: &BuyForm,
    same: impl Fn(&Bought) -> bool,
) -> Result<Option<Purchase>, BuyError> {
    if !ids::is_given_id(&form.purchase_key) {
        return Err(BuyError::FormUsed);
    }
    let mut db = state.db.acquire().await?;
    let found = repo::purchase_by_key(&mut db, form.workspace, &form.purchase_key).await?;
    match found {
        Some(purchase) if !same(&purchase.bought) => Err(BuyError::FormUsed),
        found => Ok(found),
    }
}

/// Stores a checked choice as a purchase with its request. Of several at once, one is stored and all get it.
pub(super) async fn begin(
    state: &AppState,
    form: &BuyForm,
    bought: Bought,
    same: impl Fn(&Bought) -> bool,
) -> Result<Purchase, BuyError> {
    let mut db = state.db.acquire().await?;
    let payer = customers::repo::payer(&mut db, form.workspace).await?;
    drop(db);
    let now = state.clock.now();
    let mut purchase = Purchase {
        workspace: form.workspace,
        id: ids::fresh("pur"),
        purchase_key: form.purchase_key.clone(),
        bought_by: form.buyer,
        save_card: form.save_card || bought == Bought::Card,
        bought,
        customer: customer(state, form.workspace, &payer).await?,
        status: PurchaseStatus::Open,
        attempt: Attempt { key: ids::fresh("key"), body: String::new() },
        session: None,
        created_at: now,
    };
    purchase.attempt.body = session_request(&purchase, &payer, &state.config.public_url);
    let mut db = state.db.acquire().await?;
    repo::insert_purchase(&mut db, &purchase, now + BUYERS_OWN).await?;
    drop(db);
    begun(state, form, same).await?.ok_or(BuyError::FormUsed)
}

/// The workspace's one Stripe customer. Several at once send the same key and get the same customer.
///
/// # Errors
/// `StripeUnreachable`, `StripeRefused`, `Database`.
pub async fn customer(state: &AppState, workspace: WorkspaceId, payer: &Payer) -> Result<String, BuyError> {
    let fresh = || Attempt { key: ids::fresh("key"), body: customer_request(payer) };
    let now = state.clock.now();
    let mut db = state.db.acquire().await?;
    if customers::repo::customer(&mut db, workspace).await?.is_none() {
        customers::repo::insert_customer(&mut db, workspace, &fresh(), now).await?;
    }
    let stored = customers::repo::customer(&mut db, workspace).await?.ok_or(sqlx::Error::RowNotFound)?;
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
            customers::repo::set_customer(&mut db, workspace, &id).await?;
            let stored = customers::repo::customer(&mut db, workspace).await?;
            stored.and_then(|stored| stored.id).ok_or(BuyError::StripeUnreachable)
        }
        Err(Failure::Unknown(words) | Failure::Stuck(words)) => {
            tracing::warn!(words, "the outcome of making a customer is not known");
            Err(BuyError::StripeUnreachable)
        }
        failed @ (Ok(None) | Err(Failure::Refused { .. })) => {
            tracing::error!(?failed, "Stripe made no customer");
            customers::repo::replace_customer_attempt(&mut db, workspace, &stored.attempt.key, &fresh(), now).await?;
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
                customers::repo::forget_customer(&mut db, purchase.workspace, &purchase.customer).await?;
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
