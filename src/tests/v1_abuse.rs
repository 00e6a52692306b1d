//! What nobody should send to `/v1`: each has its code, and the wallet does not notice.

use minutebank::tenants::Scope;
use serde_json::{Value, json};

use crate::fixture::{World, starter, world};
use crate::site::{Program, Site};

const KEY: &str = "mb_test_engine";

/// An engine with an open call `c1`, and a stranger with an open call `f1`.
async fn engine_and_stranger(world: &World) -> (Program, Program) {
    let site = Site::of(world).await;
    let mut programs = Vec::new();
    for (key, call) in [(KEY, "c1"), ("mb_test_stranger", "f1")] {
        let workspace = world.subscribed(&starter()).await;
        world.key(workspace, key, &[Scope::CallsWrite, Scope::WalletRead]).await;
        let program = site.program(key);
        let placed = program.post("/v1/calls", &json!({ "id": call, "direction": "outbound" })).await;
        assert_eq!(placed.status, 201);
        programs.push(program);
    }
    let stranger = programs.pop().unwrap();
    (programs.pop().unwrap(), stranger)
}

/// Wallet, transactions and the call: all that a request could have changed.
async fn everything(engine: &Program, call: &str) -> [Value; 3] {
    let call = engine.get(&format!("/v1/calls/{call}")).await.json();
    [engine.get("/v1/wallet").await.json(), engine.get("/v1/wallet/transactions").await.json(), call]
}

/// The addresses that take a body.
const POSTS: [&str; 3] = ["/v1/calls", "/v1/calls/c1/heartbeat", "/v1/calls/c1/complete"];

#[test]
fn bodies_that_are_no_json_object() {
    world(async |world| {
        let (engine, _) = engine_and_stranger(world).await;
        let before = everything(&engine, "c1").await;
        let deep = |open: &str, close: &str| [open.repeat(2_000), close.repeat(2_000)].concat().into_bytes();
        let nested = [br#"{"metadata":"#.to_vec(), deep(r#"{"a":"#, "}"), b"}".to_vec()].concat();
        let bodies: [&[u8]; 22] = [
            b"",
            b" ",
            b"{",
            b"}",
            b"nul",
            b"null",
            b"[]",
            b"1",
            b"\"direction\"",
            b"{\"direction\":}",
            b"{\"direction\":\"inbound\",}",
            b"{'direction':'inbound'}",
            b"{\"direction\":\"inbound\"}{}",
            b"{\"direction\":\"in\xFFbound\"}",
            b"{\"direction\":\"inbound\",\"agent\":\"\\ud800\"}",
            b"{\"direction\":\"inbound\",\"agent\":\"\0\"}",
            b"\xEF\xBB\xBF{\"direction\":\"inbound\"}",
            b"{\"direction\":\"inbound\",\"direction\":\"outbound\"}",
            b"{\"direction\":\"inbound\",\"metadata\":{\"a\":\"1\",\"\\u0061\":\"2\"}}",
            b"{\"connected_seconds\":1e400}",
            &deep("[", "]"),
            &nested,
        ];
        for path in POSTS {
            for body in bodies {
                let answer = engine.post_raw(path, "application/json", body.to_vec()).await;
                let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
                assert_eq!(answer.error(), (400, "invalid_json".into(), None), "{path} {shown}");
            }
        }
        assert_eq!(everything(&engine, "c1").await, before);
    });
}

#[test]
fn bodies_that_are_too_large_or_of_another_kind() {
    world(async |world| {
        let (engine, _) = engine_and_stranger(world).await;
        let before = everything(&engine, "c1").await;
        for path in POSTS {
            for length in [65_537, 2_000_000] {
                let body = json!({ "direction": "inbound", "agent": "x".repeat(length) }).to_string();
                let answer = engine.post_raw(path, "application/json", body).await;
                assert_eq!(answer.error(), (413, "body_too_large".into(), None), "{path} {length}");
            }
            for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "json", ""] {
                let answer = engine.post_raw(path, media_type, r#"{"direction":"inbound"}"#).await;
                assert_eq!(answer.error(), (415, "unsupported_media_type".into(), None), "{path} {media_type}");
            }
        }
        assert_eq!(everything(&engine, "c1").await, before);
    });
}

#[test]
fn figures_that_are_none() {
    world(async |world| {
        let (engine, _) = engine_and_stranger(world).await;
        let before = everything(&engine, "c1").await;
        let figures = [
            "-1",
            "-0.5",
            "0.5",
            "60.000001",
            "1e-3",
            "86401",
            "86400.5",
            "2147483648",
            "9223372036854775807",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551616",
            "1e300",
            "-1e300",
            "true",
            "null",
            "\"60\"",
            "\"\"",
            "[60]",
            "{}",
            "{\"seconds\":60}",
        ];
        for figure in figures {
            let wrong = [
                ("heartbeat", format!(r#"{{"connected_seconds":{figure}}}"#), "connected_seconds"),
                (
                    "complete",
                    format!(r#"{{"outcome":"answered","duration_seconds":{figure},"billed_duration_seconds":0}}"#),
                    "duration_seconds",
                ),
                (
                    "complete",
                    format!(r#"{{"outcome":"answered","duration_seconds":86400,"billed_duration_seconds":{figure}}}"#),
                    "billed_duration_seconds",
                ),
            ];
            for (verb, body, field) in wrong {
                let answer = engine.post_raw(&format!("/v1/calls/c1/{verb}"), "application/json", body.clone()).await;
                assert_eq!(answer.error(), (422, "invalid_field".into(), Some(field.into())), "{body}");
            }
        }
        assert_eq!(everything(&engine, "c1").await, before);
    });
}

#[test]
fn fields_that_are_unknown_or_of_another_type() {
    world(async |world| {
        let (engine, _) = engine_and_stranger(world).await;
        let before = everything(&engine, "c1").await;
        let start = |name: &str, value: Value| {
            let mut body = json!({ "direction": "inbound" });
            body[name] = value;
            ("/v1/calls", body, name.to_owned())
        };
        let beat = json!({ "connected_seconds": 1, "Connected_seconds": 2 });
        let report = json!({ "outcome": "busy", "duration_seconds": 1, "billed_duration_seconds": 0, "hold": null });
        let mut wrong = vec![
            ("/v1/calls/c1/heartbeat", beat, "Connected_seconds".to_owned()),
            ("/v1/calls/c1/complete", report, "hold".to_owned()),
            start("workspace", json!("ws_other")),
            start("", json!(1)),
            start("\0", json!(1)),
            start("id", json!("x".repeat(65))),
            start("id", json!("x".repeat(60_000))),
            start("id", json!("../c1")),
            start("id", json!("c1\0")),
            start("id", json!("cé")),
            start("id", json!("")),
            start("direction", json!("Inbound")),
            start("direction", json!("inbound ")),
            start("agent", json!("a\0b")),
            start("agent", json!("x".repeat(256))),
            start("metadata", json!({ "a": "x".repeat(4_096) })),
            start("metadata", json!({ "a\0": "b" })),
            start("metadata", json!({ "a": null })),
        ];
        for name in ["id", "agent", "from", "to", "recording", "metadata", "direction"] {
            wrong.extend([json!(1), json!(1.5), json!([]), json!([[]])].map(|value| start(name, value)));
        }
        for (path, body, field) in wrong {
            let answer = engine.post(path, &body).await;
            let shown: String = body.to_string().chars().take(80).collect();
            assert_eq!(answer.error(), (422, "invalid_field".into(), Some(field)), "{path} {shown}");
        }
        assert_eq!(everything(&engine, "c1").await, before);
    });
}

#[test]
fn ids_that_lead_nowhere_or_to_somebody_else() {
    world(async |world| {
        let (engine, stranger) = engine_and_stranger(world).await;
        let before = (everything(&engine, "c1").await, everything(&stranger, "f1").await);
        let long = "x".repeat(8_000);
        let nowhere = [
            "f1",
            "c2",
            "C1",
            "c1%00",
            "%00",
            "c1%20",
            "%2e%2e%2fwallet",
            "%",
            "%zz",
            "%ff",
            "%F0%9F%92%A9",
            "c1%2Freceipt",
            "c1'%3B--",
            &"x".repeat(65),
            &long,
        ];
        let report = json!({ "outcome": "answered", "duration_seconds": 60, "billed_duration_seconds": 60 });
        for id in nowhere {
            let answers = [
                engine.get(&format!("/v1/calls/{id}")).await,
                engine.get(&format!("/v1/calls/{id}/receipt")).await,
                engine.post(&format!("/v1/calls/{id}/heartbeat"), &json!({ "connected_seconds": 60 })).await,
                engine.post(&format!("/v1/calls/{id}/complete"), &report).await,
            ];
            for answer in answers {
                assert_eq!(answer.error(), (404, "not_found".into(), None), "{id}");
            }
        }
        assert_eq!((everything(&engine, "c1").await, everything(&stranger, "f1").await), before);
    });
}

#[test]
fn parameters_that_are_none() {
    world(async |world| {
        let (engine, _) = engine_and_stranger(world).await;
        let day = "from=2026-11-01&to=2026-11-02";
        let wrong = [
            ("wallet/transactions?type=", "type"),
            ("wallet/transactions?type=Call", "type"),
            ("wallet/transactions?type=call%00", "type"),
            ("wallet/transactions?type=call&type=call", "type"),
            ("wallet/transactions?from=yesterday", "from"),
            ("wallet/transactions?from=2026-11-20", "from"),
            ("wallet/transactions?to=2026-13-01T00:00:00Z", "to"),
            ("wallet/transactions?to=99999-01-01T00:00:00Z", "to"),
            ("wallet/transactions?limit=0", "limit"),
            ("wallet/transactions?limit=99999999999999999999", "limit"),
            ("wallet/transactions?limit=1e1", "limit"),
            ("wallet/transactions?limit=%F0%9F%92%A9", "limit"),
            ("wallet/transactions?reference=c1", "reference"),
            ("wallet/lots?type=call", "type"),
            ("wallet/lots?%FF=1", "\u{FFFD}"),
            ("usage/daily", "from"),
            ("usage/daily?from=2026-11-01", "to"),
            ("usage/daily?from=2026-11-02&to=2026-11-01", "to"),
            ("usage/daily?from=2025-11-01&to=2026-12-06", "to"),
            ("usage/daily?from=0000-01-01&to=9999-12-31", "to"),
            ("usage/daily?from=2026-02-29&to=2026-03-01", "from"),
            (&format!("usage/daily?{day}&limit=1"), "limit"),
        ];
        for (path, field) in wrong {
            let answer = engine.get(&format!("/v1/{path}")).await;
            assert_eq!(answer.error(), (422, "invalid_field".into(), Some(field.into())), "{path}");
        }
        for path in ["wallet/transactions", "wallet/lots"] {
            for cursor in ["", "x", "%00", "-1", &"0".repeat(32), &"f".repeat(32), &"0".repeat(5_000)] {
                let answer = engine.get(&format!("/v1/{path}?cursor={cursor}")).await;
                assert_eq!(answer.error(), (400, "invalid_cursor".into(), None), "{path} {cursor}");
            }
        }
        assert_eq!(engine.get("/v1/usage/daily?from=2025-11-01&to=2026-12-05").await.status, 200, "400 days");
        assert_eq!(engine.get("/v1/usage/daily?from=0000-01-01&to=0001-02-03").await.status, 200);
        assert_eq!(engine.get("/v1/usage/daily?from=9999-12-31&to=9999-12-31").await.status, 200);
        let ages = "wallet/transactions?from=0000-01-01T00:00:00Z&to=9999-12-30T00:00:00Z";
        assert_eq!(engine.get(&format!("/v1/{ages}")).await.status, 200);
    });
}
