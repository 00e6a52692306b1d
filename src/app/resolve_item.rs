//! The agency settles what lies in its inbox: a payment that matches nothing is accepted or sent back, everything else
//! is looked at (SPEC §3).

use jiff::Timestamp;
use sqlx::PgConnection;

use super::agency::{Act, AgencyError, AgencyForm};
use super::instruct::{carry_out, give_in, given};
use super::send_refund::{RefundError, send_refund};
use crate::ids;
use crate::payments::inbox::{self, Item, ItemKind, Resolution};
use crate::payments::instruction::Deed;
use crate::payments::refund::{self, Refund, RefundCause, RefundStatus};
use crate::payments::reversal::Told;
use crate::payments::{self, Attempt};
use crate::state::AppState;
use crate::tenants::audit::Action;

impl From<RefundError> for AgencyError {
    fn from(error: RefundError) -> Self {
        match error {
            RefundError::NothingUnused => Self::NothingUnused,
            RefundError::StripeUnreachable => Self::StripeUnreachable,
            RefundError::StripeRefused(message) => Self::StripeRefused(message),
            RefundError::Ledger(error) => error.into(),
            RefundError::Database(error) => Self::Database(error),
        }
    }
}

/// Counts an unmatched payment as what it was meant for: its purchase is credited, its request is paid.
///
/// # Errors
/// `NotFound` where it is no unmatched payment of this agency; `Settled`, also while it is being sent back, or where
/// somebody has sent it back at Stripe; `FormUsed`; else see [`AgencyError`].
pub async fn accept_payment(state: &AppState, form: &AgencyForm, item: i64) -> Result<(), AgencyError> {
    let item = find(state, form, item, |kind| kind == ItemKind::UnmatchedPayment).await?;
    let same = |deed: &Deed| matches!(deed, Deed::AcceptPayment { item: known, .. } if *known == item.id);
    if let Some(instruction) = given(state, form, item.workspace, same).await? {
        return carry_out(state, &instruction).await;
    }
    if has_gone_back(state, &item.reference).await? {
        // Perhaps by a refund of ours.
        lock(&mut *state.db.begin().await?, &item).await?;
        return Err(AgencyError::WentBack);
    }
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    let purchase = payments::repo::purchase_by_session(&mut transaction, &item.reference).await?;
    let purchase = purchase.filter(|it| it.workspace == item.workspace).ok_or(AgencyError::NotFound)?;
    if let Err(error) = lock(&mut transaction, &item).await {
        drop(transaction);
        // Perhaps by this very form, a moment ago.
        let instruction = given(state, form, item.workspace, same).await?.ok_or(error)?;
        return carry_out(state, &instruction).await;
    }
    inbox::repo::resolve(&mut transaction, item.workspace, item.id, Resolution::Accepted, now).await?;
    let deed = Deed::AcceptPayment { item: item.id, purchase: purchase.id, session: item.reference };
    let instruction = give_in(&mut transaction, form, item.workspace, deed, now, same).await?;
    transaction.commit().await?;
    carry_out(state, &instruction).await
}

/// True where the money of a session, or a part of it, has gone back at Stripe: it buys nothing any more. Nothing was
/// taken for it then, because nothing had been credited.
async fn has_gone_back(state: &AppState, session: &str) -> Result<bool, AgencyError> {
    if !payments::is_session_id(session) {
        return Ok(false);
    }
    let Some(payment_intent) = state.stripe.session(session).await?.payment_intent else {
        return Ok(false);
    };
    let refunded = state.stripe.refunds_of(&payment_intent).await?.iter().any(|refund| !refund.failed);
    let disputes = state.stripe.disputes_of(&payment_intent).await?;
    Ok(refunded || disputes.iter().filter_map(Told::dispute).any(|dispute| dispute.stands))
}

/// Notes that somebody has looked at an item; nothing else happens.
///
/// # Errors
/// `NotFound`, `Settled`, `FormUsed`; else see [`AgencyError`].
pub async fn dismiss_item(state: &AppState, form: &AgencyForm, item: i64) -> Result<(), AgencyError> {
    let item = find(state, form, item, |_| true).await?;
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    if claim(&mut transaction, form, &item, Action::DismissItem, now).await? {
        lock(&mut transaction, &item).await?;
        inbox::repo::resolve(&mut transaction, item.workspace, item.id, Resolution::Dismissed, now).await?;
        transaction.commit().await?;
    }
    Ok(())
}

/// Sends a payment back that matches nothing, or was one too many. The attempt is stored before it is sent; while its
/// outcome is unknown, the sweep asks again.
///
/// # Errors
/// `NotFound` where it is no payment of this agency's inbox; `Settled`; `StripeRefused` where it is known that nothing
/// was sent back, `StripeUnreachable` while it is not known; else see [`AgencyError`].
pub async fn refund_payment(state: &AppState, form: &AgencyForm, item: i64) -> Result<(), AgencyError> {
    let item = find(state, form, item, ItemKind::is_payment).await?;
    let payment_intent = match payments::is_intent_id(&item.reference) {
        true => item.reference.clone(),
        false => state.stripe.session(&item.reference).await?.payment_intent.ok_or(AgencyError::NotFound)?,
    };
    let now = state.clock.now();
    let mut fresh = Refund {
        workspace: item.workspace,
        id: ids::fresh("ref"),
        cause: RefundCause::Item(item.id),
        payment_intent,
        amount: None,
        attempt: Attempt { key: ids::fresh("key"), body: String::new() },
        asked_at: now,
        status: RefundStatus::Open,
    };
    fresh.attempt.body = fresh.request();
    let mut transaction = state.db.begin().await?;
    if claim(&mut transaction, form, &item, Action::RefundPayment, now).await? {
        if !inbox::repo::lock(&mut transaction, item.workspace, item.id).await? {
            return Err(AgencyError::Settled);
        }
        refund::repo::insert(&mut transaction, &fresh, item.id, form.user).await?;
    }
    let stored = refund::repo::of_item(&mut transaction, item.workspace, item.id).await?;
    transaction.commit().await?;
    send_refund(state, stored.ok_or(AgencyError::NotFound)?).await?;
    Ok(())
}

async fn find(
    state: &AppState,
    form: &AgencyForm,
    item: i64,
    fits: impl Fn(ItemKind) -> bool,
) -> Result<Item, AgencyError> {
    let mut db = state.db.acquire().await?;
    let found = inbox::repo::find(&mut db, form.agency, item).await?;
    found.filter(|item| fits(item.kind)).ok_or(AgencyError::NotFound)
}

/// Keeps everybody else from an item that is neither settled nor being refunded.
async fn lock(db: &mut PgConnection, item: &Item) -> Result<(), AgencyError> {
    let open = inbox::repo::lock(db, item.workspace, item.id).await?;
    let refund = refund::repo::of_item(db, item.workspace, item.id).await?;
    if open && refund.is_none_or(|refund| !refund.is_open()) { Ok(()) } else { Err(AgencyError::Settled) }
}

/// Writes down what is done to an item. False where this form has done so before.
async fn claim(
    db: &mut PgConnection,
    form: &AgencyForm,
    item: &Item,
    action: Action,
    now: Timestamp,
) -> Result<bool, AgencyError> {
    let target = item.id.to_string();
    let act = Act { workspace: Some(item.workspace), action, target: &target, details: &item.detail };
    match form.claim(db, &act, now).await? {
        Some(known) if known == target => Ok(false),
        Some(_) => Err(AgencyError::FormUsed),
        None => Ok(true),
    }
}
