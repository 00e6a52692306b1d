//! `/v1/calls`: holds, settlements, and everything that can be wrong with asking for them.

use futures::future::join_all;
use jiff::SignedDuration;
use minutebank::pricing::{HoldPolicy, Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::{Meter, MilliCents, WorkspaceId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{World, starter, world};
use crate::site::{Program, Site};

const KEY: &str = "mb_test_engine";

async fn engine(world: &World, terms: &Terms) -> (WorkspaceId, Program) {
    let workspace = world.subscribed(terms).await;
    world.key(workspace, KEY, &[Scope::CallsWrite, Scope::WalletRead]).await;
    (workspace, Site::of(world).await.program(KEY))
}

fn outbound(id: &str) -> Value {
    json!({ "id": id, "direction": "outbound" })
}

fn answered(seconds: i64) -> Value {
    json!({ "outcome": "answered", "duration_seconds": seconds, "billed_duration_seconds": seconds })
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_call_is_held_then_settled() {
    world(async |world| {
        let (workspace, engine) = engine(world, &starter()).await;
        let placed = engine
            .post(
                "/v1/calls",
                &json!({ "id": "c:1", "direction": "inbound", "agent": "Front desk", "from": "+13125550142",
                         "to": "+13125550100", "recording": true, "metadata": { "campaign": "recall" } }),
            )
            .await;
        assert_eq!(placed.status, 201);
        let expected = json!({
            "id": "c:1", "object": "call", "workspace": world.public_id(workspace).await, "direction": "inbound",
            "agent": "Front desk", "from": "+13125550142", "to": "+13125550100", "recording": true,
            "metadata": { "campaign": "recall" }, "status": "open", "outcome": null, "duration_seconds": null,
            "billed_duration_seconds": null, "billing_amount_milli_cents": null, "excess_milli_cents": null,
            "overrun_seconds": null, "reservation_status": "reserved",
            "hold": { "seconds": 60, "calls": null, "milli_cents": null, "expires_at": "2026-11-20T16:10:00Z" },
            "created_at": "2026-11-20T15:00:00Z", "ended_at": null,
        });
        assert_eq!(placed.json(), expected);
        assert_eq!(engine.get("/v1/calls/c:1").await.json(), expected);
        world.clock.advance(SignedDuration::from_secs(90));
        let settled = engine.post("/v1/calls/c:1/complete", &answered(75)).await;
        assert_eq!(settled.status, 200);
        let ended = settled.json();
        assert_eq!((&ended["status"], &ended["reservation_status"]), (&json!("ended"), &json!("settled")));
        assert_eq!((&ended["outcome"], &ended["billed_duration_seconds"]), (&json!("answered"), &json!(75)));
        assert_eq!((&ended["billing_amount_milli_cents"], &ended["overrun_seconds"]), (&json!(0), &json!(0)));
        assert_eq!(ended["ended_at"], "2026-11-20T15:01:30Z");
        assert_eq!(keys(&ended), keys(&expected));
        let wallet = engine.get("/v1/wallet").await.json();
        assert_eq!(wallet["allowance"]["used_seconds"], 75);
    });
}

#[test]
fn a_call_that_nobody_answered_costs_nothing() {
    world(async |world| {
        let (_, engine) = engine(world, &starter()).await;
        for outcome in ["no_answer", "busy", "failed", "voicemail", "canceled"] {
            engine.post("/v1/calls", &outbound(outcome)).await;
            let body = json!({ "outcome": outcome, "duration_seconds": 31, "billed_duration_seconds": 0 });
            let call = engine.post(&format!("/v1/calls/{outcome}/complete"), &body).await.json();
            assert_eq!((&call["reservation_status"], &call["outcome"]), (&json!("released"), &json!(outcome)));
        }
        engine.post("/v1/calls", &outbound("zero")).await;
        let call = engine.post("/v1/calls/zero/complete", &answered(0)).await.json();
        assert_eq!(call["reservation_status"], "settled");
        let wallet = engine.get("/v1/wallet").await.json();
        assert_eq!((&wallet["allowance"]["used_seconds"], &wallet["held_seconds"]), (&json!(0), &json!(0)));
    });
}

#[test]
fn the_same_call_again_is_the_same_call() {
    world(async |world| {
        let (_, engine) = engine(world, &starter()).await;
        let first = engine.post("/v1/calls", &outbound("c1")).await;
        let again = engine.post("/v1/calls", &outbound("c1")).await;
        assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
        assert_eq!(first.json(), again.json());
        // Absent and null fields are the same fields.
        let with_null = json!({ "id": "c1", "direction": "outbound", "agent": null, "recording": false });
        assert_eq!(engine.post("/v1/calls", &with_null).await.status, 200);
        let other = engine.post("/v1/calls", &json!({ "id": "c1", "direction": "inbound" })).await;
        assert_eq!(other.error(), (409, "id_conflict".into(), None));
        let ended = engine.post("/v1/calls/c1/complete", &answered(61)).await;
        let repeated = engine.post("/v1/calls/c1/complete", &answered(61)).await;
        assert_eq!((ended.status.as_u16(), repeated.status.as_u16()), (200, 200));
        assert_eq!(ended.body, repeated.body);
        let contradiction = engine.post("/v1/calls/c1/complete", &answered(62)).await;
        assert_eq!(contradiction.error(), (409, "already_completed".into(), None));
        assert_eq!(contradiction.json()["error"]["call"], ended.json());
        assert_eq!(engine.post("/v1/calls", &outbound("c1")).await.json(), ended.json());
        // Without an id each request is a call of its own.
        let unnamed = json!({ "direction": "outbound" });
        let ids = [engine.post("/v1/calls", &unnamed).await.json(), engine.post("/v1/calls", &unnamed).await.json()];
        assert_ne!(ids[0]["id"], ids[1]["id"]);
        assert!(ids[0]["id"].as_str().unwrap().starts_with("call_"));
        assert_eq!(ids[0]["id"].as_str().unwrap().len(), "call_".len() + 22);
    });
}

#[test]
fn of_fifty_at_once_exactly_as_many_start_as_fit_and_each_is_charged_once() {
    world(async |world| {
        let (_, engine) = engine(world, &Terms { included: 600, ..starter() }).await;
        let start = |number: usize| {
            let engine = engine.clone();
            async move { engine.post("/v1/calls", &outbound(&format!("c{number}"))).await }
        };
        let started = join_all((0..50).map(start)).await;
        let accepted: Vec<String> = started
            .iter()
            .filter(|it| it.status == 201)
            .map(|it| it.json()["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(accepted.len(), 10);
        assert_eq!(started.iter().filter(|it| it.status == 402).count(), 40);
        assert_eq!(engine.get("/v1/wallet").await.json()["status"], "paused");
        for id in &accepted {
            let path = format!("/v1/calls/{id}/complete");
            let body = answered(41);
            let answers = join_all((0..20).map(|_| engine.post(&path, &body))).await;
            assert!(answers.iter().all(|it| it.status == 200 && it.body == answers[0].body));
        }
        let wallet = engine.get("/v1/wallet").await.json();
        assert_eq!((&wallet["allowance"]["used_seconds"], &wallet["held_seconds"]), (&json!(410), &json!(0)));
    });
}

#[test]
fn the_402_in_minutes_says_what_to_add() {
    world(async |world| {
        let (_, engine) = engine(world, &Terms { included: 75, hold: HoldPolicy::WorstCase, ..starter() }).await;
        let refused = engine.post("/v1/calls", &outbound("c1")).await;
        assert_eq!(refused.status, 402);
        let expected = json!({ "error": {
            "code": "insufficient_balance", "message": "Wallet balance below minimum to start call",
            "balance_usd": 0, "required_usd": null,
            "user_message": "Calls paused. You have 1 minute left but each call requires a 60-minute hold (we release \
                             it back if no one answers). Add 59 minutes or more to keep calling.",
            "available_milli_cents": 0, "required_milli_cents": null, "capacity_seconds": 75, "required_seconds": 3600,
            "capacity_calls": null, "required_calls": null, "shortfall_usd": null,
            "topup_url": "http://localhost:3000/billing",
        }});
        assert_eq!(refused.json(), expected);
        // Refused is not started: the same id may try again, with other fields, too.
        assert_eq!(engine.get("/v1/calls/c1").await.error().0, 404);
        let again = engine.post("/v1/calls", &json!({ "id": "c1", "direction": "inbound" })).await;
        assert_eq!(again.error(), (402, "insufficient_balance".into(), None));
    });
}

#[test]
fn the_402_in_money_and_the_price_of_a_hold() {
    world(async |world| {
        let rates = Rates { voice: MilliCents(5_000), ..Rates::default() };
        let terms = Terms { included: 0, rates, hold: HoldPolicy::WorstCase, ..starter() };
        let (_, engine) = engine(world, &Terms { free_credits: MilliCents(488_000), ..terms }).await;
        let placed = engine.post("/v1/calls", &outbound("c1")).await.json();
        assert_eq!(placed["hold"]["milli_cents"], 300_000);
        let refused = engine.post("/v1/calls", &outbound("c2")).await.json()["error"].clone();
        for (name, value) in [("balance_usd", "1.88"), ("required_usd", "3"), ("shortfall_usd", "1.12")] {
            assert_eq!(refused[name].to_string(), value, "{name}");
        }
        assert_eq!(
            (&refused["available_milli_cents"], &refused["required_milli_cents"]),
            (&json!(188_000), &json!(300_000))
        );
        let message = refused["user_message"].as_str().unwrap();
        assert!(message.starts_with("Calls paused. Your balance is $1.88"), "{message}");
        let settled = engine.post("/v1/calls/c1/complete", &answered(61)).await.json();
        assert_eq!(settled["billing_amount_milli_cents"], 5_083);
    });
}

#[test]
fn on_the_calls_meter_figures_are_calls() {
    world(async |world| {
        let (_, engine) = engine(world, &Terms { meter: Meter::Calls, included: 1, ..starter() }).await;
        let placed = engine.post("/v1/calls", &outbound("c1")).await.json();
        assert_eq!((&placed["hold"]["seconds"], &placed["hold"]["calls"]), (&Value::Null, &json!(1)));
        let refused = engine.post("/v1/calls", &outbound("c2")).await.json()["error"].clone();
        assert_eq!((&refused["capacity_calls"], &refused["required_calls"]), (&json!(0), &json!(1)));
        assert_eq!((&refused["capacity_seconds"], &refused["required_seconds"]), (&Value::Null, &Value::Null));
    });
}

#[test]
fn without_a_subscription_nothing_starts() {
    world(async |world| {
        let workspace = world.workspace().await;
        world.key(workspace, KEY, &[Scope::Admin]).await;
        let refused = Site::of(world).await.program(KEY).post("/v1/calls", &outbound("c1")).await;
        assert_eq!(refused.error(), (402, "no_subscription".into(), None));
        let error = &refused.json()["error"];
        assert!(error["user_message"].as_str().unwrap().starts_with("Calls paused. "));
        assert_eq!(keys(error).len(), 13, "every field is there: {error}");
        assert!(error["required_seconds"].is_null() && error["capacity_seconds"].is_null());
    });
}

#[test]
fn what_is_wrong_with_a_body_names_its_field() {
    world(async |world| {
        let (_, engine) = engine(world, &starter()).await;
        let long = "x".repeat(256);
        let big = "x".repeat(4_200);
        let cases = [
            (json!({}), "direction"),
            (json!({ "direction": "sideways" }), "direction"),
            (json!({ "direction": 1 }), "direction"),
            (json!({ "direction": "inbound", "id": "" }), "id"),
            (json!({ "direction": "inbound", "id": "a b" }), "id"),
            (json!({ "direction": "inbound", "id": "x".repeat(65) }), "id"),
            (json!({ "direction": "inbound", "id": 7 }), "id"),
            (json!({ "direction": "inbound", "agent": long }), "agent"),
            (json!({ "direction": "inbound", "from": 1 }), "from"),
            (json!({ "direction": "inbound", "to": "nul \u{0}" }), "to"),
            (json!({ "direction": "inbound", "recording": "yes" }), "recording"),
            (json!({ "direction": "inbound", "metadata": [] }), "metadata"),
            (json!({ "direction": "inbound", "metadata": { "a": 1 } }), "metadata"),
            (json!({ "direction": "inbound", "metadata": { "a": { "b": "c" } } }), "metadata"),
            (json!({ "direction": "inbound", "metadata": { "a": big } }), "metadata"),
            (json!({ "direction": "inbound", "metadata": { "a": "\u{0}" } }), "metadata"),
            (json!({ "direction": "inbound", "colour": "red" }), "colour"),
        ];
        for (body, field) in cases {
            let answer = engine.post("/v1/calls", &body).await;
            assert_eq!(answer.error(), (422, "invalid_field".into(), Some(field.into())), "{body}");
        }
        assert_eq!(engine.get("/v1/wallet").await.json()["held_seconds"], 0, "nothing was started");
    });
}

#[test]
fn what_is_wrong_with_a_report_names_its_field() {
    world(async |world| {
        let (_, engine) = engine(world, &starter()).await;
        engine.post("/v1/calls", &outbound("c1")).await;
        let report = |outcome: &str, duration: Value, billed: Value| json!({ "outcome": outcome, "duration_seconds": duration, "billed_duration_seconds": billed });
        let cases = [
            (json!({}), "outcome"),
            (report("lost", json!(1), json!(1)), "outcome"),
            (report("answered", json!(-1), json!(0)), "duration_seconds"),
            (report("answered", json!(86_401), json!(0)), "duration_seconds"),
            (report("answered", json!("60"), json!(0)), "duration_seconds"),
            (report("answered", json!(60.5), json!(0)), "duration_seconds"),
            (report("answered", json!(60), Value::Null), "billed_duration_seconds"),
            (report("answered", json!(60), json!(61)), "billed_duration_seconds"),
            (report("answered", json!(60), json!(-1)), "billed_duration_seconds"),
            (report("busy", json!(60), json!(1)), "billed_duration_seconds"),
            (json!({ "outcome": "busy", "duration_seconds": 0, "billed_duration_seconds": 0, "cost": 1 }), "cost"),
        ];
        for (body, field) in cases {
            let answer = engine.post("/v1/calls/c1/complete", &body).await;
            assert_eq!(answer.error(), (422, "invalid_field".into(), Some(field.into())), "{body}");
        }
        assert_eq!(engine.get("/v1/calls/c1").await.json()["status"], "open");
        let longest = report("answered", json!(86_400), json!(86_400));
        assert_eq!(engine.post("/v1/calls/c1/complete", &longest).await.json()["overrun_seconds"], 80_400);
    });
}

#[test]
fn bodies_are_small_and_json() {
    world(async |world| {
        let (_, engine) = engine(world, &starter()).await;
        let send = async |media_type: &str, body: &str| {
            engine.post_raw("/v1/calls", media_type, body.to_owned()).await.error()
        };
        let error = |status: u16, code: &str| (status, code.to_owned(), None);
        for malformed in ["", "{", "[]", "null", "\"x\"", "{\"direction\":\"inbound\"} x"] {
            assert_eq!(send("application/json", malformed).await, error(400, "invalid_json"), "{malformed}");
        }
        let fine = "{\"direction\":\"inbound\"}";
        for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
            assert_eq!(send(media_type, fine).await, error(415, "unsupported_media_type"));
        }
        let padded = |length: usize| format!("{fine}{}", " ".repeat(length - fine.len()));
        assert_eq!(send("application/json", &padded(65_537)).await, error(413, "body_too_large"));
        let full = engine.post_raw("/v1/calls", "application/json; charset=utf-8", padded(65_536)).await;
        assert_eq!(full.status, 201);
    });
}

#[test]
fn a_key_opens_its_own_workspace_and_what_its_scopes_say() {
    world(async |world| {
        let (workspace, engine) = engine(world, &starter()).await;
        engine.post("/v1/calls", &outbound("c1")).await;
        let other = world.subscribed(&starter()).await;
        world.key(other, "mb_test_other", &[Scope::Admin]).await;
        world.key(workspace, "mb_test_reader", &[Scope::WalletRead]).await;
        let with = |key: Option<&str>| Program { key: key.map(str::to_owned), ..engine.clone() };
        let error = |status: u16, code: &str| (status, code.to_owned(), None);
        for unknown in [None, Some("mb_test_nobody"), Some("")] {
            let answer = with(unknown).get("/v1/calls/c1").await;
            assert_eq!(answer.error(), error(401, "invalid_key"));
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        let reader = with(Some("mb_test_reader"));
        assert_eq!(reader.post("/v1/calls", &outbound("c2")).await.error(), error(403, "insufficient_scope"));
        assert_eq!(reader.get("/v1/calls/c1").await.error(), error(403, "insufficient_scope"));
        assert_eq!(reader.get("/v1/wallet").await.status, 200);
        let stranger = with(Some("mb_test_other"));
        assert_eq!(stranger.get("/v1/calls/c1").await.error(), error(404, "not_found"));
        assert_eq!(stranger.post("/v1/calls/c1/complete", &answered(9)).await.error(), error(404, "not_found"));
        assert_eq!(stranger.post("/v1/calls", &outbound("c1")).await.status, 201, "ids are unique per workspace");
        let elsewhere = Program { workspace: Some(world.public_id(workspace).await), ..stranger };
        assert_eq!(elsewhere.get("/v1/calls/c1").await.error(), error(404, "not_found"));
    });
}

#[test]
fn an_agency_s_key_names_the_workspace() {
    world(async |world| {
        let (workspace, engine) = engine(world, &starter()).await;
        engine.post("/v1/calls", &outbound("c1")).await;
        world.agency_key(workspace, "mb_test_agency", &[Scope::CallsWrite]).await;
        let foreign = world.subscribed(&starter()).await;
        let named =
            |workspace: Option<String>| Program { key: Some("mb_test_agency".into()), workspace, ..engine.clone() };
        let nobody = named(None).get("/v1/calls/c1").await;
        assert_eq!(nobody.error(), (400, "workspace_required".into(), None));
        let own = named(Some(world.public_id(workspace).await));
        assert_eq!(own.get("/v1/calls/c1").await.status, 200);
        for other in [world.public_id(foreign).await, "ws_nowhere".to_owned()] {
            assert_eq!(named(Some(other)).get("/v1/calls/c1").await.error(), (404, "not_found".into(), None));
        }
    });
}

#[test]
fn a_revoked_key_opens_nothing_and_use_is_noted_by_the_minute() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        let id = world.key(workspace, KEY, &[Scope::Admin]).await;
        let engine = Site::of(world).await.program(KEY);
        let mut db = world.superuser().await;
        let mut last_used = async || {
            let query =
                sqlx::query_scalar::<_, Option<String>>("select last_used_at::text from api_keys where id = $1");
            query.bind(id).fetch_one(&mut db).await.unwrap()
        };
        assert_eq!(last_used().await, None);
        engine.get("/v1/wallet").await;
        let first = last_used().await;
        assert!(first.is_some());
        world.clock.advance(SignedDuration::from_secs(30));
        engine.get("/v1/wallet").await;
        assert_eq!(last_used().await, first);
        world.clock.advance(SignedDuration::from_secs(31));
        engine.get("/v1/wallet").await;
        assert_ne!(last_used().await, first);
        let mut db = world.state.db.acquire().await.unwrap();
        minutebank::tenants::key::repo::revoke_key(&mut db, workspace.into(), id, world.clock.now()).await.unwrap();
        assert_eq!(engine.get("/v1/wallet").await.error(), (401, "invalid_key".into(), None));
    });
}

#[test]
fn unknown_addresses_and_methods_are_answered_in_json() {
    world(async |world| {
        let (_, engine) = engine(world, &starter()).await;
        let error = |status: u16, code: &str| (status, code.to_owned(), None);
        for path in ["/v1", "/v1/", "/v1/nothing", "/v1/calls/none", "/v1/calls/a%20b", "/v1/calls/%FF", "/v1/wallet/x"]
        {
            assert_eq!(engine.get(path).await.error(), error(404, "not_found"), "{path}");
        }
        assert_eq!(engine.post("/v1/calls/none/complete", &answered(1)).await.error(), error(404, "not_found"));
        for (method, path) in [
            (Method::GET, "/v1/calls"),
            (Method::DELETE, "/v1/calls/c1"),
            (Method::GET, "/v1/calls/c1/complete"),
            (Method::PUT, "/v1/wallet"),
        ] {
            let answer = engine.send(method, path).await;
            assert_eq!(answer.error(), error(405, "method_not_allowed"), "{path}");
            assert!(!answer.header("allow").is_empty(), "{path}");
        }
    });
}
