//! `/settings?tab=api`: owners add, change and remove endpoints of events, and send events again.
//!
//! Between a form and the page that shows a secret, the session holds the endpoint's id and nothing of the secret: that
//! is made when it is shown.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::answer::section;
use super::api_keys::{self, Forms, PLACE};
use super::error::Error;
use super::pages::{EndpointForm, EventsView, ShownDelivery};
use super::session::{CsrfForm, Viewer};
use crate::app::event_endpoints::{
    EndpointChange, EndpointError, add_endpoint, change_endpoint, deliveries, endpoints, resend, rotate_secret,
    show_secret,
};
use crate::ids;
use crate::notify::events::{Delivery, EventType, event_id};
use crate::state::AppState;
use crate::tenants::Role;

/// Id of an endpoint whose secret is to be shown at the next opportunity.
const FRESH: &str = "fresh_endpoint";

/// The form for another endpoint, as it is at first.
pub(super) fn new_form() -> EndpointForm {
    let types = EventType::ALL.into_iter().filter(|kind| *kind != EventType::CallSettled).collect();
    EndpointForm { form_key: ids::fresh("form"), types, ..EndpointForm::default() }
}

/// The secret that the session waits for; it is made now.
pub(super) async fn fresh_secret(
    state: &AppState,
    viewer: &Viewer,
    session: &Session,
) -> Result<Option<String>, Error> {
    match session.remove::<String>(FRESH).await? {
        Some(id) => Ok(show_secret(state, viewer.workspace, &id).await?),
        None => Ok(None),
    }
}

/// What an owner sees of events; `removing` names the endpoint that the dialog is about.
pub(super) async fn read(
    state: &AppState,
    viewer: &Viewer,
    form: EndpointForm,
    fresh: Option<String>,
    removing: Option<&str>,
) -> EventsView {
    let workspace = viewer.workspace;
    let (endpoints, deliveries) = tokio::join!(endpoints(state, workspace), deliveries(state, workspace));
    let endpoints = section("the endpoints", endpoints);
    let shown = |delivery: Delivery| ShownDelivery { event: event_id(workspace, delivery.event_no), delivery };
    let deliveries = section("the deliveries", deliveries).map(|all| all.into_iter().map(shown).collect());
    let found = endpoints.as_ref().ok().and_then(|all| all.iter().find(|it| removing == Some(it.id.as_str())));
    let removing = found.cloned();
    EventsView { endpoints, deliveries, fresh, form, removing }
}

/// `POST /settings/endpoints`. Refused: the form again as it was typed; else on to the page that shows the secret.
///
/// # Errors
/// `NotAllowed` for everybody but owners; `FormExpired`; faults of the database.
pub async fn add(
    State(state): State<AppState>,
    viewer: Viewer,
    session: Session,
    CsrfForm(fields): CsrfForm<Vec<(String, String)>>,
) -> Result<Response, Error> {
    viewer.require(Role::may_manage_keys)?;
    let mut form = typed(&fields);
    if !ids::is_given_id(&form.form_key) {
        return Err(Error::BadForm);
    }
    if form.types.is_empty() {
        form.wrong_types = Some("Choose at least one.".to_owned());
        return refuse(&state, &viewer, form).await;
    }
    match add_endpoint(&state, viewer.workspace, &form.url, &form.types, &form.form_key).await {
        Ok(id) => {
            session.insert(FRESH, id).await?;
            Ok(Redirect::to(PLACE).into_response())
        }
        Err(EndpointError::Database(error)) => Err(error.into()),
        Err(wrong) => {
            form.wrong_url = Some(wrong.to_string());
            refuse(&state, &viewer, form).await
        }
    }
}

async fn refuse(state: &AppState, viewer: &Viewer, form: EndpointForm) -> Result<Response, Error> {
    let mut response = api_keys::list(state, viewer, Forms { endpoint: form, ..Forms::new() }).await?;
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(response)
}

fn typed(fields: &[(String, String)]) -> EndpointForm {
    let all = |name: &'static str| fields.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str());
    let one = |name| all(name).next().unwrap_or_default().to_owned();
    EndpointForm {
        form_key: one("form_key"),
        url: one("url").trim().to_owned(),
        types: EventType::ALL.into_iter().filter(|kind| all("type").any(|word| word == kind.as_str())).collect(),
        ..EndpointForm::default()
    }
}

/// Which endpoint.
#[derive(Clone, Debug, Deserialize)]
pub struct EndpointId {
    /// `we_…`
    endpoint: String,
}

/// `POST /settings/endpoints/secret`: on to the page that shows a new one.
///
/// # Errors
/// `NotAllowed` for everybody but owners; `NotFound` for endpoints that the workspace does not have; `FormExpired`;
/// faults of the database.
pub async fn secret(
    State(state): State<AppState>,
    viewer: Viewer,
    session: Session,
    CsrfForm(form): CsrfForm<EndpointId>,
) -> Result<Redirect, Error> {
    viewer.require(Role::may_manage_keys)?;
    if !rotate_secret(&state, viewer.workspace, &form.endpoint).await? {
        return Err(Error::NotFound);
    }
    session.insert(FRESH, form.endpoint).await?;
    Ok(Redirect::to(PLACE))
}

/// `POST /settings/endpoints/disable`. Repeating it changes nothing.
///
/// # Errors
/// As those of [`secret`].
pub async fn disable(
    State(state): State<AppState>,
    viewer: Viewer,
    form: CsrfForm<EndpointId>,
) -> Result<Redirect, Error> {
    change(&state, &viewer, form, EndpointChange::Disable).await
}

/// `POST /settings/endpoints/enable`. Repeating it changes nothing.
///
/// # Errors
/// As those of [`secret`].
pub async fn enable(
    State(state): State<AppState>,
    viewer: Viewer,
    form: CsrfForm<EndpointId>,
) -> Result<Redirect, Error> {
    change(&state, &viewer, form, EndpointChange::Enable).await
}

/// `POST /settings/endpoints/remove`
///
/// # Errors
/// As those of [`secret`].
pub async fn remove(
    State(state): State<AppState>,
    viewer: Viewer,
    form: CsrfForm<EndpointId>,
) -> Result<Redirect, Error> {
    change(&state, &viewer, form, EndpointChange::Remove).await
}

async fn change(
    state: &AppState,
    viewer: &Viewer,
    CsrfForm(form): CsrfForm<EndpointId>,
    change: EndpointChange,
) -> Result<Redirect, Error> {
    viewer.require(Role::may_manage_keys)?;
    match change_endpoint(state, viewer.workspace, &form.endpoint, change).await? {
        true => Ok(Redirect::to(PLACE)),
        false => Err(Error::NotFound),
    }
}

/// Which delivery.
#[derive(Clone, Debug, Deserialize)]
pub struct DeliveryId {
    /// `we_…`
    endpoint: String,
    /// `evt_…`
    event: String,
}

/// `POST /settings/deliveries/resend`
///
/// # Errors
/// `NotAllowed` for everybody but owners; `NotFound` for what the log does not have; `FormExpired`; faults of the
/// database.
pub async fn send_again(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<DeliveryId>,
) -> Result<Redirect, Error> {
    viewer.require(Role::may_manage_keys)?;
    match resend(&state, viewer.workspace, &form.endpoint, &form.event).await? {
        true => Ok(Redirect::to(PLACE)),
        false => Err(Error::NotFound),
    }
}
