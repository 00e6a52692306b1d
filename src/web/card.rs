//! `/billing/card`: the saved card is added, replaced or removed.

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;

use super::buy::{buy_form, word};
use super::error::Error;
use super::session::{CsrfForm, Viewer};
use crate::app::open_checkout::BuyError;
use crate::app::{remove_card, save_card};
use crate::state::AppState;
use crate::tenants::Role;

/// The form that leads to Checkout, to save a card.
#[derive(Clone, Debug, Deserialize)]
pub struct SaveForm {
    /// One-use key of the form.
    purchase_key: String,
}

/// The form that removes a card.
#[derive(Clone, Debug, Deserialize)]
pub struct RemoveForm {
    /// The card that was shown; another one by now stays.
    payment_method: String,
}

/// `POST /billing/card`: sends the browser to Checkout, where a card is saved and nothing is paid; on an error back to
/// the card's section, with a known word for what is wrong.
///
/// # Errors
/// `NotAllowed` for viewers; faults of the database.
pub async fn save(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<SaveForm>,
) -> Result<Redirect, Error> {
    match save_card::save_card(&state, &buy_form(&viewer, &form.purchase_key, true)?).await {
        Ok(checkout) => Ok(Redirect::to(&checkout)),
        Err(BuyError::Database(error)) => Err(error.into()),
        Err(error) => Ok(Redirect::to(&format!("/billing?card=save&error={}#saved-card", word(&error)))),
    }
}

/// `POST /billing/card/remove`: the card is charged no more.
///
/// # Errors
/// `NotAllowed` for viewers; faults of the database.
pub async fn remove(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<RemoveForm>,
) -> Result<Redirect, Error> {
    viewer.require(Role::may_buy)?;
    remove_card::remove_card(&state, viewer.workspace, &form.payment_method, viewer.user_id).await?;
    Ok(Redirect::to("/billing#saved-card"))
}
