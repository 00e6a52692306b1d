//! Errors in Stripe's shape: `{"error":{"type","code","message","param",…}}` with Stripe's HTTP status.

use axum::http::StatusCode;
use serde_json::{Map, Value, json};

use super::conduct::Decline;

/// A refused or failed API request.
#[derive(Clone, Debug)]
pub struct ApiError {
    /// HTTP status of the answer.
    pub status: StatusCode,
    /// Stripe's `type`.
    kind: &'static str,
    /// Stripe's `code`, where there is one.
    pub code: Option<&'static str>,
    message: String,
    param: Option<String>,
    extra: Map<String, Value>,
    /// Whether execution had begun: only then is the answer kept under the idempotency key.
    pub executed: bool,
}

impl ApiError {
    fn new(status: StatusCode, kind: &'static str, code: Option<&'static str>, message: impl Into<String>) -> Self {
        Self { status, kind, code, message: message.into(), param: None, extra: Map::new(), executed: true }
    }

    /// 400 before execution began: the parameters themselves do not pass.
    pub fn invalid(code: &'static str, param: impl Into<String>, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", Some(code), message);
        error.param = Some(param.into());
        error.executed = false;
        error
    }

    /// 400 before execution began, without a code: an enum, flag or text that does not pass.
    pub fn invalid_value(param: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: None, ..Self::invalid("", param, message) }
    }

    /// 400 for what Stripe offers and the sandbox does not; the code is the sandbox's own.
    pub fn unsupported(param: impl Into<String>) -> Self {
        let param = param.into();
        let message = format!("The Stripe sandbox does not support this use of `{param}`; Stripe itself does.");
        Self::invalid("sandbox_unsupported", param, message)
    }

    /// 400 found while executing: the request is well-formed, but cannot be done.
    pub fn refused(code: Option<&'static str>, param: Option<&str>, message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "invalid_request_error", code, message);
        error.param = param.map(str::to_owned);
        error
    }

    /// 404: the id in the address names nothing.
    pub fn missing(noun: &str, param: &str, id: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, ..Self::missing_reference(noun, param, id) }
    }

    /// 400: an id inside the parameters names nothing.
    pub fn missing_reference(noun: &str, param: &str, id: &str) -> Self {
        Self::refused(Some("resource_missing"), Some(param), format!("No such {noun}: '{id}'"))
    }

    /// 404: no such address.
    pub fn unknown_address(method: &str, path: &str) -> Self {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). If you are trying to list objects, remove the trailing slash. \
             If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code."
        );
        let mut error = Self::new(StatusCode::NOT_FOUND, "invalid_request_error", None, message);
        error.executed = false;
        error
    }

    /// 401: no key, or one that does not open the sandbox.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::UNAUTHORIZED, "invalid_request_error", None, message);
        error.executed = false;
        error
    }

    /// 429.
    pub fn rate_limited() -> Self {
        let message = "Request rate limit exceeded. Learn more about rate limits in Stripe's documentation.";
        let mut error = Self::new(StatusCode::TOO_MANY_REQUESTS, "invalid_request_error", Some("rate_limit"), message);
        error.executed = false;
        error
    }

    /// 500, which Stripe keeps under the idempotency key like any other answer.
    pub fn internal() -> Self {
        let message = "Sorry! There was an error while talking to one of our backends.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "api_error", None, message)
    }

    /// 400: the key was used before with something else.
    pub fn idempotency(message: impl Into<String>) -> Self {
        let mut error = Self::new(StatusCode::BAD_REQUEST, "idempotency_error", None, message);
        error.executed = false;
        error
    }

    /// 409: a request with the same key is still running.
    pub fn idempotency_in_use(key: &str) -> Self {
        let message = format!(
            "There is currently another in-progress request using this Stripe Idempotency-Key (that probably means you \
             submitted twice, and the other request is still going through): {key}. Please try again later."
        );
        let mut error = Self::idempotency(message);
        error.status = StatusCode::CONFLICT;
        error.code = Some("idempotency_key_in_use");
        error
    }

    /// 402: a card cannot pay.
    pub fn card(code: &'static str, message: &str) -> Self {
        Self::new(StatusCode::PAYMENT_REQUIRED, "card_error", Some(code), message)
    }

    /// 402: a card was declined.
    pub fn declined(decline: Decline) -> Self {
        Self::card(decline.error_code(), decline.message()).with("decline_code", decline.code().into())
    }

    /// With one more field: `charge`, `payment_intent`, `payment_method`.
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.extra.insert(field.to_owned(), value);
        self
    }

    /// What it says to people.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The object under `error`, as `last_payment_error` shows it too.
    pub fn object(&self) -> Value {
        let mut object = self.extra.clone();
        if let Some(code) = self.code {
            object.insert("code".into(), code.into());
            if code != "sandbox_unsupported" {
                let page = format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"));
                object.insert("doc_url".into(), page.into());
            }
        }
        object.insert("message".into(), self.message.clone().into());
        if let Some(param) = &self.param {
            object.insert("param".into(), param.clone().into());
        }
        object.insert("type".into(), self.kind.into());
        Value::Object(object)
    }

    /// The whole body.
    pub fn body(&self) -> Value {
        json!({ "error": self.object() })
    }
}
