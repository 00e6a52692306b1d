//! The story of a start: Postgres, migrations, pool and writer, in demo mode sandbox and demo data, then the doors open;
//! and of an end: the doors close, requests in flight finish, and everything is put away in the opposite order.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::{RoundMode, SignedDuration, SignedDurationRound, Timestamp, Unit};
use metrics_exporter_prometheus::BuildError;
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::app::{
    alert_members, answer_once, deliver_events, event_endpoints, expire_calls, keep_billing, pay_numbers, recharge,
    send_mail, sweep_purchases,
};
use crate::clock::Clock;
use crate::config::Config;
use crate::database::writer_link::LinkError;
use crate::database::{self, DatabaseError};
use crate::demo::{self, DemoError};
use crate::embedded::{self, Embedded, EmbeddedError};
use crate::ledger::{self, Ledger, Options};
use crate::measures;
use crate::notify::events::sender::Sender;
use crate::notify::live::{self, Hub};
use crate::notify::mail::Mailer;
use crate::payments::Stripe;
use crate::state::AppState;
use crate::web;
use crate::web::connections::{self, SLOWEST_HEAD};

/// Connections of the pages and the API; the writer has its own.
const CONNECTIONS: u32 = 16;
/// Parallel transactions of the writer: about one per core (measured: DESIGN §2).
const SHARDS: usize = 2;
/// Longest wait for requests in flight.
const LAST_CALL: Duration = Duration::from_secs(20);

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No Postgres of our own.
    #[error(transparent)]
    Embedded(#[from] EmbeddedError),
    /// The database cannot be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The database cannot be read.
    #[error("the database could not be read: {0}")]
    Read(#[from] sqlx::Error),
    /// The writer cannot connect.
    #[error("the ledger's writer cannot connect: {0}")]
    Writer(#[from] LinkError),
    /// Stripe's configuration is unusable.
    #[error("STRIPE_API_BASE or STRIPE_SECRET_KEY cannot be used: {0}")]
    Stripe(#[from] stripe::StripeError),
    /// TLS cannot be set up for the events that go out.
    #[error("events cannot be sent: {0}")]
    Events(#[from] reqwest::Error),
    /// The mail server's configuration is unusable.
    #[error("SMTP_URL cannot be used: {0}")]
    Mail(#[from] lettre::transport::smtp::Error),
    /// The address is taken, or not ours.
    #[error("cannot listen on {0}={1}: {2}")]
    Listen(&'static str, SocketAddr, io::Error),
    /// Nothing can be measured.
    #[error("MINUTEBANK_METRICS_ADDR: {0}")]
    Measures(#[from] BuildError),
    /// The sandbox does not run.
    #[error("demo mode needs its Stripe sandbox: {0}")]
    Sandbox(io::Error),
    /// The demo data could not be made.
    #[error(transparent)]
    Demo(#[from] DemoError),
}

/// The database's address, and the embedded Postgres behind it, if it is ours.
pub struct Postgres {
    url: String,
    embedded: Option<Embedded>,
}

impl Postgres {
    /// `DATABASE_URL`, or else the embedded Postgres.
    pub async fn start(config: &Config) -> Result<Self, EmbeddedError> {
        if let Some(url) = &config.database_url {
            return Ok(Self { url: url.reveal().to_owned(), embedded: None });
        }
        let embedded = embedded::start(embedded::Options { data_dir: config.data_dir.clone() }).await?;
        Ok(Self { url: embedded.url().to_owned(), embedded: Some(embedded) })
    }

    /// As [`Postgres::start`]; where another process of ours runs the embedded Postgres already, that one.
    pub async fn start_or_join(config: &Config) -> Result<Self, EmbeddedError> {
        match Self::start(config).await {
            Err(error @ EmbeddedError::Owned { .. }) => {
                let options = embedded::Options { data_dir: config.data_dir.clone() };
                embedded::running(&options).map(|url| Self { url, embedded: None }).ok_or(error)
            }
            started => started,
        }
    }

    /// Where to connect.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends the embedded Postgres and waits for it.
    pub async fn stop(self) {
        if let Some(embedded) = self.embedded {
            embedded.stop().await;
        }
    }
}

/// Serves until it is told to stop (SIGINT or SIGTERM).
pub async fn run(mut config: Config) -> Result<(), ServeError> {
    let listener = listen("MINUTEBANK_ADDR", config.addr).await?;
    let metrics = match config.metrics_addr {
        Some(addr) => Some((listen("MINUTEBANK_METRICS_ADDR", addr).await?, measures::begin()?)),
        None => None,
    };
    let postgres = Postgres::start(&config).await?;
    database::migrate(postgres.url()).await?;
    let db = database::connect(postgres.url(), CONNECTIONS).await?;
    demo::fence(&mut *db.acquire().await?, config.demo).await?;
    if config.demo {
        config.clock_offset = never_back(&db, config.clock_offset).await?;
    }
    let clock = Clock::shifted(config.clock_offset);
    let options = Options { database_url: postgres.url().to_owned(), shards: SHARDS, clock: clock.clone() };
    let state = AppState {
        db,
        ledger: Arc::new(Ledger::start(&options).await?),
        stripe: Arc::new(Stripe::new(&config.stripe)?),
        config: Arc::new(config),
        live: Hub::default(),
        clock,
    };
    let mut sandbox = None;
    if state.config.demo {
        sandbox = Some(demo::process::start(&state.config).await.map_err(ServeError::Sandbox)?);
        demo::ensure(&state, postgres.url()).await?;
        demo::card::save(&state).await?;
    }
    let mailer = mailer(&state.config)?;
    let sender = Sender::new(event_endpoints::reach(&state.config))?;
    let mut chores = JoinSet::new();
    chores.spawn(sweep_purchases::keep_sweeping(state.clone()));
    chores.spawn(recharge::keep_recharging(state.clone(), state.ledger.changes()));
    chores.spawn(pay_numbers::keep_paying(state.clone()));
    chores.spawn(keep_billing::keep_billing(state.clone()));
    chores.spawn(keep_billing::keep_refunding(state.clone()));
    chores.spawn(expire_calls::keep_expiring(state.clone()));
    chores.spawn(deliver_events::keep_delivering(state.clone(), sender));
    chores.spawn(answer_once::keep_forgetting(state.clone()));
    chores.spawn(send_mail::keep_sending(state.clone(), mailer));
    chores.spawn(alert_members::keep_alerting(state.clone(), state.ledger.changes()));
    chores.spawn(web::session::keep_removing_expired(state.clone()));
    follow(&mut chores, &state);
    if let Some((listener, recorder)) = metrics {
        let router = web::metrics::router(recorder.clone(), state.db.clone());
        chores.spawn(connections::serve(listener, router, SLOWEST_HEAD, std::future::pending()));
        chores.spawn(measures::keep_tidy(recorder));
    }
    welcome(&state.config);
    let live = state.live.clone();
    let stop = async move {
        told_to_stop().await;
        // Pages that follow a wallet would never finish.
        live.close();
    };
    let router = web::router(state.clone());
    tokio::select! {
        () = connections::serve(listener, router, SLOWEST_HEAD, stop) => {}
        () = last_call() => tracing::warn!("requests were still in flight at the end"),
    }
    chores.shutdown().await;
    drop(sandbox);
    put_away(state, postgres).await;
    Ok(())
}

async fn listen(name: &'static str, addr: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(addr).await.map_err(|error| ServeError::Listen(name, addr, error))
}

/// What is committed reaches the open pages, here and on other instances.
fn follow(chores: &mut JoinSet<()>, state: &AppState) {
    let connect = state.db.connect_options();
    chores.spawn(live::keep_telling(state.live.clone(), state.ledger.changes()));
    chores.spawn(live::keep_notifying(state.live.clone(), state.ledger.changes(), (*connect).clone()));
    chores.spawn(live::keep_listening(state.live.clone(), (*connect).clone()));
}

/// The demo's offset, or the larger one with which the clock starts no earlier than the last posting.
async fn never_back(db: &PgPool, offset: SignedDuration) -> sqlx::Result<SignedDuration> {
    let newest = ledger::repo::newest_posted_at(&mut *db.acquire().await?).await?;
    let Some(posted_at) = newest else { return Ok(offset) };
    let caught_up = caught_up(offset, Clock::system().now(), posted_at);
    if caught_up > offset {
        let (posted_at, offset) = (posted_at.strftime("%F %T UTC"), format!("+{}s", caught_up.as_secs()));
        tracing::warn!("time never runs back: the clock goes on from the last posting, {posted_at} ({offset})");
    }
    Ok(caught_up)
}

/// Whole seconds, so that the sandbox can be given the same offset.
fn caught_up(offset: SignedDuration, now: Timestamp, posted_at: Timestamp) -> SignedDuration {
    let up = SignedDurationRound::new().smallest(Unit::Second).mode(RoundMode::Ceil);
    let lacking = posted_at.duration_since(now).round(up).expect("rounding to seconds fits");
    offset.max(lacking)
}

/// The way to the mail server. The demo shows mail at `/demo/mail` and sends none.
fn mailer(config: &Config) -> Result<Option<Mailer>, ServeError> {
    if config.demo {
        return Ok(None);
    }
    if config.mail.is_none() {
        tracing::warn!("SMTP_URL and MAIL_FROM are not set: mail stays in the outbox until they are");
    }
    Ok(config.mail.as_ref().map(Mailer::new).transpose()?)
}

/// The longest that requests in flight may take to finish.
async fn last_call() {
    told_to_stop().await;
    tokio::time::sleep(LAST_CALL).await;
}

/// Says where to go.
fn welcome(config: &Config) {
    println!("Minutebank is ready: {}", config.public_url);
    if config.demo {
        println!("Demo mode: example data, no real payments. Sign in with password {} as", demo::PASSWORD);
        for demo::Client { name, email, key, .. } in demo::CLIENTS {
            println!("  {name:18} {email:22} API key {key}");
        }
        let [.., (agency, administrator)] = demo::logins();
        println!("  {agency:18} {administrator:22} the agency");
        println!("Pay with card 4242 4242 4242 4242, any later date, any CVC.");
    }
}

/// The writer finishes what it has, then the pool closes, then Postgres.
async fn put_away(state: AppState, postgres: Postgres) {
    let AppState { ledger, db, .. } = state;
    match Arc::try_unwrap(ledger) {
        Ok(ledger) => ledger.close().await,
        Err(_) => tracing::warn!("a request still holds the ledger; it ends with the process"),
    }
    if tokio::time::timeout(LAST_CALL, db.close()).await.is_err() {
        tracing::warn!("a connection was still in use at the end");
    }
    postgres.stop().await;
}

/// Waits for SIGINT or SIGTERM.
pub async fn told_to_stop() {
    let mut terminate = signal(SignalKind::terminate()).expect("a handler for SIGTERM");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_never_runs_back() {
        let now: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        let secs = SignedDuration::from_secs;
        let later = now + SignedDuration::from_millis(90_001);
        assert_eq!(caught_up(secs(0), now, now - secs(5)), secs(0));
        assert_eq!(caught_up(secs(0), now, later), secs(91));
        assert_eq!(caught_up(secs(3_600), now, later), secs(3_600));
    }
}
