//! Identity of the request: the browser's session, who is signed in, and the token of its forms.
//!
//! The cookie holds a random id and nothing else. `SameSite=Lax`: the return from Checkout on another site must still
//! find its person. The id changes with what it is worth: at sign-in, with the password and with the role. Another
//! workspace keeps it, for the person might have gone there with it all along: what a page of the one before asks for
//! meanwhile still finds its session.
//! A form is believed if it carries the session's token and comes from our own origin.

mod device;
mod form;
mod person;
mod store;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts as _;
use axum::http::request::Parts;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, Session, SessionManagerLayer};
use url::Url;

pub use device::device;
pub use form::CsrfForm;
pub use person::{Administrator, Anybody, Viewer, signed_in, signed_in_admin, stranded};
pub use store::Sessions;

use super::error::Error;
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

const SIGNED_IN: &str = "signed_in";
const CSRF: &str = "csrf";
/// The token before this one, where the id stayed the same.
const CSRF_BEFORE: &str = "csrf_before";
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
    /// The workspace that they look at; none while an administrator looks at their agency.
    workspace: Option<WorkspaceId>,
    /// Word of the role that they had there at the last request; empty without one.
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
    let Person { user, member_of, session_epoch: epoch, .. } = person;
    let (workspace, role) = member_of.unzip();
    let role = role.map(|role| role.as_str().to_owned()).unwrap_or_default();
    session.cycle_id().await?;
    session.clear().await;
    renew(session, SignedIn { user, workspace, role, epoch, device, since: now, noted_at: now }).await
}

/// Shows another workspace to the same person. The form token changes, too: a form of the workspace before, left open
/// in another tab, must not act on this one, and a request that is on its way must not bring it back.
pub async fn switch_workspace(session: &Session, workspace: WorkspaceId, role: Role) -> Result<(), Error> {
    let role = role.as_str().to_owned();
    if let Some(signed_in) = session.get::<SignedIn>(SIGNED_IN).await? {
        let before: Option<String> = session.get(CSRF).await?;
        session.clear().await;
        session.insert(CSRF_BEFORE, before).await?;
        renew(session, SignedIn { workspace: Some(workspace), role, ..signed_in }).await?;
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

/// The same session as it stands now; what a request keeps of it is as old as the request.
pub fn again(session: &Session, state: &AppState) -> Session {
    let sessions = Sessions::new(state.db.clone(), state.clock.clone());
    Session::new(session.id(), Arc::new(sessions), None)
}

async fn session_of(parts: &mut Parts, state: &AppState) -> Result<Session, Error> {
    Session::from_request_parts(parts, state).await.map_err(|(_, reason)| Error::Failed(reason.to_owned()))
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
