//! A customer's own program: takes what it is sent, answers as it is told, and knows signatures by its own means.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub path: String,
    pub headers: HeaderMap,
    pub body: String,
}

impl Heard {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// `call.settled`
    pub fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// How many of its signatures this secret made, as the specification says: HMAC-SHA256 over `id.timestamp.body`.
    pub fn signed_by(&self, secret: &str) -> usize {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(
            format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body).as_bytes(),
        );
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').filter(|it| *it == expected).count()
    }
}

#[derive(Clone, Default)]
struct Memory {
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
    silent: Arc<AtomicBool>,
}

/// The program, listening on loopback.
pub struct Receiver {
    /// Where it listens.
    pub url: String,
    memory: Memory,
}

impl Receiver {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let memory = Memory::default();
        let router = Router::new().fallback(take).with_state(memory.clone());
        tokio::spawn(async { axum::serve(listener, router).await.unwrap() });
        Self { url, memory }
    }

    /// Answers the next requests so; after that with 204.
    pub fn answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.memory.answers.lock().unwrap().extend(statuses);
    }

    /// Leaves every request without an answer, or no longer.
    pub fn be_silent(&self, silent: bool) {
        self.memory.silent.store(silent, Ordering::SeqCst);
    }

    /// What came since the last look.
    pub fn heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.memory.heard.lock().unwrap())
    }

    /// The calls that it was about.
    pub fn calls(&self) -> Vec<String> {
        let call = |it: Heard| it.json()["data"]["call"].as_str().unwrap().to_owned();
        self.heard().into_iter().map(call).collect()
    }

    /// True while nothing has come since the last look.
    pub fn is_idle(&self) -> bool {
        self.memory.heard.lock().unwrap().is_empty()
    }

    /// What it was about.
    pub fn kinds(&self) -> Vec<String> {
        self.heard().iter().map(Heard::kind).collect()
    }
}

async fn take(
    State(memory): State<Memory>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(header::HeaderName, &'static str); 1]) {
    memory.heard.lock().unwrap().push(Heard { path: uri.path().to_owned(), headers, body });
    if memory.silent.load(Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    let status = memory.answers.lock().unwrap().pop_front().unwrap_or(204);
    (StatusCode::from_u16(status).unwrap(), [(header::LOCATION, "/elsewhere")])
}
