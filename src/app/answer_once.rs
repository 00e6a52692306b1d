//! The same request, sent again under its Idempotency-Key, has one effect and one answer: taking turns, over all
//! instances.

use std::time::Duration;

use tokio::time::Instant;

use crate::idempotency::{Claim, Kept, Keyed, Standing, repo};
use crate::state::AppState;

/// How long a second request waits for the answer of the first (SPEC §4).
const PATIENCE: Duration = Duration::from_secs(10);
/// Pause between two looks at another's work.
const PAUSE: Duration = Duration::from_millis(100);
/// How often a worker shows that it lives; well within the lease.
const SIGN_OF_LIFE: Duration = Duration::from_secs(3);
/// Rows removed by one statement.
const BATCH: i64 = 1_000;

/// Whose turn it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Turn {
    /// Ours: do it, then [`keep`] or [`release`].
    Ours(Claim),
    /// It was done; this is the answer.
    Repeat(Kept),
    /// The key belongs to another body.
    OtherBody,
    /// The other one is still at it.
    InFlight,
}

/// Waits for the work or for the answer of whoever has it.
pub async fn take_turn(state: &AppState, keyed: &Keyed) -> sqlx::Result<Turn> {
    let patience = Instant::now() + PATIENCE;
    let fresh = Claim::fresh();
    loop {
        let mut db = state.db.acquire().await?;
        let now = state.clock.now();
        if let Some(claim) = repo::claim(&mut db, keyed, &fresh, now).await? {
            return Ok(Turn::Ours(claim));
        }
        match repo::standing(&mut db, keyed, now).await? {
            Standing::Answered(kept) => return Ok(Turn::Repeat(kept)),
            Standing::OtherBody => return Ok(Turn::OtherBody),
            Standing::InFlight if Instant::now() >= patience => return Ok(Turn::InFlight),
            Standing::InFlight | Standing::Free => {}
        }
        // The one who works may need the connection.
        drop(db);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Works, and shows meanwhile that it lives.
pub async fn work<T>(state: &AppState, keyed: &Keyed, claim: &Claim, work: impl Future<Output = T>) -> T {
    let living = async {
        loop {
            tokio::time::sleep(SIGN_OF_LIFE).await;
            if let Err(error) = renew(state, keyed, claim).await {
                tracing::warn!(%error, "an idempotency key could not be held");
            }
        }
    };
    tokio::select! {
        done = work => done,
        () = living => unreachable!("it never ends by itself"),
    }
}

async fn renew(state: &AppState, keyed: &Keyed, claim: &Claim) -> sqlx::Result<()> {
    repo::renew(&mut *state.db.acquire().await?, keyed, claim, state.clock.now()).await
}

/// Keeps the answer for whoever asks again.
pub async fn keep(state: &AppState, keyed: &Keyed, claim: &Claim, answer: &Kept) -> sqlx::Result<()> {
    repo::keep(&mut *state.db.acquire().await?, keyed, claim, answer).await
}

/// Leaves the key to the next attempt.
pub async fn release(state: &AppState, keyed: &Keyed, claim: &Claim) -> sqlx::Result<()> {
    repo::release(&mut *state.db.acquire().await?, keyed, claim, state.clock.now()).await
}

/// Removes answers that are not repeated any more, every hour, until it is dropped.
pub async fn keep_forgetting(state: AppState) {
    let mut hours = tokio::time::interval(Duration::from_secs(3_600));
    loop {
        hours.tick().await;
        match forget_expired(&state).await {
            Ok(gone) => tracing::debug!(gone, "expired idempotency keys removed"),
            Err(error) => tracing::warn!(%error, "expired idempotency keys could not be removed"),
        }
    }
}

/// Removes every answer older than [`KEPT`](crate::idempotency::KEPT), in short statements; answers how many.
pub async fn forget_expired(state: &AppState) -> sqlx::Result<u64> {
    let mut gone = 0;
    loop {
        let mut db = state.db.acquire().await?;
        let removed = repo::remove_expired(&mut db, state.clock.now(), BATCH).await?;
        gone += removed;
        if removed < BATCH.unsigned_abs() {
            return Ok(gone);
        }
    }
}
