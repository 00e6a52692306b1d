//! What a page answers when it cannot answer: an error chooses the status; [`super::pages`] has the words.
//!
//! `/v1` has errors of its own, in JSON: [`super::api`].

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::body::Unread;
use super::limits::TooMany;
use crate::app::ReadError;
use crate::app::sign_in::SignInError;
use crate::ledger::LedgerError;
use crate::tenants::Busy;

/// Where administrators of an agency begin.
pub(super) const DESK: &str = "/agency/clients";

/// Why a page or a form is not answered as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Nobody is signed in; afterwards they go on to `next`.
    SignedOut {
        /// A path of ours.
        next: Option<String>,
    },
    /// The person who is signed in belongs to no workspace and no agency.
    NoWorkspace {
        /// Token for the form with which they sign out.
        csrf: String,
    },
    /// An administrator of an agency asks for a page of a workspace and looks at none.
    AtDesk,
    /// The form's token is missing or not this session's, or another site sent it.
    FormExpired,
    /// The form lacks a field, or is no form.
    BadForm,
    /// The role does not allow it.
    NotAllowed,
    /// No such page, or not this person's.
    NotFound,
    /// The address answers to other methods.
    MethodNotAllowed,
    /// More was sent than any form of ours holds.
    TooLarge,
    /// The address is longer than any of ours.
    AddressTooLong,
    /// The body did not come in time.
    TooSlow,
    /// Asked too often; again after so many seconds.
    TooMany(TooMany),
    /// The database is away.
    Unavailable,
    /// Our fault; the text is for the log.
    Failed(String),
}

impl Error {
    /// After how many seconds it may be tried again, where that is known.
    pub fn retry_after(&self) -> Option<u64> {
        match self {
            Error::TooMany(TooMany { seconds }) => Some(*seconds),
            Error::Unavailable => Some(1),
            _ => None,
        }
    }

    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Error::SignedOut { .. } | Error::AtDesk => StatusCode::SEE_OTHER,
            Error::FormExpired | Error::NotAllowed | Error::NoWorkspace { .. } => StatusCode::FORBIDDEN,
            Error::BadForm => StatusCode::UNPROCESSABLE_ENTITY,
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::AddressTooLong => StatusCode::URI_TOO_LONG,
            Error::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Error::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Error::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Error::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// Carries the status; the layer in [`super::document`]'s reach fills in the page, because it knows the configuration.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if let Error::SignedOut { next } = &self {
            return Redirect::to(&sign_in_address(next.as_deref())).into_response();
        }
        if self == Error::AtDesk {
            return Redirect::to(DESK).into_response();
        }
        if let Error::Failed(reason) = &self {
            tracing::error!(reason, "a page failed");
        }
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

fn sign_in_address(next: Option<&str>) -> String {
    match next {
        Some(next) if next != "/" => {
            let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
            format!("/sign-in?next={next}")
        }
        _ => "/sign-in".to_owned(),
    }
}

/// True where the database is away: everything else is a fault of ours.
pub(super) fn is_away(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_))
}

impl From<TooMany> for Error {
    fn from(error: TooMany) -> Self {
        Error::TooMany(error)
    }
}

impl From<Unread> for Error {
    fn from(error: Unread) -> Self {
        match error {
            Unread::TooLong => Error::TooLarge,
            Unread::TooSlow => Error::TooSlow,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) { Error::Unavailable } else { Error::Failed(error.to_string()) }
    }
}

impl From<Busy> for Error {
    fn from(_: Busy) -> Self {
        Error::Unavailable
    }
}

impl From<SignInError> for Error {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Busy(busy) => busy.into(),
            SignInError::Database(error) => error.into(),
        }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Database(error) => error.into(),
            ReadError::Ledger(LedgerError::Unavailable) => Error::Unavailable,
            other => Error::Failed(other.to_string()),
        }
    }
}

impl From<tower_sessions::session::Error> for Error {
    fn from(error: tower_sessions::session::Error) -> Self {
        match error {
            tower_sessions::session::Error::Store(error) => {
                tracing::warn!(%error, "sessions cannot be reached");
                Error::Unavailable
            }
            other => Error::Failed(other.to_string()),
        }
    }
}
