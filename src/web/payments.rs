//! `/billing/payments`: everything that was to be paid, and `POST /billing/pay`: off to Checkout with a request.

use axum::extract::{RawQuery, State};
use axum::response::{Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;

use super::answer::{frame, page, section};
use super::billing::{Parameters, parameters};
use super::buy::{buy_form, dialog, word};
use super::document::render;
use super::error::Error;
use super::pages::{PaymentsView, Refused, payments_page};
use super::session::{CsrfForm, Viewer};
use crate::app::bills;
use crate::app::open_checkout::BuyError;
use crate::app::pay_request::{PayError, pay_request};
use crate::ids;
use crate::payments::request::Place;
use crate::state::AppState;

/// Bills on a page.
const ON_A_PAGE: usize = 25;

/// `GET /billing/payments?before&id`
pub async fn show(State(state): State<AppState>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let query = parameters(&query.unwrap_or_default());
    let below = place(&query);
    let read = bills::page(&state, viewer.workspace, below.as_ref(), ON_A_PAGE);
    let (frame, listed) = tokio::join!(frame(&state, &viewer), read);
    let listed = section("the payments", listed);
    page(&state.config, render(|| payments_page(frame, PaymentsView { listed, is_first: below.is_none() })))
}

/// Where the address says that the page begins; what is no place begins with the newest.
fn place(query: &Parameters) -> Option<Place> {
    let created_at: Timestamp = query.get("before")?.parse().ok()?;
    let id = query.get("id").filter(|id| ids::is_given_id(id))?;
    Some(Place { created_at, id: id.clone() })
}

/// The form of a request that is to be paid.
#[derive(Clone, Debug, Deserialize)]
pub struct PayForm {
    /// One-use key of the form.
    purchase_key: String,
    /// Id of the request, `req_…`.
    #[serde(default)]
    request: String,
}

/// `POST /billing/pay`: begins the payment of a request and sends the browser to Checkout; on an error back to Billing,
/// which says why.
///
/// # Errors
/// `NotAllowed` for viewers, `NotFound` where there is no such request; faults of the database.
pub async fn pay(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<PayForm>,
) -> Result<Redirect, Error> {
    let buyer = buy_form(&viewer, &form.purchase_key, false)?;
    let back = [("request", form.request.as_str())];
    match pay_request(&state, &buyer, &form.request).await {
        Ok(checkout) => Ok(Redirect::to(&checkout)),
        Err(PayError::NotFound) => Err(Error::NotFound),
        Err(PayError::Settled) => Ok(dialog(&back, None, Some(Refused::Settled.as_str()))),
        Err(PayError::Checkout(BuyError::Database(error))) => Err(error.into()),
        Err(PayError::Checkout(error)) => {
            let same_attempt = matches!(error, BuyError::StripeUnreachable).then_some(form.purchase_key.as_str());
            Ok(dialog(&back, same_attempt, Some(word(&error))))
        }
    }
}
