//! Forms that our own pages sent.

use axum::body::Body;
use axum::extract::{Form, FromRequest, Request};
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq as _;
use url::Url;

use super::{CSRF, session_of};
use crate::state::AppState;
use crate::web::body::read;
use crate::web::error::Error;

/// Longest form, bytes.
const FORM_LIMIT: usize = 64 * 1_024;

/// A form that one of our own pages sent: its `csrf` field is the session's token, and its origin is ours. Signed-out
/// sessions have a token, too. Nothing of a form is looked at before that.
#[derive(Clone, Debug)]
pub struct CsrfForm<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for CsrfForm<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Error> {
        let (mut parts, body) = request.into_parts();
        if !same_origin(&parts.headers, &state.config.public_url) {
            return Err(Error::FormExpired);
        }
        let session = session_of(&mut parts, state).await?;
        let expected: Option<String> = session.get(CSRF).await?;
        let body = read(body, FORM_LIMIT).await?;
        let sent =
            url::form_urlencoded::parse(&body).find(|(name, _)| name == CSRF).map(|(_, token)| token.into_owned());
        if !same_token(expected.as_deref(), sent.as_deref()) {
            return Err(Error::FormExpired);
        }
        // Postgres keeps this character in no text, and no field of ours is for it.
        if url::form_urlencoded::parse(&body).any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(Error::BadForm);
        }
        let request = Request::from_parts(parts, Body::from(body));
        match Form::<T>::from_request(request, state).await {
            Ok(Form(fields)) => Ok(Self(fields)),
            Err(_) => Err(Error::BadForm),
        }
    }
}

fn same_token(expected: Option<&str>, sent: Option<&str>) -> bool {
    let (Some(expected), Some(sent)) = (expected, sent) else {
        return false;
    };
    expected.as_bytes().ct_eq(sent.as_bytes()).into()
}

/// False where the browser says that another site sent the form. A program that says nothing still needs the token.
fn same_origin(headers: &HeaderMap, public_url: &Url) -> bool {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("null"));
    if text(header::HeaderName::from_static("sec-fetch-site"))
        .is_some_and(|site| site != "same-origin" && site != "none")
    {
        return false;
    }
    let Some(origin) = text(header::ORIGIN) else {
        return true;
    };
    let host = text(header::HOST);
    let by_host =
        ["http", "https"].iter().any(|scheme| host.is_some_and(|host| origin == format!("{scheme}://{host}")));
    origin == public_url.origin().ascii_serialization() || by_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_other_sites_are_known_by_their_origin() {
        let ours = Url::parse("https://bill.example/").unwrap();
        let verdict = |pairs: &[(&'static str, &str)]| {
            let headers = pairs
                .iter()
                .map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap()))
                .collect();
            same_origin(&headers, &ours)
        };
        assert!(verdict(&[]));
        assert!(verdict(&[("origin", "https://bill.example")]));
        assert!(verdict(&[("origin", "http://localhost:3000"), ("host", "localhost:3000")]));
        assert!(!verdict(&[("origin", "https://evil.example"), ("host", "bill.example")]));
        assert!(!verdict(&[("origin", "null"), ("host", "bill.example")]));
        assert!(!verdict(&[("sec-fetch-site", "cross-site")]));
        assert!(!verdict(&[("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn a_token_matches_only_itself() {
        assert!(same_token(Some("a"), Some("a")));
        assert!(!same_token(Some("a"), Some("b")));
        assert!(!same_token(Some("a"), None));
        assert!(!same_token(None, None));
    }
}
