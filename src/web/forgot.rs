//! `/forgot` and `/reset`: a new password through a mailed link.
//!
//! The link's token stands in an address once: opening it puts its hash into the session and goes on to an address
//! without it, so that no history, log or `Referer` has it.

use std::collections::HashMap;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::answer::page;
use super::client::Counted;
use super::document::render;
use super::error::Error;
use super::limits::wait;
use super::pages::{ForgotView, ResetView, forgot_page, forgot_sent_page, reset_expired_page, reset_page, too_early};
use super::session::{self, CsrfForm};
use crate::app::forgot_password::{ResetError, link_owner, open_link, request_link, set_password};
use crate::state::AppState;
use crate::tenants::LinkHash;

/// Beside the repetition of a password.
pub(super) const NOT_THE_SAME: &str = "The two are not the same.";
/// The opened link in the session.
const LINK: &str = "password_link";
/// Longest address of a mailbox, bytes (RFC 5321).
const LONGEST_EMAIL: usize = 254;

/// `GET /forgot?notice`: the form; with `notice=sent` what happens now.
///
/// # Errors
/// Faults of the database.
pub async fn ask(
    State(state): State<AppState>,
    session: Session,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    if query.get("notice").is_some_and(|word| word == "sent") {
        return Ok(page(&state.config, render(|| forgot_sent_page(state.config.demo))));
    }
    let csrf = session::form_token(&session).await?;
    let view = ForgotView { csrf, ..ForgotView::default() };
    Ok(page(&state.config, render(|| forgot_page(view))))
}

/// What the form sends.
#[derive(Clone, Debug, Deserialize)]
pub struct ForgotForm {
    #[serde(default)]
    email: String,
}

/// `POST /forgot`: the same words and the same work, whoever has the address.
///
/// # Errors
/// `FormExpired` without the session's token; faults of the database.
pub async fn request(
    State(state): State<AppState>,
    session: Session,
    counted: Counted,
    CsrfForm(typed): CsrfForm<ForgotForm>,
) -> Result<Response, Error> {
    let csrf = session::form_token(&session).await?;
    let again = |email: String, wrong: String| {
        page(&state.config, render(|| forgot_page(ForgotView { csrf, email, wrong: Some(wrong) })))
    };
    if !looks_like_an_address(&typed.email) {
        return Ok(refused(again(typed.email, "Enter an email address.".to_owned())));
    }
    if let Err(too_many) = counted.forgot(&typed.email) {
        let mut response = again(typed.email, too_early(too_many.seconds));
        wait(&mut response, too_many);
        return Ok(response);
    }
    request_link(&state, &typed.email).await?;
    Ok(Redirect::to("/forgot?notice=sent").into_response())
}

fn looks_like_an_address(text: &str) -> bool {
    let text = text.trim();
    let parts = text.split_once('@');
    text.len() <= LONGEST_EMAIL
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

/// `GET /reset/{token}`: the mailed link. It can be opened any number of times; setting the password uses it up.
///
/// # Errors
/// Faults of the database.
pub async fn open(
    State(state): State<AppState>,
    session: Session,
    Path(token): Path<String>,
) -> Result<Response, Error> {
    match open_link(&state, &token).await? {
        Some(link) => session.insert(LINK, link).await?,
        None => {
            session.remove::<LinkHash>(LINK).await?;
        }
    }
    Ok(without_trace("/reset"))
}

/// On to another address, which is not told where one came from.
pub(super) fn without_trace(path: &str) -> Response {
    let mut response = Redirect::to(path).into_response();
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// `GET /reset`: the form for the link that was opened in this browser.
///
/// # Errors
/// Faults of the database.
pub async fn show(State(state): State<AppState>, session: Session) -> Result<Response, Error> {
    reset(&state, &session, ResetView::default()).await
}

/// The form as `view` has it, or that the link has ended.
async fn reset(state: &AppState, session: &Session, view: ResetView) -> Result<Response, Error> {
    let Some(email) = owner(state, session).await? else {
        return Ok(ended(state));
    };
    let csrf = session::form_token(session).await?;
    let view = ResetView { csrf, email, ..view };
    Ok(page(&state.config, render(|| reset_page(view))))
}

async fn owner(state: &AppState, session: &Session) -> Result<Option<String>, Error> {
    match session.get::<LinkHash>(LINK).await? {
        Some(link) => Ok(link_owner(state, link).await?),
        None => Ok(None),
    }
}

fn ended(state: &AppState) -> Response {
    let mut response = page(&state.config, render(reset_expired_page));
    *response.status_mut() = StatusCode::GONE;
    response
}

/// What the form sends.
#[derive(Clone, Deserialize)]
pub struct ResetForm {
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// `POST /reset`: sets the password, ends every session of its owner and this one, and leads to the sign-in page.
///
/// # Errors
/// `FormExpired` without the session's token; `Unavailable` in a flood; faults of the database.
pub async fn set(
    State(state): State<AppState>,
    session: Session,
    CsrfForm(typed): CsrfForm<ResetForm>,
) -> Result<Response, Error> {
    if typed.new != typed.again {
        let view = ResetView { wrong_again: Some(NOT_THE_SAME.to_owned()), ..ResetView::default() };
        return Ok(refused(reset(&state, &session, view).await?));
    }
    let Some(link) = session.get::<LinkHash>(LINK).await? else {
        return Ok(ended(&state));
    };
    match set_password(&state, link, typed.new).await {
        Ok(()) => {
            session::sign_out(&session).await?;
            Ok(Redirect::to("/sign-in?notice=password_set").into_response())
        }
        Err(ResetError::Expired) => Ok(ended(&state)),
        Err(ResetError::Refused(fault)) => {
            let view = ResetView { wrong: Some(fault.to_string()), ..ResetView::default() };
            Ok(refused(reset(&state, &session, view).await?))
        }
        Err(ResetError::Busy(busy)) => Err(busy.into()),
        Err(ResetError::Database(error)) => Err(error.into()),
    }
}

/// A form that is shown again with what is wrong; a link that has ended meanwhile stays so.
pub(super) fn refused(mut response: Response) -> Response {
    if response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_two_halves_and_no_blanks() {
        assert!(looks_like_an_address(" owner@harbor.test "));
        for bad in
            ["", "owner", "@harbor.test", "owner@", "own er@harbor.test", "a@b\nc", &format!("a@{}", "b".repeat(260))]
        {
            assert!(!looks_like_an_address(bad), "{bad:?}");
        }
    }
}
