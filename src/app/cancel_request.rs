//! The agency waives a request.

use sqlx::PgConnection;

use super::agency::{AgencyError, AgencyForm};
use super::settle_request::{Deed, settle};
use crate::payments::request;
use crate::state::AppState;
use crate::tenants::audit::Action;

/// Waives a request; units that were credited stay.
///
/// # Errors
/// As [`mark_paid`](super::mark_paid::mark_paid).
pub async fn cancel_request(state: &AppState, form: &AgencyForm, client: &str, id: &str) -> Result<(), AgencyError> {
    let mark = async |db: &mut PgConnection, workspace, now| request::repo::mark_canceled(db, workspace, id, now).await;
    let deed = Deed { request: id, action: Action::CancelRequest, note: None };
    settle(state, form, client, &deed, mark).await
}
