//! `/agency/settings?tab=api`: the agency's API keys. As with those of a workspace, the session holds the row of a new
//! key and nothing of its text.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::outcome::{done, refused, status};
use crate::app::api_keys::{api_keys, create_agency_key, revoke_agency_key, show_api_key};
use crate::ids;
use crate::state::AppState;
use crate::web::answer::{desk, page, section};
use crate::web::api_keys::{empty_form, open_key, read, shown};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, KeyForm, KeysView, Said, desk_keys_page};
use crate::web::session::{Administrator, CsrfForm};

/// Row of a key that is to be shown at the next opportunity.
const FRESH: &str = "fresh_agency_key";
const PLACE: &str = "/agency/settings?tab=api";

/// The tab; `revoking` names the key that the dialog is about.
pub(super) async fn show(
    state: &AppState,
    administrator: &Administrator,
    session: &Session,
    said: Said,
    revoking: Option<&str>,
) -> Result<Response, Error> {
    let fresh = match session.remove::<i64>(FRESH).await? {
        Some(id) => show_api_key(state, administrator.admin.agency, id).await?,
        None => None,
    };
    Ok(list(state, administrator, empty_form(), said, fresh, revoking).await)
}

async fn list(
    state: &AppState,
    administrator: &Administrator,
    form: KeyForm,
    said: Said,
    fresh: Option<String>,
    revoking: Option<&str>,
) -> Response {
    let (desk, keys) = tokio::join!(desk(state, administrator), api_keys(state, administrator.admin.agency));
    let keys = section("the keys", keys).map(|keys| keys.into_iter().map(shown).collect::<Vec<_>>());
    let revoking = keys.as_ref().ok().and_then(|keys| open_key(keys, revoking));
    let view = KeysView { keys, fresh, form, revoking };
    page(&state.config, render(|| desk_keys_page(desk, view, said, ids::fresh("form"))))
}

/// `POST /agency/settings/keys`. Refused: the form again as it was typed; else on to the page that shows the key.
///
/// # Errors
/// `FormExpired` without the session's token; faults of the database.
pub async fn create(
    State(state): State<AppState>,
    administrator: Administrator,
    session: Session,
    CsrfForm(fields): CsrfForm<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let form = read(&fields);
    if form.wrong_name.is_some() || form.wrong_scopes.is_some() {
        let mut response = list(&state, &administrator, form, Said::default(), None, None).await;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    }
    match create_agency_key(&state, &administrator.form(form.form_key.clone()), &form.name, &form.scopes).await {
        Ok(row) => {
            session.insert(FRESH, row).await?;
            Ok(Redirect::to(PLACE).into_response())
        }
        Err(error) => {
            let refusal = refused(error)?.0;
            let form = KeyForm { form_key: ids::fresh("form"), ..form };
            let said = Said { refusal: Some(refusal), notice: None };
            let mut response = list(&state, &administrator, form, said, None, None).await;
            *response.status_mut() = status(refusal);
            Ok(response)
        }
    }
}

/// The form of the dialog.
#[derive(Clone, Debug, Deserialize)]
pub struct RevokeForm {
    #[serde(default)]
    form_key: String,
    /// Public id, `key_…`.
    key: String,
}

/// `POST /agency/settings/keys/revoke`. Repeating it changes nothing.
///
/// # Errors
/// `NotFound` for keys that the agency does not have; `FormExpired`; faults of the database.
pub async fn revoke(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(form): CsrfForm<RevokeForm>,
) -> Result<Response, Error> {
    match revoke_agency_key(&state, &administrator.form(form.form_key), &form.key).await {
        Ok(()) => Ok(done(PLACE, DeskNotice::KeyRevoked).into_response()),
        Err(error) => {
            let refusal = refused(error)?.0;
            let said = Said { refusal: Some(refusal), notice: None };
            let mut response = list(&state, &administrator, empty_form(), said, None, None).await;
            *response.status_mut() = status(refusal);
            Ok(response)
        }
    }
}
