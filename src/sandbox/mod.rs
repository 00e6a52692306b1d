//! The Stripe sandbox: a stand-in of Stripe's HTTP API for demo mode and tests, run as a process of its own.
//!
//! The product cannot tell it from Stripe but by its base URL: it speaks `/v1` with Stripe's parameters, errors,
//! idempotency keys and object shapes, has a hosted Checkout page, and sends signed webhooks. It does *not* do subscription
//! mode or answers to disputes, and says `sandbox_unsupported` to parameters it cannot honour instead of ignoring them.
//!
//! What always holds:
//! - nothing is answered before it is on disk: a kill loses no acknowledged answer, and a change and the answer kept
//!   under its idempotency key are one write;
//! - a session and an intent are paid at most once;
//! - only loopback: it refuses to listen elsewhere, foreign `Host` headers, and live keys.
//!
//! Driving it with curl:
//!
//! ```sh
//! api=http://127.0.0.1:12111
//! curl $api/v1/checkout/sessions -u sk_test_any: -H 'Idempotency-Key: one' \
//!   -d mode=payment -d success_url='http://localhost:3000/done?session_id={CHECKOUT_SESSION_ID}' \
//!   -d 'line_items[0][quantity]=1' -d 'line_items[0][price_data][currency]=usd' \
//!   -d 'line_items[0][price_data][unit_amount]=1000' \
//!   -d 'line_items[0][price_data][product_data][name]=100 minutes'
//! curl $api/_sandbox/sessions/cs_test_…/pay --json '{"card": "4242424242424242"}'   # or open its "url" in a browser
//! curl $api/_sandbox/faults --json '{"kind": "drop_after", "path_prefix": "/v1/checkout", "method": "POST"}'
//! ```
//!
//! Test cards: 4242 4242 4242 4242 (also 5555 5555 5555 4444, 3782 822463 10005) pays, 4000 0000 0000 0002 is declined,
//! 4000 0000 0000 9995 has insufficient funds, 4000 0000 0000 0341 can be saved and is then declined, 4000 0025 0000 3155
//! asks for authentication until it is set up, 4000 0027 6000 3184 asks every time, 4000 0000 0000 0259 pays and disputes
//! the charge, 4000 0000 0000 7726 makes refunds pending and 4000 0000 0000 5126 makes them fail later; any other number is declined as a
//! real card would be. Ready-made payment methods such as `pm_card_visa` stand for the same cards.
//!
//! ```text
#![doc = include_str!("controls.md")]
//! ```

mod api;
mod authentication;
mod bank_debits;
mod cards;
mod charges;
mod charging;
mod checkout;
mod checkout_create;
mod conduct;
mod connection;
mod controls;
mod currency;
mod customers;
mod disputes;
mod errors;
mod events;
mod faults;
mod form;
mod hosted_page;
mod html;
mod idempotency;
mod intent_actions;
mod intents;
mod journal;
mod ledger;
mod line_items;
mod lists;
mod model;
mod money_controls;
mod params;
mod passing_time;
mod payment;
mod payment_methods;
mod payment_model;
mod receipts;
mod refund_model;
mod refunds;
mod routes;
mod setup_intents;
mod shape;
mod state;
#[cfg(test)]
mod tests;
mod webhooks;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::clock::Clock;
use connection::Connection;
use faults::Faults;
use idempotency::Running;
use journal::Store;
use model::Endpoint;
use state::{Cause, Change, Transaction};

/// How long the product may take to answer a webhook.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);

/// How to run the sandbox.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it is to listen; loopback only.
    pub addr: SocketAddr,
    /// Its journal; made if absent.
    pub state_file: PathBuf,
    /// Where events are sent; absent, the endpoint set at run time holds, if any.
    pub webhook_url: Option<String>,
    /// `whsec_…`, the key of the webhooks' signature.
    pub webhook_secret: String,
    /// The clock of everything but waiting.
    pub clock: Clock,
}

/// Why the sandbox does not run.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The address is not loopback.
    #[error(
        "the Stripe sandbox listens on loopback addresses only, not on {0}: set STRIPE_SANDBOX_ADDR to 127.0.0.1:12111"
    )]
    NotLoopback(SocketAddr),
    /// The webhook address cannot be used.
    #[error("the Stripe sandbox sends webhooks to absolute http addresses only, not to {0:?}")]
    WebhookUrl(String),
    /// Another sandbox has the journal open.
    #[error("another Stripe sandbox is using {0}")]
    InUse(PathBuf),
    /// The journal cannot be read or written.
    #[error("the Stripe sandbox cannot use its state file {0}: {1}")]
    State(PathBuf, io::Error),
    /// The journal holds something else.
    #[error("line {line} of {path} is not the Stripe sandbox's: {error}; move the file away to begin anew")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// The HTTP client or server failed.
    #[error("the Stripe sandbox cannot serve: {0}")]
    Serve(#[from] io::Error),
    /// The HTTP client cannot be made.
    #[error("the Stripe sandbox cannot send webhooks: {0}")]
    Client(#[from] reqwest::Error),
}

/// A running sandbox, as its handlers share it.
struct Sandbox {
    store: Store,
    clock: Clock,
    addr: SocketAddr,
    faults: Faults,
    running: Running,
    deliveries_on: AtomicBool,
    http: reqwest::Client,
    stopping: watch::Receiver<bool>,
}

impl Sandbox {
    /// Whether a `Host` header names this sandbox and not a page's own domain.
    fn is_own_host(&self, host: &str) -> bool {
        let port = self.addr.port();
        let names = ["localhost", "127.0.0.1", "[::1]"].map(|name| format!("{name}:{port}"));
        names.iter().any(|name| name.eq_ignore_ascii_case(host)) || host == self.addr.to_string()
    }

    /// Commits off the async threads, since it waits for the disk.
    async fn commit<R: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Transaction<'_>) -> R + Send + 'static,
    ) -> io::Result<R> {
        let sandbox = Arc::clone(self);
        let commit = move || sandbox.store.commit(sandbox.clock.now(), Cause::default(), work);
        tokio::task::spawn_blocking(commit).await.map_err(io::Error::other)?
    }

    /// Waits, but not beyond the end of the sandbox.
    async fn wait(&self, longest: Duration) {
        let mut stopping = self.stopping.clone();
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => {}
            () = tokio::time::sleep(longest) => {}
        }
    }
}

/// Runs the sandbox until `shutdown` resolves; requests in flight finish.
///
/// # Errors
/// Where it may not or cannot listen, or its state file is not usable. See [`SandboxError`].
pub async fn run(
    options: Options,
    listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(), SandboxError> {
    let addr = listener.local_addr()?;
    if let Some(foreign) = [options.addr, addr].into_iter().find(|addr| !addr.ip().is_loopback()) {
        return Err(SandboxError::NotLoopback(foreign));
    }
    if let Some(url) = options.webhook_url.as_ref().filter(|url| !controls::is_http(url)) {
        return Err(SandboxError::WebhookUrl(url.clone()));
    }
    let (stop, stopping) = watch::channel(false);
    let (state_file, now) = (options.state_file, options.clock.now());
    let base = format!("http://{addr}");
    let opened = tokio::task::spawn_blocking(move || Store::open(&state_file, &base, now)).await;
    let sandbox = Arc::new(Sandbox {
        store: opened.map_err(io::Error::other)??,
        clock: options.clock,
        addr,
        faults: Faults::default(),
        running: Running::default(),
        deliveries_on: AtomicBool::new(true),
        // Straight to the product: neither a proxy of the environment nor a redirect is Stripe's way.
        http: reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(WEBHOOK_TIMEOUT)
            .build()?,
        stopping,
    });
    if let Some(url) = options.webhook_url {
        let endpoint = Endpoint { url, secret: options.webhook_secret };
        sandbox.commit(move |transaction| transaction.put(Change::Endpoint(endpoint))).await?;
    }
    let deliveries = tokio::spawn(webhooks::deliver(Arc::clone(&sandbox)));
    let service = routes::router(sandbox).into_make_service_with_connect_info::<Connection>();
    let served = axum::serve(listener, service)
        .with_graceful_shutdown(async move {
            shutdown.await;
            stop.send_replace(true);
        })
        .await;
    deliveries.abort();
    Ok(served?)
}
