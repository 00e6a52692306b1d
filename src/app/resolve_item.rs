//! The agency settles what lies in its inbox: a payment that matches nothing is accepted or sent back, everything else
//! is looked at (SPEC §3).

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::agency::{Act, AgencyError, AgencyForm};
use super::instruct::{carry_out, give_in, given};
use crate::ids;
use crate::payments::inbox::{self, Item, ItemKind, Resolution};
use crate::payments::instruction::Deed;
use crate::payments::refund::{self, Refund, refund_request};
use crate::payments::{self, Attempt, Failure};
use crate::state::AppState;
use crate::tenants::audit::Action;

/// The sweep leaves a new refund to whoever asked for it for so long.
const ASKERS_OWN: SignedDuration = SignedDuration::from_mins(1);
/// Refunds of one look.
const BATCH: i64 = 100;

/// Counts an unmatched payment as what it was meant for: its purchase is credited, its request is paid.
///
/// # Errors
/// `NotFound` where it is no unmatched payment of this agency; `Settled`, also while it is being sent back; `FormUsed`;
/// else see [`AgencyError`].
pub async fn accept_payment(state: &AppState, form: &AgencyForm, item: i64) -> Result<(), AgencyError> {
    let item = find(state, form, item, |kind| kind == ItemKind::UnmatchedPayment).await?;
    let same = |deed: &Deed| matches!(deed, Deed::AcceptPayment { item: known, .. } if *known == item.id);
    if let Some(instruction) = given(state, form, item.workspace, same).await? {
        return carry_out(state, &instruction).await;
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
    let attempt = Attempt { key: ids::fresh("key"), body: refund_request(&payment_intent) };
    let fresh = Refund { workspace: item.workspace, item: item.id, payment_intent, attempt, asked_at: now, open: true };
    let mut transaction = state.db.begin().await?;
    if claim(&mut transaction, form, &item, Action::RefundPayment, now).await? {
        if !inbox::repo::lock(&mut transaction, item.workspace, item.id).await? {
            return Err(AgencyError::Settled);
        }
        refund::repo::insert(&mut transaction, &fresh, form.user).await?;
    }
    let stored = refund::repo::find(&mut transaction, item.workspace, item.id).await?;
    transaction.commit().await?;
    send(state, &stored.ok_or(AgencyError::NotFound)?).await
}

/// Asks again for every refund whose outcome is not known.
///
/// # Errors
/// Where the database failed; Stripe's failures only put things off.
pub async fn sweep_refunds(state: &AppState) -> sqlx::Result<()> {
    let mut db = state.db.acquire().await?;
    let open = refund::repo::open(&mut db, state.clock.now() - ASKERS_OWN, BATCH).await?;
    drop(db);
    for refund in open {
        match send(state, &refund).await {
            Err(AgencyError::Database(error)) => return Err(error),
            Err(error) => tracing::warn!(item = refund.item, %error, "a refund is not settled yet"),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Sends a stored attempt, or reads back what became of it, and settles its item once the money is on its way back.
async fn send(state: &AppState, refund: &Refund) -> Result<(), AgencyError> {
    if !refund.open {
        return Ok(());
    }
    let outcome = if refund.may_send(state.clock.now()) {
        state.stripe.create_refund(&refund.attempt).await
    } else {
        Err(Failure::Stuck("sent too long ago".to_owned()))
    };
    let found = match outcome {
        Err(Failure::Stuck(_)) => state.stripe.find_refund(&refund.payment_intent).await?,
        Err(Failure::Refused { message, .. }) => {
            let mut db = state.db.acquire().await?;
            refund::repo::settle(&mut db, refund, None).await?;
            return Err(AgencyError::StripeRefused(message));
        }
        outcome => Some(outcome?),
    };
    let made = found.filter(|made| !made.failed);
    let mut transaction = state.db.begin().await?;
    refund::repo::settle(&mut transaction, refund, made.as_ref().map(|made| made.id.as_str())).await?;
    if made.is_some() {
        let (workspace, item, now) = (refund.workspace, refund.item, state.clock.now());
        inbox::repo::resolve(&mut transaction, workspace, item, Resolution::Refunded, now).await?;
    }
    transaction.commit().await?;
    made.map(|_| ()).ok_or_else(|| AgencyError::StripeRefused("the refund failed".to_owned()))
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
    let refund = refund::repo::find(db, item.workspace, item.id).await?;
    if open && refund.is_none_or(|refund| !refund.open) { Ok(()) } else { Err(AgencyError::Settled) }
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
