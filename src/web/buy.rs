//! `POST /billing/buy` and `GET /billing/return`: off to Checkout, and back.

use axum::extract::{Query, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::error::Error;
use super::session::{CsrfForm, Viewer};
use crate::app::buy_pack::{BuyError, PackOrder, buy_pack};
use crate::app::fulfil_purchase::{Fulfilment, fulfil};
use crate::payments::{is_session_id, repo};
use crate::state::AppState;

/// The Buy Minutes form, as it was typed.
#[derive(Clone, Debug, Deserialize)]
pub struct BuyForm {
    /// One-use key of the form.
    purchase_key: String,
    /// Public id of the pack.
    #[serde(default)]
    pack: String,
    /// How many, 1–20.
    #[serde(default)]
    quantity: String,
    /// Present where only the total is to be shown anew, without a purchase.
    update: Option<String>,
}

impl BuyForm {
    /// The dialog as it was left, with the one-use key where the same attempt may be repeated.
    fn dialog(&self, error: Option<&str>, same_attempt: bool) -> Redirect {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("buy", "minutes");
        for (name, typed) in [("pack", &self.pack), ("quantity", &self.quantity)] {
            // An address must not grow with what somebody sends.
            if !typed.is_empty() && typed.len() <= 64 {
                query.append_pair(name, typed);
            }
        }
        if same_attempt {
            query.append_pair("key", &self.purchase_key);
        }
        if let Some(error) = error {
            query.append_pair("error", error);
        }
        Redirect::to(&format!("/billing?{}", query.finish()))
    }
}

/// Begins a purchase and sends the browser to Checkout; on an error back to the dialog, with what was chosen and a known
/// word for what is wrong.
///
/// # Errors
/// `NotAllowed` for viewers; faults of the database.
pub async fn buy(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<BuyForm>,
) -> Result<Redirect, Error> {
    if !viewer.role.may_buy() {
        return Err(Error::NotAllowed);
    }
    if form.update.is_some() {
        return Ok(form.dialog(None, true));
    }
    let order = PackOrder {
        workspace: viewer.workspace,
        buyer: viewer.user_id,
        purchase_key: form.purchase_key.clone(),
        pack: form.pack.clone(),
        // Zero is refused like any other quantity that cannot be bought.
        quantity: form.quantity.trim().parse().unwrap_or(0),
    };
    match buy_pack(&state, &order).await {
        Ok(checkout) => Ok(Redirect::to(&checkout)),
        Err(BuyError::Database(error)) => Err(error.into()),
        Err(error) => Ok(form.dialog(Some(word(&error)), matches!(error, BuyError::StripeUnreachable))),
    }
}

/// The words that the dialog knows.
fn word(error: &BuyError) -> &'static str {
    match error {
        BuyError::NoSubscription => "no_subscription",
        BuyError::AddonsDisabled => "addons_disabled",
        BuyError::ViaProvider => "via_provider",
        BuyError::PackGone => "pack_gone",
        BuyError::Quantity => "quantity",
        BuyError::FormUsed => "form_used",
        BuyError::StripeRefused => "stripe_refused",
        BuyError::StripeUnreachable | BuyError::Database(_) => "stripe_unreachable",
    }
}

/// Where Checkout sends the browser back to.
#[derive(Clone, Debug, Deserialize)]
pub struct ReturnQuery {
    #[serde(default)]
    session_id: String,
}

/// Fulfils the purchase, then tells Billing what became of it: `added`, `pending` or `unpaid`.
///
/// # Errors
/// `NotFound` where the session is unknown, or another workspace's.
pub async fn come_back(
    State(state): State<AppState>,
    viewer: Viewer,
    Query(query): Query<ReturnQuery>,
) -> Result<Redirect, Error> {
    if !is_session_id(&query.session_id) {
        return Err(Error::NotFound);
    }
    let mut db = state.db.acquire().await?;
    let purchase = repo::purchase_by_session(&mut db, &query.session_id).await?;
    drop(db);
    let purchase = purchase.filter(|purchase| purchase.workspace == viewer.workspace).ok_or(Error::NotFound)?;
    let became = match fulfil(&state, &query.session_id).await {
        Ok(Fulfilment::Credited(_)) => "added",
        Ok(Fulfilment::Expired(_)) => "unpaid",
        Ok(_) => "pending",
        Err(error) => {
            tracing::warn!(purchase = purchase.id, %error, "a return from Checkout could not be fulfilled yet");
            "pending"
        }
    };
    Ok(Redirect::to(&format!("/billing?{became}={}", purchase.id)))
}
