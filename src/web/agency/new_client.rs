//! `/agency/clients/new`: a client is created, and its owner invited.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::outcome::{done, refused, status};
use crate::app::agency::lists::plans;
use crate::app::create_client::{NewClient, create_client};
use crate::app::zone::all_zones;
use crate::catalog::FieldError;
use crate::ids;
use crate::state::AppState;
use crate::web::answer::{desk, page};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, DeskRefusal, NewClientView, new_client_page};
use crate::web::session::{Administrator, CsrfForm};

/// `GET /agency/clients/new`: in the zone of the agency's other clients, unless another is chosen.
///
/// # Errors
/// Faults of the database.
pub async fn show(State(state): State<AppState>, administrator: Administrator) -> Result<Response, Error> {
    form(&state, &administrator, None, None, Vec::new()).await
}

async fn form(
    state: &AppState,
    administrator: &Administrator,
    typed: Option<NewClient>,
    refusal: Option<DeskRefusal>,
    faults: Vec<FieldError>,
) -> Result<Response, Error> {
    let (desk, plans) = tokio::join!(desk(state, administrator), plans(state, administrator.admin.agency));
    let plans = plans?.into_iter().filter(|plan| !plan.archived).collect();
    let time_zone = || desk.time_zone.iana_name().unwrap_or("UTC").to_owned();
    let typed = typed.unwrap_or_else(|| NewClient {
        name: String::new(),
        time_zone: time_zone(),
        plan: None,
        owner_email: String::new(),
        owner_name: String::new(),
    });
    let view = NewClientView { key: ids::fresh("form"), typed, refusal, faults, plans, zones: all_zones() };
    Ok(page(&state.config, render(|| new_client_page(desk, view))))
}

/// The form as it was typed. A missing field is a wrong one.
#[derive(Clone, Debug, Deserialize)]
pub struct NewClientForm {
    #[serde(default)]
    key: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    time_zone: String,
    #[serde(default)]
    plan: String,
    #[serde(default)]
    owner_email: String,
    #[serde(default)]
    owner_name: String,
}

/// `POST /agency/clients/new`. Refused: the form again as it was typed; else on to the client's page.
///
/// # Errors
/// `FormExpired` without the session's token; faults of the database and of the ledger.
pub async fn create(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(typed): CsrfForm<NewClientForm>,
) -> Result<Response, Error> {
    let NewClientForm { key, name, time_zone, plan, owner_email, owner_name } = typed;
    let plan = Some(plan).filter(|plan| !plan.is_empty());
    let new = NewClient { name, time_zone, plan, owner_email, owner_name };
    match create_client(&state, &administrator.form(key), &new).await {
        Ok(created) => {
            let page = format!("/agency/clients/{}", created.workspace);
            Ok(done(&page, DeskNotice::ClientCreated).into_response())
        }
        Err(error) => {
            let (refusal, faults) = refused(error)?;
            let mut response = form(&state, &administrator, Some(new), Some(refusal), faults).await?;
            *response.status_mut() = status(refusal);
            Ok(response)
        }
    }
}
