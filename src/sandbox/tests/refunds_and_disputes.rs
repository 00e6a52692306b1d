//! Money that goes back: refunds that succeed, wait and fail, and disputes.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::saved_cards::{attached, charge, customer, story};
use super::{Answered, Fixture};

/// A customer and their payment of $20.00.
async fn paid(fixture: &Fixture, card: &str) -> (String, Value) {
    let customer = customer(fixture).await;
    let method = attached(fixture, card, &customer).await;
    let intent = charge(fixture, &customer, &method).await.json();
    assert_eq!(intent["status"], "succeeded");
    (customer, intent)
}

fn text<'v>(object: &'v Value, field: &str) -> &'v str {
    object[field].as_str().unwrap_or_else(|| panic!("{field} of {object}"))
}

async fn refund(fixture: &Fixture, intent: &Value, amount: Option<&str>) -> Answered {
    let mut form = vec![("payment_intent", text(intent, "id")), ("reason", "requested_by_customer")];
    form.extend(amount.map(|amount| ("amount", amount)));
    fixture.post("/v1/refunds", &form).await
}

async fn charge_of(fixture: &Fixture, intent: &Value) -> Value {
    fixture.get(&format!("/v1/charges/{}", text(intent, "latest_charge"))).await.json()
}

/// `charged`, `refunded`, `disputed` and `net` of the only customer.
async fn ledger(fixture: &Fixture) -> [i64; 4] {
    let ledger = fixture.get("/_sandbox/ledger").await.json();
    let one = &ledger["customers"][0];
    ["charged", "refunded", "disputed", "net"].map(|name| one[name].as_i64().unwrap())
}

#[tokio::test]
async fn a_charge_is_sent_back_in_parts_and_never_twice() {
    let fixture = Fixture::start().await;
    let (_, intent) = paid(&fixture, "pm_card_visa").await;
    let first = refund(&fixture, &intent, Some("500")).await.json();
    assert_eq!((&first["status"], &first["amount"]), (&json!("succeeded"), &json!(500)));
    assert_eq!((&first["payment_intent"], &first["charge"]), (&intent["id"], &intent["latest_charge"]));
    let too_much = refund(&fixture, &intent, Some("1501")).await;
    assert_eq!(too_much.error(), (400, "invalid_request_error".into(), String::new(), "amount".into()));
    assert!(too_much.body.contains("($15.01) is greater than unrefunded amount on charge ($15.00)"));
    let known = charge_of(&fixture, &intent).await;
    assert_eq!((&known["amount_refunded"], &known["refunded"]), (&json!(500), &json!(false)));
    assert_eq!(refund(&fixture, &intent, None).await.json()["amount"], 1500);
    let known = charge_of(&fixture, &intent).await;
    assert_eq!((&known["amount_refunded"], &known["refunded"]), (&json!(2000), &json!(true)));
    assert_eq!(refund(&fixture, &intent, Some("1")).await.error().2, "charge_already_refunded");

    let list = fixture.get(&format!("/v1/refunds?payment_intent={}", text(&intent, "id"))).await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 2);
    assert_eq!(fixture.get(&format!("/v1/refunds/{}", text(&first, "id"))).await.json(), first);
    assert_eq!(story(&fixture).await[5..], ["refund.created", "charge.refunded", "refund.created", "charge.refunded"]);
    let event = fixture.get("/v1/events?type=charge.refunded&limit=1").await.json()["data"][0]["data"].clone();
    assert_eq!(event["previous_attributes"], json!({ "amount_refunded": 500, "refunded": false }));
    assert_eq!(ledger(&fixture).await, [2000, 2000, 0, 0]);
    let receipt = fixture.get(text(&known, "receipt_url").strip_prefix(&fixture.base).unwrap()).await;
    assert!(receipt.body.contains("visa ending in 4242") && receipt.body.contains("Refunded"), "{}", receipt.body);
    fixture.stop().await;
}

#[tokio::test]
async fn what_was_not_paid_cannot_be_sent_back() {
    let fixture = Fixture::start().await;
    let customer = customer(&fixture).await;
    let method = attached(&fixture, "pm_card_chargeCustomerFail", &customer).await;
    let declined = charge(&fixture, &customer, &method).await.json()["error"]["payment_intent"].clone();
    assert!(refund(&fixture, &declined, None).await.body.contains("does not have a successful charge"));
    assert_eq!(fixture.post("/v1/refunds", &[("payment_intent", "pi_none")]).await.error().2, "resource_missing");
    assert_eq!(fixture.post("/v1/refunds", &[("amount", "1")]).await.error().2, "parameter_missing");
    assert_eq!(fixture.get("/v1/refunds/re_none").await.error().0, 404);
    assert_eq!(ledger_total(&fixture).await, 0);
    fixture.stop().await;
}

async fn ledger_total(fixture: &Fixture) -> i64 {
    fixture.get("/_sandbox/ledger").await.json()["total"]["net"].as_i64().unwrap()
}

#[tokio::test]
async fn a_refund_fails_after_it_succeeded() {
    let fixture = Fixture::start().await;
    let (_, intent) = paid(&fixture, "pm_card_visa").await;
    let made = refund(&fixture, &intent, Some("800")).await.json();
    let turn = format!("/_sandbox/refunds/{}", text(&made, "id"));
    let failed = fixture.control(&turn, json!({ "status": "failed" })).await.json();
    assert_eq!((&failed["status"], &failed["failure_reason"]), (&json!("failed"), &json!("expired_or_canceled_card")));
    assert_eq!(charge_of(&fixture, &intent).await["amount_refunded"], 0);
    assert_eq!(ledger(&fixture).await, [2000, 0, 0, 2000]);
    let told = story(&fixture).await;
    assert_eq!(told[told.len() - 3..], ["refund.updated", "charge.refund.updated", "refund.failed"]);
    // Repeated, nothing happens; and a failed refund stays failed.
    fixture.control(&turn, json!({ "status": "failed" })).await;
    assert_eq!(story(&fixture).await.len(), told.len());
    assert_eq!(fixture.control(&turn, json!({ "status": "succeeded" })).await.status, 409);
    fixture.stop().await;
}

#[tokio::test]
async fn a_refund_waits_when_asked_to() {
    let fixture = Fixture::start().await;
    let (_, intent) = paid(&fixture, "pm_card_visa").await;
    fixture.control("/_sandbox/faults", json!({ "kind": "pending_refund", "path_prefix": "/v1/refunds" })).await;
    let waiting = refund(&fixture, &intent, None).await.json();
    assert_eq!(waiting["status"], "pending");
    assert_eq!(refund(&fixture, &intent, None).await.error().2, "charge_already_refunded");
    let turn = format!("/_sandbox/refunds/{}", text(&waiting, "id"));
    let failed = fixture.control(&turn, json!({ "status": "failed", "failure_reason": "declined" })).await.json();
    assert_eq!(failed["failure_reason"], "declined");
    assert_eq!(refund(&fixture, &intent, None).await.json()["status"], "succeeded");
    fixture.stop().await;
}

#[tokio::test]
async fn stripes_refund_cards_turn_by_themselves() {
    let fixture = Fixture::start().await;
    for (card, first, later) in
        [("pm_card_pendingRefund", "pending", "succeeded"), ("pm_card_refundFail", "succeeded", "failed")]
    {
        let (_, intent) = paid(&fixture, card).await;
        // Two at the same moment, of one charge.
        let refunds =
            [refund(&fixture, &intent, Some("300")).await.json(), refund(&fixture, &intent, Some("400")).await.json()];
        assert!(refunds.iter().all(|refund| refund["status"] == first));
        fixture.clock.advance(SignedDuration::from_secs(5));
        for refund in refunds {
            let known = fixture.get(&format!("/v1/refunds/{}", text(&refund, "id"))).await.json();
            assert_eq!(known["status"], later);
        }
        let refunded = if later == "failed" { 0 } else { 700 };
        assert_eq!(charge_of(&fixture, &intent).await["amount_refunded"], refunded);
    }
    fixture.stop().await;
}

#[tokio::test]
async fn a_dispute_is_opened_and_won_or_lost() {
    for (status, kinds, end) in [
        ("won", &["charge.dispute.closed", "charge.dispute.funds_reinstated"][..], [2000, 0, 0, 2000]),
        ("lost", &["charge.dispute.closed"][..], [2000, 0, 1200, 800]),
    ] {
        let fixture = Fixture::start().await;
        let (_, intent) = paid(&fixture, "pm_card_visa").await;
        let open = json!({ "payment": intent["id"], "amount": 1200 });
        let dispute = fixture.control("/_sandbox/disputes", open.clone()).await.json();
        assert_eq!((&dispute["status"], &dispute["amount"]), (&json!("needs_response"), &json!(1200)));
        assert_eq!(fixture.get(&format!("/v1/disputes/{}", text(&dispute, "id"))).await.json(), dispute);
        assert_eq!(ledger(&fixture).await, [2000, 0, 1200, 800]);
        assert_eq!(charge_of(&fixture, &intent).await["disputed"], true);
        assert_eq!(fixture.control("/_sandbox/disputes", open).await.status, 409);
        assert_eq!(refund(&fixture, &intent, None).await.error().2, "charge_disputed");
        let path = format!("/_sandbox/disputes/{}", text(&dispute, "id"));
        assert_eq!(fixture.control(&path, json!({ "status": status })).await.json()["status"], status);
        assert_eq!(fixture.control(&path, json!({ "status": status })).await.status, 409);
        let mut wanted = vec!["charge.dispute.created", "charge.dispute.funds_withdrawn"];
        wanted.extend(kinds);
        assert_eq!(story(&fixture).await[5..], wanted);
        assert_eq!(ledger(&fixture).await, end);
        fixture.stop().await;
    }
}

#[tokio::test]
async fn an_inquiry_takes_no_money() {
    let fixture = Fixture::start().await;
    let (_, intent) = paid(&fixture, "pm_card_visa").await;
    let open = json!({ "payment": intent["latest_charge"], "warning": true, "reason": "product_not_received" });
    let inquiry = fixture.control("/_sandbox/disputes", open).await.json();
    assert_eq!((&inquiry["status"], &inquiry["amount"]), (&json!("warning_needs_response"), &json!(2000)));
    assert_eq!(ledger(&fixture).await, [2000, 0, 0, 2000]);
    let path = format!("/_sandbox/disputes/{}", text(&inquiry, "id"));
    assert_eq!(fixture.control(&path, json!({ "status": "won" })).await.status, 409);
    fixture.control(&path, json!({ "status": "needs_response" })).await;
    assert_eq!(ledger(&fixture).await, [2000, 0, 2000, 0]);
    let told = story(&fixture).await;
    assert_eq!(told[told.len() - 2..], ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]);
    fixture.stop().await;
}

#[tokio::test]
async fn a_card_disputes_its_own_charge() {
    let fixture = Fixture::start().await;
    let (_, intent) = paid(&fixture, "pm_card_createDispute").await;
    let list = format!("/v1/disputes?payment_intent={}", text(&intent, "id"));
    let disputes = fixture.get(&list).await.json()["data"].clone();
    assert_eq!((&disputes[0]["reason"], &disputes[0]["amount"]), (&json!("fraudulent"), &json!(2000)));
    let fixture = fixture.restart(None).await;
    assert_eq!(fixture.get(&list).await.json()["data"], disputes);
    let path = format!("/v1/disputes/{}/close", text(&disputes[0], "id"));
    assert_eq!(fixture.post(&path, &[]).await.json()["status"], "lost");
    assert_eq!(fixture.post(&path, &[]).await.error().0, 400);
    fixture.stop().await;
}
