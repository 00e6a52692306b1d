//! `/agency/settings`: the tabs; the administrator's password and sessions.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::de::IgnoredAny;
use tower_sessions::Session;

use super::{keys, people, sign_up};
use crate::state::AppState;
use crate::web::answer::{desk, page};
use crate::web::client::Counted;
use crate::web::document::render;
use crate::web::error::Error;
use crate::web::pages::{DeskNotice, DeskProfileView, PasswordFaults, Said, desk_profile_page};
use crate::web::session::{Administrator, CsrfForm};
use crate::web::settings::{PasswordForm, change, end_sessions, sessions};

/// `GET /agency/settings?tab&notice`: profile where none is named.
///
/// # Errors
/// `NotFound` for tabs that there are not; faults of the database.
pub async fn show(
    State(state): State<AppState>,
    administrator: Administrator,
    session: Session,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let word = |name: &str| query.get(name).map(String::as_str);
    let said = Said { notice: word("notice").and_then(DeskNotice::parse), refusal: None };
    match word("tab") {
        None | Some("profile") => {
            let changed = word("done") == Some("password");
            Ok(profile(&state, &administrator, &session, PasswordFaults::default(), changed).await)
        }
        Some("people") => Ok(people::show(&state, &administrator, said).await),
        Some("sign-up") => Ok(sign_up::show(&state, &administrator, said, None).await),
        Some("api") => keys::show(&state, &administrator, &session, said, word("revoke")).await,
        Some(_) => Err(Error::NotFound),
    }
}

async fn profile(
    state: &AppState,
    administrator: &Administrator,
    session: &Session,
    faults: PasswordFaults,
    changed: bool,
) -> Response {
    let (desk, sessions) = tokio::join!(desk(state, administrator), sessions(state, administrator.admin.user, session));
    let view = DeskProfileView { sessions, faults, changed };
    page(&state.config, render(|| desk_profile_page(desk, view)))
}

/// `POST /agency/settings/password`. Refused: the form again, empty, with what is wrong. Else every other session has
/// ended.
///
/// # Errors
/// `FormExpired` without the session's token; `Unavailable` in a flood; faults of the database.
pub async fn password(
    State(state): State<AppState>,
    administrator: Administrator,
    session: Session,
    counted: Counted,
    CsrfForm(typed): CsrfForm<PasswordForm>,
) -> Result<Response, Error> {
    let admin = &administrator.admin;
    match change(&state, admin.user, &admin.email, &session, &counted, typed).await? {
        Ok(()) => Ok(Redirect::to("/agency/settings?tab=profile&done=password").into_response()),
        Err(refused) => {
            let page = profile(&state, &administrator, &session, refused.faults.clone(), false).await;
            Ok(refused.answer(page))
        }
    }
}

/// `POST /agency/settings/sign-out-everywhere`
///
/// # Errors
/// `FormExpired` without the session's token; faults of the database.
pub async fn leave_everywhere(
    State(state): State<AppState>,
    administrator: Administrator,
    session: Session,
    _: CsrfForm<IgnoredAny>,
) -> Result<Redirect, Error> {
    end_sessions(&state, administrator.admin.user, &session).await
}
