//! The outbox of events is emptied: each is handed out to the endpoints that want it, and sent until it is taken or given
//! up. Any number of instances may do so at once; they take turns at each endpoint, so that it hears in order.

use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use sqlx::Acquire as _;

use crate::measures;
use crate::notify::events::sender::Sender;
use crate::notify::events::{Attempted, Outgoing, Turn, pause_after, repo};
use crate::payments::inbox::{ItemKind, NewItem, repo as inbox};
use crate::state::AppState;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// Events handed out, endpoints looked at, deliveries to each and old events removed at once.
const BATCH: i64 = 200;
/// A turn at an endpoint; if this process dies meanwhile, another one has the next turn afterwards.
const TURN: SignedDuration = SignedDuration::from_secs(30);
/// A turn with less left than this is prolonged before the next event is sent: a receiver may take ten seconds.
const SHORT: SignedDuration = SignedDuration::from_secs(20);
/// After this nothing more of a look is sent to an endpoint: the others wait for the look to end.
const ENOUGH: Duration = Duration::from_secs(60);
/// How long an endpoint is left alone that gave no answer.
const PUT_OFF: SignedDuration = SignedDuration::from_secs(10);
/// How long events and the log of their deliveries are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Looks again and again until it is dropped.
pub async fn keep_delivering(state: AppState, sender: Sender) {
    loop {
        match deliver(&state, &sender).await {
            Ok(found) if found as i64 >= BATCH => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "events could not be delivered"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Hands out what has happened and sends what is due; to each endpoint one after the other, to different ones at once.
/// Answers how many deliveries were found due.
///
/// # Errors
/// Where the database failed; what endpoints answer only puts things off.
pub async fn deliver(state: &AppState, sender: &Sender) -> sqlx::Result<usize> {
    let mut db = state.db.acquire().await?;
    let now = state.clock.now();
    while repo::hand_out(&mut db, BATCH, now).await? == BATCH as u64 {}
    repo::delete_old(&mut db, now - KEPT, BATCH).await?;
    let turns = repo::take_turns(&mut db, BATCH, now + TURN, now).await?;
    // Receivers take long; the connection is for others meanwhile.
    drop(db);
    let mut found = 0;
    for sent in join_all(turns.into_iter().map(|turn| send_all(state, sender, turn))).await {
        found += sent?;
    }
    Ok(found)
}

/// Sends what one endpoint is due, and ends the turn; answers how much that was. Where it gives no answer, everything
/// else waits for a moment: nobody is asked in vain many times over.
async fn send_all(state: &AppState, sender: &Sender, mut turn: Turn) -> sqlx::Result<usize> {
    let began = state.clock.elapsed();
    let due = repo::due(&mut *state.db.acquire().await?, &turn, BATCH, state.clock.now()).await?;
    let mut alone_until = None;
    for event in &due {
        if state.clock.elapsed() - began > ENOUGH || !keep(state, &mut turn).await? {
            break;
        }
        let attempted = sender.send(event, state.clock.now()).await;
        let outcome = if attempted.is_taken() { "delivered" } else { "failed" };
        counter!(measures::DELIVERIES, "outcome" => outcome).increment(1);
        settle(state, event, &attempted, state.clock.now()).await?;
        if attempted.status.is_none() {
            alone_until = Some(state.clock.now() + PUT_OFF);
            break;
        }
    }
    repo::move_turn(&mut *state.db.acquire().await?, &turn, alone_until).await?;
    Ok(due.len())
}

/// Prolongs a turn that the next event might outlast. False where it was over: the next turn may be somebody else's.
async fn keep(state: &AppState, turn: &mut Turn) -> sqlx::Result<bool> {
    let now = state.clock.now();
    if turn.until.duration_since(now) >= SHORT {
        return Ok(true);
    }
    let until = now + TURN;
    let kept = repo::move_turn(&mut *state.db.acquire().await?, turn, Some(until)).await?;
    turn.until = until;
    Ok(kept)
}

/// Notes what became of an attempt. What is given up comes into the agency's inbox.
async fn settle(state: &AppState, event: &Outgoing, attempted: &Attempted, now: Timestamp) -> sqlx::Result<()> {
    let pause = if attempted.is_taken() { None } else { pause_after(event.attempts) };
    let is_given_up = pause.is_none() && !attempted.is_taken();
    let mut db = state.db.acquire().await?;
    let mut transaction = db.begin().await?;
    repo::note_attempt(&mut transaction, event, attempted, pause.map(|pause| now + pause), now).await?;
    if is_given_up {
        let detail = format!(
            "Events to {} are not taken. The last one given up: {} of {}, after {} attempts.",
            event.url,
            event.kind,
            event.occurred_at.strftime("%b %-d, %Y, %-H:%M UTC"),
            event.attempts
        );
        let (workspace, kind) = (event.workspace, ItemKind::FailedDelivery);
        let item = NewItem { workspace, kind, reference: &event.endpoint, detail: &detail, amount: None };
        inbox::tell(&mut transaction, &item, now).await?;
    }
    transaction.commit().await
}
