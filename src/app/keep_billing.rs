//! What the agency's side does by itself: periods begin and ask for their price, wallets follow their requests, and what
//! was cut off is finished. Any number of instances may do so at once.

use std::time::Duration;

use jiff::SignedDuration;

use super::follow_requests::follow_all;
use super::instruct::finish_instructions;
use super::open_periods::open_all_due;
use super::request_cycles::request_cycles;
use super::send_refund::{ASKERS_OWN, sweep_refunds};
use crate::state::AppState;

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(20);

/// Looks again and again until it is dropped.
pub async fn keep_billing(state: AppState) {
    loop {
        bill(&state).await;
        tokio::time::sleep(PAUSE).await;
    }
}

/// The same for refunds, beside the rest: Stripe may take long, and nobody's period waits for that.
pub async fn keep_refunding(state: AppState) {
    // After a start nobody else is at a refund that an earlier run has left; and two at it would do no harm.
    let mut left_alone = SignedDuration::ZERO;
    loop {
        if let Err(error) = sweep_refunds(&state, left_alone).await {
            tracing::warn!(%error, "refunds could not be asked again");
        }
        left_alone = ASKERS_OWN;
        tokio::time::sleep(PAUSE).await;
    }
}

/// One look. A part that fails is said and leaves the others alone.
async fn bill(state: &AppState) {
    if let Err(error) = finish_instructions(state).await {
        tracing::warn!(%error, "instructions could not be finished");
    }
    if let Err(error) = open_all_due(state).await {
        tracing::warn!(%error, "periods that are due could not be opened");
    }
    if let Err(error) = request_cycles(state).await {
        tracing::warn!(%error, "periods could not be billed");
    }
    if let Err(error) = follow_all(state).await {
        tracing::warn!(%error, "wallets do not follow their requests");
    }
}
