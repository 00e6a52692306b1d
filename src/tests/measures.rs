//! `MINUTEBANK_METRICS_ADDR`: what Prometheus reads, where, and that it names nobody.

use minutebank::measures;
use minutebank::tenants::Scope;
use minutebank::web;
use serde_json::json;
use tokio::net::TcpListener;

use crate::fixture::{starter, world};
use crate::site::Site;

#[test]
fn what_happens_is_counted_and_nobody_is_named() {
    world(async |world| {
        let recorder = measures::begin().expect("nobody else measures in this process");
        assert!(measures::begin().is_err(), "once for each process");
        let workspace = world.subscribed(&starter()).await;
        world.key(workspace, "mb_test_metered", &[Scope::CallsWrite]).await;
        let site = Site::of(world).await;
        let engine = site.program("mb_test_metered");
        let call = json!({ "id": "metered-call", "direction": "outbound", "to": "+13125550142" });
        assert_eq!(engine.post("/v1/calls", &call).await.status, 201);
        assert_eq!(engine.get("/v1/calls/metered-call").await.status, 200);
        assert_eq!(engine.get("/v1/calls/another").await.status, 404);
        let browser = site.browser();
        assert_eq!(browser.get("/metrics").await.status, 404, "not where customers are");
        assert_eq!(browser.get("/metered/secret").await.status, 404);

        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/metrics", listener.local_addr().unwrap());
        let router = web::metrics::router(recorder, world.state.db.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let answer = reqwest::get(&address).await.unwrap();
        assert_eq!(answer.headers()["content-type"], "text/plain; version=0.0.4; charset=utf-8");
        let text = answer.text().await.unwrap();
        for series in [
            "minutebank_http_requests_total{method=\"POST\",route=\"/v1/calls\",status=\"201\"}",
            "minutebank_http_requests_total{method=\"GET\",route=\"/v1/calls/{id}\",status=\"404\"}",
            "minutebank_http_requests_total{method=\"GET\",route=\"unmatched\",status=\"404\"}",
            "minutebank_http_request_seconds_bucket{method=\"POST\",route=\"/v1/calls\",le=\"0.001\"}",
            "minutebank_ledger_commands_total{answer=\"done\"}",
            "minutebank_ledger_commands_total{answer=\"refused\"}",
            "minutebank_ledger_batch_commands_bucket{le=\"1\"}",
            "minutebank_ledger_batch_seconds_count",
            "minutebank_database_connections{state=\"idle\"}",
        ] {
            assert!(text.lines().any(|line| line.starts_with(series)), "{series}\n{text}");
        }
        for secret in ["metered", "+1312", &world.public_id(workspace).await] {
            assert!(!text.contains(secret), "{secret}\n{text}");
        }
    });
}
