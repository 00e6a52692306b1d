//! The agency ends a client's subscription, at the period's end or now (SPEC §1.3).

use super::agency::{AgencyError, AgencyForm};
use super::current_wallet;
use super::instruct::{carry_out, give, given};
use crate::ledger::{Effective, SubscriptionState};
use crate::payments::instruction::Deed;
use crate::state::AppState;

/// Ends the subscription that runs. Packages freeze with its last call; credits go on.
///
/// # Errors
/// `NotFound`, `NoSubscription`, `FormUsed`; else see [`AgencyError`].
pub async fn cancel_subscription(
    state: &AppState,
    form: &AgencyForm,
    client: &str,
    effective: Effective,
) -> Result<(), AgencyError> {
    let workspace = form.client(state, client).await?.workspace;
    let same = |deed: &Deed| matches!(deed, Deed::Cancel { effective: when, .. } if *when == effective);
    let instruction = match given(state, form, workspace, same).await? {
        Some(instruction) => instruction,
        None => {
            let current = current_wallet(state, workspace).await?.subscription;
            match current.filter(|it| it.state == SubscriptionState::Active) {
                Some(running) => {
                    let deed = Deed::Cancel { subscription: running.number, effective };
                    give(state, form, workspace, deed, same).await?
                }
                // The same form, sent twice at once, may have ended it meanwhile.
                None => given(state, form, workspace, same).await?.ok_or(AgencyError::NoSubscription)?,
            }
        }
    };
    carry_out(state, &instruction).await
}
