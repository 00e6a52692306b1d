//! Ends calls that nobody ended: a lost "ended" event must not hold money, or bill, forever (SPEC §4, stuck calls).

use std::time::Duration;

use futures::future::join_all;

use crate::ledger::{Command, repo};
use crate::state::AppState;

/// Pause between two looks: holds lapse minutes after the longest call, so nobody waits for the second.
const PAUSE: Duration = Duration::from_secs(20);
/// Calls of one look.
const BATCH: i64 = 500;

/// Looks again and again until it is dropped.
pub async fn keep_expiring(state: AppState) {
    loop {
        match expire_lapsed(&state).await {
            Ok(expired) if expired as i64 == BATCH => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "calls whose hold has lapsed could not be read"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Ends every call whose hold has lapsed, a batch at most: at its last heartbeat, or without a charge where it had
/// none. Answers how many were ended; one that could not be is looked at again.
///
/// # Errors
/// Where the list could not be read.
pub async fn expire_lapsed(state: &AppState) -> sqlx::Result<usize> {
    let mut db = state.db.acquire().await?;
    let lapsed = repo::calls_lapsed(&mut db, state.clock.now(), BATCH).await?;
    drop(db);
    let ends = lapsed.into_iter().map(async |(workspace, id)| {
        let ended = state.ledger.submit(workspace, Command::ExpireCall { id }).await;
        if let Err(error) = &ended {
            tracing::warn!(%error, "a call whose hold has lapsed could not be ended");
        }
        ended.is_ok()
    });
    Ok(join_all(ends).await.into_iter().filter(|ended| *ended).count())
}
