//! The agency settles a request without Checkout: paid some other way, or waived. A Checkout of it that is open ends; a
//! payment that comes all the same is an overpayment, in the inbox (SPEC §3).

use jiff::Timestamp;
use sqlx::PgConnection;

use super::agency::{Act, AgencyError, AgencyForm};
use super::follow_requests::follow;
use crate::catalog::FieldError;
use crate::payments::request::{self, RequestStatus};
use crate::payments::{self, Failure, PurchaseStatus};
use crate::state::AppState;
use crate::tenants::audit::Action;
use crate::units::WorkspaceId;

/// Longest external reference.
const LONGEST: usize = 200;

/// Records a request as paid, with where the money can be found, if it is said.
///
/// # Errors
/// `Invalid` with the field `external_reference`; `NotFound`; `Settled` where it was paid or canceled before, unless by
/// this form; else see [`AgencyError`].
pub async fn mark_paid(
    state: &AppState,
    form: &AgencyForm,
    client: &str,
    id: &str,
    external_reference: &str,
) -> Result<(), AgencyError> {
    let reference = Some(external_reference.trim()).filter(|text| !text.is_empty());
    if reference.is_some_and(|text| text.chars().count() > LONGEST) {
        let message = "Enter at most 200 characters.";
        return Err(AgencyError::Invalid(vec![FieldError { field: "external_reference", message }]));
    }
    let mark = async |db: &mut PgConnection, workspace, now| {
        request::repo::mark_paid(db, workspace, id, None, reference, now).await
    };
    let deed = Deed { request: id, action: Action::MarkPaid, note: reference };
    settle(state, form, client, &deed, mark).await
}

/// Waives a request; units that were credited stay.
///
/// # Errors
/// As [`mark_paid`].
pub async fn cancel_request(state: &AppState, form: &AgencyForm, client: &str, id: &str) -> Result<(), AgencyError> {
    let mark = async |db: &mut PgConnection, workspace, now| request::repo::mark_canceled(db, workspace, id, now).await;
    let deed = Deed { request: id, action: Action::CancelRequest, note: None };
    settle(state, form, client, &deed, mark).await
}

/// What a form does to a request.
struct Deed<'a> {
    request: &'a str,
    action: Action,
    note: Option<&'a str>,
}

async fn settle(
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
    Ok(request.is_some_and(|request| RequestStatus::is_owed(request.status)))
}
