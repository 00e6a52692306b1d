//! What is measured, for Prometheus: every figure's name, and who keeps them. Labels are routes, outcomes and
//! other words of ours: never a customer's id, address or number. Without a recorder measuring costs next to nothing.

use std::time::Duration;

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// Requests that were answered, by method, route and status.
pub const REQUESTS: &str = "minutebank_http_requests_total";
/// How long answers took, by method and route.
pub const REQUEST_SECONDS: &str = "minutebank_http_request_seconds";
/// Commands to the ledger, by answer: `done`, `refused`, `failed`.
pub const COMMANDS: &str = "minutebank_ledger_commands_total";
/// Commands that shared a transaction.
pub const BATCH: &str = "minutebank_ledger_batch_commands";
/// How long a transaction of the ledger took, from its first statement to its commit.
pub const BATCH_SECONDS: &str = "minutebank_ledger_batch_seconds";
/// Requests to Stripe, by outcome: `answered`, `refused`, `unknown`.
pub const STRIPE: &str = "minutebank_stripe_requests_total";
/// Events that were sent to customers' endpoints, by outcome: `delivered`, `failed`.
pub const DELIVERIES: &str = "minutebank_event_deliveries_total";
/// Connections of the pages' and the API's pool, by state: `used`, `idle`.
pub const CONNECTIONS: &str = "minutebank_database_connections";

/// Upper ends of the buckets of times.
const SECONDS: [f64; 12] = [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
/// Upper ends of the buckets of batches.
const COMMANDS_EACH: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Pause between two tidyings of what the recorder keeps.
const UPKEEP: Duration = Duration::from_secs(5);

/// Begins to measure, for the whole process.
///
/// # Errors
/// Where somebody has begun before.
pub fn begin() -> Result<PrometheusHandle, BuildError> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .set_buckets_for_metric(Matcher::Full(BATCH.to_owned()), &COMMANDS_EACH)?
        .install_recorder()?;
    describe_counter!(REQUESTS, "Requests answered, by method, route and status.");
    describe_histogram!(REQUEST_SECONDS, Unit::Seconds, "Time to answer, by method and route.");
    describe_counter!(COMMANDS, "Commands to the ledger, by answer: done, refused, failed.");
    describe_histogram!(BATCH, "Commands that shared a transaction of the ledger.");
    describe_histogram!(BATCH_SECONDS, Unit::Seconds, "Time of a transaction of the ledger.");
    describe_counter!(STRIPE, "Requests to Stripe, by outcome: answered, refused, unknown.");
    describe_counter!(DELIVERIES, "Events sent to customers' endpoints, by outcome: delivered, failed.");
    describe_gauge!(CONNECTIONS, "Connections of the pool, by state: used, idle.");
    Ok(recorder)
}

/// Keeps what is measured small, until it is dropped.
pub async fn keep_tidy(recorder: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP).await;
        recorder.run_upkeep();
    }
}
