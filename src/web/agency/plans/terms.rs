//! `/agency/plans/{id}/apply`: a plan's terms as they are now, for clients who are on earlier ones.

use axum::extract::{Path, State};
use axum::response::{IntoResponse as _, Response};

use super::super::outcome::{done, refused, status};
use super::{LIST, fault, find, kept};
use crate::app::agency::{AgencyError, lists};
use crate::app::edit_plan::apply_terms;
use crate::catalog::Plan;
use crate::ids;
use crate::ledger::Effective;
use crate::state::AppState;
use crate::web::answer::{desk, page, section};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, DeskRefusal, Filled, TermsView, plan_terms_page};
use crate::web::session::{Administrator, CsrfForm};

/// What is chosen, and what became of it.
#[derive(Default)]
struct Attempt {
    /// The form's key.
    key: String,
    /// Public ids of clients.
    chosen: Vec<String>,
    /// The word for when.
    effective: String,
    /// Clients that were not moved, and why.
    left: Vec<(String, DeskRefusal)>,
}

/// `GET /agency/plans/{id}/apply`: everybody on earlier terms is chosen.
///
/// # Errors
/// `NotFound` where the agency has no such plan on offer; faults of the database.
pub async fn show(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let plan = offered(&state, &administrator, &id).await?;
    let behind = lists::behind(&state, administrator.admin.agency, &id).await?;
    let chosen = behind.into_iter().map(|client| client.client).collect();
    let attempt = Attempt { key: ids::fresh("form"), chosen, effective: "period_end".to_owned(), left: Vec::new() };
    answer(&state, &administrator, plan, attempt, None).await
}

/// `POST /agency/plans/{id}/apply`. Where somebody is not moved, the page says who and why.
///
/// # Errors
/// `NotFound` where the agency has no such plan on offer; `FormExpired`; faults of the database.
pub async fn apply(
    State(state): State<AppState>,
    administrator: Administrator,
    Path(id): Path<String>,
    CsrfForm(fields): CsrfForm<Vec<(String, String)>>,
) -> Result<Response, Error> {
    let plan = offered(&state, &administrator, &id).await?;
    let mut attempt = read(fields);
    let effective = match attempt.effective.as_str() {
        _ if attempt.chosen.is_empty() => Err(fault("client", "Choose at least one client.")),
        "now" => Ok(Effective::Now),
        "period_end" => Ok(Effective::PeriodEnd),
        _ => Err(fault("effective", "Choose one.")),
    };
    let form = administrator.form(attempt.key.clone());
    let left = match effective {
        Ok(effective) => apply_terms(&state, &form, &id, &attempt.chosen, effective).await,
        Err(error) => Err(error),
    };
    match left {
        Ok(left) if left.is_empty() => Ok(done(&format!("{LIST}/{id}"), DeskNotice::TermsApplied).into_response()),
        Ok(left) => {
            let why = |(client, error)| refused(error).map(|(refusal, _)| (client, refusal));
            attempt.left = left.into_iter().map(why).collect::<Result<_, _>>()?;
            attempt.chosen = attempt.left.iter().map(|(client, _)| client.clone()).collect();
            answer(&state, &administrator, plan, attempt, None).await
        }
        Err(error) => answer(&state, &administrator, plan, attempt, Some(error)).await,
    }
}

fn read(fields: Vec<(String, String)>) -> Attempt {
    let mut attempt = Attempt::default();
    for (name, value) in fields {
        match name.as_str() {
            "form_key" => attempt.key = value,
            "client" => attempt.chosen.push(value),
            "effective" => attempt.effective = value,
            _ => {}
        }
    }
    attempt
}

/// A plan that is on offer: an archived one has no terms for anybody else.
async fn offered(state: &AppState, administrator: &Administrator, id: &str) -> Result<Plan, Error> {
    find(state, administrator, id).await.and_then(|plan| if plan.archived { Err(Error::NotFound) } else { Ok(plan) })
}

async fn answer(
    state: &AppState,
    administrator: &Administrator,
    plan: Plan,
    attempt: Attempt,
    error: Option<AgencyError>,
) -> Result<Response, Error> {
    let behind = lists::behind(state, administrator.admin.agency, &plan.id).await;
    let Attempt { key, chosen, effective, left } = attempt;
    let (refusal, faults) = match error.map(refused).transpose()? {
        Some((refusal, faults)) => (Some(refusal), faults),
        None => (None, Vec::new()),
    };
    // What was refused for a client is refused to this form for good.
    let shown = refusal.or(left.first().map(|(_, why)| *why));
    let key = if left.is_empty() { kept(key, refusal.unwrap_or(DeskRefusal::Fields)) } else { ids::fresh("form") };
    let form = Filled { key, typed: [("effective", effective)].into_iter().collect(), faults };
    let view = TermsView { plan, behind: section("the clients", behind), chosen, form, left, refusal };
    let desk = desk(state, administrator).await;
    let mut response = page(&state.config, render(|| plan_terms_page(desk, view)));
    if let Some(refusal) = shown {
        *response.status_mut() = status(refusal);
    }
    Ok(response)
}
