//! `/invite`: whoever has the mailed link comes in, with the account that the address has, or with a new one.
//!
//! As with `/reset`, the link's token stands in an address once: opening it puts its hash into the session.

use axum::extract::{Path, State};
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
use super::pages::{InviteView, invite_ended_page, invite_page, too_early};
use super::session::{self, CsrfForm};
use super::sign_in::enter;
use crate::app::invite::{AcceptError, accept_invite, invitation, open_invite};
use crate::state::AppState;
use crate::tenants::LinkHash;
use crate::tenants::invite::Invite;

/// The opened link in the session.
const LINK: &str = "invite_link";

/// `GET /invite/{token}`: the mailed link. It can be opened any number of times; accepting uses it up.
///
/// # Errors
/// Faults of the database.
pub async fn open(
    State(state): State<AppState>,
    session: Session,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    match open_invite(&state, &token).await? {
        Some(link) => session.insert(LINK, link).await?,
        None => {
            session.remove::<LinkHash>(LINK).await?;
        }
    }
    Ok(without_trace("/invite"))
}

/// `GET /invite`: the form for the link that was opened in this browser.
///
/// # Errors
/// Faults of the database.
pub async fn show(State(state): State<AppState>, session: Session) -> Result<Response, Error> {
    match opened(&state, &session).await? {
        Some((_, invite, known)) => {
            let view = InviteView { name: invite.person.clone().unwrap_or_default(), ..InviteView::default() };
            form(&state, &session, invite, known, view).await
        }
        None => Ok(ended(&state)),
    }
}

async fn opened(state: &AppState, session: &Session) -> Result<Option<(LinkHash, Invite, bool)>, Error> {
    let Some(link) = session.get::<LinkHash>(LINK).await? else {
        return Ok(None);
    };
    Ok(invitation(state, link).await?.map(|(invite, known)| (link, invite, known)))
}

/// The form as `view` has it.
async fn form(
    state: &AppState,
    session: &Session,
    invite: Invite,
    known: bool,
    view: InviteView,
) -> Result<Response, Error> {
    let csrf = session::form_token(session).await?;
    let view = InviteView { csrf, place: invite.name, email: invite.email, known, ..view };
    Ok(page(&state.config, render(|| invite_page(view))))
}

fn ended(state: &AppState) -> Response {
    let mut response = page(&state.config, render(invite_ended_page));
    *response.status_mut() = StatusCode::GONE;
    response
}

/// What the form sends: the password of an account, or name and password of a new one.
#[derive(Clone, Deserialize)]
pub struct InviteForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// `POST /invite`: accepts, signs in and leads to what one was invited to. Guesses at the password of an account count
/// like those at the door.
///
/// # Errors
/// `FormExpired` without the session's token; `Unavailable` in a flood; faults of the database.
pub async fn accept(
    State(state): State<AppState>,
    session: Session,
    counted: Counted,
    headers: HeaderMap,
    CsrfForm(typed): CsrfForm<InviteForm>,
) -> Result<Response, Error> {
    let Some((link, invite, known)) = opened(&state, &session).await? else {
        return Ok(ended(&state));
    };
    let mut view = InviteView { name: typed.name.clone(), ..InviteView::default() };
    if !known && typed.new != typed.again {
        view.wrong_again = Some(NOT_THE_SAME.to_owned());
        return Ok(refused(form(&state, &session, invite, known, view).await?));
    }
    let email = invite.email.clone();
    if let Err(too_many) = counted.sign_in(&email) {
        view.wrong_password = Some(too_early(too_many.seconds));
        let mut response = form(&state, &session, invite, known, view).await?;
        wait(&mut response, too_many);
        return Ok(response);
    }
    let password = if known { typed.password } else { typed.new };
    let accepted = accept_invite(&state, link, &typed.name, password).await;
    if !matches!(accepted, Err(AcceptError::WrongPassword)) {
        counted.signed_in(&email);
    }
    match accepted {
        Ok(person) => Ok(Redirect::to(enter(&state, &session, person, &headers).await?).into_response()),
        Err(AcceptError::Ended) => Ok(ended(&state)),
        Err(AcceptError::Busy(busy)) => Err(busy.into()),
        Err(AcceptError::Database(error)) => Err(error.into()),
        Err(error) => {
            let words = Some(error.to_string());
            match error {
                AcceptError::Name => view.wrong_name = words,
                _ => view.wrong_password = words,
            }
            Ok(refused(form(&state, &session, invite, known, view).await?))
        }
    }
}
