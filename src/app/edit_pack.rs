//! The agency's packs: added, edited, taken off the offer. What was bought or applied keeps its own copy.

use sqlx::PgConnection;

use super::agency::{Act, AgencyError, AgencyForm};
use super::edit_plan::once;
use crate::catalog::{PackDraft, repo};
use crate::ids;
use crate::state::AppState;
use crate::tenants::audit::Action;

/// Adds a pack; answers its public id. The same form adds one.
///
/// # Errors
/// `Invalid` with the fields of [`PackDraft::faults`], `FormUsed`; else see [`AgencyError`].
pub async fn create_pack(state: &AppState, form: &AgencyForm, draft: &PackDraft) -> Result<String, AgencyError> {
    check(draft)?;
    let id = ids::fresh("pack");
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    let act = Act { workspace: None, action: Action::CreatePack, target: &id, details: draft.name.trim() };
    if let Some(known) = form.claim(&mut transaction, &act, now).await? {
        return Ok(known);
    }
    repo::create_pack(&mut transaction, form.agency, &draft.offer(&id), now).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Changes what a pack offers from now on.
///
/// # Errors
/// `Invalid` with the fields of [`PackDraft::faults`], `NotFound`; `FormUsed`, also where this form has saved another
/// draft before; else see [`AgencyError`].
pub async fn edit_pack(state: &AppState, form: &AgencyForm, pack: &str, draft: &PackDraft) -> Result<(), AgencyError> {
    check(draft)?;
    let offer = draft.offer(pack);
    let change = async |db: &mut PgConnection| repo::update_pack(db, form.agency, &offer).await;
    if once(state, form, Action::EditPack, pack, draft.name.trim(), change).await? {
        return Ok(());
    }
    // As for plans: what was typed over afterwards is not saved.
    let mut db = state.db.acquire().await?;
    let stands = repo::packs(&mut db, form.agency, Some(pack)).await?.pop();
    if stands.is_some_and(|stands| stands.offer == offer) { Ok(()) } else { Err(AgencyError::FormUsed) }
}

/// Takes a pack off the offer, for every client. Units that were bought stay.
///
/// # Errors
/// `NotFound`, `FormUsed`; else see [`AgencyError`].
pub async fn archive_pack(state: &AppState, form: &AgencyForm, pack: &str) -> Result<(), AgencyError> {
    let now = state.clock.now();
    let change = async |db: &mut PgConnection| repo::archive_pack(db, form.agency, pack, now).await;
    once(state, form, Action::ArchivePack, pack, "", change).await?;
    Ok(())
}

fn check(draft: &PackDraft) -> Result<(), AgencyError> {
    match draft.faults() {
        faults if faults.is_empty() => Ok(()),
        faults => Err(AgencyError::Invalid(faults)),
    }
}
