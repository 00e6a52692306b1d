//! The agency lets newcomers sign up by themselves, on one of its plans, or no longer (SPEC §2.4).

use sqlx::PgConnection;

use super::ReadError;
use super::agency::{AgencyError, AgencyForm};
use super::edit_plan::once;
use crate::catalog::{FieldError, Plan, repo};
use crate::state::AppState;
use crate::tenants::audit::Action;
use crate::tenants::{AgencyId, admin};

/// The trail's word for no plan.
pub(super) const OFF: &str = "off";

/// How an agency takes sign-ups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUpChoice {
    /// Public id of the agency, which stands in the address that it sends around.
    pub agency: String,
    /// What can be chosen; the one that is has `sign_up`.
    pub plans: Vec<Plan>,
}

/// How an agency takes sign-ups.
///
/// # Errors
/// Where the database failed.
pub async fn sign_up_choice(state: &AppState, agency: AgencyId) -> Result<SignUpChoice, ReadError> {
    let mut db = state.db.acquire().await?;
    let plans = repo::plans(&mut db, agency, None).await?.into_iter().filter(|plan| !plan.archived).collect();
    Ok(SignUpChoice { agency: admin::repo::public_id(&mut db, agency).await?, plans })
}

/// Lets newcomers begin on a plan by its public id; `None`: nobody signs up by themselves.
///
/// # Errors
/// `Invalid` with the field `plan` where the agency has no such plan on offer; `FormUsed`; where the database failed.
pub async fn set_sign_up_plan(state: &AppState, form: &AgencyForm, plan: Option<&str>) -> Result<(), AgencyError> {
    let change = async |db: &mut PgConnection| match plan {
        Some(plan) => repo::set_sign_up_plan(db, form.agency, plan).await,
        None => repo::end_sign_up(db, form.agency, None).await.map(|_| true),
    };
    match once(state, form, Action::SetSignUp, plan.unwrap_or(OFF), "", change).await {
        Err(AgencyError::NotFound) => {
            Err(AgencyError::Invalid(vec![FieldError { field: "plan", message: "Choose a plan on offer, or Off." }]))
        }
        // Sent twice, or after somebody else's: nobody may believe that it was saved who sees another choice.
        Ok(false) if chosen(state, form.agency).await?.as_deref() != plan => Err(AgencyError::FormUsed),
        set => set.map(|_| ()),
    }
}

/// Public id of the plan on which newcomers begin.
async fn chosen(state: &AppState, agency: AgencyId) -> sqlx::Result<Option<String>> {
    let mut db = state.db.acquire().await?;
    let plans = repo::plans(&mut db, agency, None).await?;
    Ok(plans.into_iter().find(|plan| plan.sign_up).map(|plan| plan.id))
}
