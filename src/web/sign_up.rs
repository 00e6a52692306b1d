//! `/sign-up/{agency}`: newcomers become clients of an agency that has a sign-up plan.
//!
//! As with `/reset`, the mailed link's token stands in an address once: opening it puts its hash into the session.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::answer::page;
use super::client::Counted;
use super::document::render;
use super::error::Error;
use super::forgot::{NOT_THE_SAME, refused, without_trace};
use super::limits::wait;
use super::pages::{
    FinishSignUpView, SignUpEnd, SignUpView, finish_sign_up_page, sign_up_ended_page, sign_up_page, sign_up_sent_page,
    too_early,
};
use super::session::{self, CsrfForm};
use super::sign_in::enter;
use crate::app::agency::AgencyError;
use crate::app::finish_sign_up::{Acceptance, FinishError, finish_sign_up};
use crate::app::sign_up::{Opened, faults, opened, request_sign_up, sign_up_offer};
use crate::catalog::SignUpOffer;
use crate::ids;
use crate::ledger::LedgerError;
use crate::state::AppState;
use crate::tenants::LinkHash;
use crate::tenants::sign_up::{Newcomer, SignUp};

/// The opened link in the session.
const LINK: &str = "sign_up_link";

/// `GET /sign-up/{agency}?notice`: the form; with `notice=sent` what happens now.
///
/// # Errors
/// `NotFound` where nobody signs up; faults of the database.
pub async fn show(
    State(state): State<AppState>,
    session: Session,
    Path(agency): Path<String>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let offer = offer(&state, &agency).await?;
    if query.get("notice").is_some_and(|word| word == "sent") {
        return Ok(page(&state.config, render(|| sign_up_sent_page(offer, state.config.demo))));
    }
    let csrf = session::form_token(&session).await?;
    Ok(page(&state.config, render(|| sign_up_page(offer, SignUpView { csrf, ..SignUpView::default() }))))
}

async fn offer(state: &AppState, agency: &str) -> Result<SignUpOffer, Error> {
    sign_up_offer(state, agency).await?.ok_or(Error::NotFound)
}

/// What the form sends. A missing field is a wrong one.
#[derive(Clone, Debug, Deserialize)]
pub struct SignUpForm {
    #[serde(default)]
    business: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    email: String,
}

/// `POST /sign-up/{agency}`: the same words and the same work, whoever has the address. Refused: the form again as it was
/// typed.
///
/// # Errors
/// `FormExpired` without the session's token; `NotFound` where nobody signs up; faults of the database.
pub async fn request(
    State(state): State<AppState>,
    session: Session,
    Path(agency): Path<String>,
    counted: Counted,
    CsrfForm(typed): CsrfForm<SignUpForm>,
) -> Result<Response, Error> {
    let offer = offer(&state, &agency).await?;
    let SignUpForm { business, name, email } = typed;
    let newcomer = Newcomer { agency: offer.agency, email, business, name };
    let csrf = session::form_token(&session).await?;
    let wrong = faults(&newcomer);
    if !wrong.is_empty() {
        let view = SignUpView { csrf, newcomer: Some(newcomer), wrong, ..SignUpView::default() };
        return Ok(refused(page(&state.config, render(|| sign_up_page(offer, view)))));
    }
    if let Err(too_many) = counted.sign_up(&newcomer.email) {
        let too_early = Some(too_early(too_many.seconds));
        let view = SignUpView { csrf, newcomer: Some(newcomer), too_early, ..SignUpView::default() };
        let mut response = page(&state.config, render(|| sign_up_page(offer, view)));
        wait(&mut response, too_many);
        return Ok(response);
    }
    request_sign_up(&state, &newcomer).await?;
    Ok(Redirect::to(&format!("/sign-up/{}?notice=sent", offer.agency_public_id)).into_response())
}

/// `GET /sign-up/{agency}/{token}`: the mailed link. It can be opened any number of times; the password uses it up.
///
/// # Errors
/// `NotFound` for what is no agency's id; faults of the database.
pub async fn open(
    State(state): State<AppState>,
    session: Session,
    Path((agency, token)): Path<(String, String)>,
) -> Result<Response, Error> {
    if !ids::is_given_id(&agency) {
        return Err(Error::NotFound);
    }
    let link = LinkHash::of(&token);
    match opened(&state, link, &agency).await? {
        Opened::Ended => {
            session.remove::<LinkHash>(LINK).await?;
        }
        _ => session.insert(LINK, link).await?,
    }
    Ok(without_trace(&format!("/sign-up/{agency}/password")))
}

/// `GET /sign-up/{agency}/password`: the form for the link that was opened in this browser.
///
/// # Errors
/// Faults of the database.
pub async fn choose(
    State(state): State<AppState>,
    session: Session,
    Path(agency): Path<String>,
) -> Result<Response, Error> {
    let Some(link) = session.get::<LinkHash>(LINK).await? else {
        return ended(&state, SignUpEnd::Ended, &agency).await;
    };
    form(&state, &session, link, &agency, FinishSignUpView::default()).await
}

/// The form as `view` has it, or why there is none.
async fn form(
    state: &AppState,
    session: &Session,
    link: LinkHash,
    agency: &str,
    view: FinishSignUpView,
) -> Result<Response, Error> {
    let (sign_up, offer) = match opened(state, link, agency).await? {
        Opened::Ready(sign_up, offer) => (sign_up, *offer),
        Opened::Used(_) | Opened::Ended => return ended(state, SignUpEnd::Ended, agency).await,
        Opened::Known(SignUp { newcomer, .. }) => return ended(state, SignUpEnd::Known(newcomer.email), agency).await,
        Opened::Closed(sign_up) => return ended(state, SignUpEnd::Closed(sign_up.agency_name), agency).await,
    };
    let csrf = session::form_token(session).await?;
    let view = FinishSignUpView { csrf, ..view };
    let newcomer = view.newcomer.clone().unwrap_or(sign_up.newcomer);
    Ok(page(&state.config, render(|| finish_sign_up_page(newcomer, offer, view))))
}

/// Why the link leads on no more, with a way to another one where there is one.
async fn ended(state: &AppState, end: SignUpEnd, agency: &str) -> Result<Response, Error> {
    let again = sign_up_offer(state, agency).await?.map(|offer| format!("/sign-up/{}", offer.agency_public_id));
    let mut response = page(&state.config, render(|| sign_up_ended_page(end, again)));
    *response.status_mut() = StatusCode::GONE;
    Ok(response)
}

/// What the form sends. A missing field is a wrong one.
#[derive(Clone, Deserialize)]
pub struct FinishForm {
    #[serde(default)]
    offer: String,
    #[serde(default)]
    business: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// `POST /sign-up/{agency}/password`: makes owner, workspace and subscription, signs in and leads to Billing. Sent again,
/// it comes in by the password; guesses at that count like those at the door.
///
/// # Errors
/// `FormExpired` without the session's token; `Unavailable` in a flood, or while the ledger does not answer; faults of
/// the database.
pub async fn finish(
    State(state): State<AppState>,
    session: Session,
    Path(agency): Path<String>,
    counted: Counted,
    headers: HeaderMap,
    CsrfForm(typed): CsrfForm<FinishForm>,
) -> Result<Response, Error> {
    let Some(link) = session.get::<LinkHash>(LINK).await? else {
        return ended(&state, SignUpEnd::Ended, &agency).await;
    };
    let Some(proved) = opened(&state, link, &agency).await?.newcomer() else {
        return ended(&state, SignUpEnd::Ended, &agency).await;
    };
    let FinishForm { offer, business, name, new, again } = typed;
    let newcomer = Newcomer { business, name, ..proved };
    let mut view = FinishSignUpView { wrong_names: faults(&newcomer), ..FinishSignUpView::default() };
    view.wrong_again = (new != again).then(|| NOT_THE_SAME.to_owned());
    let is_wrong = view.wrong_again.is_some() || !view.wrong_names.is_empty();
    view.newcomer = Some(newcomer.clone());
    let shown = async |view| form(&state, &session, link, &agency, view).await;
    if is_wrong {
        return Ok(refused(shown(view).await?));
    }
    let Newcomer { email, business, name, .. } = newcomer;
    if let Err(too_many) = counted.sign_in(&email) {
        view.wrong = Some(too_early(too_many.seconds));
        let mut response = shown(view).await?;
        wait(&mut response, too_many);
        return Ok(response);
    }
    let acceptance = Acceptance { seal: offer, business, name, password: new };
    let finished = finish_sign_up(&state, link, &agency, acceptance).await;
    if !matches!(finished, Err(FinishError::Ended)) {
        counted.signed_in(&email);
    }
    match finished {
        Ok(person) => {
            enter(&state, &session, person, &headers).await?;
            Ok(Redirect::to("/billing?welcome").into_response())
        }
        Err(FinishError::Changed) => Ok(refused(shown(FinishSignUpView { changed: true, ..view }).await?)),
        Err(FinishError::Refused(fault)) => {
            Ok(refused(shown(FinishSignUpView { wrong: Some(fault.to_string()), ..view }).await?))
        }
        // The page says why.
        Err(FinishError::Ended | FinishError::Known | FinishError::Closed) => shown(view).await,
        Err(FinishError::Busy(busy)) => Err(busy.into()),
        Err(FinishError::Database(error)) => Err(error.into()),
        Err(FinishError::Order(error)) => Err(unfinished(error)),
    }
}

/// The subscription has not begun yet; the form may be sent again.
fn unfinished(error: AgencyError) -> Error {
    match error {
        AgencyError::Database(error) => error.into(),
        AgencyError::Ledger(LedgerError::Unavailable) => Error::Unavailable,
        other => Error::Failed(other.to_string()),
    }
}
