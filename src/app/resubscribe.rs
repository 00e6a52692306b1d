//! A client whose subscription has ended begins another one (SPEC §1.3).

use super::agency::{AgencyError, AgencyForm};
use super::change_plan::on_plan;
use super::current_wallet;
use super::instruct::{carry_out, given};
use crate::ledger::SubscriptionState;
use crate::payments::instruction::Deed;
use crate::state::AppState;

/// Begins a subscription where the last one has ended: packages thaw.
///
/// # Errors
/// `NotFound`, `AlreadySubscribed`, `FormUsed`; else see [`AgencyError`].
pub async fn resubscribe(state: &AppState, form: &AgencyForm, client: &str, plan: &str) -> Result<(), AgencyError> {
    let workspace = form.client(state, client).await?.workspace;
    let same = |deed: &Deed| matches!(deed, Deed::Subscribe { plan: known, .. } if known == plan);
    let instruction = match given(state, form, workspace, same).await? {
        Some(instruction) => instruction,
        None => {
            let subscription = current_wallet(state, workspace).await?.subscription;
            if subscription.is_some_and(|it| it.state != SubscriptionState::Canceled) {
                // The same form, sent twice at once, may have begun it meanwhile.
                given(state, form, workspace, same).await?.ok_or(AgencyError::AlreadySubscribed)?
            } else {
                let deed = |snapshot| Deed::Subscribe { snapshot, plan: plan.to_owned() };
                on_plan(state, form, workspace, plan, deed, same).await?
            }
        }
    };
    carry_out(state, &instruction).await
}
