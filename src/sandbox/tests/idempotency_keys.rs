//! Idempotency keys as Stripe honours them.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::Fixture;

#[tokio::test]
async fn a_repeat_gets_the_same_bytes() {
    let fixture = Fixture::start().await;
    let form = [("name", "Ada"), ("email", "ada@example.com")];
    let turned = [("email", "ada@example.com"), ("name", "Ada")];
    let first = fixture.post_with_key("/v1/customers", Some("k1"), &form).await;
    let second = fixture.post_with_key("/v1/customers", Some("k1"), &turned).await;
    assert_eq!((first.status, &first.body), (second.status, &second.body));
    assert_eq!((first.header("idempotent-replayed"), second.header("idempotent-replayed")), (None, Some("true")));
    assert_eq!(second.header("original-request"), first.header("request-id"));
    assert_eq!(second.header("idempotency-key"), Some("k1"));
    let other = fixture.post_with_key("/v1/customers", Some("k1"), &[("name", "Bob")]).await;
    assert_eq!(other.error(), (400, "idempotency_error".into(), String::new(), String::new()));
    let elsewhere = fixture.post_with_key("/v1/checkout/sessions", Some("k1"), &form).await;
    assert_eq!(elsewhere.error().1, "idempotency_error");
    fixture.clock.advance(SignedDuration::from_hours(24));
    let later = fixture.post_with_key("/v1/customers", Some("k1"), &[("name", "Bob")]).await;
    assert_eq!(later.json()["name"], "Bob");
    fixture.stop().await;
}

#[tokio::test]
async fn only_what_was_executed_is_kept() {
    let fixture = Fixture::start().await;
    let bad = fixture.post_with_key("/v1/customers", Some("k"), &[("colour", "red")]).await;
    assert_eq!(bad.error().2, "parameter_unknown");
    let good = fixture.post_with_key("/v1/customers", Some("k"), &[("name", "Ada")]).await;
    assert_eq!((good.status, good.header("idempotent-replayed")), (StatusCode::OK, None));

    fixture.control("/_sandbox/faults", json!({ "kind": "http_500" })).await;
    let failed = fixture.post_with_key("/v1/customers", Some("k5"), &[("name", "Ada")]).await;
    assert_eq!((failed.error().0, failed.error().1.as_str()), (500, "api_error"));
    let repeated = fixture.post_with_key("/v1/customers", Some("k5"), &[("name", "Ada")]).await;
    assert_eq!((repeated.error().0, repeated.header("idempotent-replayed")), (500, Some("true")));
    assert_eq!(fixture.get("/_sandbox/state").await.json()["customers"], 1);

    fixture.control("/_sandbox/faults", json!({ "kind": "rate_limit" })).await;
    assert_eq!(fixture.post_with_key("/v1/customers", Some("k4"), &[]).await.error().0, 429);
    assert_eq!(fixture.post_with_key("/v1/customers", Some("k4"), &[]).await.status, StatusCode::OK);
    fixture.stop().await;
}

#[tokio::test]
async fn a_key_in_use_is_refused_and_free_again_afterwards() {
    let fixture = Fixture::start().await;
    fixture.control("/_sandbox/faults", json!({ "kind": "slow", "delay_ms": 2_000 })).await;
    let slow = fixture.post_with_key("/v1/customers", Some("k"), &[("name", "Ada")]);
    let second = async {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        fixture.post_with_key("/v1/customers", Some("k"), &[("name", "Ada")]).await
    };
    let (slow, second) = tokio::join!(slow, second);
    assert_eq!(slow.status, StatusCode::OK);
    assert_eq!(second.error(), (409, "idempotency_error".into(), "idempotency_key_in_use".into(), String::new()));
    let third = fixture.post_with_key("/v1/customers", Some("k"), &[("name", "Ada")]).await;
    assert_eq!(third.body, slow.body);
    fixture.stop().await;
}

#[tokio::test]
async fn many_at_once_with_one_key_make_one() {
    let fixture = Fixture::start().await;
    let all = (0..20).map(|_| fixture.post_with_key("/v1/customers", Some("k"), &[("name", "Ada")]));
    let all = futures::future::join_all(all).await;
    assert!(all.iter().all(|one| one.status == StatusCode::OK || one.status == StatusCode::CONFLICT));
    assert_eq!(fixture.get("/_sandbox/state").await.json()["customers"], 1);
    fixture.stop().await;
}
