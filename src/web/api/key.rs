//! `Authorization: Bearer mb_…`: who calls, for which workspace, and whether the key's scope covers it.

use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use super::ApiError;
use crate::app::identify::{self, Caller, NotAllowed, Program};
use crate::state::AppState;
use crate::tenants::Scope;
use crate::web::client::client_of;
use crate::web::limits::Limits;

/// With an agency's key: the workspace that the request is about.
const WORKSPACE: &str = "minutebank-workspace";

/// A program whose key has the scope `calls:write`.
pub struct CallsKey(pub Program);

/// A program whose key has the scope `wallet:read`.
pub struct WalletKey(pub Program);

/// A program whose key has the scope `wallet:charge`.
pub struct ChargeKey(pub Program);

impl FromRequestParts<AppState> for ChargeKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self(program(parts, state, Scope::WalletCharge).await?))
    }
}

impl FromRequestParts<AppState> for CallsKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self(program(parts, state, Scope::CallsWrite).await?))
    }
}

impl FromRequestParts<AppState> for WalletKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        Ok(Self(program(parts, state, Scope::WalletRead).await?))
    }
}

/// Set beside a request whose answer may be repeated: which scope its handler asked for.
#[derive(Clone, Debug, Default)]
pub struct AskedScope(pub Arc<OnceLock<Scope>>);

async fn program(parts: &mut Parts, state: &AppState, scope: Scope) -> Result<Program, ApiError> {
    if let Some(AskedScope(asked)) = parts.extensions.get() {
        _ = asked.set(scope);
    }
    let caller = match parts.extensions.remove::<Caller>() {
        Some(known) => known,
        None => caller(parts, state).await?,
    };
    Ok(caller.allowed(scope)?)
}

/// Whose key the request carries, and for which workspace.
pub async fn caller(parts: &Parts, state: &AppState) -> Result<Caller, ApiError> {
    let key = bearer(&parts.headers).ok_or(ApiError::InvalidKey)?;
    let named = match parts.headers.get(WORKSPACE).map(|value| value.to_str()) {
        None => None,
        Some(Ok(named)) => Some(named.trim()),
        Some(Err(_)) => return Err(ApiError::NotFound),
    };
    let limits = Limits::of(&parts.extensions);
    limits.request(key)?;
    let caller = identify::caller(state, key, named).await;
    if let Err(NotAllowed::InvalidKey) = &caller {
        limits.failed_key(client_of(parts, state))?;
    }
    Ok(caller?)
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
