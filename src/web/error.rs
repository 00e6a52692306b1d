//! What a page answers when it cannot answer: an error chooses the status; [`super::pages`] has the words.
//!
//! `/v1` has errors of its own, in JSON: [`super::api`].

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::ReadError;
use crate::app::sign_in::SignInError;
use crate::ledger::LedgerError;
use crate::tenants::Busy;

/// Why a page or a form is not answered as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// Nobody is signed in; afterwards they go on to `next`.
    SignedOut {
        /// A path of ours.
        next: Option<String>,
    },
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
    /// The database is away.
    Unavailable,
    /// Our fault; the text is for the log.
    Failed(String),
}

impl Error {
    /// The status that it is answered with.
    pub fn status(&self) -> StatusCode {
        match self {
            Error::SignedOut { .. } => StatusCode::SEE_OTHER,
            Error::FormExpired | Error::NotAllowed => StatusCode::FORBIDDEN,
            Error::BadForm => StatusCode::UNPROCESSABLE_ENTITY,
            Error::NotFound => StatusCode::NOT_FOUND,
            Error::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
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
        if let Error::Failed(reason) = &self {
            tracing::error!(reason, "a page failed");
        }
        let mut response = self.status().into_response();
        if self == Error::Unavailable {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
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
