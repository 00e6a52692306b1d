//! The agency's plans: added, edited, taken off the offer. An edit never changes a snapshot that was taken; who is on
//! the plan moves to its new terms only by an explicit step, [`apply_terms`].

use sqlx::PgConnection;

use super::agency::{Act, AgencyError, AgencyForm};
use super::change_plan::change_plan;
use super::set_sign_up_plan::OFF;
use crate::catalog::{PlanDraft, repo};
use crate::ids;
use crate::ledger::Effective;
use crate::state::AppState;
use crate::tenants::audit::{self, Action};

/// Adds a plan; answers its public id. The same form adds one.
///
/// # Errors
/// `Invalid` with the fields of [`PlanDraft::faults`], `FormUsed`; else see [`AgencyError`].
pub async fn create_plan(state: &AppState, form: &AgencyForm, draft: &PlanDraft) -> Result<String, AgencyError> {
    let draft = checked(draft)?;
    let id = ids::fresh("plan");
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    let act = Act { workspace: None, action: Action::CreatePlan, target: &id, details: &draft.terms.name };
    if let Some(known) = form.claim(&mut transaction, &act, now).await? {
        return Ok(known);
    }
    repo::create_plan(&mut transaction, form.agency, &id, &draft, now).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Changes what a plan offers from now on.
///
/// # Errors
/// `Invalid` with the fields of [`PlanDraft::faults`], `NotFound`; `FormUsed`, also where this form has saved another
/// draft before; else see [`AgencyError`].
pub async fn edit_plan(state: &AppState, form: &AgencyForm, plan: &str, draft: &PlanDraft) -> Result<(), AgencyError> {
    let draft = checked(draft)?;
    let name = draft.terms.name.clone();
    let change = async |db: &mut PgConnection| repo::update_plan(db, form.agency, plan, &draft).await;
    if once(state, form, Action::EditPlan, plan, &name, change).await? {
        return Ok(());
    }
    // Sent twice, or typed over after a step back in the browser: then nobody may believe that it was saved.
    let mut db = state.db.acquire().await?;
    let stands = repo::plans(&mut db, form.agency, Some(plan)).await?.pop();
    if stands.is_some_and(|stands| stands.draft == draft) { Ok(()) } else { Err(AgencyError::FormUsed) }
}

/// Takes a plan off the offer; who is on it stays on it. Where newcomers began on it, sign-up ends.
///
/// # Errors
/// `NotFound`, `FormUsed`; else see [`AgencyError`].
pub async fn archive_plan(state: &AppState, form: &AgencyForm, plan: &str) -> Result<(), AgencyError> {
    let now = state.clock.now();
    let change = async |db: &mut PgConnection| {
        if repo::end_sign_up(db, form.agency, Some(plan)).await? {
            let off = Act { workspace: None, action: Action::SetSignUp, target: OFF, details: "" };
            audit::repo::record(db, &form.entry(&off), now).await?;
        }
        repo::archive_plan(db, form.agency, plan, now).await
    };
    once(state, form, Action::ArchivePlan, plan, "", change).await?;
    Ok(())
}

/// Puts clients of a plan on its terms as they are offered now, those that the page has listed: each as an instruction of
/// its own, so that a form sent again goes on where it was cut off. Answers who was not moved, and why.
///
/// # Errors
/// `NotFound` where the agency has no such plan; else see [`AgencyError`].
pub async fn apply_terms(
    state: &AppState,
    form: &AgencyForm,
    plan: &str,
    clients: &[String],
    effective: Effective,
) -> Result<Vec<(String, AgencyError)>, AgencyError> {
    let mut left = Vec::new();
    for client in clients {
        match change_plan(state, form, client, plan, effective).await {
            Ok(()) => {}
            Err(AgencyError::Database(error)) => return Err(error.into()),
            Err(why) => left.push((client.clone(), why)),
        }
    }
    Ok(left)
}

/// The draft with its names trimmed.
fn checked(draft: &PlanDraft) -> Result<PlanDraft, AgencyError> {
    let faults = draft.faults();
    if !faults.is_empty() {
        return Err(AgencyError::Invalid(faults));
    }
    let mut draft = draft.clone();
    draft.terms.name = draft.terms.name.trim().to_owned();
    Ok(draft)
}

/// Changes one thing of the catalogue, once for each form; false where this form did so before. `change` says whether
/// there was something to change.
pub(super) async fn once(
    state: &AppState,
    form: &AgencyForm,
    action: Action,
    target: &str,
    details: &str,
    change: impl AsyncFnOnce(&mut PgConnection) -> sqlx::Result<bool>,
) -> Result<bool, AgencyError> {
    let mut transaction = state.db.begin().await?;
    let act = Act { workspace: None, action, target, details };
    match form.claim(&mut transaction, &act, state.clock.now()).await? {
        Some(known) if known == target => Ok(false),
        Some(_) => Err(AgencyError::FormUsed),
        None if !change(&mut transaction).await? => Err(AgencyError::NotFound),
        None => {
            transaction.commit().await?;
            Ok(true)
        }
    }
}
