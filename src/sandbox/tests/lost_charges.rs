//! Charges and refunds whose answer is lost, late or refused: the key brings the same outcome back, once.

use serde_json::{Value, json};

use super::saved_cards::{attached, charge, customer};
use super::{Answered, Fixture, http};

/// A charge of $20.00 under a key, which may get no answer.
async fn try_charge(fixture: &Fixture, key: &str, who: &(String, String)) -> Option<Answered> {
    let form = [
        ("amount", "2000"),
        ("currency", "usd"),
        ("customer", &who.0),
        ("payment_method", &who.1),
        ("off_session", "true"),
        ("confirm", "true"),
    ];
    let request = http().post(fixture.at("/v1/payment_intents")).bearer_auth("sk_test_any").form(&form);
    let answer = request.header("Idempotency-Key", key).send().await.ok()?;
    Some(Answered::read(answer).await)
}

async fn payer(fixture: &Fixture) -> (String, String) {
    let customer = customer(fixture).await;
    let method = attached(fixture, "pm_card_visa", &customer).await;
    (customer, method)
}

async fn fault(fixture: &Fixture, kind: &str, path: &str, more: Value) {
    let mut fault = json!({ "kind": kind, "path_prefix": path, "method": "POST" });
    for (field, value) in more.as_object().into_iter().flatten() {
        fault[field] = value.clone();
    }
    assert_eq!(fixture.control("/_sandbox/faults", fault).await.status, 200);
}

async fn charged(fixture: &Fixture) -> i64 {
    fixture.get("/_sandbox/ledger").await.json()["total"]["charged"].as_i64().unwrap()
}

#[tokio::test]
async fn a_charge_whose_answer_is_lost_is_made_once() {
    let fixture = Fixture::start().await;
    let who = payer(&fixture).await;
    let mut total = 0;
    for (kind, done) in [("drop_before", 0), ("html_502", 0), ("drop_after", 2000), ("html_502_after", 2000)] {
        fault(&fixture, kind, "/v1/payment_intents", json!({ "times": 2 })).await;
        for _ in 0..2 {
            let lost = try_charge(&fixture, kind, &who).await;
            assert!(lost.is_none_or(|answer| answer.status == 502), "{kind}");
            assert_eq!(charged(&fixture).await, total + done, "{kind}");
        }
        let answer = try_charge(&fixture, kind, &who).await.unwrap();
        assert_eq!(answer.json()["status"], "succeeded");
        assert_eq!(answer.header("idempotent-replayed").is_some(), done > 0, "{kind}");
        total += 2000;
        assert_eq!(charged(&fixture).await, total);
    }
    fixture.stop().await;
}

#[tokio::test]
async fn a_late_answer_is_there_for_the_next_who_asks() {
    let fixture = Fixture::start().await;
    let who = payer(&fixture).await;
    for kind in ["hang", "late"] {
        fault(&fixture, kind, "/v1/payment_intents", json!({ "delay_ms": if kind == "late" { 30_000 } else { 0 } }))
            .await;
        let patience = std::time::Duration::from_secs(2);
        assert!(tokio::time::timeout(patience, try_charge(&fixture, kind, &who)).await.is_err());
        let again = try_charge(&fixture, kind, &who).await.unwrap();
        assert_eq!(again.header("idempotent-replayed"), Some("true"), "{kind}");
    }
    assert_eq!(charged(&fixture).await, 4000);
    fixture.stop().await;
}

#[tokio::test]
async fn a_good_card_is_refused_when_asked_to() {
    let fixture = Fixture::start().await;
    let (customer, method) = payer(&fixture).await;
    fault(&fixture, "decline", "/v1/payment_intents", json!({ "times": 2 })).await;
    for _ in 0..2 {
        assert_eq!(charge(&fixture, &customer, &method).await.error().2, "card_declined");
    }
    fault(&fixture, "authentication_required", "/v1/payment_intents", json!({})).await;
    let asked = charge(&fixture, &customer, &method).await;
    assert_eq!(asked.error().2, "authentication_required");
    // The bank goes on asking, until the customer has answered.
    let intent = asked.json()["error"]["payment_intent"]["id"].as_str().unwrap().to_owned();
    let form = [("payment_method", method.as_str()), ("return_url", "http://localhost:3000/billing")];
    let confirmed = fixture.post(&format!("/v1/payment_intents/{intent}/confirm"), &form).await.json();
    assert_eq!(confirmed["status"], "requires_action");
    let press = format!("/_sandbox/authenticate/{intent}");
    let done = fixture.control(&press, json!({ "outcome": "complete" })).await.json();
    assert_eq!(done, json!({ "id": intent, "status": "succeeded" }));
    assert_eq!(fixture.control("/_sandbox/authenticate/pi_none", json!({ "outcome": "fail" })).await.status, 404);
    assert_eq!(charged(&fixture).await, 2000);
    fixture.stop().await;
}

#[tokio::test]
async fn a_refund_whose_answer_is_lost_is_made_once() {
    let fixture = Fixture::start().await;
    let (customer, method) = payer(&fixture).await;
    let intent = charge(&fixture, &customer, &method).await.json()["id"].as_str().unwrap().to_owned();
    let form = [("payment_intent", intent.as_str()), ("amount", "600")];
    fault(&fixture, "html_502_after", "/v1/refunds", json!({})).await;
    assert_eq!(fixture.post_with_key("/v1/refunds", Some("refund-1"), &form).await.status, 502);
    let again = fixture.post_with_key("/v1/refunds", Some("refund-1"), &form).await;
    assert_eq!((again.header("idempotent-replayed"), &again.json()["amount"]), (Some("true"), &json!(600)));
    let ledger = fixture.get("/_sandbox/ledger").await.json();
    let one =
        json!({ "customer": customer, "charged": 2000, "charges": 1, "refunded": 600, "disputed": 0, "net": 1400 });
    assert_eq!(ledger["customers"], json!([one]));
    fixture.stop().await;
}
