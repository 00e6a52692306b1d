//! `/agency/inbox`: the list, and the verdict on an item.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse as _, Response};

use super::outcome::{done, refused, status};
use super::plans::Button;
use crate::app::agency::lists;
use crate::app::resolve_item::{accept_payment, dismiss_item, refund_payment};
use crate::ids;
use crate::payments::inbox::Item;
use crate::state::AppState;
use crate::web::answer::{desk, page, section};
use crate::web::billing::{Parameters, parameters};
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, DeskRefusal, InboxView, Turned, Verdict, inbox_page};
use crate::web::session::{Administrator, CsrfForm};

/// Items on a page.
const ON_A_PAGE: usize = 50;
const LIST: &str = "/agency/inbox?show=open";

/// `GET /agency/inbox?show&before&accept&refund&dismiss&notice`: the verdicts name the item that a dialog is about.
///
/// # Errors
/// Faults of the database.
pub async fn list(
    State(state): State<AppState>,
    administrator: Administrator,
    RawQuery(query): RawQuery,
) -> Result<Response, Error> {
    answer(&state, &administrator, &parameters(&query.unwrap_or_default()), None).await
}

/// `POST /agency/inbox/{id}/{verdict}`. Refused: the inbox, with why.
///
/// # Errors
/// `NotFound` where the agency has no such item, or this cannot be done to it; `FormExpired`; faults of the database.
pub async fn resolve(
    State(state): State<AppState>,
    administrator: Administrator,
    Path((id, verdict)): Path<(i64, String)>,
    CsrfForm(button): CsrfForm<Button>,
) -> Result<Response, Error> {
    let verdict = Verdict::ALL.into_iter().find(|it| it.as_str() == verdict).ok_or(Error::NotFound)?;
    let form = administrator.form(button.key());
    let (outcome, notice) = match verdict {
        Verdict::Accept => (accept_payment(&state, &form, id).await, DeskNotice::PaymentAccepted),
        Verdict::Refund => (refund_payment(&state, &form, id).await, DeskNotice::PaymentRefunded),
        Verdict::Dismiss => (dismiss_item(&state, &form, id).await, DeskNotice::ItemDismissed),
    };
    match outcome {
        Ok(()) => Ok(done(LIST, notice).into_response()),
        Err(error) => {
            let (refusal, _) = refused(error)?;
            answer(&state, &administrator, &Parameters::new(), Some(refusal)).await
        }
    }
}

async fn answer(
    state: &AppState,
    administrator: &Administrator,
    asked: &Parameters,
    refusal: Option<DeskRefusal>,
) -> Result<Response, Error> {
    let agency = administrator.admin.agency;
    let named = Verdict::ALL.into_iter().find_map(|it| Some((it, asked.get(it.as_str())?.parse::<i64>().ok()?)));
    let dialog = match named {
        Some((verdict, id)) => {
            let found = lists::inbox_item(state, agency, id).await?;
            found.filter(|(item, _)| verdict.fits(item)).map(|(item, meant)| (verdict, item, meant))
        }
        None => None,
    };
    let settled = asked.get("show").is_some_and(|word| word == "settled");
    let before = asked.get("before").and_then(|row| row.parse().ok());
    let most = i64::try_from(ON_A_PAGE + 1).unwrap_or(i64::MAX);
    let items = lists::inbox(state, agency, !settled, before.unwrap_or(i64::MAX), most);
    let (desk, items) = tokio::join!(desk(state, administrator), items);
    let turned = |found| Turned::new(found, ON_A_PAGE, before.is_some(), |item: &Item| item.id.to_string());
    let view = InboxView {
        settled,
        items: section("the inbox", items).map(turned),
        dialog,
        key: ids::fresh("form"),
        refusal,
        notice: asked.get("notice").and_then(|word| DeskNotice::parse(word)),
    };
    let mut response = page(&state.config, render(|| inbox_page(desk, view)));
    if let Some(refusal) = refusal {
        *response.status_mut() = status(refusal);
    }
    Ok(response)
}
