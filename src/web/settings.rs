//! `/settings`: the tabs, the person's password and sessions.

use std::collections::HashMap;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use serde::de::IgnoredAny;
use tower_sessions::Session;

use super::answer::{frame, page, section};
use super::client::Counted;
use super::components::SectionError;
use super::document::render;
use super::error::Error;
use super::limits::{TooMany, wait};
use super::pages::{PasswordFaults, ProfileView, SessionRow, profile_page, too_early};
use super::session::{self, CsrfForm, Viewer};
use super::{alerts, api_keys, forgot, members};
use crate::app::change_password::{ChangeError, change_password};
use crate::app::sessions::{open_sessions, sign_out_everywhere};
use crate::state::AppState;
use crate::tenants::UserId;
use crate::tenants::session::OpenSession;

/// `GET /settings?tab`: profile where none is named; Billing is a page of its own.
///
/// # Errors
/// `NotFound` for tabs that there are not; faults of the database.
pub async fn show(
    State(state): State<AppState>,
    viewer: Viewer,
    session: Session,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Response, Error> {
    let word = |name: &str| query.get(name).map(String::as_str);
    match word("tab") {
        None | Some("profile") => {
            let changed = word("done") == Some("password");
            profile(&state, &viewer, &session, PasswordFaults::default(), changed).await
        }
        Some("members") => members::show(&state, &viewer, word("remove")).await,
        Some("api") => api_keys::show(&state, &viewer, &session, word("revoke"), word("remove")).await,
        Some("alerts") => alerts::show(&state, &viewer, word("done") == Some("alerts")).await,
        Some("billing") => Ok(Redirect::to("/billing").into_response()),
        Some(_) => Err(Error::NotFound),
    }
}

async fn profile(
    state: &AppState,
    viewer: &Viewer,
    session: &Session,
    faults: PasswordFaults,
    changed: bool,
) -> Result<Response, Error> {
    let (frame, sessions) = tokio::join!(frame(state, viewer), sessions(state, viewer.user_id, session));
    let view = ProfileView { role: viewer.role, sessions, faults, changed };
    Ok(page(&state.config, render(|| profile_page(frame, view))))
}

/// Where a person is signed in.
pub(super) async fn sessions(
    state: &AppState,
    user: UserId,
    session: &Session,
) -> Result<Vec<SessionRow>, SectionError> {
    let own = session::id_hash(session);
    let row = |it: OpenSession| SessionRow {
        own: own.as_ref() == Some(&it.id_hash),
        device: it.device,
        signed_in_at: it.signed_in_at,
        seen_at: it.seen_at,
    };
    let open = open_sessions(state, user).await;
    section("the sessions", open).map(|all| all.into_iter().map(row).collect())
}

/// The form for another password, as it was typed.
#[derive(Clone, Deserialize)]
pub struct PasswordForm {
    #[serde(default)]
    current: String,
    #[serde(default)]
    new: String,
    #[serde(default)]
    again: String,
}

/// `POST /settings/password`. Refused: the form again, empty, with what is wrong. Else every other session has ended.
///
/// # Errors
/// `FormExpired` without the session's token; `Unavailable` in a flood; faults of the database.
pub async fn password(
    State(state): State<AppState>,
    viewer: Viewer,
    session: Session,
    counted: Counted,
    CsrfForm(typed): CsrfForm<PasswordForm>,
) -> Result<Response, Error> {
    match change(&state, viewer.user_id, &viewer.email, &session, &counted, typed).await? {
        Ok(()) => Ok(Redirect::to("/settings?tab=profile&done=password").into_response()),
        Err(refused) => {
            let faults = refused.faults.clone();
            Ok(refused.answer(profile(&state, &viewer, &session, faults, false).await?))
        }
    }
}

/// Why a password stays as it is.
pub(super) struct Refused {
    /// What is wrong with which field.
    pub faults: PasswordFaults,
    /// There were too many attempts before this one.
    too_many: Option<TooMany>,
}

impl Refused {
    /// The page that shows it, as the answer to the form.
    pub fn answer(self, mut page: Response) -> Response {
        match self.too_many {
            Some(too_many) => wait(&mut page, too_many),
            None => *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY,
        }
        page
    }
}

/// Changes a password as the form says. Guesses at the current one count like those at the door: a session left open must
/// not give it away.
pub(super) async fn change(
    state: &AppState,
    user: UserId,
    email: &str,
    session: &Session,
    counted: &Counted,
    typed: PasswordForm,
) -> Result<Result<(), Refused>, Error> {
    let mut faults = PasswordFaults::default();
    if typed.new != typed.again {
        faults.again = Some(forgot::NOT_THE_SAME.to_owned());
        return Ok(Err(Refused { faults, too_many: None }));
    }
    if let Err(too_many) = counted.sign_in(email) {
        faults.current = Some(too_early(too_many.seconds));
        return Ok(Err(Refused { faults, too_many: Some(too_many) }));
    }
    match change_password(state, user, typed.current, typed.new).await {
        Ok(epoch) => {
            counted.signed_in(email);
            session::go_on(session, epoch).await?;
            return Ok(Ok(()));
        }
        Err(ChangeError::Refused(fault)) => {
            counted.signed_in(email);
            faults.new = Some(fault.to_string());
        }
        Err(error @ ChangeError::WrongCurrent) => faults.current = Some(error.to_string()),
        Err(ChangeError::Busy(busy)) => return Err(busy.into()),
        Err(ChangeError::Database(error)) => return Err(error.into()),
    }
    Ok(Err(Refused { faults, too_many: None }))
}

/// `POST /settings/sign-out-everywhere`
///
/// # Errors
/// `FormExpired` without the session's token; faults of the database.
pub async fn leave_everywhere(
    State(state): State<AppState>,
    viewer: Viewer,
    session: Session,
    _: CsrfForm<IgnoredAny>,
) -> Result<Redirect, Error> {
    end_sessions(&state, viewer.user_id, &session).await
}

/// Ends every session of a person, this one too.
pub(super) async fn end_sessions(state: &AppState, user: UserId, session: &Session) -> Result<Redirect, Error> {
    sign_out_everywhere(state, user).await?;
    session::sign_out(session).await?;
    Ok(Redirect::to("/sign-in?notice=signed_out_everywhere"))
}
