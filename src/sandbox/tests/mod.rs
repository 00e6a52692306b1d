//! The sandbox over real HTTP, each on a port and a journal of its own.

mod bank_debits;
mod checkout_flow;
mod durability;
mod fault_controls;
mod guards;
mod hosted_pages;
mod idempotency_keys;
mod lost_charges;
mod parameters;
mod refunds_and_disputes;
mod saved_cards;
mod stripe_client;
mod webhook_delivery;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Options, SandboxError, run};
use crate::clock::Clock;

/// A running sandbox.
struct Fixture {
    base: String,
    clock: Clock,
    http: reqwest::Client,
    folder: Arc<TempDir>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<Result<(), SandboxError>>,
}

impl Fixture {
    async fn start() -> Self {
        Self::start_with(None).await
    }

    async fn start_with(webhook_url: Option<String>) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let clock = Clock::held("2026-11-20T12:00:00Z".parse().unwrap());
        Self::start_in(folder, clock, webhook_url).await
    }

    async fn start_in(folder: Arc<TempDir>, clock: Clock, webhook_url: Option<String>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let state_file = folder.path().join("stripe.jsonl");
        let options = options(addr, state_file, webhook_url, clock.clone());
        let shutdown = async move {
            let _gone = stopped.await;
        };
        let task = tokio::spawn(run(options, listener, shutdown));
        Self { base: format!("http://{addr}"), clock, http: http(), folder, stop, task }
    }

    /// Stops it and starts it again on the same journal, at another port.
    async fn restart(self, webhook_url: Option<String>) -> Self {
        let (folder, clock) = (Arc::clone(&self.folder), self.clock.clone());
        self.stop().await;
        Self::start_in(folder, clock, webhook_url).await
    }

    async fn stop(self) {
        drop(self.http);
        self.stop.send(()).unwrap();
        self.task.await.unwrap().unwrap();
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Answered {
        self.post_with_key(path, None, form).await
    }

    async fn post_with_key(&self, path: &str, key: Option<&str>, form: &[(&str, &str)]) -> Answered {
        let mut request = self.http.post(self.at(path)).bearer_auth("sk_test_any").form(form);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        Answered::read(request.send().await.unwrap()).await
    }

    async fn get(&self, path: &str) -> Answered {
        Answered::read(self.http.get(self.at(path)).bearer_auth("sk_test_any").send().await.unwrap()).await
    }

    /// One of the sandbox's own controls.
    async fn control(&self, path: &str, body: Value) -> Answered {
        Answered::read(self.http.post(self.at(path)).json(&body).send().await.unwrap()).await
    }

    /// A session of $10.00; its id.
    async fn session(&self) -> String {
        let made = self.post("/v1/checkout/sessions", &SESSION).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.body);
        made.json()["id"].as_str().unwrap().to_owned()
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// The least a session needs.
const SESSION: [(&str, &str); 7] = [
    ("mode", "payment"),
    ("success_url", "http://localhost:3000/billing/return?session_id={CHECKOUT_SESSION_ID}"),
    ("cancel_url", "http://localhost:3000/billing?buy=minutes"),
    ("line_items[0][quantity]", "1"),
    ("line_items[0][price_data][currency]", "usd"),
    ("line_items[0][price_data][unit_amount]", "1000"),
    ("line_items[0][price_data][product_data][name]", "100 minutes"),
];

const SECRET: &str = "whsec_minutebank_test";

fn options(addr: SocketAddr, state_file: PathBuf, webhook_url: Option<String>, clock: Clock) -> Options {
    Options { addr, state_file, webhook_url, webhook_secret: SECRET.into(), clock }
}

fn http() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// An answer, read.
struct Answered {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answered {
    async fn read(response: reqwest::Response) -> Self {
        Self { status: response.status(), headers: response.headers().clone(), body: response.text().await.unwrap() }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Status, `type`, `code` and `param` of an error.
    fn error(&self) -> (u16, String, String, String) {
        let error = &self.json()["error"];
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        (self.status.as_u16(), text("type"), text("code"), text("param"))
    }
}

/// A product's webhook endpoint: notes what comes and answers as told.
struct Receiver {
    url: String,
    got: Arc<Mutex<Vec<(String, String)>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

type Shared = (Arc<Mutex<Vec<(String, String)>>>, Arc<Mutex<Vec<StatusCode>>>);

impl Receiver {
    /// Answers with `answers` in turn, then always 200.
    async fn start(answers: Vec<StatusCode>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/stripe", listener.local_addr().unwrap());
        let got = Arc::default();
        let answers = Arc::new(Mutex::new(answers));
        let shared: Shared = (Arc::clone(&got), Arc::clone(&answers));
        let routes = axum::Router::new().route("/webhooks/stripe", axum::routing::post(note)).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { url, got, answers }
    }

    /// Waits until so many came; all of them, signature and body.
    async fn wait_for(&self, count: usize) -> Vec<(String, String)> {
        for _ in 0..200 {
            let got = self.got.lock().unwrap().clone();
            if got.len() >= count {
                return got;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("only {} of {count} webhooks came", self.got.lock().unwrap().len());
    }
}

async fn note(State((got, answers)): State<Shared>, headers: HeaderMap, body: String) -> StatusCode {
    let signature = headers["stripe-signature"].to_str().unwrap().to_owned();
    got.lock().unwrap().push((signature, body));
    let mut answers = answers.lock().unwrap();
    if answers.is_empty() { StatusCode::OK } else { answers.remove(0) }
}
