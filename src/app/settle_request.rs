//! A request is settled without Checkout. A Checkout of it that is open ends; a payment that comes all the same is an
//! overpayment, in the inbox (SPEC §3).

use jiff::Timestamp;
use sqlx::PgConnection;

use super::agency::{Act, AgencyError, AgencyForm};
use super::follow_requests::follow;
use crate::payments::{self, Failure, PurchaseStatus, request};
use crate::state::AppState;
use crate::tenants::audit::Action;
use crate::units::WorkspaceId;

/// What a form does to a request.
pub(super) struct Deed<'a> {
    /// Its id.
    pub request: &'a str,
    /// What.
    pub action: Action,
    /// In somebody's words.
    pub note: Option<&'a str>,
}

/// Closes a request, ends its Checkouts and lets the wallet follow. `mark` says whether it was owed.
pub(super) async fn settle(
    state: &AppState,
    form: &AgencyForm,
    client: &str,
    deed: &Deed<'_>,
    mark: impl AsyncFnOnce(&mut PgConnection, WorkspaceId, Timestamp) -> sqlx::Result<bool>,
) -> Result<(), AgencyError> {
    let workspace = form.client(state, client).await?.workspace;
    settle_once(state, form, workspace, deed, mark).await?;
    close_checkouts(state, workspace, deed.request).await?;
    follow(state, workspace).await?;
    Ok(())
}

async fn settle_once(
    state: &AppState,
    form: &AgencyForm,
    workspace: WorkspaceId,
    deed: &Deed<'_>,
    mark: impl AsyncFnOnce(&mut PgConnection, WorkspaceId, Timestamp) -> sqlx::Result<bool>,
) -> Result<(), AgencyError> {
    let Deed { request: id, action, note } = *deed;
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    let request = request::repo::request(&mut transaction, workspace, id).await?.ok_or(AgencyError::NotFound)?;
    let mut details = format!("{}, {}", request.asked.title, request.amount);
    if let Some(note) = note {
        details = format!("{details}: {note}");
    }
    let act = Act { workspace: Some(workspace), action, target: id, details: &details };
    match form.claim(&mut transaction, &act, now).await? {
        Some(target) if target == id => {}
        Some(_) => return Err(AgencyError::FormUsed),
        None if !mark(&mut transaction, workspace, now).await? => return Err(AgencyError::Settled),
        None => transaction.commit().await?,
    }
    Ok(())
}

/// Ends every Checkout in which a settled request can still be paid. What Stripe does not answer now, the sweep asks
/// again; one that was paid meanwhile is found by its event.
pub(super) async fn close_checkouts(state: &AppState, workspace: WorkspaceId, id: &str) -> sqlx::Result<()> {
    let mut db = state.db.acquire().await?;
    let open = payments::repo::open_payments_of(&mut db, workspace, id).await?;
    drop(db);
    for purchase in open {
        let Some((session, _)) = &purchase.session else { continue };
        match state.stripe.expire_session(session).await {
            Ok(_) => {
                let mut db = state.db.acquire().await?;
                payments::repo::mark_ended(&mut db, &purchase.id, PurchaseStatus::Expired).await?;
            }
            Err(Failure::Refused { message, .. }) => {
                tracing::info!(purchase = purchase.id, message, "a Checkout had ended before");
            }
            Err(failure) => tracing::warn!(purchase = purchase.id, %failure, "a Checkout could not be ended yet"),
        }
    }
    Ok(())
}

/// True while a request is to be paid.
pub(super) async fn is_owed(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<bool> {
    let request = request::repo::request(db, workspace, id).await?;
    Ok(request.is_some_and(|request| request.status.is_owed()))
}
