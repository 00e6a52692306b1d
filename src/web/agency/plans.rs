//! `/agency/plans`: what is on offer, one plan's form, and its end.

mod fields;
pub(super) mod terms;

use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::outcome::{done, refused, status};
use crate::app::agency::{AgencyError, lists};
use crate::app::edit_plan::{archive_plan, create_plan, edit_plan};
use crate::catalog::{FieldError, Plan};
use crate::ids;
use crate::state::AppState;
use crate::web::answer::{desk, page, section};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, DeskRefusal, Filled, PlanView, plan_page, plans_page};
use crate::web::session::{Administrator, CsrfForm};
use crate::web::typed::Typed;

const LIST: &str = "/agency/plans";

/// What stands in an address of the catalogue.
#[derive(Debug, Deserialize)]
pub struct Asked {
    notice: Option<String>,
    archive: Option<String>,
}

impl Asked {
    pub(super) fn notice(&self) -> Option<DeskNotice> {
        DeskNotice::parse(self.notice.as_deref()?)
    }

    /// A key for the dialog that asks before archiving, where it is open.
    pub(super) fn archiving(&self) -> Option<String> {
        self.archive.as_ref().map(|_| ids::fresh("form"))
    }
}

/// `GET /agency/plans?notice`
pub async fn list(State(state): State<AppState>, administrator: Administrator, Query(asked): Query<Asked>) -> Response {
    let agency = administrator.admin.agency;
    let (desk, plans) = tokio::join!(desk(&state, &administrator), lists::plans(&state, agency));
    let plans = section("the plans", plans);
    page(&state.config, render(|| plans_page(desk, plans, asked.notice())))
}

/// `GET /agency/plans/new`: above the plans that there are.
///
/// # Errors
/// Faults of the database.
pub async fn begin(State(state): State<AppState>, administrator: Administrator) -> Result<Response, Error> {
    let plans = lists::plans(&state, administrator.admin.agency).await?;
    let highest = plans.iter().map(|plan| plan.draft.rank).max().unwrap_or_default();
    let form = Filled { key: ids::fresh("form"), typed: fields::usual(highest.saturating_add(1)), faults: Vec::new() };
    let view = PlanView { plan: None, form, behind: Ok(Vec::new()), archiving: None, refusal: None, notice: None };
    let desk = desk(&state, &administrator).await;
    Ok(page(&state.config, render(|| plan_page(desk, view))))
}

/// `POST /agency/plans/new`. Refused: the form again as it was typed.
///
/// # Errors
/// `FormExpired`; faults of the database.
pub async fn create(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(mut typed): CsrfForm<Typed>,
) -> Result<Response, Error> {
    let key = typed.take_key();
    let created = match fields::read(&typed) {
        Ok(draft) => create_plan(&state, &administrator.form(key.clone()), &draft).await.map(|_| ()),
        Err(faults) => Err(AgencyError::Invalid(faults)),
    };
    match created {
        Ok(()) => Ok(done(LIST, DeskNotice::Saved).into_response()),
        Err(error) => again(&state, &administrator, None, (key, typed), error).await,
    }
}

/// `GET /agency/plans/{id}?notice&archive`
///
/// # Errors
/// `NotFound` where the agency has no such plan; faults of the database.
pub async fn show(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Error> {
    let plan = find(&state, &administrator, &id).await?;
    let (desk, behind) =
        tokio::join!(desk(&state, &administrator), lists::behind(&state, administrator.admin.agency, &id));
    let form = Filled { key: ids::fresh("form"), typed: fields::filled(&plan.draft), faults: Vec::new() };
    let view = PlanView {
        archiving: asked.archiving().filter(|_| !plan.archived),
        plan: Some(plan),
        form,
        behind: section("the clients", behind),
        refusal: None,
        notice: asked.notice(),
    };
    Ok(page(&state.config, render(|| plan_page(desk, view))))
}

/// `POST /agency/plans/{id}`. Refused: the form again as it was typed.
///
/// # Errors
/// `NotFound` where the agency has no such plan on offer; `FormExpired`; faults of the database.
pub async fn edit(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(mut typed): CsrfForm<Typed>,
) -> Result<Response, Error> {
    let plan = find(&state, &administrator, &id).await?;
    let key = typed.take_key();
    let edited = match fields::read(&typed) {
        Ok(draft) => edit_plan(&state, &administrator.form(key.clone()), &id, &draft).await,
        Err(faults) => Err(AgencyError::Invalid(faults)),
    };
    match edited {
        Ok(()) => Ok(done(&format!("{LIST}/{id}"), DeskNotice::Saved).into_response()),
        Err(error) => again(&state, &administrator, Some(plan), (key, typed), error).await,
    }
}

/// The form of one button.
#[derive(Debug, Deserialize)]
pub struct Button {
    #[serde(default)]
    form_key: String,
}

impl Button {
    pub(super) fn key(self) -> String {
        self.form_key
    }
}

/// `POST /agency/plans/{id}/archive`
///
/// # Errors
/// `NotFound` where the agency has no such plan on offer; `FormExpired`; faults of the database.
pub async fn archive(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(button): CsrfForm<Button>,
) -> Result<Response, Error> {
    match archive_plan(&state, &administrator.form(button.key()), &id).await {
        Ok(()) => Ok(done(LIST, DeskNotice::Archived).into_response()),
        Err(error) => {
            let plan = find(&state, &administrator, &id).await?;
            let typed = fields::filled(&plan.draft);
            again(&state, &administrator, Some(plan), (String::new(), typed), error).await
        }
    }
}

/// The form as it was typed, with why it was refused.
async fn again(
    state: &AppState,
    administrator: &Administrator,
    plan: Option<Plan>,
    (key, typed): (String, Typed),
    error: AgencyError,
) -> Result<Response, Error> {
    let (refusal, faults) = refused(error)?;
    let form = Filled { key: kept(key, refusal), typed, faults };
    let view = PlanView { plan, form, behind: Ok(Vec::new()), archiving: None, refusal: Some(refusal), notice: None };
    let desk = desk(state, administrator).await;
    let mut response = page(&state.config, render(|| plan_page(desk, view)));
    *response.status_mut() = status(refusal);
    Ok(response)
}

/// The key of a form that is shown again: where it did nothing yet, it may still do so.
pub(super) fn kept(key: String, refusal: DeskRefusal) -> String {
    if refusal == DeskRefusal::Fields && ids::is_given_id(&key) { key } else { ids::fresh("form") }
}

async fn find(state: &AppState, administrator: &Administrator, id: &str) -> Result<Plan, Error> {
    lists::plan(state, administrator.admin.agency, id).await?.ok_or(Error::NotFound)
}

/// A refusal of one field.
pub(super) fn fault(field: &'static str, message: &'static str) -> AgencyError {
    AgencyError::Invalid(vec![FieldError { field, message }])
}
