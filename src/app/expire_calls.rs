//! Ends calls that nobody ended: a lost "ended" event must not hold money, or bill, forever (SPEC §4, stuck calls).

use std::time::Duration;

use futures::future::join_all;
use jiff::Timestamp;

use crate::ledger::{Command, repo};
use crate::state::AppState;

/// Pause between two looks: holds lapse minutes after the longest call, so nobody waits for the second.
const PAUSE: Duration = Duration::from_secs(20);
/// Calls of one look.
const BATCH: i64 = 500;

/// Looks again and again until it is dropped: over all of the past at first, then over what has lapsed since a look that
/// left nothing behind.
pub async fn keep_expiring(state: AppState) {
    let mut since = Timestamp::UNIX_EPOCH;
    loop {
        let now = state.clock.now();
        match expire_lapsed(&state, since).await {
            Ok(look) if look.found == BATCH as usize && look.ended > 0 => continue,
            Ok(look) if look.ended == look.found => since = now,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "calls whose hold has lapsed could not be read"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What a look came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Calls whose hold had lapsed.
    pub found: usize,
    /// Those that are ended now.
    pub ended: usize,
}

/// Ends every call whose hold has lapsed after `since`, a batch at most: at its last heartbeat, or without a charge
/// where it had none.
///
/// # Errors
/// Where the list could not be read.
pub async fn expire_lapsed(state: &AppState, since: Timestamp) -> sqlx::Result<Look> {
    let mut db = state.db.acquire().await?;
    let lapsed = repo::calls_lapsed(&mut db, since, state.clock.now(), BATCH).await?;
    drop(db);
    let found = lapsed.len();
    let ends = lapsed.into_iter().map(async |(workspace, id)| {
        let ended = state.ledger.submit(workspace, Command::ExpireCall { id }).await;
        if let Err(error) = &ended {
            tracing::warn!(%error, "a call whose hold has lapsed could not be ended");
        }
        ended.is_ok()
    });
    let ended = join_all(ends).await.into_iter().filter(|ended| *ended).count();
    Ok(Look { found, ended })
}
