//! The agency applies a pack: its units are credited at once, and a payment request asks for its price (SPEC §3).

use super::agency::{AgencyError, AgencyForm, active_terms};
use super::instruct::{carry_out, give, given};
use crate::catalog;
use crate::payments::instruction::{Application, Deed};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// Applies an assigned pack to a client. `paid`: its request is recorded as paid at once, else it stays open until
/// somebody pays it. The same form credits and asks once, however often it is sent.
///
/// # Errors
/// `NotFound`, `NoSubscription`, `AddonsDisabled`, `FormUsed`; else see [`AgencyError`].
pub async fn apply_pack(
    state: &AppState,
    form: &AgencyForm,
    client: &str,
    pack: &str,
    paid: bool,
) -> Result<(), AgencyError> {
    let same = |deed: &Deed| matches!(deed, Deed::ApplyPack(it) if it.pack == pack && it.paid == paid);
    let workspace = form.client(state, client).await?.workspace;
    let instruction = match given(state, form, workspace, same).await? {
        Some(instruction) => instruction,
        None => {
            let application = check(state, workspace, pack, paid).await?;
            give(state, form, workspace, Deed::ApplyPack(application), same).await?
        }
    };
    carry_out(state, &instruction).await
}

/// The pack as it is offered, if it may be applied now.
async fn check(state: &AppState, workspace: WorkspaceId, pack: &str, paid: bool) -> Result<Application, AgencyError> {
    let terms = active_terms(state, workspace).await?;
    if !terms.addons {
        return Err(AgencyError::AddonsDisabled);
    }
    let mut db = state.db.acquire().await?;
    let offered = catalog::repo::assigned_pack(&mut db, workspace, pack).await?;
    let (_, offer) = offered.filter(|(_, offer)| offer.meter == terms.meter).ok_or(AgencyError::NotFound)?;
    Ok(Application {
        pack: offer.id,
        name: offer.name,
        meter: offer.meter,
        units: offer.units,
        price: offer.price,
        paid,
        due_days: terms.due_days,
        grace_days: terms.grace_days,
    })
}
