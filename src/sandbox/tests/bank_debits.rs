//! Payments whose money comes later, or not at all.

use jiff::SignedDuration;
use serde_json::json;

use super::saved_cards::story;
use super::{Fixture, SESSION};

async fn state_of(fixture: &Fixture, session: &str) -> [String; 3] {
    let read = format!("/v1/checkout/sessions/{session}?expand[]=payment_intent.latest_charge");
    let session = fixture.get(&read).await.json();
    let intent = &session["payment_intent"];
    [&session["payment_status"], &intent["status"], &intent["latest_charge"]["status"]]
        .map(|word| word.as_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_money_comes_when_the_bank_says_so() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    let page = fixture.get(&format!("/c/pay/{id}")).await.body;
    assert!(page.contains("Debit an account without funds"), "{page}");
    let form = [("account", "funded")];
    let done = fixture.http.post(fixture.at(&format!("/c/pay/{id}"))).form(&form).send().await.unwrap();
    assert!(done.headers()["location"].to_str().unwrap().ends_with(&id));
    assert_eq!(state_of(&fixture, &id).await, ["unpaid", "processing", "pending"]);
    assert_eq!(fixture.get(&format!("/v1/checkout/sessions/{id}")).await.json()["status"], "complete");
    assert!(fixture.get(&format!("/c/pay/{id}")).await.body.contains("the bank has not paid"));
    assert_eq!(fixture.get("/_sandbox/ledger").await.json()["total"]["charged"], 0);

    let settle = format!("/_sandbox/sessions/{id}/settle");
    let settled = fixture.control(&settle, json!({ "outcome": "succeeded" })).await.json();
    assert_eq!(settled["payment_status"], "paid");
    assert_eq!(state_of(&fixture, &id).await, ["paid", "succeeded", "succeeded"]);
    assert_eq!(fixture.control(&settle, json!({ "outcome": "failed" })).await.status, 409);
    assert_eq!(
        story(&fixture).await,
        [
            "payment_intent.created",
            "charge.pending",
            "payment_intent.processing",
            "checkout.session.completed",
            "charge.succeeded",
            "payment_intent.succeeded",
            "checkout.session.async_payment_succeeded",
        ]
    );
    assert_eq!(fixture.get("/_sandbox/ledger").await.json()["total"]["charged"], 1000);
    fixture.stop().await;
}

#[tokio::test]
async fn the_bank_answers_by_itself_after_a_while() {
    for (account, end, event) in [
        ("funded", ["paid", "succeeded", "succeeded"], "checkout.session.async_payment_succeeded"),
        ("empty", ["unpaid", "requires_payment_method", "failed"], "checkout.session.async_payment_failed"),
    ] {
        let fixture = Fixture::start().await;
        let id = fixture.session().await;
        fixture.control(&format!("/_sandbox/sessions/{id}/pay"), json!({ "account": account })).await;
        let refund = fixture.get(&format!("/v1/checkout/sessions/{id}")).await.json()["payment_intent"].clone();
        let form = [("payment_intent", refund.as_str().unwrap())];
        assert_eq!(fixture.post("/v1/refunds", &form).await.status, 400);
        // What is on its way survives a restart.
        let fixture = fixture.restart(None).await;
        fixture.clock.advance(SignedDuration::from_secs(29));
        assert_eq!(state_of(&fixture, &id).await, ["unpaid", "processing", "pending"]);
        fixture.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(state_of(&fixture, &id).await, end);
        assert_eq!(story(&fixture).await.last().unwrap(), event);
        fixture.stop().await;
    }
}

#[tokio::test]
async fn a_bank_account_is_offered_where_it_can_be_used() {
    let fixture = Fixture::start().await;
    for (name, value, offered) in [
        ("metadata[nothing]", "special", true),
        ("allowed_payment_method_types[]", "card", false),
        ("payment_method_types[]", "card", false),
        ("line_items[0][price_data][currency]", "eur", false),
    ] {
        let mut form: Vec<_> = SESSION.into_iter().filter(|(known, _)| *known != name).collect();
        form.push((name, value));
        let session = fixture.post("/v1/checkout/sessions", &form).await.json();
        let path = format!("/c/pay/{}", session["id"].as_str().unwrap());
        assert_eq!(fixture.get(&path).await.body.contains("Debit the account"), offered, "{name}");
        let debit = fixture.http.post(fixture.at(&path)).form(&[("account", "funded")]).send().await.unwrap();
        assert_eq!(debit.status() == 303, offered, "{name}");
    }
    fixture.stop().await;
}
