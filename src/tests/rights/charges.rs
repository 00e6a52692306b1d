//! What keys charge besides calls: messages, numbers, campaigns.

use reqwest::Method;
use serde_json::json;

use super::Guard::Keyed;
use super::people::{Body, Scene, Who};
use super::{Row, get};

/// What makes something with a given id.
const MADE_ONCE: [(&str, &str, &str); 3] = [
    ("POST /v1/messages", "/v1/messages", r#"{ "id": "m1", "count": 1 }"#),
    ("POST /v1/numbers", "/v1/numbers", r#"{ "id": "n2", "number": "1" }"#),
    ("POST /v1/campaigns", "/v1/campaigns", r#"{ "id": "a1", "calls": 1, "expected_seconds": 60 }"#),
];

/// What the client has made before is found again; elsewhere the same id makes something else.
pub fn rows() -> Vec<Row> {
    let again = MADE_ONCE.map(|(route, address, body)| {
        super::json(route, address, serde_json::from_str(body).unwrap(), Keyed("200", "201"))
    });
    let quote = json!({ "calls": 1, "expected_seconds": 60 });
    let mut rows = Vec::from(again);
    rows.extend([
        get("GET /v1/numbers/{id}", "/v1/numbers/n1", Keyed("200", "404")),
        get("DELETE /v1/numbers/{id}", "/v1/numbers/n1", Keyed("200", "404")),
        super::json("POST /v1/campaigns/quote", "/v1/campaigns/quote", quote, Keyed("200", "200")),
    ]);
    rows
}

/// What the client has made.
pub async fn prepare(scene: &Scene) {
    let number = ("", "/v1/numbers", r#"{ "id": "n1", "number": "1" }"#);
    for (_, address, body) in MADE_ONCE.into_iter().chain([number]) {
        let made = scene.ask(Who::Key, &Method::POST, address, &Body::Json(body.to_owned())).await;
        assert_eq!(made.status, 201, "{}", made.body);
    }
}
