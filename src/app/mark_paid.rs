//! The agency records a request as paid some other way than through Checkout.

use sqlx::PgConnection;

use super::agency::{AgencyError, AgencyForm};
use super::settle_request::{Deed, settle};
use crate::catalog::FieldError;
use crate::payments::request;
use crate::state::AppState;
use crate::tenants::audit::Action;

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
