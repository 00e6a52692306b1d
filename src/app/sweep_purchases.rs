//! The sweep: whatever is unfinished is finished without anybody asking, so that no payment stays uncredited when a
//! browser never returns and no event arrives.

use std::time::Duration;

use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};

use super::fulfil_purchase::{FulfilError, Fulfilment, fulfil};
use super::open_checkout::{BuyError, open_checkout};
use super::remove_card::sweep_cards;
use super::settle_request::{close_checkouts, is_owed};
use super::stripe_event::process_event;
use super::top_up::pursue;
use crate::payments::topup::{Topup, TopupStatus};
use crate::payments::{Bought, Event, Failure, Purchase, event, repo, topup};
use crate::state::AppState;

/// Pause between two looks at what is due.
const PAUSE: Duration = Duration::from_secs(5);
/// Rows taken at once.
const BATCH: i64 = 100;
/// Purchases looked at in parallel.
const PARALLEL: usize = 4;
/// What could not be settled is tried again this soon.
const SOON: SignedDuration = SignedDuration::from_secs(10);
/// What waits for its buyer is looked at after half its age again, within these bounds.
const OFTENEST: SignedDuration = SignedDuration::from_secs(30);
const SELDOMEST: SignedDuration = SignedDuration::from_mins(15);

/// Sweeps until it is dropped: first everything that an earlier run left, then whatever falls due.
pub async fn keep_sweeping(state: AppState) {
    let mut first = true;
    loop {
        let swept = match first {
            true => sweep_all(&state).await,
            false => sweep(&state).await,
        };
        match swept {
            Ok(_) => first = false,
            Err(error) => tracing::warn!(%error, "the sweep could not finish"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Looks at everything unfinished, due or not. Answers how many purchases are credited.
///
/// # Errors
/// Where the database failed; Stripe's failures only put things off.
pub async fn sweep_all(state: &AppState) -> sqlx::Result<u64> {
    let mut db = state.db.acquire().await?;
    let now = state.clock.now();
    repo::make_all_due(&mut db, now).await?;
    topup::repo::make_all_due(&mut db, now).await?;
    event::repo::make_all_due(&mut db, now).await?;
    drop(db);
    sweep(state).await
}

/// Looks at everything that is due. Answers how many purchases are credited.
///
/// # Errors
/// Where the database failed; Stripe's failures only put things off.
pub async fn sweep(state: &AppState) -> sqlx::Result<u64> {
    let begun = state.clock.now();
    let mut credited = 0;
    loop {
        let mut db = state.db.acquire().await?;
        let due = repo::open_purchases_due(&mut db, begun, BATCH).await?;
        drop(db);
        if due.is_empty() {
            break;
        }
        // Every row is put off into the future, so that the next batch is another one.
        let mut looks = futures::stream::iter(due).map(|purchase| look_at(state, purchase)).buffer_unordered(PARALLEL);
        while let Some(look) = looks.next().await {
            credited += u64::from(look?);
        }
    }
    sweep_topups(state, begun).await?;
    sweep_events(state, begun).await?;
    sweep_cards(state).await?;
    Ok(credited)
}

/// Brings one purchase on. True where it is credited now.
async fn look_at(state: &AppState, purchase: Purchase) -> sqlx::Result<bool> {
    let id = purchase.id.clone();
    let age = state.clock.now().duration_since(purchase.created_at);
    let pause = match settle(state, purchase).await {
        Ok(Some(Fulfilment::Credited(_))) => return Ok(true),
        Ok(_) => pause_after(age),
        Err(error) => {
            tracing::warn!(purchase = id, %error, "a purchase could not be settled");
            match error {
                FulfilError::Stripe(Failure::Refused { .. }) => pause_after(age),
                _ => SOON,
            }
        }
    };
    let mut db = state.db.acquire().await?;
    repo::check_purchase_at(&mut db, &id, state.clock.now() + pause).await?;
    Ok(false)
}

/// Asks for the session where its answer is missing, then for what became of it.
async fn settle(state: &AppState, purchase: Purchase) -> Result<Option<Fulfilment>, FulfilError> {
    let (workspace, key) = (purchase.workspace, purchase.purchase_key.clone());
    if purchase.session.is_none() {
        match open_checkout(state, purchase).await {
            Ok(_) => {}
            Err(BuyError::Database(error)) => return Err(error.into()),
            Err(BuyError::StripeUnreachable) => return Err(Failure::Unknown("no answer yet".to_owned()).into()),
            Err(_) => return Ok(None),
        }
    }
    let mut db = state.db.acquire().await?;
    let known = repo::purchase_by_key(&mut db, workspace, &key).await?;
    drop(db);
    match known.and_then(|purchase| purchase.session) {
        Some((session, _)) => {
            let fulfilment = fulfil(state, &session).await?;
            if let Fulfilment::Open(purchase) = &fulfilment {
                close_if_settled(state, purchase).await?;
            }
            Ok(Some(fulfilment))
        }
        None => Ok(None),
    }
}

/// Ends the Checkout of a request that was settled otherwise, where nobody could end it at the time.
async fn close_if_settled(state: &AppState, purchase: &Purchase) -> sqlx::Result<()> {
    let Bought::Request(payment) = &purchase.bought else {
        return Ok(());
    };
    let mut db = state.db.acquire().await?;
    let owed = is_owed(&mut db, purchase.workspace, &payment.request).await?;
    drop(db);
    if owed { Ok(()) } else { close_checkouts(state, purchase.workspace, &payment.request).await }
}

/// Asks for the charges of saved cards whose outcome is not known.
async fn sweep_topups(state: &AppState, begun: Timestamp) -> sqlx::Result<()> {
    loop {
        let mut db = state.db.acquire().await?;
        let due = topup::repo::due(&mut db, begun, BATCH).await?;
        drop(db);
        if due.is_empty() {
            return Ok(());
        }
        let mut looks = futures::stream::iter(due).map(|topup| look_at_topup(state, topup)).buffer_unordered(PARALLEL);
        while let Some(look) = looks.next().await {
            look?;
        }
    }
}

/// Brings one charge on.
async fn look_at_topup(state: &AppState, topup: Topup) -> sqlx::Result<()> {
    let (id, age) = (topup.id.clone(), state.clock.now().duration_since(topup.created_at));
    let pause = match pursue(state, topup).await {
        Ok(topup) if topup.status != TopupStatus::Pending => return Ok(()),
        Ok(_) => pause_after(age),
        Err(FulfilError::Database(error)) => return Err(error),
        Err(error) => {
            tracing::warn!(topup = id, %error, "a charge could not be settled");
            SOON
        }
    };
    let mut db = state.db.acquire().await?;
    topup::repo::check_at(&mut db, &id, state.clock.now() + pause).await
}

/// Processes the events whose effect is not certain yet.
async fn sweep_events(state: &AppState, begun: Timestamp) -> sqlx::Result<()> {
    loop {
        let mut db = state.db.acquire().await?;
        let due = event::repo::due(&mut db, begun, BATCH).await?;
        if due.is_empty() {
            return Ok(());
        }
        for stored in due {
            // Put off first: an event that cannot be processed must not be all that the sweep ever does.
            let now = state.clock.now();
            let pause = pause_after(now.duration_since(stored.received_at));
            event::repo::check_at(&mut db, &stored.id, now + pause).await?;
            if let Some(read) = Event::read(&stored.payload)
                && let Err(error) = process_event(state, &read).await
            {
                tracing::warn!(event = stored.id, %error, "an event could not be processed");
            }
        }
    }
}

/// Half of the age, within bounds: what is new is looked at often, what is old seldom.
fn pause_after(age: SignedDuration) -> SignedDuration {
    (age / 2).clamp(OFTENEST, SELDOMEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_older_a_purchase_the_seldomer_it_is_looked_at() {
        let pause = |secs| pause_after(SignedDuration::from_secs(secs)).as_secs();
        assert_eq!(pause(0), 30);
        assert_eq!(pause(-5), 30);
        assert_eq!(pause(600), 300);
        assert_eq!(pause(86_400), 900);
    }
}
