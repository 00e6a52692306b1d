//! `/billing`: what is left, and how to get more.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};

use super::answer::{frame, page, section};
use super::document::render;
use super::error::Error;
use super::pages::{BillingView, Buying, Notice, billing_page};
use super::session::Viewer;
use crate::app::find_purchase::find_purchase;
use crate::app::overview::offers;
use crate::ids;
use crate::payments::{Purchase, PurchaseStatus};
use crate::state::AppState;

type Parameters = HashMap<String, String>;

/// `GET /billing?buy=minutes&pack&quantity&key&error` with the dialog open; `?added=`, `?pending=` or `?unpaid=` with a
/// purchase's id after Checkout.
pub async fn show(State(state): State<AppState>, viewer: Viewer, Query(query): Query<Parameters>) -> Response {
    let (frame, offers, notice) =
        tokio::join!(frame(&state, &viewer), offers(&state, viewer.workspace), notice(&state, &viewer, &query));
    let view = BillingView { offers: section("the packs", offers), notice, buying: buying(query) };
    page(&state.config, render(|| billing_page(frame, view)))
}

/// What became of the purchase that the address names, as it stands now. The address itself proves nothing.
async fn notice(state: &AppState, viewer: &Viewer, query: &Parameters) -> Option<Notice> {
    let id = ["added", "pending", "unpaid"].iter().find_map(|name| query.get(*name))?;
    let purchase = section("the purchase", find_purchase(state, viewer.workspace, id).await).ok()??;
    Some(became(&purchase))
}

fn became(purchase: &Purchase) -> Notice {
    match purchase.status {
        PurchaseStatus::Credited => Notice::Added { meter: purchase.meter, pieces: purchase.pieces() },
        PurchaseStatus::Open | PurchaseStatus::Unmatched => Notice::Processing,
        PurchaseStatus::Expired | PurchaseStatus::Failed => Notice::NotPaid,
    }
}

/// The dialog as the address describes it. Its one-use key is a new one, except where an attempt is repeated.
fn buying(mut query: Parameters) -> Option<Buying> {
    query.get("buy").filter(|what| *what == "minutes")?;
    let key = query.remove("key").filter(|key| ids::is_given_id(key));
    let error = query.get("error").map(String::as_str);
    Some(Buying {
        stripe_unreachable: matches!(error, Some("stripe_unreachable" | "stripe_refused")),
        purchase_key: key.unwrap_or_else(|| ids::fresh("form")),
        pack: query.remove("pack"),
        quantity: query.remove("quantity"),
    })
}

/// `GET /settings?tab=billing` is Billing under another name.
///
/// # Errors
/// `NotFound` for every other tab.
pub async fn settings(Query(query): Query<Parameters>) -> Result<Response, Error> {
    match query.get("tab").map(String::as_str) {
        None | Some("billing") => Ok(Redirect::to("/billing").into_response()),
        Some(_) => Err(Error::NotFound),
    }
}
