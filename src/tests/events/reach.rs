//! Events leave for public addresses only, whatever a name says at the moment.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use minutebank::notify::events::address::Reach;
use minutebank::notify::events::sender::Sender;
use minutebank::notify::events::{Attempted, Outgoing};
use minutebank::units::WorkspaceId;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use serde_json::json;
use tokio::net::TcpListener;

use crate::fixture::{START, at};

/// Something inside of our own network: counts who connects.
struct Inside {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Inside {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, connections) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let counted = connections.clone();
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, connections }
    }
}

/// Answers look-ups with one address after the other, the last one for ever.
struct Names {
    answers: Vec<&'static str>,
    asked: AtomicUsize,
}

impl Names {
    fn new(answers: &[&'static str]) -> Arc<Self> {
        Arc::new(Self { answers: answers.to_vec(), asked: AtomicUsize::new(0) })
    }
}

impl Resolve for Names {
    fn resolve(&self, _: Name) -> Resolving {
        let turn = self.asked.fetch_add(1, Ordering::SeqCst).min(self.answers.len() - 1);
        let found: Vec<SocketAddr> =
            self.answers[turn].split(' ').map(|it| SocketAddr::new(it.parse().unwrap(), 0)).collect();
        Box::pin(async { Ok(Box::new(found.into_iter()) as Addrs) })
    }
}

async fn send(sender: &Sender, url: String) -> Attempted {
    let event = Outgoing {
        workspace: WorkspaceId(1),
        workspace_public_id: "ws_harbor".into(),
        endpoint: "we_1".into(),
        url,
        secrets: vec![[7; 32]],
        event_no: 1,
        kind: "wallet.low".into(),
        occurred_at: at(START),
        data: json!({}),
        attempts: 1,
    };
    sender.send(&event, at(START)).await
}

fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}

#[test]
fn an_address_inside_is_never_connected_to() {
    run(async {
        let inside = Inside::start().await;
        let port = inside.port;
        let sender = Sender::new(Reach::Public).unwrap();
        for host in [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0177.0.0.1",
            "localhost",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "0.0.0.0",
            "[::]",
        ] {
            for scheme in ["https", "http"] {
                let attempted = send(&sender, format!("{scheme}://{host}:{port}/")).await;
                assert_eq!(attempted.status, None, "{scheme}://{host}");
            }
        }
        assert_eq!(inside.connections.load(Ordering::SeqCst), 0);
        // The same program without the guard does connect: the table can fail.
        let anywhere = Sender::new(Reach::Anywhere).unwrap();
        _ = send(&anywhere, format!("https://127.0.0.1:{port}/")).await;
        assert_eq!(inside.connections.load(Ordering::SeqCst), 1);
    });
}

#[test]
fn a_name_that_stands_for_an_address_inside_leads_nowhere() {
    run(async {
        let inside = Inside::start().await;
        for found in [
            "127.0.0.1",
            "::1",
            "127.0.0.1 ::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "fd00::1",
            "fe80::1",
            "ff02::1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
        ] {
            let names = Names::new(&[found]);
            let sender = Sender::naming(Reach::Public, names.clone()).unwrap();
            let attempted = send(&sender, format!("https://hooks.example.com:{}/", inside.port)).await;
            assert_eq!(attempted, Attempted { status: None, error: Some("No connection") }, "{found}");
            assert_eq!(names.asked.load(Ordering::SeqCst), 1, "{found}");
        }
        assert_eq!(inside.connections.load(Ordering::SeqCst), 0);
    });
}

#[test]
fn a_name_that_changes_its_address_between_two_looks_leads_nowhere() {
    run(async {
        let inside = Inside::start().await;
        let names = Names::new(&["93.184.215.14", "127.0.0.1"]);
        let sender = Sender::naming(Reach::Public, names.clone()).unwrap();
        // Whoever looked before the connection found a public address.
        let before: Vec<_> = names.resolve("hooks.example.com".parse().unwrap()).await.unwrap().collect();
        assert_eq!(before[0].ip().to_string(), "93.184.215.14");
        let attempted = send(&sender, format!("https://hooks.example.com:{}/", inside.port)).await;
        assert_eq!(attempted.error, Some("No connection"));
        assert_eq!(inside.connections.load(Ordering::SeqCst), 0);
        // The connection goes to what its own look found, not to a look of its own making.
        let anywhere = Sender::naming(Reach::Anywhere, Names::new(&["127.0.0.1"])).unwrap();
        _ = send(&anywhere, format!("https://hooks.example.com:{}/", inside.port)).await;
        assert_eq!(inside.connections.load(Ordering::SeqCst), 1);
    });
}
