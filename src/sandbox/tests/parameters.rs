//! What Stripe refuses is refused, in its words.

use super::{Fixture, SESSION};

const PATH: &str = "/v1/checkout/sessions";

/// The least session with one parameter changed, added, or (empty) left out.
fn with<'f>(name: &'f str, value: &'f str) -> Vec<(&'f str, &'f str)> {
    let mut form: Vec<_> = SESSION.into_iter().filter(|(known, _)| *known != name).collect();
    if !value.is_empty() {
        form.push((name, value));
    }
    form
}

const AMOUNT: &str = "line_items[0][price_data][unit_amount]";

/// Name, value, and the error's `code` and `param`.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("colour", "red", "parameter_unknown", "colour"),
    ("line_items[0][colour]", "red", "parameter_unknown", "line_items[0][colour]"),
    (
        "line_items[0][price_data][product_data][size]",
        "1",
        "parameter_unknown",
        "line_items[0][price_data][product_data][size]",
    ),
    ("mode", "", "parameter_missing", "mode"),
    ("success_url", "", "parameter_missing", "success_url"),
    ("line_items[0][quantity]", "", "parameter_missing", "line_items[0][quantity]"),
    (AMOUNT, "", "parameter_missing", AMOUNT),
    (
        "line_items[0][price_data][product_data][name]",
        "",
        "parameter_missing",
        "line_items[0][price_data][product_data]",
    ),
    ("success_url", "/billing/return", "url_invalid", "success_url"),
    ("cancel_url", "javascript:alert(1)", "url_invalid", "cancel_url"),
    ("line_items[0][quantity]", "0", "parameter_invalid_integer", "line_items[0][quantity]"),
    ("line_items[0][quantity]", "1.5", "parameter_invalid_integer", "line_items[0][quantity]"),
    (AMOUNT, "-1", "parameter_invalid_integer", AMOUNT),
    (AMOUNT, "49", "amount_too_small", ""),
    (AMOUNT, "100000000", "amount_too_large", AMOUNT),
    ("line_items[0][price_data][currency]", "xyz", "", "line_items[0][price_data][currency]"),
    ("mode", "gift", "", "mode"),
    ("mode", "setup", "", "line_items"),
    ("mode", "subscription", "sandbox_unsupported", "mode"),
    ("setup_intent_data[description]", "card", "", "setup_intent_data"),
    ("customer", "cus_none", "resource_missing", "customer"),
    ("customer_email", "nobody", "email_invalid", "customer_email"),
    ("automatic_tax[enabled]", "true", "sandbox_unsupported", "automatic_tax[enabled]"),
    ("allow_promotion_codes", "true", "sandbox_unsupported", "allow_promotion_codes"),
    ("allow_promotion_codes", "perhaps", "", "allow_promotion_codes"),
    ("expires_at", "1", "", "expires_at"),
    ("expand[]", "nothing", "", "expand"),
    (
        "metadata[0123456789012345678901234567890123456789x]",
        "1",
        "",
        "metadata[0123456789012345678901234567890123456789x]",
    ),
];

#[tokio::test]
async fn each_bad_parameter_is_named() {
    let fixture = Fixture::start().await;
    for (name, value, code, param) in CASES {
        let error = fixture.post(PATH, &with(name, value)).await.error();
        let wanted = (400, "invalid_request_error".to_owned(), (*code).to_owned(), (*param).to_owned());
        assert_eq!(error, wanted, "{name}={value}");
    }
    let none = fixture.get("/_sandbox/state").await.json();
    assert_eq!((&none["sessions"]["total"], &none["events"]), (&0.into(), &0.into()));
    fixture.stop().await;
}

#[tokio::test]
async fn several_lines_add_up_and_customers_are_checked() {
    let fixture = Fixture::start().await;
    let mut form = SESSION.to_vec();
    form.extend([
        ("line_items[1][quantity]", "2"),
        ("line_items[1][price_data][currency]", "USD"),
        ("line_items[1][price_data][unit_amount]", "25"),
        ("line_items[1][price_data][product_data][name]", "Outstanding balance"),
    ]);
    let made = fixture.post(PATH, &form).await.json();
    assert_eq!((&made["amount_total"], &made["currency"]), (&1050.into(), &"usd".into()));
    let euro = with("line_items[1][price_data][currency]", "eur");
    let mixed: Vec<_> =
        form.iter().filter(|(name, _)| *name != "line_items[1][price_data][currency]").copied().collect();
    let mixed: Vec<_> =
        mixed.into_iter().chain(euro.into_iter().filter(|(name, _)| name.starts_with("line_items[1]"))).collect();
    assert_eq!(fixture.post(PATH, &mixed).await.error().3, "line_items[1][price_data]");

    assert_eq!(fixture.post("/v1/customers", &[("email", "")]).await.error().2, "parameter_invalid_empty");
    assert_eq!(fixture.post("/v1/customers", &[("tax_exempt", "none")]).await.error().2, "sandbox_unsupported");
    assert_eq!(
        fixture.get("/v1/customers/cus_none").await.error(),
        (404, "invalid_request_error".into(), "resource_missing".into(), "id".into(),)
    );
    let unknown = fixture.get("/v1/checkout/sessions/").await;
    assert_eq!(unknown.error().0, 404);
    assert!(unknown.header("request-id").unwrap().starts_with("req_"));
    fixture.stop().await;
}
