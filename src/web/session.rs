//! Identity of the request: the browser's session, who is signed in, and the token of its forms.
//!
//! The cookie holds a random id and nothing else. `SameSite=Lax`: the return from Checkout on another site must still
//! find its person. The id changes with everything that it is worth: at sign-in, with the workspace and with the role.
//! A form is believed if it carries the session's token and comes from our own origin.

mod device;
mod store;

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, Session, SessionManagerLayer};
use url::Url;

pub use device::device;
pub use store::Sessions;

use super::body::read;
use super::error::Error;
use crate::app::identify;
use crate::app::sign_in::Person;
use crate::config::Config;
use crate::ids;
use crate::state::AppState;
use crate::tenants::{Role, UserId};
use crate::units::WorkspaceId;

/// A person who does nothing for this long is signed out.
const IDLE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Nobody stays signed in for longer than this.
const ABSOLUTE: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a browser that has only opened the sign-in page is remembered.
const FORM_LIFE: SignedDuration = SignedDuration::from_hours(2);
/// Activity is noted this often, not on each request.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// Longest form, bytes.
const FORM_LIMIT: usize = 64 * 1_024;

const SIGNED_IN: &str = "signed_in";
const CSRF: &str = "csrf";
const NEXT: &str = "next";

/// The layer that gives handlers their [`Session`].
pub fn layer(config: &Config, sessions: Sessions) -> SessionManagerLayer<Sessions> {
    let https = config.public_url.scheme() == "https";
    // Browsers keep `__Host-` cookies from being set by neighbouring hosts, but only over https.
    let name = if https { "__Host-minutebank" } else { "minutebank" };
    let age = time::Duration::seconds(IDLE.as_secs());
    SessionManagerLayer::new(sessions)
        .with_name(name)
        .with_secure(https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(age))
}

/// Removes expired sessions for ever, every hour; they open nothing meanwhile.
pub async fn keep_removing_expired(state: AppState) {
    let sessions = Sessions::new(state.db, state.clock);
    let mut hours = tokio::time::interval(Duration::from_secs(3_600));
    loop {
        hours.tick().await;
        match sessions.delete_expired().await {
            Ok(gone) => tracing::debug!(gone, "expired sessions removed"),
            Err(error) => tracing::warn!(%error, "expired sessions could not be removed"),
        }
    }
}

/// What the session keeps of a signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct SignedIn {
    user: UserId,
    workspace: WorkspaceId,
    /// Word of the role that they had at the last request.
    role: String,
    epoch: i32,
    device: String,
    since: Timestamp,
    noted_at: Timestamp,
}

impl SignedIn {
    /// When the session ends if nothing more is heard of it.
    fn expires_at(&self, now: Timestamp) -> Timestamp {
        (now + IDLE).min(self.since + ABSOLUTE)
    }
}

/// Signs somebody in: the session gets a new id and a new form token, and nothing of the old one is kept.
pub async fn sign_in(session: &Session, person: Person, device: String, now: Timestamp) -> Result<(), Error> {
    let Person { user, workspace, role, session_epoch: epoch } = person;
    let role = role.as_str().to_owned();
    session.cycle_id().await?;
    session.clear().await;
    renew(session, SignedIn { user, workspace, role, epoch, device, since: now, noted_at: now }).await
}

/// Shows another workspace to the same person. The form token changes, too: a form of the workspace before, left open
/// in another tab, must not act on this one.
pub async fn switch_workspace(session: &Session, workspace: WorkspaceId, role: Role) -> Result<(), Error> {
    let role = role.as_str().to_owned();
    if let Some(signed_in) = session.get::<SignedIn>(SIGNED_IN).await? {
        session.cycle_id().await?;
        session.clear().await;
        renew(session, SignedIn { workspace, role, ..signed_in }).await?;
    }
    Ok(())
}

/// Goes on in this browser after every session of its person has ended.
pub async fn go_on(session: &Session, epoch: i32) -> Result<(), Error> {
    if let Some(signed_in) = session.get::<SignedIn>(SIGNED_IN).await? {
        session.cycle_id().await?;
        renew(session, SignedIn { epoch, ..signed_in }).await?;
    }
    Ok(())
}

async fn renew(session: &Session, signed_in: SignedIn) -> Result<(), Error> {
    session.insert(SIGNED_IN, signed_in).await?;
    session.insert(CSRF, ids::fresh("form")).await?;
    Ok(())
}

/// Hash of the session's id, as the store has it; `None` for a session that is not stored yet.
pub fn id_hash(session: &Session) -> Option<Vec<u8>> {
    session.id().map(|id| store::hash(&id))
}

/// Ends the session, here and in the browser.
pub async fn sign_out(session: &Session) -> Result<(), Error> {
    Ok(session.flush().await?)
}

/// The token that forms of this session carry; made where there is none yet.
pub async fn form_token(session: &Session) -> Result<String, Error> {
    if let Some(token) = session.get(CSRF).await? {
        return Ok(token);
    }
    let token = ids::fresh("form");
    session.insert(CSRF, &token).await?;
    Ok(token)
}

/// Remembers where somebody wanted to go before signing in.
pub async fn remember_next(session: &Session, next: &str) -> Result<(), Error> {
    Ok(session.insert(NEXT, next).await?)
}

/// Where somebody wanted to go before signing in.
pub async fn next(session: &Session) -> Result<Option<String>, Error> {
    Ok(session.get(NEXT).await?)
}

/// An address of ours that may follow signing in: a path on this site, and no other site in disguise.
pub fn local_path(path: &str) -> Option<String> {
    let here = Url::parse("http://here.invalid/").expect("a constant");
    let there = here.join(path).ok()?;
    let plain = path.starts_with('/') && !path.contains(['\\', '\r', '\n', '\t']) && path.len() <= 512;
    let ours = there.origin() == here.origin() && !there.path().starts_with("/sign-");
    (plain && ours).then(|| match there.query() {
        Some(query) => format!("{}?{query}", there.path()),
        None => there.path().to_owned(),
    })
}

/// A signed-in member of a workspace, with the role they have at this moment. Signed out: off to `/sign-in`.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// The workspace that they look at.
    pub workspace: WorkspaceId,
    /// Its public id, `ws_…`.
    pub workspace_public_id: String,
    /// What they may do there.
    pub role: Role,
    /// Token for the forms of their pages.
    pub csrf: String,
}

impl Viewer {
    /// An error where the viewer's role does not have this right.
    pub fn require(&self, right: fn(Role) -> bool) -> Result<(), Error> {
        if right(self.role) { Ok(()) } else { Err(Error::NotAllowed) }
    }
}

impl FromRequestParts<AppState> for Viewer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let session = session_of(parts, state).await?;
        match visit(&session, state).await? {
            Some(viewer) => Ok(viewer),
            None => Err(Error::SignedOut {
                next: wanted(&parts.method, parts.uri.path_and_query().map_or("/", |it| it.as_str())),
            }),
        }
    }
}

/// Who is signed in with this session, if anybody. What the person may do is read each time.
pub async fn signed_in(session: &Session, state: &AppState) -> Result<Option<Viewer>, Error> {
    Ok(recognise(session, state).await?.map(|(_, viewer)| viewer))
}

/// The same for a request that is answered with a cookie: it is noted, and another role brings another id. A stream
/// has sent its headers, so it only asks who it is.
async fn visit(session: &Session, state: &AppState) -> Result<Option<Viewer>, Error> {
    let Some((signed_in, viewer)) = recognise(session, state).await? else {
        return Ok(None);
    };
    let now = state.clock.now();
    let role = viewer.role.as_str().to_owned();
    let changed = signed_in.role != role;
    if changed {
        session.cycle_id().await?;
    }
    if changed || now.duration_since(signed_in.noted_at) >= NOTED_EVERY {
        session.insert(SIGNED_IN, SignedIn { role, noted_at: now, ..signed_in }).await?;
    }
    Ok(Some(viewer))
}

async fn recognise(session: &Session, state: &AppState) -> Result<Option<(SignedIn, Viewer)>, Error> {
    let Some(signed_in) = session.get::<SignedIn>(SIGNED_IN).await? else {
        return Ok(None);
    };
    let Some(member) = identify::member(state, signed_in.workspace, signed_in.user).await? else {
        return Ok(None);
    };
    if member.session_epoch != signed_in.epoch {
        session.flush().await?;
        return Ok(None);
    }
    let viewer = Viewer {
        user_id: member.user,
        name: member.name,
        email: member.email,
        workspace: member.workspace,
        workspace_public_id: member.workspace_public_id,
        role: member.role,
        csrf: form_token(session).await?,
    };
    Ok(Some((signed_in, viewer)))
}

/// The same session as it stands now; what a request keeps of it is as old as the request.
pub fn again(session: &Session, state: &AppState) -> Session {
    let sessions = Sessions::new(state.db.clone(), state.clock.clone());
    Session::new(session.id(), Arc::new(sessions), None)
}

/// Where a request that needs a person leads once somebody has signed in.
fn wanted(method: &Method, path: &str) -> Option<String> {
    let safe = method == Method::GET || method == Method::HEAD;
    local_path(path).filter(|_| safe)
}

async fn session_of(parts: &mut Parts, state: &AppState) -> Result<Session, Error> {
    Session::from_request_parts(parts, state).await.map_err(|(_, reason)| Error::Failed(reason.to_owned()))
}

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
    use proptest::prelude::*;

    #[test]
    fn only_paths_of_this_site_follow_signing_in() {
        assert_eq!(local_path("/billing?buy=minutes").as_deref(), Some("/billing?buy=minutes"));
        for bad in [
            "",
            "billing",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/sign-out",
            "/a/../sign-in",
        ] {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
        assert_eq!(wanted(&Method::POST, "/billing/buy"), None);
    }

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

    proptest! {
        #[test]
        fn nobody_is_led_to_another_site(path in "[/\\\\a-z:@?#.%0-9\t\r\n ]{0,40}") {
            if let Some(next) = local_path(&path) {
                let ours = Url::parse("https://bill.example/").unwrap();
                prop_assert_eq!(ours.join(&next).unwrap().origin(), ours.origin());
                prop_assert!(next.starts_with('/') && !next.starts_with("//"), "{}", next);
            }
        }
    }
}
