//! The agency puts a client on another plan, or on the same plan's new terms (SPEC §1.3). The snapshot is taken in the
//! transaction that stores the instruction, so a form sent again meets the same one.

use sqlx::PgConnection;

use super::agency::{AgencyError, AgencyForm};
use super::current_wallet;
use super::instruct::{carry_out, give_in, given, given_in};
use crate::catalog::{self, Plan};
use crate::ledger::{self, Effective, SubscriptionState};
use crate::payments::instruction::{Deed, Instruction};
use crate::state::AppState;
use crate::tenants::admin;
use crate::units::WorkspaceId;

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
    let instruction = match given(state, form, workspace, same).await? {
        Some(instruction) => instruction,
        None => {
            let subscription = current_wallet(state, workspace).await?.subscription;
            if subscription.is_none_or(|it| it.state != SubscriptionState::Active) {
                return Err(AgencyError::NoSubscription);
            }
            let deed = |snapshot| Deed::ChangePlan { snapshot, plan: plan.to_owned(), effective };
            on_plan(state, form, workspace, plan, deed, same).await?
        }
    };
    carry_out(state, &instruction).await
}

/// Takes a snapshot of a plan and stores the instruction that uses it. Of several forms at once, one does so.
pub(super) async fn on_plan(
    state: &AppState,
    form: &AgencyForm,
    workspace: WorkspaceId,
    plan: &str,
    deed: impl Fn(i64) -> Deed,
    same: impl Fn(&Deed) -> bool,
) -> Result<Instruction, AgencyError> {
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    // Snapshots are numbered one after the other.
    admin::repo::lock(&mut transaction, workspace).await?;
    if let Some(instruction) = given_in(&mut transaction, form, workspace, &same).await? {
        return Ok(instruction);
    }
    let offered = offered(&mut transaction, form, plan).await?;
    let terms = &offered.draft.terms;
    let snapshot = ledger::repo::take_snapshot(&mut transaction, workspace, offered.row, terms, now).await?.id;
    let instruction = give_in(&mut transaction, form, workspace, deed(snapshot), now, same).await?;
    transaction.commit().await?;
    Ok(instruction)
}

/// A plan of this agency that is on offer.
pub(super) async fn offered(db: &mut PgConnection, form: &AgencyForm, plan: &str) -> Result<Plan, AgencyError> {
    let found = catalog::repo::plans(db, form.agency, Some(plan)).await?;
    found.into_iter().find(|plan| !plan.archived).ok_or(AgencyError::NotFound)
}
