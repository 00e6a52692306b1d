//! `/live`: server-sent events that tell an open page when to read its sections again (SPEC §4, Live).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures::Stream;
use futures::stream::{self, StreamExt as _};
use jiff::tz::TimeZone;
use serde::Deserialize;
use tower_sessions::Session;

use super::dates::Calendar;
use super::error::Error;
use super::session::{self, Viewer};
use crate::app::zone::zone;
use crate::notify::live::Follower;
use crate::state::AppState;

/// A session that has ended, or another role, is noticed within this time, also where nothing changes.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// A busy wallet is told of this often.
const TELL_EVERY: Duration = Duration::from_millis(300);

/// What the page shows.
#[derive(Debug, Deserialize)]
pub struct Shown {
    /// Public id of its workspace.
    workspace: String,
}

/// `GET /live?workspace=ws_…`: `changed` when the page is to be read again, also at the beginning; `still` every few
/// seconds; both with the time in the workspace's zone. `over`, and the end, once the person has signed out, has another
/// role or looks at another workspace: the page is to be loaded anew, and leads wherever they may go.
///
/// # Errors
/// The session or the workspace could not be read.
pub async fn follow(
    State(state): State<AppState>,
    session: Session,
    Query(shown): Query<Shown>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Error> {
    let viewer = session::signed_in(&session, &state).await?;
    let following = match viewer.filter(|viewer| viewer.workspace_public_id == shown.workspace) {
        Some(viewer) => {
            let zone = zone(&state, viewer.workspace).await?;
            let follower = state.live.follow(viewer.workspace);
            Some(Following { state, session, viewer, zone, follower, told: false })
        }
        None => None,
    };
    let events = match following {
        Some(following) => stream::unfold(Some(following), |following| async { following?.next().await }).left_stream(),
        None => stream::once(async { over() }).right_stream(),
    };
    Ok(Sse::new(events.map(Ok)).keep_alive(KeepAlive::default()))
}

/// Browsers keep an event without data to themselves.
fn over() -> Event {
    Event::default().event("over").data("over")
}

/// One open page.
struct Following {
    state: AppState,
    session: Session,
    viewer: Viewer,
    zone: TimeZone,
    follower: Follower,
    /// It was told something already.
    told: bool,
}

impl Following {
    /// The next event, and whether another one may follow.
    async fn next(mut self) -> Option<(Event, Option<Self>)> {
        let mut name = "changed";
        if self.told {
            tokio::time::sleep(TELL_EVERY).await;
            match tokio::time::timeout(LOOK_EVERY - TELL_EVERY, self.follower.changed()).await {
                Ok(true) => {}
                Ok(false) => return None,
                Err(_) => name = "still",
            }
        }
        self.told = true;
        if !self.is_same().await {
            return Some((over(), None));
        }
        let time = Calendar::new(&self.zone, self.state.clock.now()).read_at();
        Some((Event::default().event(name).data(time), Some(self)))
    }

    /// The person is still signed in, in the same role and workspace. While that cannot be read, nothing else can.
    async fn is_same(&self) -> bool {
        let session = session::again(&self.session, &self.state);
        match session::signed_in(&session, &self.state).await {
            Ok(Some(now)) => {
                let Viewer { user_id, workspace, role, .. } = self.viewer;
                (now.user_id, now.workspace, now.role) == (user_id, workspace, role)
            }
            Ok(None) => false,
            Err(error) => {
                tracing::warn!(?error, "an open page's session could not be read");
                true
            }
        }
    }
}
