//! `/agency/requests`: the payment requests of all clients, and what settles them without Checkout.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;

use super::outcome::{done, refused, status};
use super::plans::kept;
use crate::app::agency::{AgencyError, lists};
use crate::app::cancel_request::cancel_request;
use crate::app::mark_paid::mark_paid;
use crate::ids;
use crate::payments::request::Place;
use crate::state::AppState;
use crate::tenants::AgencyId;
use crate::web::answer::{desk, page, section};
use crate::web::billing::{Parameters, parameters};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, DeskRefusal, Filled, RequestDialog, RequestsView, Turned, requests_page};
use crate::web::session::{Administrator, CsrfForm};
use crate::web::typed::Typed;

/// Requests on a page.
const ON_A_PAGE: usize = 50;
const LIST: &str = "/agency/requests?show=open";

/// `GET /agency/requests?show&before&paid&cancel&client&notice`: `paid` and `cancel` name a request of `client` that a
/// dialog is about.
///
/// # Errors
/// Faults of the database.
pub async fn list(
    State(state): State<AppState>,
    administrator: Administrator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    let asked = parameters(&query.unwrap_or_default());
    let dialog = dialog(&state, administrator.admin.agency, &asked).await?;
    let form = Filled { key: ids::fresh("form"), ..Filled::default() };
    answer(&state, &administrator, &asked, dialog, form, None).await
}

/// `POST /agency/requests/paid`: `request` of `client` is paid; `external_reference` says where, and may be empty.
///
/// # Errors
/// `NotFound` where the agency has no such request; `FormExpired`; faults of the database.
pub async fn paid(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(mut typed): CsrfForm<Typed>,
) -> Result<Response, Error> {
    let key = typed.take_key();
    let (client, request, note) = (typed.text("client"), typed.text("request"), typed.text("external_reference"));
    let marked = mark_paid(&state, &administrator.form(key.clone()), client, request, note).await;
    match marked {
        Ok(()) => Ok(done(LIST, DeskNotice::RequestPaid).into_response()),
        Err(error) => again(&state, &administrator, ("paid", key, typed), error).await,
    }
}

/// `POST /agency/requests/cancel`: nobody asks for `request` of `client` any more.
///
/// # Errors
/// As [`paid`].
pub async fn cancel(
    State(state): State<AppState>,
    administrator: Administrator,
    CsrfForm(mut typed): CsrfForm<Typed>,
) -> Result<Response, Error> {
    let key = typed.take_key();
    let (client, request) = (typed.text("client"), typed.text("request"));
    match cancel_request(&state, &administrator.form(key.clone()), client, request).await {
        Ok(()) => Ok(done(LIST, DeskNotice::RequestCanceled).into_response()),
        Err(error) => again(&state, &administrator, ("cancel", key, typed), error).await,
    }
}

/// The list with why a form was refused; its dialog stays open where its fields are wrong.
async fn again(
    state: &AppState,
    administrator: &Administrator,
    (deed, key, typed): (&str, String, Typed),
    error: AgencyError,
) -> Result<Response, Error> {
    let (refusal, faults) = refused(error)?;
    let asked: Parameters =
        [(deed, typed.text("request")), ("client", typed.text("client"))].map(|(a, b)| (a.into(), b.into())).into();
    let dialog = match refusal {
        DeskRefusal::Fields => dialog(state, administrator.admin.agency, &asked).await?,
        _ => None,
    };
    let form = Filled { key: kept(key, refusal), typed, faults };
    answer(state, administrator, &asked, dialog, form, Some(refusal)).await
}

/// The dialog that an address asks for; none about what is settled.
async fn dialog(state: &AppState, agency: AgencyId, asked: &Parameters) -> Result<Option<RequestDialog>, Error> {
    let about = |deed: &str| asked.get(deed).zip(asked.get("client"));
    let (found, is_paid) = match (about("paid"), about("cancel")) {
        (Some((request, client)), _) => (lists::request(state, agency, client, request).await?, true),
        (None, Some((request, client))) => (lists::request(state, agency, client, request).await?, false),
        (None, None) => (None, false),
    };
    let owed = found.filter(|listed| listed.request.status.is_owed());
    Ok(owed.map(if is_paid { RequestDialog::MarkPaid } else { RequestDialog::Cancel }))
}

async fn answer(
    state: &AppState,
    administrator: &Administrator,
    asked: &Parameters,
    dialog: Option<RequestDialog>,
    form: Filled,
    refusal: Option<DeskRefusal>,
) -> Result<Response, Error> {
    let settled = asked.get("show").is_some_and(|word| word == "settled");
    let below = asked.get("before").and_then(|text| place(text));
    let most = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let agency = administrator.admin.agency;
    let requests = lists::requests(state, agency, Some(!settled), below.as_ref(), most);
    let (desk, requests) = tokio::join!(desk(state, administrator), requests);
    let turned = |found| {
        Turned::new(found, ON_A_PAGE, below.is_some(), |it: &lists::ListedRequest| address(&it.request.place()))
    };
    let view = RequestsView {
        settled,
        requests: section("the requests", requests).map(turned),
        dialog,
        form,
        refusal,
        notice: asked.get("notice").and_then(|word| DeskNotice::parse(word)),
    };
    let mut response = page(&state.config, render(|| requests_page(desk, view)));
    if let Some(refusal) = refusal {
        *response.status_mut() = status(refusal);
    }
    Ok(response)
}

/// A place in an address: `2026-11-20T15:42:18Z~req_…`.
fn address(place: &Place) -> String {
    format!("{}~{}", place.created_at, place.id)
}

/// What is no place begins with the newest.
fn place(text: &str) -> Option<Place> {
    let (at, id) = text.split_once('~')?;
    let created_at: Timestamp = at.parse().ok()?;
    ids::is_given_id(id).then(|| Place { created_at, id: id.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let here = Place { created_at: "2026-11-20T15:42:18.123456Z".parse().unwrap(), id: "req_1".into() };
        assert_eq!(place(&address(&here)), Some(here));
        for none in ["", "req_1", "yesterday~req_1", "2026-11-20T15:42:18Z~", "2026-11-20T15:42:18Z~a b"] {
            assert_eq!(place(none), None, "{none}");
        }
    }
}
