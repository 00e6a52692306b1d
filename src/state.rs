//! What handlers share. Cheap to clone.

use std::sync::Arc;

use sqlx::PgPool;

use crate::clock::Clock;
use crate::config::Config;
use crate::ledger::Ledger;
use crate::notify::live::Hub;
use crate::payments::Stripe;

/// The state of the application.
#[derive(Clone)]
pub struct AppState {
    /// Configuration, as checked at the start.
    pub config: Arc<Config>,
    /// Pool whose connections work as `minutebank_app`.
    pub db: PgPool,
    /// The one way to change a wallet.
    pub ledger: Arc<Ledger>,
    /// The way to Stripe, or to its sandbox.
    pub stripe: Arc<Stripe>,
    /// Where open pages wait for changes.
    pub live: Hub,
    /// The time.
    pub clock: Clock,
}
