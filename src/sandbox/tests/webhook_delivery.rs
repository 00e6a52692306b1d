//! Webhooks: signed as the product's library checks them, repeated until taken, held back and copied at will.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use stripe_webhook::{EventObject, Webhook};

use super::saved_cards::{attached, charge, customer};
use super::{Fixture, Receiver, SECRET};
use crate::sandbox::webhooks::signature;

async fn pay(fixture: &Fixture) -> String {
    let id = fixture.session().await;
    let paid = fixture.control(&format!("/_sandbox/sessions/{id}/pay"), json!({})).await;
    assert_eq!(paid.status, StatusCode::OK);
    id
}

#[tokio::test]
async fn every_event_is_signed_and_parses() {
    let receiver = Receiver::start(Vec::new()).await;
    let fixture = Fixture::start_with(Some(receiver.url.clone())).await;
    fixture.post("/v1/customers", &[("name", "Ada")]).await;
    let declined = fixture.session().await;
    let broke = json!({ "card": "4000000000009995" });
    fixture.control(&format!("/_sandbox/sessions/{declined}/pay"), broke).await;
    fixture.post(&format!("/v1/checkout/sessions/{declined}/expire"), &[]).await;
    let paid = pay(&fixture).await;
    let now = fixture.clock.now().as_second();
    let mut seen = Vec::new();
    for (signature, body) in receiver.wait_for(9).await {
        let event = Webhook::construct_event_with_timestamp(&body, &signature, SECRET, now).unwrap();
        assert!(Webhook::construct_event_with_timestamp(&body, &signature, "whsec_other", now).is_err());
        match &event.data.object {
            EventObject::CheckoutSessionCompleted(session) => assert_eq!(session.id.as_str(), paid),
            EventObject::CheckoutSessionExpired(session) => {
                assert_eq!(session.id.as_str(), declined)
            }
            EventObject::PaymentIntentSucceeded(intent) => assert_eq!(intent.amount_received, 1000),
            EventObject::Unknown(_) => panic!("{}", event.type_),
            _ => {}
        }
        seen.push(event.type_.to_string());
    }
    seen.sort();
    assert_eq!(
        seen,
        [
            "charge.failed",
            "charge.succeeded",
            "checkout.session.completed",
            "checkout.session.expired",
            "customer.created",
            "payment_intent.created",
            "payment_intent.created",
            "payment_intent.payment_failed",
            "payment_intent.succeeded",
        ]
    );
    fixture.stop().await;
}

#[tokio::test]
async fn events_of_money_that_goes_back_parse() {
    let receiver = Receiver::start(Vec::new()).await;
    let fixture = Fixture::start_with(Some(receiver.url.clone())).await;
    let customer = customer(&fixture).await;
    let method = attached(&fixture, "pm_card_refundFail", &customer).await;
    let intent = charge(&fixture, &customer, &method).await.json()["id"].clone();
    let refund = [("payment_intent", intent.as_str().unwrap()), ("amount", "500")];
    fixture.post("/v1/refunds", &refund).await;
    fixture.control("/_sandbox/disputes", json!({ "payment": intent, "amount": 700 })).await;
    fixture.clock.advance(SignedDuration::from_secs(5));
    let now = fixture.clock.now().as_second();
    let (mut sent_back, mut disputed, mut failed) = (0, 0, 0);
    for (signature, body) in receiver.wait_for(12).await {
        let event = Webhook::construct_event_with_timestamp(&body, &signature, SECRET, now).unwrap();
        match event.data.object {
            EventObject::ChargeRefunded(charge) => sent_back += charge.amount_refunded,
            EventObject::ChargeDisputeCreated(dispute) => disputed += dispute.amount,
            EventObject::RefundFailed(refund) => failed += refund.amount,
            // The product's client knows ways to pay by reading them only.
            EventObject::Unknown(_) => assert_eq!(event.type_.to_string(), "payment_method.attached"),
            _ => {}
        }
    }
    assert_eq!((sent_back, disputed, failed), (500, 700, 500));
    fixture.stop().await;
}

#[tokio::test]
async fn an_event_is_repeated_with_back_off_until_taken() {
    let receiver = Receiver::start(vec![StatusCode::INTERNAL_SERVER_ERROR, StatusCode::FOUND]).await;
    let fixture = Fixture::start_with(Some(receiver.url.clone())).await;
    fixture.post("/v1/customers", &[]).await;
    receiver.wait_for(1).await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert_eq!(receiver.wait_for(1).await.len(), 1);
    fixture.clock.advance(SignedDuration::from_secs(1));
    receiver.wait_for(2).await;
    // What is pending survives a restart, and goes where the endpoint is now.
    let fixture = fixture.restart(Some(receiver.url.clone())).await;
    fixture.clock.advance(SignedDuration::from_secs(5));
    let all = receiver.wait_for(3).await;
    let id = |body: &str| serde_json::from_str::<Value>(body).unwrap()["id"].clone();
    assert_eq!(id(&all[0].1), id(&all[2].1));
    assert!(receiver.answers.lock().unwrap().is_empty());
    for _ in 0..100 {
        let state = fixture.get("/_sandbox/state").await.json();
        if state["deliveries"] == json!({ "pending": 0, "delivered": 1, "given_up": 0 }) {
            return fixture.stop().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the delivery was not recorded");
}

#[tokio::test]
async fn deliveries_are_held_back_and_copied() {
    let receiver = Receiver::start(Vec::new()).await;
    let fixture = Fixture::start().await;
    assert_eq!(fixture.control("/_sandbox/webhook", json!({ "url": "ftp://x", "secret": "s" })).await.status, 400);
    let endpoint = json!({ "url": receiver.url, "secret": SECRET });
    fixture.control("/_sandbox/webhook", endpoint).await;
    fixture.control("/_sandbox/webhooks", json!({ "enabled": false })).await;
    let id = pay(&fixture).await;
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    assert!(receiver.got.lock().unwrap().is_empty());

    let copies = json!({ "session": id, "copies": 5 });
    let sent = fixture.control("/_sandbox/webhooks/resend", copies).await.json();
    assert_eq!(sent["statuses"], json!([200, 200, 200, 200, 200]));
    let now = fixture.clock.now().as_second();
    for (signature, body) in receiver.wait_for(5).await {
        Webhook::construct_event_with_timestamp(&body, &signature, SECRET, now).unwrap();
    }
    let forged = json!({ "session": id, "secret": "whsec_other", "age_secs": 301 });
    fixture.control("/_sandbox/webhooks/resend", forged).await;
    let (forged, body) = receiver.wait_for(6).await.pop().unwrap();
    let then = fixture.clock.now() - SignedDuration::from_secs(301);
    assert_eq!(forged, signature("whsec_other", then, &body));

    fixture.control("/_sandbox/webhooks", json!({ "enabled": true })).await;
    receiver.wait_for(10).await;
    assert_eq!(fixture.control("/_sandbox/webhooks/resend", json!({ "event": "evt_none" })).await.status, 404);
    fixture.stop().await;
}

#[tokio::test]
async fn an_endpoint_set_at_run_time_survives() {
    let receiver = Receiver::start(Vec::new()).await;
    let fixture = Fixture::start().await;
    fixture.control("/_sandbox/webhook", json!({ "url": receiver.url, "secret": SECRET })).await;
    let fixture = fixture.restart(None).await;
    fixture.post("/v1/customers", &[]).await;
    receiver.wait_for(1).await;
    fixture.stop().await;
}

#[test]
fn the_signature_is_the_librarys() {
    let at = "2026-11-20T12:00:00Z".parse().unwrap();
    let theirs = Webhook::generate_test_header("{}", SECRET, Some(jiff::Timestamp::as_second(at)));
    assert_eq!(signature(SECRET, at, "{}"), theirs);
}
