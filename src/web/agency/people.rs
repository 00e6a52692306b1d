//! `/agency/settings?tab=people`: administrators are invited; invitations are sent again or taken back.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::outcome::{done, refused, status};
use crate::app::agency::AgencyError;
use crate::app::invite_admin::{colleagues, end_invite, invite_admin, resend_invite};
use crate::ids;
use crate::state::AppState;
use crate::web::answer::{desk, page, section};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, PeopleView, Said, people_page};
use crate::web::session::{Administrator, CsrfForm};

const PLACE: &str = "/agency/settings?tab=people";

/// The tab.
pub(super) async fn show(state: &AppState, administrator: &Administrator, said: Said) -> Response {
    list(state, administrator, said, String::new(), None).await
}

async fn list(
    state: &AppState,
    administrator: &Administrator,
    said: Said,
    email: String,
    wrong: Option<String>,
) -> Response {
    let admin = &administrator.admin;
    let (desk, people) = tokio::join!(desk(state, administrator), colleagues(state, admin.agency));
    let people = section("the people", people);
    let fresh_key = || ids::fresh("form");
    let view = PeopleView { people, own: admin.user, said, email, wrong, fresh_key };
    page(&state.config, render(|| people_page(desk, view)))
}

/// An invitation as it is typed, or named.
#[derive(Clone, Debug, Deserialize)]
pub struct InviteForm {
    #[serde(default)]
    key: String,
    #[serde(default)]
    email: String,
    /// Public id of the client whose owner is invited; empty for an administrator.
    #[serde(default)]
    client: String,
}

impl InviteForm {
    fn client(&self) -> Option<&str> {
        Some(self.client.as_str()).filter(|client| !client.is_empty())
    }
}

/// `POST /agency/settings/invite`. Refused: the form again as it was typed.
///
/// # Errors
/// `FormExpired` without the session's token; faults of the database.
pub async fn invite(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(typed): CsrfForm<InviteForm>,
) -> Result<Response, Error> {
    let invited = invite_admin(&state, &administrator.form(typed.key), &typed.email).await;
    answer(&state, &administrator, invited, DeskNotice::Invited, typed.email).await
}

/// `POST /agency/settings/invite/resend`
///
/// # Errors
/// `NotFound` for clients that the agency does not have; `FormExpired`; faults of the database.
pub async fn resend(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(named): CsrfForm<InviteForm>,
) -> Result<Response, Error> {
    let form = administrator.form(named.key.clone());
    let sent = resend_invite(&state, &form, named.client(), &named.email).await;
    answer(&state, &administrator, sent, DeskNotice::Invited, String::new()).await
}

/// `POST /agency/settings/invite/withdraw`
///
/// # Errors
/// `NotFound` for clients that the agency does not have; `FormExpired`; faults of the database.
pub async fn withdraw(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(named): CsrfForm<InviteForm>,
) -> Result<Response, Error> {
    let form = administrator.form(named.key.clone());
    let ended = end_invite(&state, &form, named.client(), &named.email).await;
    answer(&state, &administrator, ended, DeskNotice::InviteWithdrawn, String::new()).await
}

/// On to the list, or the list with what was refused.
async fn answer(
    state: &AppState,
    administrator: &Administrator,
    outcome: Result<(), AgencyError>,
    notice: DeskNotice,
    email: String,
) -> Result<Response, Error> {
    let error = match outcome {
        Ok(()) => return Ok(done(PLACE, notice).into_response()),
        Err(error) => error,
    };
    let (refusal, faults) = refused(error)?;
    let wrong = faults.first().map(|fault| fault.message.to_owned());
    let said = Said { refusal: Some(refusal), notice: None };
    let mut response = list(state, administrator, said, email, wrong).await;
    *response.status_mut() = status(refusal);
    Ok(response)
}
