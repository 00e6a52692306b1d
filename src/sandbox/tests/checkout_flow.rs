//! Sessions, intents, charges and events as one story, and time passing.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::{Fixture, SESSION};

fn kinds(events: &serde_json::Value) -> Vec<&str> {
    events["data"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_declined_session_stays_open_and_can_be_paid() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    let pay = format!("/_sandbox/sessions/{id}/pay");
    let declined = fixture.control(&pay, json!({ "card": "4000000000000002" })).await;
    assert_eq!(declined.error(), (402, "card_error".into(), "card_declined".into(), String::new()));
    assert_eq!(declined.json()["error"]["decline_code"], "generic_decline");
    let paid = fixture.control(&pay, json!({ "card": "4242424242424242" })).await.json();
    assert_eq!(
        (&paid["status"], &paid["payment_status"], &paid["url"]),
        (&json!("complete"), &json!("paid"), &json!(null))
    );
    let again = fixture.control(&pay, json!({})).await.json();
    assert_eq!(again["payment_intent"], paid["payment_intent"]);
    let events = fixture.get("/v1/events?limit=100").await.json();
    assert_eq!(
        kinds(&events),
        [
            "checkout.session.completed",
            "payment_intent.succeeded",
            "charge.succeeded",
            "payment_intent.payment_failed",
            "charge.failed",
            "payment_intent.created",
        ]
    );
    let state = fixture.get("/_sandbox/state").await.json();
    assert_eq!((&state["paid_cents"], &state["payments"], &state["declined"]), (&json!(1000), &json!(1), &json!(1)));
    fixture.stop().await;
}

#[tokio::test]
async fn a_session_runs_out_by_itself() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    let soon = (fixture.clock.now().as_second() + 1800).to_string();
    let mut form = SESSION.to_vec();
    form.push(("expires_at", &soon));
    let short = fixture.post("/v1/checkout/sessions", &form).await.json();
    fixture.clock.advance(SignedDuration::from_secs(1800));
    let run_out = fixture.get(&format!("/v1/checkout/sessions/{}", short["id"].as_str().unwrap())).await.json();
    assert_eq!((&run_out["status"], &run_out["payment_status"]), (&json!("expired"), &json!("unpaid")));
    fixture.clock.advance(SignedDuration::from_hours(24));
    let refused = fixture.control(&format!("/_sandbox/sessions/{id}/pay"), json!({})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let events = fixture.get("/v1/events?type=checkout.session.*").await.json();
    assert_eq!(kinds(&events), ["checkout.session.expired", "checkout.session.expired"]);
    fixture.stop().await;
}

#[tokio::test]
async fn lists_page_both_ways() {
    let fixture = Fixture::start().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let name = format!("C{number}");
        ids.push(fixture.post("/v1/customers", &[("name", &name)]).await.json()["id"].as_str().unwrap().to_owned());
        fixture.clock.advance(SignedDuration::from_secs(10));
    }
    let page = |answer: serde_json::Value| {
        let ids: Vec<_> =
            answer["data"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap().to_owned()).collect();
        (ids, answer["has_more"].as_bool().unwrap())
    };
    let first = page(fixture.get("/v1/customers?limit=2").await.json());
    assert_eq!(first, (vec![ids[4].clone(), ids[3].clone()], true));
    let second = page(fixture.get(&format!("/v1/customers?limit=3&starting_after={}", ids[3])).await.json());
    assert_eq!(second, (vec![ids[2].clone(), ids[1].clone(), ids[0].clone()], false));
    let back = page(fixture.get(&format!("/v1/customers?limit=1&ending_before={}", ids[2])).await.json());
    assert_eq!(back, (vec![ids[3].clone()], true));
    let from = fixture.clock.now().as_second() - 20;
    let newest = page(fixture.get(&format!("/v1/customers?created[gte]={from}")).await.json());
    assert_eq!(newest.0.len(), 2);
    assert_eq!(fixture.get("/v1/customers?limit=101").await.error().0, 400);
    assert_eq!(fixture.get("/v1/customers?starting_after=cus_none").await.error().2, "resource_missing");
    fixture.stop().await;
}
