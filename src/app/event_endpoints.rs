//! Where a workspace's programs hear of events: its owners add, change and remove endpoints, and look at what was sent.
//!
//! A signing secret is made when it is shown, like an API key's text: nothing holds it between the form and the page,
//! and it cannot be shown twice.

use jiff::SignedDuration;
use rand::RngCore as _;
use sqlx::PgConnection;

use super::ReadError;
use crate::config::Config;
use crate::ids;
use crate::notify::events::address::{self, AddressError, Reach};
use crate::notify::events::{Delivery, Endpoint, EventType, SECRET_LENGTH, event_id, repo, secret_text};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// Most endpoints of a workspace: each event is sent to each.
const MOST: usize = 10;
/// How long the secret before signs beside a new one.
const OLD_SECRET_FOR: SignedDuration = SignedDuration::from_hours(24);
/// A secret that is replaced sooner was not seen.
const UNSEEN_FOR: SignedDuration = SignedDuration::from_mins(1);
/// Deliveries in the log.
const LOGGED: i64 = 50;

/// Why an endpoint was not added.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// Its address cannot be one.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The workspace has as many as it may.
    #[error("There are ten endpoints already. Remove one first.")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// How far events go: anywhere from a demo that nobody else can reach, else over https to public addresses.
pub fn reach(config: &Config) -> Reach {
    if config.demo && config.addr.ip().is_loopback() { Reach::Anywhere } else { Reach::Public }
}

/// Every endpoint of a workspace, oldest first.
///
/// # Errors
/// Where the database failed.
pub async fn endpoints(state: &AppState, workspace: WorkspaceId) -> Result<Vec<Endpoint>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(repo::endpoints(&mut db, workspace).await?)
}

/// The newest deliveries of a workspace.
///
/// # Errors
/// Where the database failed.
pub async fn deliveries(state: &AppState, workspace: WorkspaceId) -> Result<Vec<Delivery>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(repo::log(&mut db, workspace, LOGGED).await?)
}

/// Adds an endpoint for these types of events. It is told nothing until its secret is shown. The same form sent again
/// adds no second one. Answers its id.
///
/// # Errors
/// What is wrong with it, or with the database.
pub async fn add_endpoint(
    state: &AppState,
    workspace: WorkspaceId,
    url: &str,
    types: &[EventType],
    form_key: &str,
) -> Result<String, EndpointError> {
    let url = address::read(url, reach(&state.config))?;
    let mut transaction = state.db.begin().await?;
    let endpoint = Endpoint {
        id: ids::fresh("we"),
        url: url.into(),
        types: types.to_vec(),
        has_secret: false,
        old_until: None,
        created_at: state.clock.now(),
        disabled_at: None,
    };
    let id = repo::insert_endpoint(&mut transaction, workspace, &endpoint, form_key).await?;
    if repo::endpoints(&mut transaction, workspace).await?.len() > MOST {
        return Err(EndpointError::TooMany);
    }
    repo::note_wishes(&mut transaction, workspace).await?;
    transaction.commit().await?;
    Ok(id)
}

/// Makes the secret that was asked for and answers it, once; `None` where none was, and for other workspaces' endpoints.
/// The one before signs beside it for a day; of several within a minute, the one before the first of them does: a form
/// that was sent twice has shown only the last.
///
/// # Errors
/// Where the database failed.
pub async fn show_secret(state: &AppState, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<String>> {
    let mut secret = [0; SECRET_LENGTH];
    rand::rng().fill_bytes(&mut secret);
    let mut db = state.db.acquire().await?;
    let old_until = state.clock.now() + OLD_SECRET_FOR;
    let given = repo::give_secret(&mut db, workspace, id, &secret, old_until, old_until - UNSEEN_FOR).await?;
    Ok(given.then(|| secret_text(&secret)))
}

/// Asks for another secret, which is made when it is shown. False where the workspace has no such endpoint.
///
/// # Errors
/// Where the database failed.
pub async fn rotate_secret(state: &AppState, workspace: WorkspaceId, id: &str) -> sqlx::Result<bool> {
    let mut db = state.db.acquire().await?;
    repo::ask_for_secret(&mut db, workspace, id).await
}

/// What an owner changes about an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointChange {
    /// It is told nothing more; what is on its way to it waits.
    Disable,
    /// It is told again.
    Enable,
    /// It goes, with its log and what is on its way to it.
    Remove,
}

/// Changes an endpoint; again changes nothing. False where the workspace has no such endpoint.
///
/// # Errors
/// Where the database failed.
pub async fn change_endpoint(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
    change: EndpointChange,
) -> sqlx::Result<bool> {
    let mut transaction = state.db.begin().await?;
    let db: &mut PgConnection = &mut transaction;
    let changed = match change {
        EndpointChange::Disable => repo::set_disabled(db, workspace, id, Some(state.clock.now())).await?,
        EndpointChange::Enable => repo::set_disabled(db, workspace, id, None).await?,
        EndpointChange::Remove => repo::delete_endpoint(db, workspace, id).await?,
    };
    repo::note_wishes(db, workspace).await?;
    transaction.commit().await?;
    Ok(changed)
}

/// Sends a delivery of the log again, from its first attempt on. False where the log has none like it.
///
/// # Errors
/// Where the database failed.
pub async fn resend(state: &AppState, workspace: WorkspaceId, endpoint: &str, event: &str) -> sqlx::Result<bool> {
    let mut db = state.db.acquire().await?;
    let log = repo::log(&mut db, workspace, LOGGED).await?;
    let named = |it: &&Delivery| it.endpoint == endpoint && event_id(workspace, it.event_no) == event;
    match log.iter().find(named) {
        None => Ok(false),
        Some(found) => repo::send_again(&mut db, workspace, endpoint, found.event_no, state.clock.now()).await,
    }
}
