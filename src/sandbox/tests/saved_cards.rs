//! Cards saved at Checkout or by the API, and charged while nobody is there.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{Answered, Fixture, SESSION};

const SETUP: [(&str, &str); 4] = [
    ("mode", "setup"),
    ("currency", "usd"),
    ("success_url", "http://localhost:3000/billing?card={CHECKOUT_SESSION_ID}"),
    ("cancel_url", "http://localhost:3000/billing"),
];

/// A customer; its id.
pub async fn customer(fixture: &Fixture) -> String {
    let made = fixture.post("/v1/customers", &[("email", "owner@central.test")]).await.json();
    made["id"].as_str().unwrap().to_owned()
}

/// A ready-made card saved for a customer; its id.
pub async fn attached(fixture: &Fixture, card: &str, customer: &str) -> String {
    let made = fixture.post(&format!("/v1/payment_methods/{card}/attach"), &[("customer", customer)]).await.json();
    made["id"].as_str().unwrap_or_else(|| panic!("{made}")).to_owned()
}

/// $20.00 off session.
pub async fn charge(fixture: &Fixture, customer: &str, method: &str) -> Answered {
    let form = [
        ("amount", "2000"),
        ("currency", "usd"),
        ("customer", customer),
        ("payment_method", method),
        ("off_session", "true"),
        ("confirm", "true"),
        ("metadata[topup]", "top_1"),
    ];
    fixture.post("/v1/payment_intents", &form).await
}

#[tokio::test]
async fn a_declined_charge_is_replayed_under_its_key() {
    let fixture = Fixture::start().await;
    let customer = customer(&fixture).await;
    let method = attached(&fixture, "pm_card_chargeCustomerFail", &customer).await;
    let form = [
        ("amount", "2000"),
        ("currency", "usd"),
        ("customer", &customer),
        ("payment_method", &method),
        ("confirm", "true"),
    ];
    let first = fixture.post_with_key("/v1/payment_intents", Some("recharge-1"), &form).await;
    let again = fixture.post_with_key("/v1/payment_intents", Some("recharge-1"), &form).await;
    assert_eq!((first.status.as_u16(), &again.body), (402, &first.body));
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(fixture.get("/v1/payment_intents").await.json()["data"].as_array().unwrap().len(), 1);
    fixture.stop().await;
}

/// The types of all events, the oldest first.
pub async fn story(fixture: &Fixture) -> Vec<String> {
    let events = fixture.get("/v1/events?limit=100").await.json();
    let kinds = events["data"].as_array().unwrap().iter().rev().map(|event| event["type"].as_str().unwrap().to_owned());
    kinds.collect()
}

async fn setup_session(fixture: &Fixture, customer: &str) -> Value {
    let mut form = SETUP.to_vec();
    form.push(("customer", customer));
    let made = fixture.post("/v1/checkout/sessions", &form).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    made.json()
}

fn id(object: &Value) -> &str {
    object["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_card_is_saved_at_checkout_and_charged_later() {
    let fixture = Fixture::start().await;
    let customer = customer(&fixture).await;
    let session = setup_session(&fixture, &customer).await;
    assert_eq!((&session["mode"], &session["amount_total"]), (&json!("setup"), &json!(null)));
    assert_eq!(session["payment_status"], "no_payment_required");
    let page = fixture.get(&format!("/c/pay/{}", id(&session))).await.body;
    assert!(page.contains("Save card</button>") && page.contains("Nothing is charged now"), "{page}");

    let paid = fixture.control(&format!("/_sandbox/sessions/{}/pay", id(&session)), json!({})).await.json();
    assert_eq!((&paid["status"], &paid["payment_intent"]), (&json!("complete"), &json!(null)));
    let read = format!("/v1/checkout/sessions/{}?expand[]=setup_intent.payment_method", id(&session));
    let method = fixture.get(&read).await.json()["setup_intent"]["payment_method"].clone();
    assert_eq!((&method["customer"], &method["card"]["last4"]), (&json!(customer), &json!("4242")));
    for list in [
        format!("/v1/customers/{customer}/payment_methods"),
        format!("/v1/payment_methods?customer={customer}&type=card"),
    ] {
        assert_eq!(fixture.get(&list).await.json()["data"], json!([method]), "{list}");
    }

    let charged = charge(&fixture, &customer, id(&method)).await.json();
    assert_eq!((&charged["status"], &charged["amount_received"]), (&json!("succeeded"), &json!(2000)));
    assert_eq!((&charged["payment_method"], &charged["metadata"]["topup"]), (&method["id"], &json!("top_1")));
    assert_eq!(
        story(&fixture).await,
        [
            "customer.created",
            "setup_intent.created",
            "payment_method.attached",
            "setup_intent.succeeded",
            "checkout.session.completed",
            "payment_intent.created",
            "charge.succeeded",
            "payment_intent.succeeded",
        ]
    );
    fixture.stop().await;
}

#[tokio::test]
async fn a_payment_saves_its_card_when_asked_to() {
    let fixture = Fixture::start().await;
    let customer = customer(&fixture).await;
    for (usage, saved) in [(None, 0), (Some("off_session"), 1)] {
        let mut form = SESSION.to_vec();
        form.push(("customer", &customer));
        form.extend(usage.map(|usage| ("payment_intent_data[setup_future_usage]", usage)));
        let session = fixture.post("/v1/checkout/sessions", &form).await.json();
        fixture.control(&format!("/_sandbox/sessions/{}/pay", id(&session)), json!({})).await;
        let list = fixture.get(&format!("/v1/customers/{customer}/payment_methods")).await.json();
        assert_eq!(list["data"].as_array().unwrap().len(), saved);
    }
    fixture.stop().await;
}

#[tokio::test]
async fn a_card_that_asks_once_is_authenticated_on_its_page() {
    let fixture = Fixture::start().await;
    let customer = customer(&fixture).await;
    let session = setup_session(&fixture, &customer).await;
    let typed = [("card_number", "4000002500003155"), ("exp", "12/34"), ("cvc", "123"), ("email", "a@b.test")];
    let pay = format!("/c/pay/{}", id(&session));
    let submit = async |path: &str, form: &[(&str, &str)]| {
        let answer = fixture.http.post(fixture.at(path)).form(form).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        answer.headers()["location"].to_str().unwrap().to_owned()
    };
    let bank = submit(&pay, &typed).await;
    let page = fixture.get(&bank).await;
    assert!(page.body.contains("Complete authentication") && page.body.contains("ending in 3155"), "{}", page.body);
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'self' http://localhost:3000"));
    assert_eq!(submit(&bank, &[("outcome", "fail")]).await, pay);
    assert!(fixture.get(&pay).await.body.contains("unable to authenticate your payment method"));
    assert_eq!(submit(&pay, &typed).await, bank);
    assert!(submit(&bank, &[("outcome", "complete")]).await.starts_with("http://localhost:3000/billing?card=cs_test_"));
    let list = fixture.get(&format!("/v1/payment_methods?customer={customer}&type=card")).await.json();
    let charged = charge(&fixture, &customer, id(&list["data"][0])).await.json();
    assert_eq!(charged["status"], "succeeded");
    fixture.stop().await;
}

#[tokio::test]
async fn who_authenticates_too_late_pays_nothing() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    let pay = format!("/_sandbox/sessions/{id}/pay");
    let asked = fixture.control(&pay, json!({ "card": "4000002760003184" })).await.json();
    assert_eq!(asked["status"], "open");
    let press = format!("/_sandbox/authenticate/{}", asked["payment_intent"].as_str().unwrap());
    fixture.clock.advance(jiff::SignedDuration::from_hours(24));
    let late = fixture.control(&press, json!({ "outcome": "complete" })).await.json();
    assert_eq!(late["status"], "requires_action");
    assert_eq!(fixture.get("/_sandbox/ledger").await.json()["total"]["charged"], 0);
    assert_eq!(fixture.get(&format!("/v1/checkout/sessions/{id}")).await.json()["status"], "expired");
    fixture.stop().await;
}

#[tokio::test]
async fn a_declined_charge_says_which_intent() {
    let fixture = Fixture::start().await;
    let customer = customer(&fixture).await;
    let method = attached(&fixture, "pm_card_chargeCustomerFail", &customer).await;
    let declined = charge(&fixture, &customer, &method).await;
    assert_eq!(declined.error(), (402, "card_error".into(), "card_declined".into(), String::new()));
    let error = declined.json()["error"].clone();
    assert_eq!((&error["decline_code"], &error["payment_method"]["id"]), (&json!("generic_decline"), &json!(method)));
    let intent = &error["payment_intent"];
    assert_eq!((&intent["status"], &intent["latest_charge"]), (&json!("requires_payment_method"), &error["charge"]));
    assert_eq!(intent["last_payment_error"]["code"], "card_declined");
    let list = fixture.get(&format!("/v1/payment_intents?customer={customer}&created[gte]=1&limit=1")).await.json();
    assert_eq!((&list["data"][0], &list["has_more"]), (intent, &json!(false)));
    let told = story(&fixture).await;
    assert_eq!(told[told.len() - 2..], ["charge.failed", "payment_intent.payment_failed"]);
    fixture.stop().await;
}

#[tokio::test]
async fn an_absent_customer_finishes_from_a_link() {
    let fixture = Fixture::start().await;
    let customer = customer(&fixture).await;
    let method = attached(&fixture, "pm_card_authenticationRequired", &customer).await;
    let asked = charge(&fixture, &customer, &method).await;
    assert_eq!(asked.error(), (402, "card_error".into(), "authentication_required".into(), String::new()));
    let intent = asked.json()["error"]["payment_intent"]["id"].as_str().unwrap().to_owned();
    let confirm = format!("/v1/payment_intents/{intent}/confirm");
    let back = "http://localhost:3000/billing/return?topup=1";
    let form = [("payment_method", method.as_str()), ("return_url", back)];
    let again = fixture.post(&confirm, &form).await.json();
    assert_eq!(again["status"], "requires_action");
    let link = again["next_action"]["redirect_to_url"]["url"].as_str().unwrap();
    let done = fixture.http.post(link).form(&[("outcome", "complete")]).send().await.unwrap();
    let to = done.headers()["location"].to_str().unwrap();
    let start = format!("{back}&payment_intent={intent}&payment_intent_client_secret={intent}_secret_");
    assert!(to.starts_with(&start) && to.ends_with("&redirect_status=succeeded"), "{to}");
    let read = fixture.get(&format!("/v1/payment_intents/{intent}")).await.json();
    assert_eq!((&read["status"], &read["next_action"]), (&json!("succeeded"), &json!(null)));
    assert_eq!(fixture.post(&confirm, &form).await.error().2, "payment_intent_unexpected_state");
    assert!(fixture.get(&format!("/c/authenticate/{intent}")).await.body.contains("Nothing to do here"));

    let never = [
        ("amount", "500"),
        ("currency", "usd"),
        ("customer", &customer),
        ("payment_method", &method),
        ("payment_method_types[]", "card"),
        ("confirm", "true"),
        ("error_on_requires_action", "true"),
    ];
    let refused = fixture.post("/v1/payment_intents", &never).await.json();
    assert_eq!(refused["error"]["decline_code"], "authentication_not_handled");
    fixture.stop().await;
}

#[tokio::test]
async fn an_intent_is_confirmed_later_or_canceled() {
    let fixture = Fixture::start().await;
    let customer = customer(&fixture).await;
    let method = attached(&fixture, "pm_card_visa", &customer).await;
    let form = [("amount", "700"), ("currency", "usd"), ("customer", &customer), ("payment_method", &method)];
    let waiting = fixture.post("/v1/payment_intents", &form).await.json();
    assert_eq!(waiting["status"], "requires_confirmation");
    let confirm = format!("/v1/payment_intents/{}/confirm", id(&waiting));
    assert_eq!(fixture.post(&confirm, &[("off_session", "true")]).await.json()["status"], "succeeded");
    let bare = fixture.post("/v1/payment_intents", &form[..2]).await.json();
    let path = format!("/v1/payment_intents/{}", id(&bare));
    assert_eq!(fixture.post(&format!("{path}/confirm"), &[]).await.error().2, "payment_intent_unexpected_state");
    let canceled = fixture.post(&format!("{path}/cancel"), &[("cancellation_reason", "abandoned")]).await.json();
    assert_eq!((&canceled["status"], &canceled["cancellation_reason"]), (&json!("canceled"), &json!("abandoned")));
    assert_eq!(fixture.post(&format!("{path}/cancel"), &[]).await.error().2, "payment_intent_unexpected_state");
    fixture.stop().await;
}

#[tokio::test]
async fn what_cannot_be_charged_is_refused() {
    let fixture = Fixture::start().await;
    let (owner, other) = (customer(&fixture).await, customer(&fixture).await);
    let method = attached(&fixture, "pm_card_visa", &owner).await;
    assert_eq!(charge(&fixture, &other, &method).await.error().3, "payment_method");
    assert_eq!(charge(&fixture, "cus_none", &method).await.error().2, "resource_missing");
    assert_eq!(charge(&fixture, &owner, "pm_none").await.error().2, "resource_missing");
    let small = [("amount", "49"), ("currency", "usd")];
    assert_eq!(fixture.post("/v1/payment_intents", &small).await.error().2, "amount_too_small");
    let declined = format!("/v1/payment_methods/{}/attach", "pm_card_visa_chargeDeclined");
    assert_eq!(fixture.post(&declined, &[("customer", &owner)]).await.error().2, "card_declined");
    let intents = fixture.get("/v1/payment_intents").await.json();
    assert_eq!(intents["data"], json!([]));

    let detach = format!("/v1/payment_methods/{method}/detach");
    assert_eq!(fixture.post(&detach, &[]).await.json()["customer"], json!(null));
    assert_eq!(fixture.post(&detach, &[]).await.status, StatusCode::BAD_REQUEST);
    let gone = charge(&fixture, &owner, &method).await;
    assert!(gone.body.contains("may not be used again"), "{}", gone.body);
    let event = fixture.get("/v1/events?type=payment_method.detached").await.json()["data"][0].clone();
    assert_eq!(event["data"]["previous_attributes"], json!({ "customer": owner }));
    fixture.stop().await;
}

#[tokio::test]
async fn a_customer_has_a_default_card() {
    let fixture = Fixture::start().await;
    let form = [("payment_method", "pm_card_visa"), ("invoice_settings[default_payment_method]", "pm_card_visa")];
    let made = fixture.post("/v1/customers", &form).await.json();
    let first = made["invoice_settings"]["default_payment_method"].as_str().unwrap();
    let path = format!("/v1/customers/{}", id(&made));
    let second = attached(&fixture, "pm_card_mastercard", id(&made)).await;
    let change = [("invoice_settings[default_payment_method]", second.as_str()), ("metadata[workspace]", "ws_1")];
    let changed = fixture.post(&path, &change).await.json();
    assert_eq!(changed["invoice_settings"]["default_payment_method"], second);
    assert_eq!(changed["metadata"]["workspace"], "ws_1");
    let foreign = [("invoice_settings[default_payment_method]", "pm_none")];
    assert_eq!(fixture.post(&path, &foreign).await.error().2, "resource_missing");
    fixture.post(&format!("/v1/payment_methods/{second}/detach"), &[]).await;
    assert_eq!(fixture.get(&path).await.json()["invoice_settings"]["default_payment_method"], json!(null));
    assert_ne!(first, second);
    // Nothing of it is lost with the process.
    let fixture = fixture.restart(None).await;
    let list = fixture.get(&format!("{path}/payment_methods")).await.json();
    assert_eq!(list["data"].as_array().unwrap().len(), 1);
    fixture.stop().await;
}
