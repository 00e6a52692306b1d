//! `/sign-in` and `/sign-out`.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Extension, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tower_sessions::Session;

use super::answer::page;
use super::client::ClientAddress;
use super::document::render;
use super::error::Error;
use super::limits::Limits;
use super::pages::{DemoLogin, SignInRefusal, SignInView, sign_in_page};
use super::session::{self, CsrfForm};
use crate::app::sign_in::{demo_logins, sign_in};
use crate::state::AppState;

/// Where somebody goes who wanted nothing in particular.
const HOME: &str = "/billing";

/// `GET /sign-in?next&email`. The address asked for is remembered in the session.
///
/// # Errors
/// Faults of the database.
pub async fn show(
    State(state): State<AppState>,
    session: Session,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let next = query.get("next").and_then(|next| session::local_path(next));
    if session::signed_in(&session, &state).await?.is_some() {
        return Ok(Redirect::to(next.as_deref().unwrap_or(HOME)).into_response());
    }
    if let Some(next) = next {
        session::remember_next(&session, &next).await?;
    }
    let email = query.get("email").cloned().unwrap_or_default();
    form(&state, &session, email, None).await
}

async fn form(
    state: &AppState,
    session: &Session,
    email: String,
    refused: Option<SignInRefusal>,
) -> Result<Response, Error> {
    let csrf = session::form_token(session).await?;
    let demo = if state.config.demo { Some(logins(state).await?) } else { None };
    let view = SignInView { csrf, email, refused, demo };
    Ok(page(&state.config, render(|| sign_in_page(view))))
}

async fn logins(state: &AppState) -> Result<Vec<DemoLogin>, Error> {
    let logins = demo_logins(state).await?.into_iter();
    Ok(logins.map(|(name, email)| DemoLogin { name, email }).collect())
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
/// `FormExpired` without the session's token; faults of the database.
pub async fn submit(
    State(state): State<AppState>,
    session: Session,
    Extension(limits): Extension<Arc<Limits>>,
    ClientAddress(from): ClientAddress,
    CsrfForm(typed): CsrfForm<SignInForm>,
) -> Result<Response, Error> {
    if let Err(too_many) = limits.sign_in(from, &typed.email) {
        let refused = SignInRefusal::TooMany { seconds: too_many.seconds };
        let mut response = form(&state, &session, typed.email, Some(refused)).await?;
        *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        response.headers_mut().insert(header::RETRY_AFTER, too_many.seconds.into());
        return Ok(response);
    }
    let Some((user, workspace)) = sign_in(&state, &typed.email, typed.password).await? else {
        let mut response = form(&state, &session, typed.email, Some(SignInRefusal::Wrong)).await?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    };
    limits.signed_in(from, &typed.email);
    let next = session::next(&session).await?;
    session::sign_in(&session, user, workspace, state.clock.now()).await?;
    Ok(Redirect::to(next.as_deref().unwrap_or(HOME)).into_response())
}

/// `POST /sign-out`
///
/// # Errors
/// `FormExpired` without the session's token; faults of the database.
pub async fn leave(session: Session, _: CsrfForm<IgnoredAny>) -> Result<Redirect, Error> {
    session::sign_out(&session).await?;
    Ok(Redirect::to("/sign-in"))
}
