//! `Authorization: Bearer mb_…`: who calls, for which workspace, and whether the key's scope covers it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::ApiError;
use crate::app::identify::{self, Program};
use crate::state::AppState;
use crate::tenants::Scope;

/// With an agency's key: the workspace that the request is about.
const WORKSPACE: &str = "minutebank-workspace";

/// A program whose key has the scope `calls:write`.
pub struct CallsKey(pub Program);

/// A program whose key has the scope `wallet:read`.
pub struct WalletKey(pub Program);

impl FromRequestParts<AppState> for CallsKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self(program(&parts.headers, state, Scope::CallsWrite).await?))
    }
}

impl FromRequestParts<AppState> for WalletKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self(program(&parts.headers, state, Scope::WalletRead).await?))
    }
}

async fn program(headers: &HeaderMap, state: &AppState, scope: Scope) -> Result<Program, ApiError> {
    let key = bearer(headers).ok_or(ApiError::InvalidKey)?;
    let named = match headers.get(WORKSPACE).map(|value| value.to_str()) {
        None => None,
        Some(Ok(named)) => Some(named.trim()),
        Some(Err(_)) => return Err(ApiError::NotFound),
    };
    Ok(identify::program(state, key, scope, named).await?)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, key) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let key = key.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_as_a_bearer_token() {
        let key = |value: &str| {
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, value.parse().unwrap())]);
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(key("Bearer mb_1").as_deref(), Some("mb_1"));
        assert_eq!(key("bearer  mb_1").as_deref(), Some("mb_1"));
        assert_eq!(key("Basic mb_1"), None);
        assert_eq!(key("Bearer "), None);
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}
