//! `Idempotency-Key`: one effect and one answer, whoever sends it how often, at once or after a crash.

use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use minutebank::app::answer_once::{Turn, forget_expired, take_turn};
use minutebank::idempotency::{KEPT, Key, Keyed, LEASE, body_hash};
use minutebank::tenants::Scope;
use minutebank::units::WorkspaceId;
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{World, starter, world};
use crate::site::{Program, Site};

const KEY: &str = "mb_test_engine";
const INBOUND: &str = r#"{"direction":"inbound","agent":"A"}"#;

async fn engine(world: &World) -> (WorkspaceId, Program) {
    let workspace = world.subscribed(&starter()).await;
    world.key(workspace, KEY, &[Scope::CallsWrite, Scope::WalletRead]).await;
    (workspace, Site::of(world).await.program(KEY))
}

async fn calls(world: &World) -> i64 {
    sqlx::query_scalar("select count(*) from calls").fetch_one(&mut world.superuser().await).await.unwrap()
}

/// What a worker that was killed leaves: its row, and nobody to move its lease on.
async fn killed_worker(world: &World, workspace: WorkspaceId, body: &str) -> String {
    let key = Key::parse(b"k").unwrap();
    let keyed = Keyed::new(workspace, "POST", "/calls", &key, body_hash(body.as_bytes()).unwrap());
    match take_turn(&world.state, &keyed).await.unwrap() {
        Turn::Ours(claim) => claim.identity,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_same_request_again_gets_the_same_answer() {
    world(async |world| {
        let (_, engine) = engine(world).await;
        let first = engine.post_once("k", "/v1/calls", INBOUND).await;
        assert_eq!((first.status.as_u16(), first.header("idempotent-replayed")), (201, ""));
        for same in [INBOUND, " { \"agent\": \"A\", \"direction\": \"inbound\" } "] {
            let again = engine.post_once("k", "/v1/calls", same).await;
            assert_eq!((again.status, &again.body), (first.status, &first.body));
            assert_eq!(again.header("idempotent-replayed"), "true");
            again.json();
        }
        assert_eq!(calls(world).await, 1);
        let other = engine.post_once("k", "/v1/calls", r#"{"direction":"outbound"}"#).await;
        assert_eq!(other.error(), (409, "idempotency_mismatch".into(), None));
        engine.post("/v1/calls", &serde_json::from_str(INBOUND).unwrap()).await;
        engine.post_once("l", "/v1/calls", INBOUND).await;
        assert_eq!(calls(world).await, 3, "without the key, or with another, it is another request");
        // An answer is the answer of then, although the call goes on.
        let id = first.json()["id"].as_str().unwrap().to_owned();
        let done = json!({ "outcome": "answered", "duration_seconds": 9, "billed_duration_seconds": 9 });
        engine.post(&format!("/v1/calls/{id}/complete"), &done).await;
        assert_eq!(engine.post_once("k", "/v1/calls", INBOUND).await.body, first.body);
    });
}

#[test]
fn twenty_at_once_have_one_effect_and_one_answer() {
    world(async |world| {
        let (_, engine) = engine(world).await;
        // Two instances of the application over one database.
        let sibling = Site::of(world).await.program(KEY);
        let answers = join_all((0..20).map(|number| {
            let at = if number % 2 == 0 { &engine } else { &sibling };
            at.post_once("k", "/v1/calls", INBOUND)
        }))
        .await;
        assert!(answers.iter().all(|it| it.status == 201 && it.body == answers[0].body));
        assert_eq!(answers.iter().filter(|it| it.header("idempotent-replayed").is_empty()).count(), 1);
        assert_eq!(calls(world).await, 1);
    });
}

#[test]
fn a_key_belongs_to_a_workspace_and_a_path() {
    world(async |world| {
        let (_, engine) = engine(world).await;
        let (first, stranger) = (engine.post_once("k", "/v1/calls", INBOUND).await, world.subscribed(&starter()).await);
        world.key(stranger, "mb_test_other", &[Scope::Admin]).await;
        let other = Program { key: Some("mb_test_other".into()), ..engine.clone() };
        let theirs = other.post_once("k", "/v1/calls", r#"{"direction":"outbound"}"#).await;
        assert_eq!((theirs.status.as_u16(), theirs.header("idempotent-replayed")), (201, ""));
        let id = first.json()["id"].as_str().unwrap().to_owned();
        let done = json!({ "outcome": "busy", "duration_seconds": 0, "billed_duration_seconds": 0 });
        let path = format!("/v1/calls/{id}/complete");
        assert_eq!(engine.post_once("k", &path, &done).await.status, 200, "another path, another request");
        assert_eq!(engine.post_once("k", &path, &done).await.header("idempotent-replayed"), "true");
        let read = engine.send(Method::GET, &format!("/v1/calls/{id}")).await;
        assert_eq!(read.json()["status"], "ended");
    });
}

#[test]
fn what_changed_nothing_leaves_the_key_free() {
    world(async |world| {
        let (workspace, engine) = engine(world).await;
        let code = async |body: &str| engine.post_once("k", "/v1/calls", body).await.error().1;
        assert_eq!(code("{").await, "invalid_json");
        assert_eq!(code("").await, "invalid_json");
        assert_eq!(code("{}").await, "invalid_field");
        world.key(workspace, "mb_test_reader", &[Scope::WalletRead]).await;
        let reader = Program { key: Some("mb_test_reader".into()), ..engine.clone() };
        let refused = reader.post_once("k", "/v1/calls", INBOUND).await;
        assert_eq!(refused.error().1, "insufficient_scope");
        let nobody = Program { key: Some("mb_test_nobody".into()), ..engine.clone() };
        assert_eq!(nobody.post_once("k", "/v1/calls", INBOUND).await.error().1, "invalid_key");
        let missing = engine.post_once("k", "/v1/calls/none/complete", "{}").await;
        assert_eq!(missing.error().1, "invalid_field");
        let placed = engine.post_once("k", "/v1/calls", INBOUND).await;
        assert_eq!((placed.status.as_u16(), placed.header("idempotent-replayed")), (201, ""));
        // An answer is for those who might have got it themselves.
        assert_eq!(reader.post_once("k", "/v1/calls", INBOUND).await.error().1, "insufficient_scope");
    });
}

#[test]
fn a_refused_call_may_be_tried_again_under_its_key() {
    world(async |world| {
        let workspace = world.subscribed(&minutebank::pricing::Terms { included: 60, ..starter() }).await;
        world.key(workspace, KEY, &[Scope::CallsWrite]).await;
        let engine = Site::of(world).await.program(KEY);
        let held = engine.post("/v1/calls", &json!({ "id": "c1", "direction": "inbound" })).await;
        assert_eq!(held.status, 201);
        assert_eq!(engine.post_once("k", "/v1/calls", INBOUND).await.error().0, 402);
        let done = json!({ "outcome": "no_answer", "duration_seconds": 0, "billed_duration_seconds": 0 });
        engine.post("/v1/calls/c1/complete", &done).await;
        assert_eq!(engine.post_once("k", "/v1/calls", INBOUND).await.status, 201);
    });
}

#[test]
fn a_key_is_1_to_255_printable_characters() {
    world(async |world| {
        let (_, engine) = engine(world).await;
        for key in ["", &"x".repeat(256), "tab\tkey", "é"] {
            let answer = engine.post_once(key, "/v1/calls", INBOUND).await;
            assert_eq!(answer.error(), (422, "invalid_field".into(), Some("Idempotency-Key".into())), "{key}");
        }
        assert_eq!(engine.post_once(&"x".repeat(255), "/v1/calls", INBOUND).await.status, 201);
        assert_eq!(calls(world).await, 1);
    });
}

#[test]
fn a_second_request_waits_for_ten_seconds() {
    world(async |world| {
        let (workspace, engine) = engine(world).await;
        killed_worker(world, workspace, INBOUND).await;
        let begun = tokio::time::Instant::now();
        let answer = engine.post_once("k", "/v1/calls", INBOUND).await;
        assert_eq!(answer.error(), (409, "idempotency_in_progress".into(), None));
        assert_eq!(answer.header("retry-after"), "1");
        let waited = begun.elapsed();
        assert!(waited >= Duration::from_secs(10) && waited < Duration::from_secs(25), "{waited:?}");
        let other = engine.post_once("k", "/v1/calls", r#"{"direction":"outbound"}"#).await;
        assert_eq!(other.error().1, "idempotency_mismatch", "that is known at once");
        assert_eq!(calls(world).await, 0);
    });
}

#[test]
fn a_killed_worker_blocks_its_key_for_its_lease_only_and_nothing_is_done_twice() {
    world(async |world| {
        let (workspace, engine) = engine(world).await;
        let identity = killed_worker(world, workspace, INBOUND).await;
        // It had placed the call, under the name that every attempt has.
        let mut placed: Value = serde_json::from_str(INBOUND).unwrap();
        placed["id"] = json!(format!("call_{identity}"));
        assert_eq!(engine.post("/v1/calls", &placed).await.status, 201);
        let waiting = tokio::spawn(async move { engine.post_once("k", "/v1/calls", INBOUND).await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!waiting.is_finished(), "the lease still runs");
        world.clock.advance(LEASE);
        let answer = tokio::time::timeout(Duration::from_secs(5), waiting).await.unwrap().unwrap();
        assert_eq!((answer.status.as_u16(), &answer.json()["id"]), (200, &placed["id"]));
        assert_eq!(calls(world).await, 1);
    });
}

#[test]
fn a_worker_that_lives_keeps_its_key() {
    world(async |world| {
        let (_, engine) = engine(world).await;
        let mut blocker = world.superuser().await;
        sqlx::raw_sql("begin; lock table wallets").execute(&mut blocker).await.unwrap();
        let send = || {
            let engine = engine.clone();
            tokio::spawn(async move { engine.post_once("k", "/v1/calls", INBOUND).await })
        };
        let first = send();
        // Longer than a lease altogether, but the worker shows that it lives.
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(3_500)).await;
            world.clock.advance(LEASE - SignedDuration::from_secs(1));
        }
        let second = send();
        tokio::time::sleep(Duration::from_millis(500)).await;
        sqlx::raw_sql("rollback").execute(&mut blocker).await.unwrap();
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        assert_eq!((first.status.as_u16(), &first.body), (201, &second.body));
        assert_eq!(second.header("idempotent-replayed"), "true");
        assert_eq!(calls(world).await, 1);
    });
}

#[test]
fn a_client_that_hangs_up_finds_its_answer() {
    world(async |world| {
        let (_, engine) = engine(world).await;
        let mut blocker = world.superuser().await;
        sqlx::raw_sql("begin; lock table wallets").execute(&mut blocker).await.unwrap();
        let hasty = engine.post_once("k", "/v1/calls", INBOUND);
        assert!(tokio::time::timeout(Duration::from_secs(2), hasty).await.is_err());
        sqlx::raw_sql("rollback").execute(&mut blocker).await.unwrap();
        let again = engine.post_once("k", "/v1/calls", INBOUND).await;
        assert_eq!((again.status.as_u16(), again.header("idempotent-replayed")), (201, "true"));
        assert_eq!(calls(world).await, 1);
    });
}

#[test]
fn keys_are_forgotten_after_thirty_days() {
    world(async |world| {
        let (_, engine) = engine(world).await;
        let first = engine.post_once("k", "/v1/calls", INBOUND).await;
        world.clock.advance(KEPT - SignedDuration::from_secs(1));
        assert_eq!(engine.post_once("k", "/v1/calls", INBOUND).await.body, first.body);
        assert_eq!(forget_expired(&world.state).await.unwrap(), 0);
        world.clock.advance(SignedDuration::from_secs(1));
        // Whether or not its row has been removed, the key is new.
        let renewed = engine.post_once("k", "/v1/calls", r#"{"direction":"outbound"}"#).await;
        assert_eq!((renewed.status.as_u16(), renewed.header("idempotent-replayed")), (201, ""));
        world.clock.advance(KEPT);
        assert_eq!(forget_expired(&world.state).await.unwrap(), 1);
        let mut db = world.superuser().await;
        let left: i64 = sqlx::query_scalar("select count(*) from idempotency_keys").fetch_one(&mut db).await.unwrap();
        assert_eq!(left, 0);
    });
}
