//! Refunding the unused part of a purchase of packs to the card that paid for it: by an owner of the workspace, or by the
//! agency for its client (SPEC §2.4).

use sqlx::PgConnection;

use super::agency::{AgencyError, AgencyForm};
use super::send_refund::{RefundError, send_refund};
use crate::ids;
use crate::ledger::{self, Answer, Command, Credit, Refusal};
use crate::payments::refund::{Refund, RefundCause, RefundStatus, repo};
use crate::payments::{self, Attempt, Bought, Packs, Purchase, PurchaseStatus};
use crate::state::AppState;
use crate::tenants::audit::{self, Action, Entry};
use crate::tenants::{UserId, admin};
use crate::units::{Meter, MilliCents, WorkspaceId};

/// A form that asks for a refund: for whom, who sent it, and its one-use key. The same key refunds once.
#[derive(Clone, Debug)]
pub struct RefundForm {
    /// For whom.
    pub workspace: WorkspaceId,
    /// By whom; the caller has checked that they own the workspace, or work for its agency.
    pub by: UserId,
    /// One-use key of the form.
    pub key: String,
}

/// Why nothing of a purchase is refunded now.
#[derive(Debug, thiserror::Error)]
pub enum RefundUnusedError {
    /// There is no such purchase of packs, or it was not paid through Stripe.
    #[error("there is no such purchase")]
    NotFound,
    /// The form's key is no key, or belongs to another refund.
    #[error("the form was used before")]
    FormUsed,
    /// It was not sent back, or that is not known yet.
    #[error(transparent)]
    Refund(#[from] RefundError),
}

impl From<sqlx::Error> for RefundUnusedError {
    fn from(error: sqlx::Error) -> Self {
        Self::Refund(error.into())
    }
}

impl From<RefundUnusedError> for AgencyError {
    fn from(error: RefundUnusedError) -> Self {
        match error {
            RefundUnusedError::NotFound => Self::NotFound,
            RefundUnusedError::FormUsed => Self::FormUsed,
            RefundUnusedError::Refund(error) => error.into(),
        }
    }
}

/// What a refund would take and send back at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// `pur_…`
    pub purchase: String,
    /// Name of the pack.
    pub name: String,
    /// Unit.
    pub meter: Meter,
    /// Units of one pack.
    pub units_each: i64,
    /// Packs of the purchase.
    pub quantity: i64,
    /// Units that are taken away.
    pub units: i64,
    /// Whole cents that go back to the card.
    pub amount: MilliCents,
}

/// A refund that was asked for and has not failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refunding {
    /// What goes back; `None` while that is not decided.
    pub amount: Option<MilliCents>,
    /// Stripe has it.
    pub sent: bool,
}

/// Refunds the unused part of a purchase. Answers what goes back to the card.
///
/// # Errors
/// See [`RefundUnusedError`].
pub async fn refund_unused(
    state: &AppState,
    form: &RefundForm,
    purchase: &str,
) -> Result<MilliCents, RefundUnusedError> {
    let refund = begin(state, form, purchase).await?;
    Ok(send_refund(state, refund).await?.unwrap_or_default())
}

/// The same for a client of an agency, by its administrator.
///
/// # Errors
/// `NotFound` also where the client is another agency's; else see [`AgencyError`].
pub async fn refund_unused_of_client(
    state: &AppState,
    form: &AgencyForm,
    client: &str,
    purchase: &str,
) -> Result<MilliCents, AgencyError> {
    let workspace = form.client(state, client).await?.workspace;
    let form = RefundForm { workspace, by: form.user, key: form.key.clone() };
    Ok(refund_unused(state, &form, purchase).await?)
}

/// What a refund would take and send back now; `None` where nothing is unused.
///
/// # Errors
/// `NotFound` where there is no such purchase of packs that was paid through Stripe.
pub async fn quote(
    state: &AppState,
    workspace: WorkspaceId,
    purchase: &str,
) -> Result<Option<Quote>, RefundUnusedError> {
    let mut db = state.db.acquire().await?;
    let (purchase, packs, session) = refundable(&mut db, workspace, purchase).await?;
    let credit = Credit::Lots(session);
    let wallet = ledger::repo::wallet_to_take_back(&mut db, workspace, &credit).await?;
    let mut wallet = wallet.ok_or(RefundUnusedError::NotFound)?;
    let before = wallet.balances;
    let command = Command::TakeUnused { credit, id: "quote".to_owned(), paid: packs.price() };
    // The same rules decide as will decide the refund itself; what they make of this copy is forgotten.
    Ok(match ledger::decide(&mut wallet, &command, state.clock.now()) {
        Ok(Answer::Reversed { amount, .. }) => {
            let after = wallet.balances;
            let units = before.packs_secs - after.packs_secs + before.packs_calls - after.packs_calls;
            let Packs { name, meter, units_each, quantity, .. } = packs;
            Some(Quote { purchase: purchase.id, name, meter, units_each, quantity, units, amount })
        }
        Err(Refusal::UnknownCredit) => return Err(RefundUnusedError::NotFound),
        _ => None,
    })
}

/// How the refund stands that a form of this workspace has asked for; `None` where there is none, or it has failed.
///
/// # Errors
/// Where the database failed.
pub async fn refunding(state: &AppState, workspace: WorkspaceId, form_key: &str) -> sqlx::Result<Option<Refunding>> {
    let mut db = state.db.acquire().await?;
    let refund = repo::of_form(&mut db, workspace, form_key).await?;
    let going = refund.filter(|it| !matches!(it.status, RefundStatus::Returning | RefundStatus::Failed));
    Ok(going.map(|it| Refunding { amount: it.amount, sent: it.status == RefundStatus::Succeeded }))
}

/// A purchase of packs of this workspace that was credited, and its session.
async fn refundable(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
) -> Result<(Purchase, Packs, String), RefundUnusedError> {
    let found = payments::repo::purchase(db, id).await?;
    let ours = found.filter(|it| it.workspace == workspace && it.status == PurchaseStatus::Credited);
    let purchase = ours.ok_or(RefundUnusedError::NotFound)?;
    match (purchase.bought.clone(), purchase.session.clone()) {
        (Bought::Packs(packs), Some((session, _))) => Ok((purchase, packs, session)),
        _ => Err(RefundUnusedError::NotFound),
    }
}

/// Stores the refund, or finds the one that this form has asked for.
async fn begin(state: &AppState, form: &RefundForm, purchase: &str) -> Result<Refund, RefundUnusedError> {
    if !ids::is_given_id(&form.key) {
        return Err(RefundUnusedError::FormUsed);
    }
    let mut db = state.db.acquire().await?;
    let (purchase, packs, session) = refundable(&mut db, form.workspace, purchase).await?;
    let known = payments::repo::payment_intent(&mut db, &purchase.id).await?;
    drop(db);
    let payment_intent = match known {
        Some(known) => known,
        None => state
            .stripe
            .session(&session)
            .await
            .map_err(RefundError::from)?
            .payment_intent
            .ok_or(RefundUnusedError::NotFound)?,
    };
    let now = state.clock.now();
    let refund = Refund {
        workspace: form.workspace,
        id: ids::fresh("ref"),
        cause: RefundCause::Unused { purchase: purchase.id.clone(), form_key: form.key.clone() },
        payment_intent,
        amount: None,
        attempt: Attempt { key: ids::fresh("key"), body: String::new() },
        asked_at: now,
        status: RefundStatus::Taking,
    };
    let mut transaction = state.db.begin().await?;
    payments::repo::set_payment_intent(&mut transaction, &purchase.id, &refund.payment_intent).await?;
    if repo::insert_unused(&mut transaction, &refund, &purchase.id, &form.key, form.by).await? {
        let entry = Entry {
            agency: admin::repo::agency_of(&mut transaction, form.workspace).await?,
            workspace: Some(form.workspace),
            actor: Some(form.by),
            action: Action::RefundUnused,
            target: &purchase.id,
            details: &format!("{}, {} × {}", packs.name, packs.quantity, packs.price_each),
            form_key: None,
        };
        audit::repo::record(&mut transaction, &entry, now).await?;
    }
    let stored = repo::of_form(&mut transaction, form.workspace, &form.key).await?;
    transaction.commit().await?;
    match stored {
        Some(Refund { cause: RefundCause::Unused { purchase: of, .. }, .. }) if of != purchase.id => {
            Err(RefundUnusedError::FormUsed)
        }
        Some(stored) => Ok(stored),
        None => Err(RefundUnusedError::FormUsed),
    }
}
