//! `/v1/calls/{id}/heartbeat`: how far a hold grows, and when a call has to end.

use jiff::SignedDuration;
use minutebank::pricing::{HoldPolicy, Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::{Meter, MilliCents, Seconds};
use serde_json::{Value, json};

use crate::fixture::{World, starter, world};
use crate::site::{Answered, Program, Site};

const KEY: &str = "mb_test_engine";

/// The engine of a new workspace on these terms, with the open call `c1`.
async fn calling(world: &World, terms: &Terms) -> Program {
    let workspace = world.subscribed(terms).await;
    world.key(workspace, KEY, &[Scope::CallsWrite, Scope::WalletRead]).await;
    let engine = Site::of(world).await.program(KEY);
    let placed = engine.post("/v1/calls", &json!({ "id": "c1", "direction": "outbound" })).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    engine
}

async fn beat(engine: &Program, connected: i64) -> Answered {
    engine.post("/v1/calls/c1/heartbeat", &json!({ "connected_seconds": connected })).await
}

#[test]
fn a_heartbeat_extends_the_hold_and_a_lower_figure_is_ignored() {
    world(async |world| {
        let engine = calling(world, &starter()).await;
        world.clock.advance(SignedDuration::from_secs(40));
        let first = beat(&engine, 30).await;
        assert_eq!(first.status, 200);
        let hold = json!({ "seconds": 90, "calls": null, "milli_cents": null, "expires_at": "2026-11-20T16:10:00Z" });
        let expected = json!({ "continue": true, "hang_up_at": "2026-11-20T15:01:40Z", "hold": hold });
        assert_eq!(first.json(), expected);
        assert_eq!(beat(&engine, 10).await.json(), expected, "the call has been connected for 30 seconds");
        assert_eq!(engine.get("/v1/calls/c1").await.json()["hold"], hold);
        let wallet = engine.get("/v1/wallet").await.json();
        assert_eq!((&wallet["held_seconds"], &wallet["capacity_seconds"]), (&json!(90), &json!(5_910)));
    });
}

#[test]
fn a_hold_grows_as_far_as_the_wallet_covers_it_and_its_price_with_it() {
    world(async |world| {
        let rates = Rates { voice: MilliCents(6_000), ..Rates::default() };
        let terms = Terms { included: 0, rates, free_credits: MilliCents(10_000), ..starter() };
        let engine = calling(world, &terms).await;
        let answer = beat(&engine, 60).await.json();
        assert_eq!((&answer["continue"], &answer["hang_up_at"]), (&json!(true), &json!("2026-11-20T15:00:40Z")));
        assert_eq!((&answer["hold"]["seconds"], &answer["hold"]["milli_cents"]), (&json!(100), &json!(10_000)));
        let last = beat(&engine, 100).await.json();
        assert_eq!((&last["continue"], &last["hang_up_at"]), (&json!(false), &json!("2026-11-20T15:00:00Z")));
        assert_eq!(last["hold"], engine.get("/v1/calls/c1").await.json()["hold"]);
        assert_eq!(engine.get("/v1/wallet").await.json()["available_milli_cents"], 0);
    });
}

#[test]
fn the_longest_call_is_the_limit_of_every_policy_and_meter() {
    world(async |world| {
        let by_minutes = calling(world, &Terms { max_call: Seconds(120), ..starter() }).await;
        assert_eq!(beat(&by_minutes, 119).await.json()["hold"]["seconds"], 120);
        assert_eq!(beat(&by_minutes, 120).await.json()["continue"], false);
    });
    world(async |world| {
        let worst_case = calling(world, &Terms { hold: HoldPolicy::WorstCase, ..starter() }).await;
        let answer = beat(&worst_case, 600).await.json();
        assert_eq!(
            (&answer["hold"]["seconds"], &answer["hang_up_at"]),
            (&json!(3_600), &json!("2026-11-20T15:50:00Z"))
        );
    });
    world(async |world| {
        let by_calls = calling(world, &Terms { meter: Meter::Calls, included: 1, ..starter() }).await;
        let answer = beat(&by_calls, 600).await.json();
        let expected = (&json!(true), &json!("2026-11-20T15:50:00Z"));
        assert_eq!((&answer["continue"], &answer["hang_up_at"]), expected);
        assert_eq!((&answer["hold"]["seconds"], &answer["hold"]["calls"]), (&Value::Null, &json!(1)));
        assert_eq!(beat(&by_calls, 3_600).await.json()["continue"], false);
    });
}

#[test]
fn a_call_that_has_ended_does_not_go_on() {
    world(async |world| {
        let engine = calling(world, &starter()).await;
        let report = json!({ "outcome": "answered", "duration_seconds": 10, "billed_duration_seconds": 10 });
        engine.post("/v1/calls/c1/complete", &report).await;
        let before = engine.get("/v1/wallet").await.json();
        let answer = beat(&engine, 20).await;
        assert_eq!(
            (answer.status.as_u16(), answer.json()),
            (200, json!({ "continue": false, "hang_up_at": null, "hold": null }))
        );
        assert_eq!(engine.get("/v1/wallet").await.json(), before);
    });
}

#[test]
fn a_heartbeat_has_one_figure_and_a_call_of_one_s_own() {
    world(async |world| {
        let engine = calling(world, &starter()).await;
        let wrong = [
            (json!({}), "connected_seconds"),
            (json!({ "connected_seconds": null }), "connected_seconds"),
            (json!({ "connected_seconds": -1 }), "connected_seconds"),
            (json!({ "connected_seconds": 86_401 }), "connected_seconds"),
            (json!({ "connected_seconds": 1.5 }), "connected_seconds"),
            (json!({ "connected_seconds": "1" }), "connected_seconds"),
            (json!({ "connected_seconds": 1, "at": 2 }), "at"),
        ];
        for (body, field) in wrong {
            let answer = engine.post("/v1/calls/c1/heartbeat", &body).await;
            assert_eq!(answer.error(), (422, "invalid_field".into(), Some(field.into())), "{body}");
        }
        assert_eq!(engine.get("/v1/wallet").await.json()["held_seconds"], 60);
        let other = world.subscribed(&starter()).await;
        world.key(other, "mb_test_other", &[Scope::Admin]).await;
        let stranger = Program { key: Some("mb_test_other".into()), ..engine.clone() };
        assert_eq!(beat(&stranger, 1).await.error(), (404, "not_found".into(), None));
        let reader = world.workspace().await;
        world.key(reader, "mb_test_reader", &[Scope::WalletRead]).await;
        let reader = Program { key: Some("mb_test_reader".into()), ..engine };
        assert_eq!(beat(&reader, 1).await.error(), (403, "insufficient_scope".into(), None));
    });
}
