//! Each event reaches each endpoint that wants it, in order, until it is taken or given up.

use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use minutebank::app::deliver_events::deliver;
use minutebank::app::event_endpoints::{EndpointChange, add_endpoint, change_endpoint, rotate_secret, show_secret};
use minutebank::ledger::{CallOutcome, Command, Direction, Placement};
use minutebank::notify::events::EventType;
use minutebank::notify::events::address::Reach;
use minutebank::notify::events::sender::Sender;
use minutebank::pricing::Terms;
use minutebank::units::{MilliCents, Seconds, WorkspaceId};
use serde_json::json;

use super::receiver::Receiver;
use crate::fixture::{World, starter, world};

/// Three minutes included, a minute held for each call.
async fn client(world: &World) -> WorkspaceId {
    world.subscribed(&Terms { included: 180, ..starter() }).await
}

/// An endpoint with its secret.
async fn endpoint(world: &World, workspace: WorkspaceId, url: &str, types: &[EventType]) -> (String, String) {
    let form_key = format!("{url}{types:?}");
    let id = add_endpoint(&world.state, workspace, url, types, &form_key).await.unwrap();
    let secret = show_secret(&world.state, workspace, &id).await.unwrap().unwrap();
    (id, secret)
}

/// A call of a minute.
async fn call(world: &World, workspace: WorkspaceId, id: &str) {
    let placement = Placement {
        id: id.into(),
        direction: Direction::Inbound,
        agent: None,
        from: None,
        to: None,
        recording: false,
        metadata: None,
    };
    world.submit(workspace, Command::PlaceHold(placement)).await;
    let (duration, billed) = (Seconds(70), Seconds(60));
    let end = Command::EndCall { id: id.into(), outcome: CallOutcome::Answered, duration, billed };
    world.submit(workspace, end).await;
}

fn sender() -> Sender {
    Sender::new(Reach::Anywhere).unwrap()
}

async fn look(world: &World) {
    deliver(&world.state, &sender()).await.unwrap();
}

async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut world.superuser().await).await.unwrap()
}

#[test]
fn events_are_signed_and_told_once_in_their_order() {
    world(async |world| {
        let (workspace, receiver) = (client(world).await, Receiver::start().await);
        let (_, secret) = endpoint(world, workspace, &receiver.url, &EventType::ALL).await;
        for id in ["c1", "c2", "c3"] {
            call(world, workspace, id).await;
        }
        world.clock.advance(SignedDuration::from_secs(3));
        look(world).await;
        let heard = receiver.heard();
        let kinds: Vec<String> = heard.iter().map(|it| it.kind()).collect();
        assert_eq!(kinds, ["call.settled", "call.settled", "wallet.low", "call.settled", "wallet.paused"]);
        let settled = &heard[0];
        let expected = json!({
            "type": "call.settled", "timestamp": "2026-11-20T15:00:00Z",
            "data": {
                "workspace": world.public_id(workspace).await, "call": "c1", "outcome": "answered",
                "duration_seconds": 70, "billed_duration_seconds": 60, "billing_amount_milli_cents": 0,
                "excess_milli_cents": 0, "overrun_seconds": 0, "ended_at": "2026-11-20T15:00:00Z",
            },
        });
        assert_eq!(settled.json(), expected);
        assert_eq!(settled.header("content-type"), "application/json");
        assert_eq!(settled.header("webhook-timestamp"), world.clock.now().as_second().to_string());
        for it in &heard {
            assert_eq!((it.signed_by(&secret), it.path.as_str()), (1, "/events"));
            assert!(it.header("webhook-id").starts_with("evt_"));
        }
        let wrong = format!("whsec_{}", "A".repeat(43) + "=");
        assert_eq!(settled.signed_by(&wrong), 0);
        world.clock.advance(SignedDuration::from_hours(24));
        look(world).await;
        assert_eq!(receiver.kinds(), [""; 0], "each once");
    });
}

#[test]
fn an_endpoint_hears_what_it_wants_from_its_own_workspace() {
    world(async |world| {
        let (workspace, neighbour) = (client(world).await, client(world).await);
        let [low, all, theirs] = [Receiver::start().await, Receiver::start().await, Receiver::start().await];
        call(world, workspace, "before").await;
        endpoint(world, workspace, &low.url, &[EventType::WalletLow]).await;
        let (id, _) = endpoint(world, workspace, &all.url, &EventType::ALL).await;
        endpoint(world, neighbour, &theirs.url, &[EventType::WalletPaused]).await;
        world.clock.advance(SignedDuration::from_secs(1));
        call(world, workspace, "c1").await;
        look(world).await;
        assert_eq!((low.kinds(), theirs.kinds().len()), (vec!["wallet.low".to_owned()], 0));
        let heard = all.heard();
        assert_eq!(heard[0].json()["data"]["call"], "c1", "what was before it was added is not told");
        change_endpoint(&world.state, workspace, &id, EndpointChange::Disable).await.unwrap();
        call(world, workspace, "c2").await;
        look(world).await;
        assert_eq!(all.heard().len(), 0, "disabled");
        change_endpoint(&world.state, workspace, &id, EndpointChange::Enable).await.unwrap();
        look(world).await;
        assert_eq!(all.heard().len(), 0, "what happened meanwhile is not told");
        change_endpoint(&world.state, workspace, &id, EndpointChange::Remove).await.unwrap();
        let credit = Command::CreditMoney { key: "cs_1".into(), amount: MilliCents(1_000) };
        world.submit(workspace, credit).await;
        look(world).await;
        assert_eq!(all.heard().len(), 0);
    });
}

#[test]
fn settled_calls_are_written_down_only_where_somebody_wants_them() {
    world(async |world| {
        let (workspace, receiver) = (client(world).await, Receiver::start().await);
        let settled = async || count(world, "select count(*) from wallet_events where type = 'call.settled'").await;
        endpoint(world, workspace, &receiver.url, &[EventType::WalletLow]).await;
        call(world, workspace, "c1").await;
        assert_eq!(settled().await, 0);
        let (id, _) = endpoint(world, workspace, &receiver.url, &[EventType::CallSettled]).await;
        call(world, workspace, "c2").await;
        assert_eq!(settled().await, 1);
        let missed = Command::EndCall {
            id: "c2".into(),
            outcome: CallOutcome::Answered,
            duration: Seconds(70),
            billed: Seconds(60),
        };
        world.submit(workspace, missed).await;
        assert_eq!(settled().await, 1, "a repetition settles nothing");
        change_endpoint(&world.state, workspace, &id, EndpointChange::Disable).await.unwrap();
        call(world, workspace, "c3").await;
        assert_eq!(settled().await, 1);
    });
}

#[test]
fn an_endpoint_that_fails_is_told_later_under_the_same_id() {
    world(async |world| {
        let (workspace, receiver) = (client(world).await, Receiver::start().await);
        endpoint(world, workspace, &receiver.url, &[EventType::CallSettled]).await;
        receiver.answer([503, 302]);
        call(world, workspace, "c1").await;
        let mut ids = Vec::new();
        for (wait, heard) in [(0, 1), (4, 0), (1, 1), (299, 0), (1, 1), (3_600, 0)] {
            world.clock.advance(SignedDuration::from_secs(wait));
            look(world).await;
            let now = receiver.heard();
            assert_eq!(now.len(), heard, "after {wait} s");
            assert!(now.iter().all(|it| it.path == "/events"), "a redirect is not followed");
            ids.extend(now.into_iter().map(|it| (it.header("webhook-id").to_owned(), it.body)));
        }
        assert_eq!(ids.len(), 3);
        assert!(ids.iter().all(|it| *it == ids[0]), "the same event, byte for byte");
    });
}

#[test]
fn an_endpoint_that_is_down_is_asked_once_a_look_and_hears_all_of_it_later() {
    world(async |world| {
        let workspace = client(world).await;
        // Nobody listens there.
        let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        endpoint(world, workspace, &format!("http://{closed}/"), &[EventType::CallSettled]).await;
        for id in ["c1", "c2"] {
            call(world, workspace, id).await;
        }
        look(world).await;
        assert_eq!(count(world, "select sum(attempts)::bigint from event_deliveries").await, 1);
        let receiver = Receiver::start().await;
        let up = "update event_endpoints set url = $1";
        sqlx::query(up).bind(&receiver.url).execute(&mut world.superuser().await).await.unwrap();
        call(world, workspace, "c3").await;
        look(world).await;
        assert_eq!(receiver.calls(), [""; 0], "what is newer waits as well");
        world.clock.advance(SignedDuration::from_secs(10));
        look(world).await;
        assert_eq!(receiver.calls(), ["c1", "c2", "c3"], "in their order");
    });
}

/// A process that is killed while the receiver has an event of it and does not answer.
async fn killed_while_sending(world: &World, receiver: &Receiver) {
    receiver.be_silent(true);
    let state = world.state.clone();
    let process = tokio::spawn(async move { deliver(&state, &sender()).await });
    while receiver.is_idle() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.abort();
    assert!(process.await.unwrap_err().is_cancelled());
    receiver.be_silent(false);
}

#[test]
fn what_a_killed_process_was_sending_another_one_sends_and_nothing_overtakes_it() {
    world(async |world| {
        let (workspace, receiver) = (client(world).await, Receiver::start().await);
        endpoint(world, workspace, &receiver.url, &[EventType::CallSettled]).await;
        call(world, workspace, "c1").await;
        killed_while_sending(world, &receiver).await;
        assert_eq!(receiver.calls(), ["c1"]);
        call(world, workspace, "c2").await;
        world.clock.advance(SignedDuration::from_secs(29));
        look(world).await;
        assert_eq!(receiver.calls(), [""; 0], "it may still be sending");
        world.clock.advance(SignedDuration::from_secs(1));
        let sender = sender();
        for taken in join_all((0..4).map(|_| deliver(&world.state, &sender))).await {
            taken.unwrap();
        }
        assert_eq!(receiver.calls(), ["c1", "c2"], "by one of four");
        call(world, workspace, "c3").await;
        for taken in join_all((0..4).map(|_| deliver(&world.state, &sender))).await {
            taken.unwrap();
        }
        assert_eq!(receiver.calls(), ["c3"], "handed out once, taken once");
    });
}

#[test]
fn what_is_never_taken_is_given_up_and_comes_into_the_inbox() {
    world(async |world| {
        let (workspace, receiver) = (client(world).await, Receiver::start().await);
        let (id, _) = endpoint(world, workspace, &receiver.url, &[EventType::CallSettled]).await;
        receiver.answer([500; 20]);
        call(world, workspace, "c1").await;
        let open = "select count(*) from inbox_items where kind = 'failed_delivery' and resolved_at is null";
        for attempt in 1..=10 {
            assert_eq!(count(world, open).await, 0, "attempt {attempt}");
            look(world).await;
            world.clock.advance(SignedDuration::from_hours(24));
        }
        assert_eq!((receiver.heard().len(), count(world, open).await), (10, 1));
        for _ in 0..3 {
            world.clock.advance(SignedDuration::from_hours(24));
            look(world).await;
        }
        assert_eq!(receiver.heard().len(), 0, "given up");
        let resolve = "update inbox_items set resolution = 'dismissed', resolved_at = created_at";
        sqlx::query(resolve).execute(&mut world.superuser().await).await.unwrap();
        call(world, workspace, "c2").await;
        look(world).await;
        let last = "update event_deliveries set attempts = 9, next_attempt_at = $1 where next_attempt_at is not null";
        let now = jiff_sqlx::Timestamp::from(world.clock.now());
        sqlx::query(last).bind(now).execute(&mut world.superuser().await).await.unwrap();
        look(world).await;
        assert_eq!(count(world, open).await, 1, "the endpoint's item is open again: {id}");
    });
}

#[test]
fn a_new_secret_signs_beside_the_old_one_for_a_day() {
    world(async |world| {
        let (workspace, receiver) = (client(world).await, Receiver::start().await);
        let (id, old) = endpoint(world, workspace, &receiver.url, &[EventType::CallSettled]).await;
        assert_eq!(show_secret(&world.state, workspace, &id).await.unwrap(), None, "shown once");
        assert!(rotate_secret(&world.state, workspace, &id).await.unwrap());
        assert!(!rotate_secret(&world.state, client(world).await, &id).await.unwrap(), "by its own workspace");
        let new = show_secret(&world.state, workspace, &id).await.unwrap().unwrap();
        let signed = async |call_id| {
            call(world, workspace, call_id).await;
            look(world).await;
            let heard = receiver.heard();
            (heard[0].signed_by(&new), heard[0].signed_by(&old))
        };
        assert_eq!(signed("c1").await, (1, 1));
        world.clock.advance(SignedDuration::from_hours(24));
        assert_eq!(signed("c2").await, (1, 0));
    });
}

#[test]
fn a_form_for_a_new_secret_that_was_sent_twice_keeps_the_old_one_signing() {
    world(async |world| {
        let (workspace, receiver) = (client(world).await, Receiver::start().await);
        let (id, old) = endpoint(world, workspace, &receiver.url, &[EventType::CallSettled]).await;
        let another = async || {
            assert!(rotate_secret(&world.state, workspace, &id).await.unwrap());
            show_secret(&world.state, workspace, &id).await.unwrap().unwrap()
        };
        // The page with the first went to nobody: the second click left it.
        let unseen = another().await;
        world.clock.advance(SignedDuration::from_secs(2));
        let shown = another().await;
        call(world, workspace, "c1").await;
        look(world).await;
        let signed = |by: [&str; 3]| {
            let heard = receiver.heard();
            by.map(|secret| heard[0].signed_by(secret))
        };
        assert_eq!(signed([&shown, &old, &unseen]), [1, 1, 0]);
        // After a while it was seen, and is the one before.
        world.clock.advance(SignedDuration::from_mins(1));
        let next = another().await;
        call(world, workspace, "c2").await;
        look(world).await;
        assert_eq!(signed([&next, &shown, &old]), [1, 1, 0]);
    });
}

#[test]
fn old_events_go_and_what_is_on_its_way_stays() {
    world(async |world| {
        let (workspace, receiver) = (client(world).await, Receiver::start().await);
        endpoint(world, workspace, &receiver.url, &[EventType::CallSettled]).await;
        receiver.answer([204, 500]);
        call(world, workspace, "c1").await;
        call(world, workspace, "c2").await;
        look(world).await;
        let keep = "update event_deliveries set next_attempt_at = 'infinity' where next_attempt_at is not null";
        world.clock.advance(SignedDuration::from_hours(30 * 24));
        look(world).await;
        assert_eq!(count(world, "select count(*) from event_deliveries").await, 2, "thirty days are kept");
        sqlx::query(keep).execute(&mut world.superuser().await).await.unwrap();
        world.clock.advance(SignedDuration::from_secs(1));
        receiver.heard();
        look(world).await;
        assert_eq!(count(world, "select count(*) from event_deliveries").await, 0);
    });
}
