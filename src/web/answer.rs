//! From what was read to the answer: the frame around a page, and the headers of the page itself.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use jiff::tz::TimeZone;

use super::components::SectionError;
use super::document::{Document, content_policy, render};
use super::error::Error;
use super::limits::TooMany;
use super::pages::{Problem, error_page, no_workspace_page};
use super::session::{Administrator, Viewer};
use super::shell::{Desk, Frame};
use crate::app::ReadError;
use crate::app::agency::lists::inbox_count;
use crate::app::overview::{Overview, overview};
use crate::app::workspaces::workspaces_of;
use crate::app::zone::agency_zone;
use crate::config::Config;
use crate::state::AppState;

/// What surrounds every page of a signed-in person.
pub async fn frame(state: &AppState, viewer: &Viewer) -> Frame {
    framed(state, viewer, section("the wallet", overview(state, viewer.workspace).await)).await
}

/// The same around a wallet that was read already.
pub async fn framed(state: &AppState, viewer: &Viewer, overview: Result<Overview, SectionError>) -> Frame {
    let workspaces = workspaces_of(state, viewer.user_id).await;
    Frame {
        viewer_name: viewer.name.clone(),
        viewer_email: viewer.email.clone(),
        may_buy: viewer.role.may_buy(),
        csrf: viewer.csrf.clone(),
        demo: state.config.demo,
        islands: state.config.site_root.join("pkg/minutebank.js").exists(),
        // Without the list there is nothing to switch to; the page stands.
        workspaces: section("the workspaces", workspaces).unwrap_or_default(),
        workspace: viewer.workspace_public_id.clone(),
        visiting: viewer.visiting,
        overview,
    }
}

/// What surrounds every page of an agency.
pub async fn desk(state: &AppState, administrator: &Administrator) -> Desk {
    let Administrator { admin, csrf } = administrator;
    let (workspaces, waiting, zone) = tokio::join!(
        workspaces_of(state, admin.user),
        inbox_count(state, admin.agency),
        agency_zone(state, admin.agency)
    );
    Desk {
        viewer_name: admin.name.clone(),
        viewer_email: admin.email.clone(),
        agency_name: admin.agency_name.clone(),
        csrf: csrf.clone(),
        demo: state.config.demo,
        workspaces: section("the workspaces", workspaces).unwrap_or_default(),
        waiting: section("the inbox", waiting).unwrap_or_default(),
        time_zone: section("the zone", zone).unwrap_or(TimeZone::UTC),
        read_at: state.clock.now(),
    }
}

/// A section's data. What could not be read is logged here; the page says so in the section's own place.
pub fn section<T>(what: &str, read: Result<T, ReadError>) -> Result<T, SectionError> {
    read.map_err(|error| {
        tracing::error!(what, %error, "a section could not be read");
        SectionError
    })
}

/// A page with its content policy.
pub fn page(config: &Config, document: Document) -> Response {
    let policy = content_policy(&document.nonce, &checkout_origin(config));
    let mut response = document.into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// The page for what went wrong.
pub fn error_document(config: &Config, error: &Error) -> Response {
    let problem = match error {
        Error::NoWorkspace { csrf } => {
            let mut response = page(config, render(|| no_workspace_page(csrf.clone(), config.demo)));
            *response.status_mut() = error.status();
            return response;
        }
        Error::FormExpired | Error::BadForm | Error::TooLarge | Error::TooSlow => Problem::FormExpired,
        Error::NotAllowed => Problem::NotAllowed,
        Error::SignedOut { .. } | Error::AtDesk | Error::NotFound | Error::MethodNotAllowed | Error::AddressTooLong => {
            Problem::NotFound
        }
        Error::TooMany(TooMany { seconds }) => Problem::TooMany { seconds: *seconds },
        Error::Unavailable => Problem::Unavailable,
        Error::Failed(_) => Problem::Failed,
    };
    let mut response = page(config, render(|| error_page(problem, config.demo)));
    *response.status_mut() = error.status();
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Where Checkout's page is: browsers apply `form-action` to where a form's answer leads, too.
fn checkout_origin(config: &Config) -> String {
    match &config.stripe.api_base {
        Some(base) => base.origin().ascii_serialization(),
        None => "https://checkout.stripe.com".to_owned(),
    }
}
