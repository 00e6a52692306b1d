//! `/agency/settings?tab=sign-up`: whether newcomers sign up by themselves, on which plan, and at which address.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::outcome::{done, refused, status};
use crate::app::set_sign_up_plan::{set_sign_up_plan, sign_up_choice};
use crate::ids;
use crate::state::AppState;
use crate::web::answer::{desk, page, section};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, DeskSignUpView, Said, desk_sign_up_page};
use crate::web::session::{Administrator, CsrfForm};

const PLACE: &str = "/agency/settings?tab=sign-up";

/// The tab.
pub(super) async fn show(
    state: &AppState,
    administrator: &Administrator,
    said: Said,
    wrong: Option<String>,
) -> Response {
    let agency = administrator.admin.agency;
    let (desk, choice) = tokio::join!(desk(state, administrator), sign_up_choice(state, agency));
    let public_url = state.config.public_url.clone();
    let view = DeskSignUpView { choice: section("sign-up", choice), public_url, said, wrong, key: ids::fresh("form") };
    page(&state.config, render(|| desk_sign_up_page(desk, view)))
}

/// What the form sends: public id of a plan, or nothing for Off.
#[derive(Clone, Debug, Deserialize)]
pub struct SignUpPlanForm {
    #[serde(default)]
    key: String,
    #[serde(default)]
    plan: String,
}

/// `POST /agency/settings/sign-up`. Refused: the form again, with what is wrong.
///
/// # Errors
/// `FormExpired` without the session's token; faults of the database.
pub async fn set(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(typed): CsrfForm<SignUpPlanForm>,
) -> Result<Response, Error> {
    let plan = Some(typed.plan.as_str()).filter(|plan| !plan.is_empty());
    let error = match set_sign_up_plan(&state, &administrator.form(typed.key), plan).await {
        Ok(()) => return Ok(done(PLACE, DeskNotice::Saved).into_response()),
        Err(error) => error,
    };
    let (refusal, faults) = refused(error)?;
    let wrong = faults.first().map(|fault| fault.message.to_owned());
    let said = Said { refusal: Some(refusal), notice: None };
    let mut response = show(&state, &administrator, said, wrong).await;
    *response.status_mut() = status(refusal);
    Ok(response)
}
