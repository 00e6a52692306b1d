//! Subscriptions as the agency changes them: another plan, the same plan's new terms, an end, a new beginning
//! (SPEC §1.3). Each takes a snapshot in the transaction that stores the instruction, so a form sent again meets the
//! same one.

use sqlx::Acquire as _;

use super::agency::{AgencyError, AgencyForm};
use super::current_wallet;
use super::instruct::{carry_out, give_in, given};
use crate::catalog::{self, Plan};
use crate::ledger::{self, Effective, SubscriptionState};
use crate::payments::instruction::Deed;
use crate::state::AppState;

/// Puts a client on a plan as it is offered now, which may be the plan it is on with newer terms.
///
/// # Errors
/// `NotFound`, `NoSubscription`, `CallsInProgress`, `FormUsed`; else see [`AgencyError`].
pub async fn change_plan(
    state: &AppState,
    form: &AgencyForm,
    client: &str,
    plan: &str,
    effective: Effective,
) -> Result<(), AgencyError> {
    let workspace = form.client(state, client).await?.workspace;
    let same = |deed: &Deed| matches!(deed, Deed::ChangePlan { plan: known, effective: when, .. } if known == plan && *when == effective);
    if let Some(instruction) = given(state, form, workspace, same).await? {
        return carry_out(state, &instruction).await;
    }
    let subscription = current_wallet(state, workspace).await?.subscription;
    if subscription.is_none_or(|it| it.state != SubscriptionState::Active) {
        return Err(AgencyError::NoSubscription);
    }
    let now = state.clock.now();
    let mut db = state.db.acquire().await?;
    let mut transaction = db.begin().await?;
    let offered = offered(&mut transaction, form, plan).await?;
    let terms = &offered.draft.terms;
    let snapshot = ledger::repo::take_snapshot(&mut transaction, workspace, offered.row, terms, now).await?.id;
    let deed = Deed::ChangePlan { snapshot, plan: plan.to_owned(), effective };
    let instruction = give_in(&mut transaction, form, workspace, deed, now, same).await?;
    transaction.commit().await?;
    drop(db);
    carry_out(state, &instruction).await
}

/// Begins a subscription where the last one has ended: packages thaw.
///
/// # Errors
/// `NotFound`, `AlreadySubscribed`, `FormUsed`; else see [`AgencyError`].
pub async fn resubscribe(state: &AppState, form: &AgencyForm, client: &str, plan: &str) -> Result<(), AgencyError> {
    let workspace = form.client(state, client).await?.workspace;
    let same = |deed: &Deed| matches!(deed, Deed::Subscribe { plan: known, .. } if known == plan);
    if let Some(instruction) = given(state, form, workspace, same).await? {
        return carry_out(state, &instruction).await;
    }
    let subscription = current_wallet(state, workspace).await?.subscription;
    if subscription.is_some_and(|it| it.state != SubscriptionState::Canceled) {
        return Err(AgencyError::AlreadySubscribed);
    }
    let now = state.clock.now();
    let mut db = state.db.acquire().await?;
    let mut transaction = db.begin().await?;
    let offered = offered(&mut transaction, form, plan).await?;
    let terms = &offered.draft.terms;
    let snapshot = ledger::repo::take_snapshot(&mut transaction, workspace, offered.row, terms, now).await?.id;
    let deed = Deed::Subscribe { snapshot, plan: plan.to_owned() };
    let instruction = give_in(&mut transaction, form, workspace, deed, now, same).await?;
    transaction.commit().await?;
    drop(db);
    carry_out(state, &instruction).await
}

/// A plan of this agency that is on offer.
pub(super) async fn offered(db: &mut sqlx::PgConnection, form: &AgencyForm, plan: &str) -> Result<Plan, AgencyError> {
    let found = catalog::repo::plans(db, form.agency, Some(plan)).await?;
    found.into_iter().find(|plan| !plan.archived).ok_or(AgencyError::NotFound)
}
