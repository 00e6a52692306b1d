//! The hosted Checkout page as a browser without script uses it.

use axum::http::StatusCode;
use jiff::SignedDuration;
use serde_json::json;

use super::{Answered, Fixture, SESSION};

const GOOD: [(&str, &str); 5] = [
    ("card_number", "4242 4242 4242 4242"),
    ("exp", "12 / 34"),
    ("cvc", "123"),
    ("name", "Ada Lovelace"),
    ("email", "ada@example.com"),
];

fn typed<'f>(name: &'f str, value: &'f str) -> Vec<(&'f str, &'f str)> {
    GOOD.into_iter().map(|(known, good)| (known, if known == name { value } else { good })).collect()
}

async fn submit(fixture: &Fixture, id: &str, form: &[(&str, &str)]) -> Answered {
    Answered::read(fixture.http.post(fixture.at(&format!("/c/pay/{id}"))).form(form).send().await.unwrap()).await
}

#[tokio::test]
async fn a_good_card_pays_and_leads_back() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    let page = fixture.get(&format!("/c/pay/{id}")).await;
    for wanted in [
        "no real money moves",
        "100 minutes",
        "<label for=\"card_number\">Card number</label>",
        "placeholder=\"4242 4242 4242 4242\"",
        ">Pay $10.00</button>",
        "href=\"http://localhost:3000/billing?buy=minutes\">Cancel and go back</a>",
    ] {
        assert!(page.body.contains(wanted), "{wanted}\n{}", page.body);
    }
    // The redirect after the form leads to the product: browsers hold that against form-action too.
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'self' http://localhost:3000"));

    let paid = submit(&fixture, &id, &GOOD).await;
    assert_eq!(paid.status, StatusCode::SEE_OTHER);
    let back = format!("http://localhost:3000/billing/return?session_id={id}");
    assert_eq!(paid.header("location"), Some(back.as_str()));
    let session =
        fixture.get(&format!("/v1/checkout/sessions/{id}?expand[]=payment_intent.latest_charge")).await.json();
    assert_eq!((&session["status"], &session["payment_status"]), (&json!("complete"), &json!("paid")));
    assert_eq!(session["customer_details"]["email"], "ada@example.com");
    assert_eq!(session["payment_intent"]["latest_charge"]["payment_method_details"]["card"]["last4"], "4242");
    let over = fixture.get(&format!("/c/pay/{id}")).await.body;
    assert!(over.contains("was paid") && over.contains("no real money moves"));
    fixture.stop().await;
}

#[tokio::test]
async fn a_double_submit_pays_once() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    let both = futures::future::join_all((0..8).map(|_| submit(&fixture, &id, &GOOD))).await;
    assert!(both.iter().all(|one| one.status == StatusCode::SEE_OTHER));
    let state = fixture.get("/_sandbox/state").await.json();
    assert_eq!((&state["payments"], &state["paid_cents"]), (&json!(1), &json!(1000)));
    fixture.stop().await;
}

#[tokio::test]
async fn a_declined_card_is_said_and_the_session_stays_open() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    for (card, message) in
        [("4000000000000002", "Your card was declined."), ("4000 0000 0000 9995", "Your card has insufficient funds.")]
    {
        let declined = submit(&fixture, &id, &typed("card_number", card)).await;
        assert_eq!(declined.status, StatusCode::PAYMENT_REQUIRED);
        assert!(declined.body.contains(message) && declined.body.contains(card), "{}", declined.body);
    }
    assert_eq!(fixture.get(&format!("/v1/checkout/sessions/{id}")).await.json()["status"], "open");
    assert_eq!(submit(&fixture, &id, &GOOD).await.status, StatusCode::SEE_OTHER);
    fixture.stop().await;
}

#[tokio::test]
async fn each_field_says_what_is_wrong_and_keeps_what_was_typed() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    for (field, value) in [
        ("card_number", "4242 4242 4242 4241"),
        ("card_number", "\"><script>alert(1)</script>"),
        ("exp", "13 / 34"),
        ("exp", "10 / 26"),
        ("cvc", "12"),
        ("email", "nobody"),
    ] {
        let wrong = submit(&fixture, &id, &typed(field, value)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}");
        assert!(wrong.body.contains(&format!("id=\"{field}-wrong\"")), "{}", wrong.body);
        assert!(wrong.body.contains(&format!("value=\"{}\"", crate::sandbox::html::escape(value))), "{}", wrong.body);
        assert!(!wrong.body.contains("<script"));
    }
    assert_eq!(fixture.get("/_sandbox/state").await.json()["declined"], 0);
    fixture.stop().await;
}

#[tokio::test]
async fn a_known_customer_is_not_asked_again() {
    let fixture = Fixture::start().await;
    let form = [("email", "owner@harbor.test"), ("name", "Harbor <Dental>")];
    let customer = fixture.post("/v1/customers", &form).await.json()["id"].as_str().unwrap().to_owned();
    let mut form = SESSION.to_vec();
    form.push(("customer", &customer));
    let id = fixture.post("/v1/checkout/sessions", &form).await.json()["id"].as_str().unwrap().to_owned();
    let page = fixture.get(&format!("/c/pay/{id}")).await.body;
    assert!(page.contains("owner@harbor.test") && page.contains("value=\"Harbor &lt;Dental&gt;\""));
    assert!(!page.contains("name=\"email\""));
    assert_eq!(
        submit(&fixture, &id, &[("card_number", "4242424242424242"), ("exp", "1234"), ("cvc", "123")]).await.status,
        StatusCode::SEE_OTHER
    );
    fixture.stop().await;
}

#[tokio::test]
async fn expired_and_unknown_sessions_have_a_page() {
    let fixture = Fixture::start().await;
    let id = fixture.session().await;
    fixture.clock.advance(SignedDuration::from_hours(24));
    let expired = submit(&fixture, &id, &GOOD).await;
    assert!(expired.body.contains("has expired") && expired.body.contains("Go back</a>"), "{}", expired.body);
    assert_eq!(fixture.get("/_sandbox/state").await.json()["payments"], 0);
    let unknown = fixture.get("/c/pay/cs_test_none").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert!(unknown.body.contains("no real money moves"));
    assert_eq!(fixture.get("/c/style.css").await.header("content-type"), Some("text/css"));
    fixture.stop().await;
}
