//! `POST /billing/buy`, `POST /billing/credits` and `GET /billing/return`: off to Checkout, and back.

use axum::extract::{Query, State};
use axum::response::Redirect;
use serde::Deserialize;

use super::error::Error;
use super::pages::Refused;
use super::session::{CsrfForm, Viewer};
use crate::app::buy_credits::{CreditsOrder, buy_credits};
use crate::app::buy_pack::{PackOrder, buy_pack};
use crate::app::fulfil_purchase::{Fulfilment, fulfil};
use crate::app::open_checkout::{BuyError, BuyForm};
use crate::payments::{is_session_id, repo};
use crate::pricing::chosen_amount;
use crate::state::AppState;
use crate::tenants::Role;

/// The Buy Minutes form, as it was typed.
#[derive(Clone, Debug, Deserialize)]
pub struct PackForm {
    /// One-use key of the form.
    purchase_key: String,
    /// Public id of the pack.
    #[serde(default)]
    pack: String,
    /// How many, 1–20.
    #[serde(default)]
    quantity: String,
    /// Present where the card that pays is to be saved.
    save_card: Option<String>,
    /// Present where only the total is to be shown anew, without a purchase.
    update: Option<String>,
}

/// The Add credits form, as it was typed.
#[derive(Clone, Debug, Deserialize)]
pub struct CreditsForm {
    /// One-use key of the form.
    purchase_key: String,
    /// Dollars of a preset, or `other`.
    #[serde(default)]
    choice: String,
    /// The amount; counts where the choice is `other` or missing.
    #[serde(default)]
    amount: String,
    /// Present where the card that pays is to be saved.
    save_card: Option<String>,
    /// Present where only the total is to be shown anew, without a purchase.
    update: Option<String>,
}

/// Begins a purchase of packs and sends the browser to Checkout; on an error back to the dialog, with what was chosen
/// and a known word for what is wrong.
///
/// # Errors
/// `NotAllowed` for viewers; faults of the database.
pub async fn packs(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<PackForm>,
) -> Result<Redirect, Error> {
    let order = PackOrder {
        form: buy_form(&viewer, &form.purchase_key, form.save_card.is_some())?,
        pack: form.pack.clone(),
        // Zero is refused like any other quantity that cannot be bought.
        quantity: form.quantity.trim().parse().unwrap_or(0),
    };
    let save_card = form.save_card.as_deref().map_or("", |_| "1");
    let chosen = [("buy", "minutes"), ("pack", &form.pack), ("quantity", &form.quantity), ("save_card", save_card)];
    if form.update.is_some() {
        return Ok(dialog(&chosen, Some(&form.purchase_key), None));
    }
    leave(buy_pack(&state, &order).await, &chosen, &form.purchase_key)
}

/// Begins a purchase of credits and sends the browser to Checkout; on an error back to the dialog, as above.
///
/// # Errors
/// `NotAllowed` for viewers; faults of the database.
pub async fn credits(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<CreditsForm>,
) -> Result<Redirect, Error> {
    let buyer = buy_form(&viewer, &form.purchase_key, form.save_card.is_some())?;
    let save_card = form.save_card.as_deref().map_or("", |_| "1");
    let chosen = [("buy", "credits"), ("choice", &form.choice), ("amount", &form.amount), ("save_card", save_card)];
    let amount = chosen_amount(form.choice.trim(), &form.amount);
    if form.update.is_some() {
        return Ok(dialog(&chosen, Some(&form.purchase_key), amount.err().map(|_| word(&BuyError::Amount))));
    }
    let outcome = match amount {
        Ok(amount) => buy_credits(&state, &CreditsOrder { form: buyer, amount }).await,
        Err(_) => Err(BuyError::Amount),
    };
    leave(outcome, &chosen, &form.purchase_key)
}

/// The form of somebody who may buy.
pub(super) fn buy_form(viewer: &Viewer, purchase_key: &str, save_card: bool) -> Result<BuyForm, Error> {
    viewer.require(Role::may_buy)?;
    let purchase_key = purchase_key.to_owned();
    Ok(BuyForm { workspace: viewer.workspace, buyer: viewer.user_id, purchase_key, save_card })
}

/// To Checkout, or back to the dialog.
fn leave(outcome: Result<String, BuyError>, chosen: &[(&str, &str)], purchase_key: &str) -> Result<Redirect, Error> {
    match outcome {
        Ok(checkout) => Ok(Redirect::to(&checkout)),
        Err(BuyError::Database(error)) => Err(error.into()),
        Err(error) => {
            let same_attempt = matches!(error, BuyError::StripeUnreachable).then_some(purchase_key);
            Ok(dialog(chosen, same_attempt, Some(word(&error))))
        }
    }
}

/// Billing with a form as it was left, with the one-use key where the same attempt may be repeated.
pub(super) fn dialog(chosen: &[(&str, &str)], key: Option<&str>, error: Option<&str>) -> Redirect {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    // An address must not grow with what somebody sends.
    query.extend_pairs(chosen.iter().filter(|(_, typed)| !typed.is_empty() && typed.len() <= 64));
    query.extend_pairs(key.map(|key| ("key", key)));
    query.extend_pairs(error.map(|error| ("error", error)));
    Redirect::to(&format!("/billing?{}", query.finish()))
}

/// The words that the dialogs know: those of a field, else those of [`Refused`].
pub(super) fn word(error: &BuyError) -> &'static str {
    match error {
        BuyError::PackGone => "pack_gone",
        BuyError::Quantity => "quantity",
        BuyError::Amount => "amount",
        BuyError::NoSubscription => Refused::NoSubscription.as_str(),
        BuyError::AddonsDisabled => Refused::AddonsDisabled.as_str(),
        BuyError::ViaProvider => Refused::ViaProvider.as_str(),
        BuyError::NoRates => Refused::NoRates.as_str(),
        BuyError::FormUsed => Refused::FormUsed.as_str(),
        BuyError::StripeRefused => Refused::StripeRefused.as_str(),
        BuyError::StripeUnreachable | BuyError::Database(_) => Refused::StripeUnreachable.as_str(),
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
