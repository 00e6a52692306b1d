//! Which packs a client sees: the agency assigns them, and takes them back (SPEC §3). What was bought stays.

use super::agency::{Act, AgencyError, AgencyForm, active_terms};
use crate::catalog::{FieldError, Pack, repo};
use crate::state::AppState;
use crate::tenants::audit::Action;

/// Lets a client see packs, by their public ids. Of those that it saw `before`, as the form showed them, it keeps only
/// what was chosen again.
///
/// # Errors
/// `Invalid` with the field `packs` where none is chosen; `NoSubscription`, `AddonsDisabled`; `NotFound` where a pack is
/// not this agency's, archived, or counts another unit than the client's plan; else see [`AgencyError`].
pub async fn assign_packs(
    state: &AppState,
    form: &AgencyForm,
    client: &str,
    packs: &[String],
    before: &[String],
) -> Result<(), AgencyError> {
    if packs.is_empty() {
        let message = "Select at least one pack.";
        return Err(AgencyError::Invalid(vec![FieldError { field: "packs", message }]));
    }
    let client = form.client(state, client).await?;
    let terms = active_terms(state, client.workspace).await?;
    if !terms.addons {
        return Err(AgencyError::AddonsDisabled);
    }
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    let offered = repo::packs(&mut transaction, form.agency, None).await?;
    let fits = |pack: &&Pack| !pack.archived && pack.offer.meter == terms.meter;
    let chosen: Option<Vec<&Pack>> =
        packs.iter().map(|id| offered.iter().find(|pack| pack.offer.id == *id).filter(fits)).collect();
    let chosen = chosen.ok_or(AgencyError::NotFound)?;
    let left: Vec<&String> = before.iter().filter(|id| !packs.contains(id)).collect();
    let details = details(&chosen, &offered, &left);
    let (workspace, target) = (Some(client.workspace), client.public_id.as_str());
    let act = Act { workspace, action: Action::AssignPacks, target, details: &details };
    if form.claim(&mut transaction, &act, now).await?.is_some() {
        return Ok(());
    }
    for pack in chosen {
        repo::assign_pack(&mut transaction, client.workspace, pack.row, now).await?;
    }
    for pack in left {
        repo::remove_assignment(&mut transaction, client.workspace, pack).await?;
    }
    Ok(transaction.commit().await?)
}

/// `Small, Medium; no longer Large`
fn details(chosen: &[&Pack], offered: &[Pack], left: &[&String]) -> String {
    let chosen: Vec<&str> = chosen.iter().map(|pack| pack.offer.name.as_str()).collect();
    let left = offered.iter().filter(|pack| left.contains(&&pack.offer.id));
    let left: Vec<&str> = left.map(|pack| pack.offer.name.as_str()).collect();
    let chosen = chosen.join(", ");
    if left.is_empty() { chosen } else { format!("{chosen}; no longer {}", left.join(", ")) }
}

/// Takes a pack from a client's sight; units that were bought or applied stay.
///
/// # Errors
/// `NotFound` where it is not assigned, `FormUsed`; else see [`AgencyError`].
pub async fn remove_assignment(
    state: &AppState,
    form: &AgencyForm,
    client: &str,
    pack: &str,
) -> Result<(), AgencyError> {
    let client = form.client(state, client).await?;
    let mut transaction = state.db.begin().await?;
    let known = repo::packs(&mut transaction, form.agency, Some(pack)).await?.pop().ok_or(AgencyError::NotFound)?;
    let (workspace, details) = (Some(client.workspace), known.offer.name.as_str());
    let act = Act { workspace, action: Action::RemoveAssignment, target: pack, details };
    match form.claim(&mut transaction, &act, state.clock.now()).await? {
        Some(known) if known == pack => Ok(()),
        Some(_) => Err(AgencyError::FormUsed),
        None if !repo::remove_assignment(&mut transaction, client.workspace, pack).await? => Err(AgencyError::NotFound),
        None => Ok(transaction.commit().await?),
    }
}
