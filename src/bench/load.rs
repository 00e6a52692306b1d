//! A closed loop: each worker holds and settles one call after the other on wallets drawn at random.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::try_join_all;
use rand::{Rng as _, SeedableRng as _, rngs::SmallRng};

use crate::clock::Clock;
use crate::ids;
use crate::ledger::{CallOutcome, Command, Direction, Ledger, LedgerError, Placement, Snapshot};
use crate::pricing::{ExcessMode, HoldPolicy, PurchaseMode, Rates, Terms};
use crate::units::{Meter, MilliCents, Seconds, WorkspaceId};

/// The writer under load.
pub struct Load {
    ledger: Arc<Ledger>,
    clock: Clock,
}

/// What a load came to.
pub struct Result {
    span: Duration,
    /// Latency of each operation, sorted.
    latencies: Vec<Duration>,
}

impl Result {
    /// How many there were.
    pub fn operations(&self) -> f64 {
        self.latencies.len() as f64
    }

    /// Operations per second.
    pub fn per_second(&self) -> f64 {
        self.operations() / self.span.as_secs_f64()
    }

    /// Latency that this many percent stay within, in milliseconds.
    pub fn percentile(&self, percent: usize) -> f64 {
        let at = (self.latencies.len() * percent / 100).min(self.latencies.len().saturating_sub(1));
        self.latencies.get(at).map_or(0.0, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// Terms under which no call is ever refused.
pub fn terms() -> Terms {
    Terms {
        name: "Bench".to_owned(),
        price: MilliCents(0),
        meter: Meter::Minutes,
        included: 1_000_000_000,
        rates: Rates::default(),
        addons: true,
        purchase_mode: PurchaseMode::SelfService,
        max_call: Seconds(3_600),
        hold: HoldPolicy::Buffer(60),
        excess: ExcessMode::Refuse,
        free_credits: MilliCents(0),
        due_days: 1,
        grace_days: 7,
    }
}

impl Load {
    /// On this writer.
    pub fn new(ledger: Ledger, clock: Clock) -> Self {
        Self { ledger: Arc::new(ledger), clock }
    }

    /// Gives every wallet its allowance.
    pub async fn subscribe(&self, wallets: &[WorkspaceId]) -> std::result::Result<(), LedgerError> {
        let snapshot = Arc::new(Snapshot { id: 1, terms: terms() });
        let anchor_at = self.clock.now();
        for some in wallets.chunks(1_000) {
            let commands = some.iter().map(|wallet| {
                self.ledger.submit(*wallet, Command::Subscribe { snapshot: snapshot.clone(), anchor_at })
            });
            try_join_all(commands).await?;
        }
        Ok(())
    }

    /// Runs `in_flight` workers for a while.
    pub async fn run(
        &self,
        wallets: &[WorkspaceId],
        in_flight: usize,
        span: Duration,
    ) -> std::result::Result<Result, LedgerError> {
        let begun = Instant::now();
        let workers = (0..in_flight).map(|seed| {
            let (ledger, wallets) = (self.ledger.clone(), wallets.to_vec());
            tokio::spawn(async move { work(&ledger, &wallets, seed as u64, begun + span).await })
        });
        let mut latencies = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            latencies.extend(worker.await.map_err(|_| LedgerError::Unavailable)??);
        }
        let span = begun.elapsed();
        latencies.sort_unstable();
        Ok(Result { span, latencies })
    }

    /// Ends the writer.
    pub async fn close(self) {
        if let Ok(ledger) = Arc::try_unwrap(self.ledger) {
            ledger.close().await;
        }
    }
}

async fn work(
    ledger: &Ledger,
    wallets: &[WorkspaceId],
    seed: u64,
    until: Instant,
) -> std::result::Result<Vec<Duration>, LedgerError> {
    let mut random = SmallRng::seed_from_u64(seed);
    let mut latencies = Vec::new();
    while Instant::now() < until {
        let wallet = wallets[random.random_range(0..wallets.len())];
        let id = ids::fresh("call");
        let hold = Command::PlaceHold(Placement {
            id: id.clone(),
            direction: Direction::Outbound,
            agent: None,
            from: None,
            to: None,
            recording: false,
            metadata: None,
        });
        let settle =
            Command::EndCall { id, outcome: CallOutcome::Answered, duration: Seconds(50), billed: Seconds(42) };
        for command in [hold, settle] {
            let since = Instant::now();
            ledger.submit(wallet, command).await?;
            latencies.push(since.elapsed());
        }
    }
    Ok(latencies)
}
