//! Errors of `/v1`: `{"error":{"code","message","field"?}}` with the codes of SPEC §4.

use axum::Json;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::calls::CallBody;
use super::cannot_start::{CannotStart, CannotStartBody};
use crate::app::ReadError;
use crate::app::fulfil_purchase::FulfilError;
use crate::app::identify::NotAllowed;
use crate::ledger::{LedgerError, Refusal};
use crate::tenants::Scope;
use crate::web::body::Unread;
use crate::web::error::{Error, is_away};
use crate::web::limits::TooMany;

/// An error.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    error: ErrorFields,
}

/// What is wrong.
#[derive(Debug, Serialize, ToSchema)]
struct ErrorFields {
    /// For programs.
    code: &'static str,
    /// For people.
    message: String,
    /// With `invalid_field`: which.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// With `already_completed`: the call with the figures that stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<Box<CallBody>>,
}

/// Why a request is not answered as asked.
#[derive(Debug)]
pub enum ApiError {
    /// 400: the body is no JSON object.
    InvalidJson(String),
    /// 400: an agency's key without the header that names the workspace.
    WorkspaceRequired,
    /// 400: not a cursor that we gave.
    InvalidCursor,
    /// 400: this POST needs an Idempotency-Key.
    IdempotencyKeyRequired,
    /// 401: no key, or one that opens nothing.
    InvalidKey,
    /// 402: no call can start, or credits do not cover a price.
    CannotStart(Box<CannotStart>),
    /// 402: the bank declined the saved card; in its words.
    CardDeclined(String),
    /// 402: the bank asks the card's owner to confirm.
    AuthenticationRequired,
    /// 403: the key may do other things.
    InsufficientScope(Scope),
    /// 404: nothing there, or not this key's.
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 409: the id belongs to something with other fields.
    IdConflict,
    /// 409: the call has ended with other figures, which are these.
    AlreadyCompleted(Box<CallBody>),
    /// 409: the Idempotency-Key was sent with another body.
    IdempotencyMismatch,
    /// 409: the first request with this Idempotency-Key is still worked on.
    IdempotencyInProgress,
    /// 409: there is no saved card.
    CardRequired,
    /// 409: nothing of the plan is paid with credits.
    NoRates,
    /// 408: the body did not come in time.
    TooSlow,
    /// 413: the body is over 64 KiB.
    TooLarge,
    /// 414: the address is longer than any of ours.
    AddressTooLong,
    /// 415: the body is not declared as JSON.
    NotJson,
    /// 422: a field is unknown, missing, of the wrong type or out of range.
    InvalidField {
        /// Which.
        field: String,
        /// What it has to be.
        message: String,
    },
    /// 429: again after so many seconds.
    TooMany(TooMany),
    /// 503: repeat it with the same id.
    Unavailable,
    /// 500: our fault; the text is for the log.
    Failed(String),
}

impl ApiError {
    /// A field that is not as it has to be.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::InvalidField { field: field.into(), message: message.into() }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::InvalidJson(_) | Self::WorkspaceRequired | Self::InvalidCursor | Self::IdempotencyKeyRequired => {
                StatusCode::BAD_REQUEST
            }
            Self::InvalidKey => StatusCode::UNAUTHORIZED,
            Self::CannotStart(_) | Self::CardDeclined(_) | Self::AuthenticationRequired => StatusCode::PAYMENT_REQUIRED,
            Self::InsufficientScope(_) => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::IdConflict
            | Self::AlreadyCompleted(_)
            | Self::CardRequired
            | Self::NoRates
            | Self::IdempotencyMismatch
            | Self::IdempotencyInProgress => StatusCode::CONFLICT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::AddressTooLong => StatusCode::URI_TOO_LONG,
            Self::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::InvalidField { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn code_and_message(&self) -> (&'static str, String) {
        let (code, message) = match self {
            Self::InvalidJson(why) => return ("invalid_json", why.clone()),
            Self::InsufficientScope(scope) => {
                return ("insufficient_scope", format!("This key lacks the scope {}", scope.as_str()));
            }
            Self::InvalidField { message, .. } => return ("invalid_field", message.clone()),
            Self::CardDeclined(why) => return ("card_declined", format!("Nothing was charged. {why}")),
            Self::CannotStart(error) => (error.code, error.message),
            Self::AuthenticationRequired => (
                "authentication_required",
                "Nothing was charged. The bank asks the card's owner to confirm; they can pay on the billing page",
            ),
            Self::IdempotencyKeyRequired => {
                ("idempotency_key_required", "Send an Idempotency-Key, so that nothing is charged twice")
            }
            Self::CardRequired => ("card_required", "There is no saved card; people save it on the billing page"),
            Self::NoRates => ("no_rates", "Nothing of the plan is paid with credits"),
            Self::WorkspaceRequired => {
                ("workspace_required", "With an agency's key, name the workspace in the header Minutebank-Workspace")
            }
            Self::InvalidCursor => ("invalid_cursor", "The cursor is not one that this list gave"),
            Self::InvalidKey => ("invalid_key", "There is no such key, or it was revoked"),
            Self::NotFound => ("not_found", "There is nothing here for this key"),
            Self::MethodNotAllowed => ("method_not_allowed", "This address answers to other methods"),
            Self::IdConflict => ("id_conflict", "This id came with other fields before"),
            Self::AlreadyCompleted(_) => ("already_completed", "The call has ended with other figures"),
            Self::IdempotencyMismatch => {
                ("idempotency_mismatch", "This Idempotency-Key was used with another body; take a new key")
            }
            Self::IdempotencyInProgress => {
                ("idempotency_in_progress", "The first request with this Idempotency-Key has no answer yet")
            }
            Self::TooSlow => ("request_timeout", "The body did not come in time; send the same request again"),
            Self::AddressTooLong => ("address_too_long", "The address is longer than any of this API"),
            Self::TooMany(_) => ("rate_limited", "Too many requests; wait as long as Retry-After says"),
            Self::TooLarge => ("body_too_large", "The body is over 64 KiB"),
            Self::NotJson => ("unsupported_media_type", "Send the body as application/json"),
            Self::Unavailable => ("unavailable", "The ledger cannot be reached; send the same request again"),
            Self::Failed(_) => ("internal_error", "Something went wrong here; send the same request again"),
        };
        (code, message.to_owned())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let Self::Failed(reason) = &self {
            tracing::error!(reason, "a request of the API failed");
        }
        let status = self.status();
        let mut headers = HeaderMap::new();
        match self {
            Self::InvalidKey => _ = headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Self::TooMany(TooMany { seconds }) => _ = headers.insert(header::RETRY_AFTER, seconds.into()),
            Self::Unavailable | Self::IdempotencyInProgress => {
                _ = headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"))
            }
            _ => {}
        }
        let (code, message) = self.code_and_message();
        let (field, call) = match self {
            Self::CannotStart(error) => {
                return (status, headers, Json(CannotStartBody { error: *error })).into_response();
            }
            Self::InvalidField { field, .. } => (Some(field), None),
            Self::AlreadyCompleted(call) => (None, Some(call)),
            _ => (None, None),
        };
        (status, headers, Json(ErrorBody { error: ErrorFields { code, message, field, call } })).into_response()
    }
}

impl From<sqlx::Error> for ApiError {
    fn from(error: sqlx::Error) -> Self {
        if is_away(&error) { Self::Unavailable } else { Self::Failed(error.to_string()) }
    }
}

impl From<TooMany> for ApiError {
    fn from(error: TooMany) -> Self {
        Self::TooMany(error)
    }
}

impl From<Unread> for ApiError {
    fn from(error: Unread) -> Self {
        match error {
            Unread::TooLong => Self::TooLarge,
            Unread::TooSlow => Self::TooSlow,
        }
    }
}

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Database(error) => error.into(),
            ReadError::NoWorkspace | ReadError::Ledger(LedgerError::UnknownWorkspace) => Self::NotFound,
            ReadError::Ledger(LedgerError::Unavailable) => Self::Unavailable,
            ReadError::Ledger(LedgerError::Refused(Refusal::UnknownCall)) => Self::NotFound,
            ReadError::Ledger(LedgerError::Refused(Refusal::IdConflict)) => Self::IdConflict,
            ReadError::Ledger(other) => Self::Failed(other.to_string()),
        }
    }
}

impl From<FulfilError> for ApiError {
    fn from(error: FulfilError) -> Self {
        match error {
            FulfilError::Stripe(_) => Self::Unavailable,
            FulfilError::Ledger(error) => ReadError::Ledger(error).into(),
            FulfilError::Database(error) => error.into(),
        }
    }
}

impl From<NotAllowed> for ApiError {
    fn from(error: NotAllowed) -> Self {
        match error {
            NotAllowed::InvalidKey => Self::InvalidKey,
            NotAllowed::Scope(scope) => Self::InsufficientScope(scope),
            NotAllowed::NoWorkspaceNamed => Self::WorkspaceRequired,
            NotAllowed::OtherWorkspace => Self::NotFound,
            NotAllowed::Database(error) => error.into(),
        }
    }
}

/// What goes wrong around a handler: no such address, a panic, an answer that took too long.
impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => Self::NotFound,
            Error::MethodNotAllowed => Self::MethodNotAllowed,
            Error::AddressTooLong => Self::AddressTooLong,
            Error::TooMany(error) => Self::TooMany(error),
            Error::Unavailable => Self::Unavailable,
            other => Self::Failed(format!("{other:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_repeated_says_when() {
        let response = ApiError::from(ReadError::Ledger(LedgerError::Unavailable)).into_response();
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        let response = ApiError::from(sqlx::Error::PoolTimedOut).into_response();
        assert_eq!(response.status(), 503);
        let response = ApiError::from(sqlx::Error::RowNotFound).into_response();
        assert_eq!(response.status(), 500);
    }
}
