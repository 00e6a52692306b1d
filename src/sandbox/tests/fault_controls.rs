//! Every fault does what its name says, and what was lost on the way can be read back.

use axum::http::StatusCode;
use serde_json::json;

use super::{Fixture, http};

async fn customers(fixture: &Fixture) -> i64 {
    fixture.get("/_sandbox/state").await.json()["customers"].as_i64().unwrap()
}

async fn create(fixture: &Fixture, key: &str) -> Result<reqwest::Response, reqwest::Error> {
    let form = [("name", "Ada")];
    let request = http().post(fixture.at("/v1/customers")).bearer_auth("sk_test_any").form(&form);
    request.header("Idempotency-Key", key).send().await
}

#[tokio::test]
async fn a_dropped_connection_has_or_has_not_done_the_work() {
    let fixture = Fixture::start().await;
    fixture.control("/_sandbox/faults", json!({ "kind": "drop_before", "path_prefix": "/v1/cust" })).await;
    assert!(create(&fixture, "before").await.unwrap_err().is_request());
    assert_eq!(customers(&fixture).await, 0);
    fixture.control("/_sandbox/faults", json!({ "kind": "drop_after", "method": "POST" })).await;
    assert!(create(&fixture, "after").await.unwrap_err().is_request());
    assert_eq!(customers(&fixture).await, 1);
    let again = create(&fixture, "after").await.unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(customers(&fixture).await, 1);
    fixture.stop().await;
}

#[tokio::test]
async fn answers_are_lost_broken_or_foreign() {
    let fixture = Fixture::start().await;
    fixture.control("/_sandbox/faults", json!({ "kind": "partial_body" })).await;
    let broken = create(&fixture, "partial").await.unwrap();
    assert_eq!(broken.status(), StatusCode::OK);
    assert!(broken.text().await.is_err());

    fixture.control("/_sandbox/faults", json!({ "kind": "html_502" })).await;
    let page = create(&fixture, "html").await.unwrap();
    assert_eq!(page.status(), StatusCode::BAD_GATEWAY);
    assert!(page.text().await.unwrap().starts_with("<html>"));
    assert_eq!(customers(&fixture).await, 1);

    fixture.control("/_sandbox/faults", json!({ "kind": "html_502_after" })).await;
    assert_eq!(create(&fixture, "html-after").await.unwrap().status(), StatusCode::BAD_GATEWAY);
    fixture.control("/_sandbox/faults", json!({ "kind": "http_500_after" })).await;
    assert_eq!(create(&fixture, "500-after").await.unwrap().status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(customers(&fixture).await, 3);

    fixture.control("/_sandbox/faults", json!({ "kind": "hang" })).await;
    let patience = std::time::Duration::from_secs(2);
    assert!(tokio::time::timeout(patience, create(&fixture, "hang")).await.is_err());
    assert_eq!(customers(&fixture).await, 4);
    assert_eq!(create(&fixture, "hang").await.unwrap().headers()["idempotent-replayed"], "true");
    // A request that hangs does not keep the sandbox from stopping.
    fixture.stop().await;
}

#[tokio::test]
async fn a_client_that_leaves_does_not_stop_the_work() {
    let fixture = Fixture::start().await;
    fixture.control("/_sandbox/faults", json!({ "kind": "slow", "delay_ms": 2_000 })).await;
    let patience = std::time::Duration::from_millis(500);
    assert!(tokio::time::timeout(patience, create(&fixture, "left")).await.is_err());
    assert_eq!(customers(&fixture).await, 0, "the work is still to be done");
    let mut looks = 100;
    while customers(&fixture).await == 0 {
        assert!(looks > 0, "the work was not done");
        looks -= 1;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    fixture.stop().await;
}

#[tokio::test]
async fn faults_and_everything_else_can_be_forgotten() {
    let fixture = Fixture::start().await;
    fixture.session().await;
    assert_eq!(fixture.control("/_sandbox/faults", json!({ "kind": "nonsense" })).await.status, 422);
    let outside = json!({ "kind": "hang", "path_prefix": "/c/pay" });
    assert_eq!(fixture.control("/_sandbox/faults", outside).await.status, StatusCode::BAD_REQUEST);
    fixture.control("/_sandbox/faults", json!({ "kind": "hang", "times": 9 })).await;
    fixture.control("/_sandbox/reset", json!({})).await;
    let state = fixture.get("/_sandbox/state").await.json();
    assert_eq!((&state["sessions"]["total"], &state["faults"]), (&json!(0), &json!([])));
    assert!(fixture.get("/_sandbox/").await.body.contains("POST   /_sandbox/faults"));
    let fixture = fixture.restart(None).await;
    assert_eq!(fixture.get("/_sandbox/state").await.json()["sessions"]["total"], 0);
    fixture.stop().await;
}
