//! `/settings?tab=api`: owners make and end the workspace's API keys.
//!
//! Between the form and the page that shows a new key, the session holds the key's row and nothing of its text: that is
//! made when it is shown.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;
use tower_sessions::Session;

use super::answer::{frame, page, section};
use super::document::render;
use super::error::Error;
use super::events;
use super::pages::{EndpointForm, KeyForm, KeysView, ShownKey, keys_page, keys_withheld_page};
use super::session::{CsrfForm, Viewer};
use crate::app::api_keys::{api_keys, create_api_key, key_id, revoke_api_key, show_api_key};
use crate::ids;
use crate::state::AppState;
use crate::tenants::key::ListedKey;
use crate::tenants::{Role, Scope};

/// Row of a key that is to be shown at the next opportunity.
const FRESH: &str = "fresh_key";
/// Longest name, characters.
const LONGEST_NAME: usize = 60;
/// Where the tab is.
pub(super) const PLACE: &str = "/settings?tab=api";

/// What stands in the tab's forms and over them.
pub(super) struct Forms<'a> {
    /// The form for another key.
    pub(super) key: KeyForm,
    /// The form for another endpoint of events.
    pub(super) endpoint: EndpointForm,
    /// The text of a key that was just made.
    pub(super) fresh_key: Option<String>,
    /// A secret that was just made.
    pub(super) fresh_secret: Option<String>,
    /// The key that the dialog is about.
    pub(super) revoking: Option<&'a str>,
    /// The endpoint that the dialog is about.
    pub(super) removing: Option<&'a str>,
}

impl Forms<'_> {
    /// As they are at first.
    pub(super) fn new() -> Self {
        Self {
            key: empty_form(),
            endpoint: events::new_form(),
            fresh_key: None,
            fresh_secret: None,
            revoking: None,
            removing: None,
        }
    }
}

/// The tab; `revoking` and `removing` name what its dialog is about.
pub(super) async fn show(
    state: &AppState,
    viewer: &Viewer,
    session: &Session,
    revoking: Option<&str>,
    removing: Option<&str>,
) -> Result<Response, Error> {
    if !viewer.role.may_manage_keys() {
        let frame = frame(state, viewer).await;
        return Ok(page(&state.config, render(|| keys_withheld_page(frame, viewer.role))));
    }
    let fresh_key = match session.remove::<i64>(FRESH).await? {
        Some(id) => show_api_key(state, viewer.workspace, id).await?,
        None => None,
    };
    let fresh_secret = events::fresh_secret(state, viewer, session).await?;
    list(state, viewer, Forms { fresh_key, fresh_secret, revoking, removing, ..Forms::new() }).await
}

/// A form for the usual scopes.
pub(super) fn empty_form() -> KeyForm {
    let scopes = vec![Scope::WalletRead, Scope::CallsWrite];
    KeyForm { form_key: ids::fresh("form"), scopes, ..KeyForm::default() }
}

/// The tab with these forms.
pub(super) async fn list(state: &AppState, viewer: &Viewer, forms: Forms<'_>) -> Result<Response, Error> {
    let Forms { key: form, endpoint, fresh_key: fresh, fresh_secret, revoking, removing } = forms;
    let (frame, keys, events) = tokio::join!(
        frame(state, viewer),
        api_keys(state, viewer.workspace),
        events::read(state, viewer, endpoint, fresh_secret, removing)
    );
    let keys = section("the keys", keys).map(|keys| keys.into_iter().map(shown).collect::<Vec<_>>());
    let revoking = keys.as_ref().ok().and_then(|keys| open_key(keys, revoking));
    let view = KeysView { keys, fresh, form, revoking };
    Ok(page(&state.config, render(|| keys_page(frame, view, events))))
}

/// The key that the dialog is about, unless it was ended.
pub(super) fn open_key(keys: &[ShownKey], id: Option<&str>) -> Option<ShownKey> {
    keys.iter().find(|key| id == Some(key.id.as_str()) && key.revoked_at.is_none()).cloned()
}

/// A key as pages show it.
pub(super) fn shown(key: ListedKey) -> ShownKey {
    ShownKey {
        id: key_id(key.id),
        name: key.name,
        hint: key.hint,
        scopes: key.scopes,
        created_at: key.created_at,
        last_used_at: key.last_used_at,
        revoked_at: key.revoked_at,
    }
}

/// `POST /settings/keys`. Refused: the form again as it was typed; else on to the page that shows the key.
///
/// # Errors
/// `NotAllowed` for everybody but owners; `FormExpired`; faults of the database.
pub async fn create(
    State(state): State<AppState>,
    viewer: Viewer,
    session: Session,
    CsrfForm(fields): CsrfForm<Vec<(String, String)>>,
) -> Result<Response, Error> {
    viewer.require(Role::may_manage_keys)?;
    let form = read(&fields);
    if !ids::is_given_id(&form.form_key) {
        return Err(Error::BadForm);
    }
    if form.wrong_name.is_some() || form.wrong_scopes.is_some() {
        let mut response = list(&state, &viewer, Forms { key: form, ..Forms::new() }).await?;
        *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
        return Ok(response);
    }
    let id = create_api_key(&state, viewer.workspace, &form.name, &form.scopes, &form.form_key).await?;
    session.insert(FRESH, id).await?;
    Ok(Redirect::to(PLACE).into_response())
}

/// The form as it was typed, with what is wrong with it.
pub(super) fn read(fields: &[(String, String)]) -> KeyForm {
    let all = |name: &'static str| fields.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str());
    let name = all("name").next().unwrap_or_default().trim().to_owned();
    let scopes: Vec<Scope> = all("scope").filter_map(Scope::parse).collect();
    let wrong_name = match name.chars().count() {
        0 => Some("Give the key a name."),
        1..=LONGEST_NAME if name.chars().any(char::is_control) => Some("Use letters, digits and signs."),
        1..=LONGEST_NAME => None,
        _ => Some("Use 60 characters at most."),
    };
    let wrong_scopes = scopes.is_empty().then_some("Choose at least one.");
    KeyForm {
        form_key: all("form_key").next().unwrap_or_default().to_owned(),
        name,
        scopes,
        wrong_name: wrong_name.map(str::to_owned),
        wrong_scopes: wrong_scopes.map(str::to_owned),
    }
}

/// The form of the dialog.
#[derive(Clone, Debug, Deserialize)]
pub struct RevokeForm {
    /// Public id, `key_…`.
    key: String,
}

/// `POST /settings/keys/revoke`. Repeating it changes nothing.
///
/// # Errors
/// `NotAllowed` for everybody but owners; `NotFound` for keys that the workspace does not have; `FormExpired`; faults
/// of the database.
pub async fn revoke(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<RevokeForm>,
) -> Result<Redirect, Error> {
    viewer.require(Role::may_manage_keys)?;
    let keys = api_keys(&state, viewer.workspace).await?;
    let key = keys.iter().find(|key| key_id(key.id) == form.key).ok_or(Error::NotFound)?;
    revoke_api_key(&state, viewer.workspace, key.id).await?;
    Ok(Redirect::to(PLACE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_needs_a_name_and_something_it_may_do() {
        let typed = |pairs: &[(&str, &str)]| {
            let owned: Vec<_> = pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
            read(&owned)
        };
        let good =
            typed(&[("name", " Engine "), ("scope", "calls:write"), ("scope", "wallet:read"), ("form_key", "f")]);
        assert_eq!((good.name.as_str(), good.scopes.len()), ("Engine", 2));
        assert_eq!((good.wrong_name, good.wrong_scopes), (None, None));
        let bad = typed(&[("name", ""), ("scope", "root")]);
        assert!(bad.wrong_name.is_some() && bad.wrong_scopes.is_some());
        assert!(typed(&[("name", &"x".repeat(61))]).wrong_name.is_some());
        assert!(typed(&[("name", "a\u{7}b")]).wrong_name.is_some());
    }
}
