//! What was acknowledged is there after `kill -9`, in the middle of writing or not.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::net::TcpListener;

use super::{Fixture, SECRET, http};
use crate::clock::Clock;
use crate::sandbox::{Options, SandboxError, run};

/// Tells the copy of this test program which file to use.
const STATE_FILE: &str = "MINUTEBANK_TEST_SANDBOX_STATE";

/// Not a test: the sandbox as a process of its own, for the test below to kill.
#[tokio::test]
#[ignore = "started by kill_9_loses_no_acknowledged_answer"]
async fn child() {
    let Some(state_file) = std::env::var_os(STATE_FILE).map(PathBuf::from) else {
        return;
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    std::io::stdout().write_all(format!("\nlistening {addr}\n").as_bytes()).unwrap();
    let webhook_secret = SECRET.to_owned();
    let options = Options { addr, state_file, webhook_url: None, webhook_secret, clock: Clock::system() };
    run(options, listener, std::future::pending()).await.unwrap();
}

fn start_child(state_file: &Path) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "sandbox::tests::durability::child", "--ignored", "--nocapture"])
        .env(STATE_FILE, state_file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let addr = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("listening ").map(str::to_owned));
    (child, format!("http://{}", addr.expect("the child says where it listens")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_no_acknowledged_answer() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let state_file = folder.path().join("stripe.jsonl");
    let (mut child, base) = start_child(&state_file);
    let answered = Arc::new(AtomicUsize::new(0));
    let clients = (0..8).map(|client| {
        let (base, answered) = (base.clone(), answered.clone());
        tokio::spawn(async move {
            let (http, mut acknowledged) = (http(), Vec::new());
            for number in 0.. {
                let key = format!("{client}-{number}");
                let form = [("name", &key)];
                let request = http.post(format!("{base}/v1/customers")).bearer_auth("sk_test_any").form(&form);
                let Ok(answer) = request.header("Idempotency-Key", &key).send().await else {
                    break;
                };
                let Ok(body) = answer.text().await else { break };
                acknowledged.push((key, body));
                answered.fetch_add(1, Ordering::Relaxed);
            }
            acknowledged
        })
    });
    let clients: Vec<_> = clients.collect();
    // In the middle of the work, however fast the machine is.
    while answered.load(Ordering::Relaxed) < 40 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let mut acknowledged = Vec::new();
    for client in clients {
        acknowledged.extend(client.await.unwrap());
    }

    let fixture = Fixture::start_in(folder, Clock::system(), None).await;
    for (key, body) in &acknowledged {
        let again = fixture.post_with_key("/v1/customers", Some(key), &[("name", key)]).await;
        assert_eq!((again.header("idempotent-replayed"), &again.body), (Some("true"), body));
        let id = again.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(fixture.get(&format!("/v1/customers/{id}")).await.json()["name"], key.as_str());
    }
    fixture.stop().await;
}

/// As the sandbox wrote an intent and its charge before cards were objects of their own.
const EARLIER: &str = r#"[{"intent":{"id":"pi_3a","created":1,"secret":"s","amount":1000,"currency":"usd",
"customer":null,"data":{"description":null,"receipt_email":null,"statement_descriptor_suffix":null,"metadata":{}},
"latest_charge":"ch_3a","succeeded":true}},{"charge":{"id":"ch_3a","created":1,"intent":"pi_3a",
"payment_method":"pm_1a","card":{"brand":"visa","last4":"4242","exp_month":12,"exp_year":2030},
"payer":{"email":null,"name":null},"decline":null}}]"#;

#[tokio::test]
async fn an_earlier_journal_is_read() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    std::fs::write(folder.path().join("stripe.jsonl"), format!("{}\n", EARLIER.replace('\n', ""))).unwrap();
    let clock = Clock::held("2026-11-20T12:00:00Z".parse().unwrap());
    let fixture = Fixture::start_in(folder, clock, None).await.restart(None).await;
    let read = fixture.get("/v1/payment_intents/pi_3a?expand[]=payment_method").await.json();
    assert_eq!((&read["status"], &read["payment_method"]["card"]["last4"]), (&json!("succeeded"), &json!("4242")));
    fixture.stop().await;
}

#[tokio::test]
async fn half_a_line_is_dropped_and_a_foreign_file_refused() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    let (folder, clock) = (Arc::clone(&fixture.folder), fixture.clock.clone());
    let file = folder.path().join("stripe.jsonl");
    fixture.stop().await;
    std::fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .unwrap()
        .write_all(b"[{\"customer\":{\"name\":\"Jos\xc3")
        .unwrap();
    let fixture = Fixture::start_in(Arc::clone(&folder), clock.clone(), None).await;
    assert_eq!(fixture.get(&format!("/v1/checkout/sessions/{id}")).await.json()["status"], "open");
    fixture.stop().await;

    for notes in ["somebody's notes\n", "somebody's notes", "{}", "[\"notes\"]\n"] {
        std::fs::write(&file, notes).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let options = super::options(addr, file.clone(), None, clock.clone());
        let refused = run(options, listener, std::future::pending()).await;
        assert!(matches!(refused, Err(SandboxError::Unreadable { line: 1, .. })), "{notes}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), notes);
    }
}
