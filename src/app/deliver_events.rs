//! The outbox of events is emptied: each is handed out to the endpoints that want it, and sent until it is taken or given
//! up. Any number of instances may do so at once; a delivery that one takes is the others' after its lease.

use std::time::Duration;

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use sqlx::Acquire as _;

use crate::measures;
use crate::notify::events::sender::Sender;
use crate::notify::events::{Attempted, Outgoing, pause_after, repo};
use crate::payments::inbox::{ItemKind, NewItem, repo as inbox};
use crate::state::AppState;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(1);
/// Events handed out, deliveries taken and old events removed at once.
const BATCH: i64 = 200;
/// What is taken is sent within this; if this process dies meanwhile, another one sends it afterwards.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// After this nothing more of a look is sent to an endpoint: well before the lease of the rest ends.
const ENOUGH: Duration = Duration::from_secs(60);
/// How long the rest waits where an endpoint gave no answer.
const PUT_OFF: SignedDuration = SignedDuration::from_secs(10);
/// How long events and the log of their deliveries are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Looks again and again until it is dropped.
pub async fn keep_delivering(state: AppState, sender: Sender) {
    loop {
        match deliver(&state, &sender).await {
            Ok(taken) if taken as i64 == BATCH => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "events could not be delivered"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Hands out what has happened and sends what is due, a batch at most; to each endpoint one after the other, to different
/// ones at once. Answers how many deliveries were taken.
///
/// # Errors
/// Where the database failed; what endpoints answer only puts things off.
pub async fn deliver(state: &AppState, sender: &Sender) -> sqlx::Result<usize> {
    let mut db = state.db.acquire().await?;
    let now = state.clock.now();
    while repo::hand_out(&mut db, BATCH, now).await? == BATCH as u64 {}
    repo::delete_old(&mut db, now - KEPT, BATCH).await?;
    let mut due = repo::take_due(&mut db, BATCH, LEASE, now).await?;
    // Receivers take long; the connection is for others meanwhile.
    drop(db);
    let taken = due.len();
    // The order of events stays within each endpoint: the sort is stable.
    due.sort_by(|a, b| (a.workspace, &a.endpoint).cmp(&(b.workspace, &b.endpoint)));
    let of_endpoints = due.chunk_by(|a, b| (a.workspace, &a.endpoint) == (b.workspace, &b.endpoint));
    for sent in join_all(of_endpoints.map(|events| send_all(state, sender, events))).await {
        sent?;
    }
    Ok(taken)
}

/// Sends what one endpoint is due. Where it gives no answer, the rest waits: nobody is asked in vain many times over.
async fn send_all(state: &AppState, sender: &Sender, events: &[Outgoing]) -> sqlx::Result<()> {
    let began = state.clock.elapsed();
    let mut answers = true;
    for event in events {
        if !answers || state.clock.elapsed() - began > ENOUGH {
            let mut db = state.db.acquire().await?;
            repo::give_back(&mut db, event, state.clock.now() + PUT_OFF).await?;
            continue;
        }
        let attempted = sender.send(event, state.clock.now()).await;
        answers = attempted.status.is_some();
        let outcome = if attempted.is_taken() { "delivered" } else { "failed" };
        counter!(measures::DELIVERIES, "outcome" => outcome).increment(1);
        settle(state, event, &attempted, state.clock.now()).await?;
    }
    Ok(())
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
