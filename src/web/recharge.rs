//! `POST /billing/recharge`: auto-recharge is switched on or off, or its amounts change.

use axum::extract::State;
use axum::response::Redirect;
use serde::Deserialize;

use super::error::Error;
use super::pages::{AskedRecharge, Typed};
use super::session::{CsrfForm, Viewer};
use crate::app::ReadError;
use crate::app::set_recharge::{SetError, configure};
use crate::state::AppState;
use crate::tenants::Role;

/// The section that every answer leads to.
const SECTION: &str = "#auto-recharge";

/// The form, as it was typed.
#[derive(Clone, Debug, Deserialize)]
pub struct RechargeForm {
    /// `on` or `off`.
    switch: String,
    #[serde(default)]
    threshold: String,
    #[serde(default)]
    topup: String,
    #[serde(default)]
    cap: String,
}

/// Takes the settings; where something is wrong with them, back to the form with what was typed.
///
/// # Errors
/// `NotAllowed` for viewers; faults of the database.
pub async fn set(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<RechargeForm>,
) -> Result<Redirect, Error> {
    viewer.require(Role::may_buy)?;
    let typed = Typed { threshold: form.threshold, topup: form.topup, cap: form.cap };
    let set = match (form.switch == "on", typed.read()) {
        (false, _) => configure(&state, viewer.workspace, false, None, Some(viewer.user_id)).await,
        (true, Ok(amounts)) => configure(&state, viewer.workspace, true, Some(&amounts), Some(viewer.user_id)).await,
        (true, Err(_)) => return Ok(back(&typed)),
    };
    match set {
        // Without a card or a rate the section says so.
        Ok(()) | Err(SetError::NoCard | SetError::NoRates) => Ok(Redirect::to(&format!("/billing{SECTION}"))),
        Err(SetError::Amounts(_)) => Ok(back(&typed)),
        Err(SetError::Read(ReadError::Database(error))) => Err(error.into()),
        Err(SetError::Read(error)) => Err(Error::Failed(error.to_string())),
    }
}

/// The form as it was left; what is wrong is found again there.
fn back(typed: &Typed) -> Redirect {
    let mut query = url::form_urlencoded::Serializer::new("recharge=set-up".to_owned());
    // An address must not grow with what somebody sends.
    let fields = [("threshold", &typed.threshold), ("topup", &typed.topup), ("cap", &typed.cap)];
    query.extend_pairs(fields.into_iter().filter(|(_, typed)| typed.len() <= 64));
    Redirect::to(&format!("/billing?{}{SECTION}", query.finish()))
}

/// The section as an address asks for it.
pub fn asked(query: &super::billing::Parameters) -> AskedRecharge {
    let setting_up = query.get("recharge").is_some_and(|word| word == "set-up");
    let field = |name| query.get(name).cloned();
    let typed = field("threshold").or_else(|| field("topup")).or_else(|| field("cap")).map(|_| Typed {
        threshold: field("threshold").unwrap_or_default(),
        topup: field("topup").unwrap_or_default(),
        cap: field("cap").unwrap_or_default(),
    });
    AskedRecharge { setting_up, typed: typed.filter(|_| setting_up) }
}
