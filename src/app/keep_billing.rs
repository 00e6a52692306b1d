//! What the agency's side does by itself: periods ask for their price, wallets follow their requests, and what was cut off
//! is finished. Any number of instances may do so at once.

use std::time::Duration;

use super::follow_requests::follow_all;
use super::instruct::finish_instructions;
use super::request_cycles::request_cycles;
use super::send_refund::sweep_refunds;
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

/// One look. A part that fails is said and leaves the others alone.
async fn bill(state: &AppState) {
    if let Err(error) = finish_instructions(state).await {
        tracing::warn!(%error, "instructions could not be finished");
    }
    if let Err(error) = request_cycles(state).await {
        tracing::warn!(%error, "periods could not be billed");
    }
    if let Err(error) = follow_all(state).await {
        tracing::warn!(%error, "wallets do not follow their requests");
    }
    if let Err(error) = sweep_refunds(state).await {
        tracing::warn!(%error, "refunds could not be asked again");
    }
}
