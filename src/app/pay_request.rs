//! A client pays an open request through Checkout.

use sqlx::Acquire as _;

use super::alert_members::{News, tell};
use super::follow_requests::{FollowError, follow};
use super::fulfil_purchase::{FulfilError, Fulfilment};
use super::open_checkout::{BuyError, BuyForm, begin, begun, open_checkout};
use super::settle_request::{close_checkouts, is_owed};
use crate::payments::inbox::{self, ItemKind, NewItem};
use crate::payments::{self, Bought, Purchase, PurchaseStatus, RequestPayment, request};
use crate::state::AppState;
use crate::tenants::admin;
use crate::tenants::audit::{self, Action, Entry};

/// Why a request cannot be paid now.
#[derive(Debug, thiserror::Error)]
pub enum PayError {
    /// There is none, or it is another client's.
    #[error("there is no such request")]
    NotFound,
    /// It is paid or waived.
    #[error("the request is settled")]
    Settled,
    /// Checkout could not be opened.
    #[error(transparent)]
    Checkout(#[from] BuyError),
}

impl From<sqlx::Error> for PayError {
    fn from(error: sqlx::Error) -> Self {
        Self::Checkout(error.into())
    }
}

/// Begins the payment of a request, or finds the one that this form began. Answers the address of its Checkout.
///
/// # Errors
/// See [`PayError`].
pub async fn pay_request(state: &AppState, form: &BuyForm, id: &str) -> Result<String, PayError> {
    let same = |bought: &Bought| matches!(bought, Bought::Request(payment) if payment.request == id);
    let mut db = state.db.acquire().await?;
    let request = request::repo::request(&mut db, form.workspace, id).await?.ok_or(PayError::NotFound)?;
    drop(db);
    if !request.status.is_owed() {
        return Err(PayError::Settled);
    }
    let purchase = match begun(state, form, same).await? {
        Some(purchase) => purchase,
        None => {
            let payment = RequestPayment { request: request.id, title: request.asked.title, amount: request.amount };
            begin(state, form, Bought::Request(payment), same).await?
        }
    };
    let address = open_checkout(state, purchase).await?;
    // Whoever settled it meanwhile has closed the sessions that stood then; this one may be younger.
    let mut db = state.db.acquire().await?;
    if is_owed(&mut db, form.workspace, id).await? {
        return Ok(address);
    }
    drop(db);
    close_checkouts(state, form.workspace, id).await?;
    Err(PayError::Settled)
}

/// Marks the request of a paid session paid, once; one that was settled otherwise leaves the money in the inbox.
pub(super) async fn settle_payment(
    state: &AppState,
    session: &str,
    purchase: Box<Purchase>,
    payment: &RequestPayment,
) -> Result<Fulfilment, FulfilError> {
    let (workspace, id) = (purchase.workspace, payment.request.as_str());
    let now = state.clock.now();
    let mut db = state.db.acquire().await?;
    let mut transaction = db.begin().await?;
    if request::repo::mark_paid(&mut transaction, workspace, id, Some(session), None, now).await? {
        payments::repo::mark_credited(&mut transaction, &purchase.id, now).await?;
        let receipt = News::Paid { bought: purchase.bought.words(), amount: purchase.bought.total() };
        tell(state, &mut transaction, workspace, &receipt).await?;
        let details = format!("{}, {}", payment.title, payment.amount);
        let entry = Entry {
            agency: admin::repo::agency_of(&mut transaction, workspace).await?,
            workspace: Some(workspace),
            actor: Some(purchase.bought_by),
            action: Action::PayRequest,
            target: id,
            details: &details,
            form_key: None,
        };
        audit::repo::record(&mut transaction, &entry, now).await?;
    } else if request::repo::request(&mut transaction, workspace, id)
        .await?
        .is_none_or(|request| request.paid_session.as_deref() != Some(session))
    {
        let detail = format!("{} was paid although it was settled: {}", payment.title, payment.amount);
        let item = NewItem {
            workspace,
            kind: ItemKind::Overpayment,
            reference: session,
            detail: &detail,
            amount: Some(payment.amount),
        };
        inbox::repo::insert(&mut transaction, &item, now).await?;
        payments::repo::mark_ended(&mut transaction, &purchase.id, PurchaseStatus::Unmatched).await?;
        transaction.commit().await?;
        return Ok(Fulfilment::Unmatched(purchase));
    }
    transaction.commit().await?;
    drop(db);
    close_checkouts(state, workspace, id).await?;
    follow(state, workspace).await.map_err(|error| match error {
        FollowError::Sql(error) => FulfilError::Database(error),
        FollowError::Ledger(error) => FulfilError::Ledger(error),
    })?;
    Ok(Fulfilment::Credited(purchase))
}
