//! `/sign-in` and `/sign-out`.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tower_sessions::Session;

use super::answer::page;
use super::client::Counted;
use super::document::render;
use super::error::{DESK, Error};
use super::limits::{TooMany, wait};
use super::pages::{DemoLogin, SignInNotice, SignInRefusal, SignInView, sign_in_page};
use super::session::{self, CsrfForm};
use crate::app::sign_in::{Person, sign_in};
use crate::demo;
use crate::state::AppState;

/// Where members of a workspace begin.
const BILLING: &str = "/billing";

/// `GET /`: to Billing, or to the agency's clients.
///
/// # Errors
/// Faults of the database.
pub async fn home(State(state): State<AppState>, session: Session) -> Result<Redirect, Error> {
    Ok(Redirect::to(home_of(&session, &state).await?.unwrap_or(BILLING)))
}

/// Where somebody goes who wanted nothing in particular; `None`: nobody is signed in.
async fn home_of(session: &Session, state: &AppState) -> Result<Option<&'static str>, Error> {
    if session::signed_in_admin(session, state).await?.is_some() {
        return Ok(Some(DESK));
    }
    Ok(session::signed_in(session, state).await?.map(|_| BILLING))
}

/// `GET /sign-in?next&email&notice`. The address asked for is remembered in the session; `notice` is a word for why
/// one is here.
///
/// # Errors
/// `NoWorkspace` for who is signed in and belongs to nothing; faults of the database.
pub async fn show(
    State(state): State<AppState>,
    session: Session,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let next = query.get("next").and_then(|next| session::local_path(next));
    if let Some(home) = home_of(&session, &state).await? {
        return Ok(Redirect::to(next.as_deref().unwrap_or(home)).into_response());
    }
    if let Some(csrf) = session::stranded(&session, &state).await? {
        return Err(Error::NoWorkspace { csrf });
    }
    if let Some(next) = next {
        session::remember_next(&session, &next).await?;
    }
    let email = query.get("email").cloned().unwrap_or_default();
    let notice = query.get("notice").and_then(|word| SignInNotice::parse(word));
    form(&state, &session, SignInView { email, notice, ..SignInView::default() }).await
}

/// The form as `view` has it, with this session's token and, in demo mode, its logins.
async fn form(state: &AppState, session: &Session, view: SignInView) -> Result<Response, Error> {
    let csrf = session::form_token(session).await?;
    let demo = state.config.demo.then(|| demo::logins().map(|(name, email)| DemoLogin { name, email }).to_vec());
    let view = SignInView { csrf, demo, ..view };
    Ok(page(&state.config, render(|| sign_in_page(view))))
}

/// What the form sends. A missing field is a wrong one.
#[derive(Clone, Debug, Deserialize)]
pub struct SignInForm {
    #[serde(default)]
    email: String,
    #[serde(default)]
    password: String,
}

/// `POST /sign-in`. Refused: the form again, with the address kept.
///
/// # Errors
/// `FormExpired` without the session's token; `Unavailable` in a flood; faults of the database.
pub async fn submit(
    State(state): State<AppState>,
    session: Session,
    counted: Counted,
    headers: HeaderMap,
    CsrfForm(typed): CsrfForm<SignInForm>,
) -> Result<Response, Error> {
    if let Err(TooMany { seconds }) = counted.sign_in(&typed.email) {
        return refuse(&state, &session, typed.email, SignInRefusal::TooMany { seconds }).await;
    }
    match sign_in(&state, &typed.email, typed.password).await? {
        Some(person) => {
            counted.signed_in(&typed.email);
            welcome(&state, &session, person, &headers).await
        }
        None => refuse(&state, &session, typed.email, SignInRefusal::Wrong).await,
    }
}

/// To where the person wanted to go, signed in.
async fn welcome(state: &AppState, session: &Session, person: Person, headers: &HeaderMap) -> Result<Response, Error> {
    let next = session::next(session).await?;
    let home = enter(state, session, person, headers).await?;
    Ok(Redirect::to(next.as_deref().unwrap_or(home)).into_response())
}

/// Signs somebody in; where they begin.
pub(super) async fn enter(
    state: &AppState,
    session: &Session,
    person: Person,
    headers: &HeaderMap,
) -> Result<&'static str, Error> {
    let belongs = person.member_of.is_some();
    session::sign_in(session, person, session::device(headers), state.clock.now()).await?;
    if belongs {
        return Ok(BILLING);
    }
    // Who belongs to nothing is told so there.
    Ok(home_of(session, state).await?.unwrap_or(BILLING))
}

/// The form again; it does not tell which of the two was wrong.
async fn refuse(state: &AppState, session: &Session, email: String, refused: SignInRefusal) -> Result<Response, Error> {
    let view = SignInView { email, refused: Some(refused), ..SignInView::default() };
    let mut response = form(state, session, view).await?;
    match refused {
        SignInRefusal::Wrong => *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY,
        SignInRefusal::TooMany { seconds } => wait(&mut response, TooMany { seconds }),
    }
    Ok(response)
}

/// `POST /sign-out`
///
/// # Errors
/// `FormExpired` without the session's token; faults of the database.
pub async fn leave(session: Session, _: CsrfForm<IgnoredAny>) -> Result<Redirect, Error> {
    session::sign_out(&session).await?;
    Ok(Redirect::to("/sign-in"))
}
