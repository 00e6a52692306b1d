//! Whatever is sent to whichever route, as somebody who may: it is answered, never with a fault of ours, and the ledger
//! stays sound (the world reconciles at its end). What is sent is drawn from a fixed seed.

use hmac::{Hmac, Mac as _};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use reqwest::header::HeaderValue;
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use sha2::Sha256;

use crate::fixture::world;
use crate::rights::people::{Body, Scene, Who, token};
use crate::rights::{Row, table};

/// Attempts per route.
const EACH: usize = 40;
/// Parameters that routes of ours read.
const PARAMETERS: &str = "(limit|cursor|type|from|to|reference|range|buy|pack|quantity|choice|amount|error|added|tab|key|\
                          next|email|notice|done|revoke|session_id|query)";
/// Fields that routes of ours read.
const FIELDS: &str = "(id|direction|agent|from|to|recording|metadata|connected_seconds|outcome|duration_seconds|\
                      billed_duration_seconds|email|password|current|new|again|purchase_key|pack|quantity|choice|amount|\
                      update|workspace|name|scope|form_key|key|count|number|calls|expected_seconds)";

/// Draws values.
struct Dice(TestRunner);

impl Dice {
    fn throw<T: std::fmt::Debug>(&mut self, strategy: impl Strategy<Value = T>) -> T {
        strategy.new_tree(&mut self.0).unwrap().current()
    }

    /// Texts as people, programs and attackers send them.
    fn text(&mut self) -> String {
        self.throw(prop_oneof![
            "\\PC{0,40}",
            any::<String>(),
            "[0-9a-f]{0,48}",
            "-?[0-9]{1,25}(\\.[0-9]{0,3})?",
            "[0-9]{4,6}-[0-9]{2}-[0-9]{2}(T[0-9:]{8}Z)?",
            "(call|lot|ws|pack|cs_test|form|key)_[0-9A-Za-z]{0,40}",
            "(answered|inbound|outbound|minutes|credits|month|custom|2026-11-01|2026-11-20|-9999-01-01|9999-12-31)",
            "(\u{0}|'; --|=cmd|\\.\\./|<b>|%00|\r\nx: y|\u{202e}|\u{1f4a9}){1,3}",
        ])
    }

    fn query(&mut self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for _ in 0..self.throw(0..4usize) {
            let name = self.throw(prop_oneof![9 => PARAMETERS, 1 => "\\PC{0,9}"]);
            query.append_pair(&name, &self.text());
        }
        let raw = self.throw("[!-~]{0,20}");
        if self.throw(0..4) == 0 { raw } else { query.finish() }
    }

    fn json(&mut self) -> Value {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            (0..100_000i64).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "\\PC{0,40}".prop_map(Value::from),
            "(inbound|outbound|answered|busy|c1|\u{0})".prop_map(Value::from),
        ];
        let nested = leaf.clone().prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::hash_map("\\PC{0,9}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        });
        let object = proptest::collection::hash_map(FIELDS, prop_oneof![3 => leaf, 1 => nested.clone()], 0..6);
        self.throw(prop_oneof![9 => object.prop_map(|map| map.into_iter().collect::<Value>()), 1 => nested])
    }

    /// A body that is no JSON, or hardly.
    fn bytes(&mut self) -> Vec<u8> {
        self.throw(prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..300),
            "[\\[\\]{}\",:0-9eE.+-]{0,200}".prop_map(String::into_bytes),
            (1..20_000usize).prop_map(|depth| vec![b'['; depth]),
        ])
    }

    fn header(&mut self) -> HeaderValue {
        let bytes = self.throw(proptest::collection::vec(prop_oneof![9 => b' '..=b'~', 1 => 128..=255u8], 0..60));
        HeaderValue::from_bytes(&bytes).unwrap()
    }
}

/// The address with something else in place of what it names.
fn address(dice: &mut Dice, row: &Row) -> String {
    let path = row.address.split('?').next().unwrap();
    let path = match row.route.contains('{') {
        true => {
            let id: String = url::form_urlencoded::byte_serialize(dice.text().as_bytes()).collect();
            path.replace("c1", &id).replace("reset_none", &id)
        }
        false => path.to_owned(),
    };
    format!("{path}?{}", dice.query())
}

/// Sends it and insists on an answer that blames whoever sent it, or nobody.
async fn answered(request: RequestBuilder, what: &str) {
    let (client, request) = request.build_split();
    let Ok(request) = request else { return };
    let sent = format!("{what}: {} {:?}", request.url(), request.headers());
    let response = client.execute(request).await.unwrap_or_else(|error| panic!("{sent}: {error}"));
    assert!(response.status().as_u16() < 500, "{}: {sent}", response.status());
    response.bytes().await.unwrap_or_else(|error| panic!("{sent}: {error}"));
}

fn client() -> reqwest::Client {
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

#[test]
fn whatever_is_sent_to_the_api_is_answered() {
    world(async |world| {
        let scene = Scene::new(world).await;
        let call = Body::Json("{\"id\":\"c1\",\"direction\":\"inbound\"}".to_owned());
        scene.ask(Who::Key, &Method::POST, "/v1/calls", &call).await;
        let (mut dice, client) = (Dice(TestRunner::deterministic()), client());
        for row in table(&scene).iter().filter(|row| row.route.contains(" /v1/")) {
            world.clock.advance(jiff::SignedDuration::from_mins(1));
            let method: Method = row.route.split(' ').next().unwrap().parse().unwrap();
            for number in 0..EACH {
                let url = format!("{}{}", scene.site.base, address(&mut dice, row));
                let mut request = client.request(method.clone(), url).bearer_auth("mb_live_key");
                if method == Method::POST {
                    let body = if number % 4 == 0 { dice.bytes() } else { dice.json().to_string().into_bytes() };
                    request = request.header("content-type", "application/json").body(body);
                }
                if number % 5 == 0 {
                    request = request.header("idempotency-key", dice.header());
                    request = request.header("minutebank-workspace", dice.header());
                }
                answered(request, row.route).await;
            }
        }
        for _ in 0..EACH {
            let request = client.get(format!("{}/v1/wallet", scene.site.base));
            answered(request.header("authorization", dice.header()), "keys").await;
        }
    });
}

#[test]
fn whatever_is_sent_to_a_page_is_answered() {
    world(async |world| {
        let scene = Scene::new(world).await;
        let mut dice = Dice(TestRunner::deterministic());
        for row in table(&scene).iter().filter(|row| !row.route.contains(" /v1/")) {
            world.clock.advance(jiff::SignedDuration::from_mins(1));
            let method: Method = row.route.split(' ').next().unwrap().parse().unwrap();
            let browser = scene.browser(Who::Owner).await;
            let csrf = token(&browser).await;
            for _ in 0..EACH {
                let address = address(&mut dice, row);
                let fields: Vec<(String, String)> =
                    (0..dice.throw(0..6usize)).map(|_| (dice.throw(FIELDS), dice.text())).collect();
                let fields = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let fields: Vec<(&str, &str)> = fields.chain([("csrf", csrf.as_str())]).collect();
                let answer = browser.send(method.clone(), &address, &[], &fields).await;
                assert!(answer.status.as_u16() < 500, "{} {address} {fields:?}: {}", row.route, answer.status);
            }
        }
    });
}

#[test]
fn whatever_a_cookie_or_a_form_holds_is_answered() {
    world(async |world| {
        let scene = Scene::new(world).await;
        let (mut dice, client) = (Dice(TestRunner::deterministic()), client());
        for number in 0..4 * EACH {
            let mut cookie = dice.header();
            if number % 2 == 0 {
                let value = dice.throw("[A-Za-z0-9_+/=-]{0,60}");
                cookie = HeaderValue::from_str(&format!("minutebank={value}")).unwrap();
            }
            let billing = format!("{}/billing", scene.site.base);
            let read = client.get(&billing).header("cookie", &cookie).header("user-agent", dice.header());
            answered(read, "cookies").await;
            let form = client.post(format!("{billing}/buy")).header("cookie", &cookie);
            let form = form.header("content-type", "application/x-www-form-urlencoded");
            answered(form.header("origin", dice.header()).body(dice.bytes()), "forms").await;
            let forwarded = client.get(&billing).header("x-forwarded-for", dice.header());
            answered(forwarded.header("x-request-id", dice.header()), "addresses").await;
        }
    });
}

#[test]
fn whatever_an_event_says_is_answered() {
    world(async |world| {
        let scene = Scene::new(world).await;
        let (mut dice, client) = (Dice(TestRunner::deterministic()), client());
        let secret = world.state.config.stripe.webhook_secret.reveal();
        let now = world.clock.now().as_second();
        for number in 0..4 * EACH {
            let body = if number % 4 == 0 {
                dice.bytes()
            } else {
                let mut event = dice.json();
                if let Some(fields) = event.as_object_mut() {
                    fields.insert("id".into(), dice.text().into());
                    fields.insert("type".into(), dice.text().into());
                }
                event.to_string().into_bytes()
            };
            let mut signature = dice.header();
            if number % 2 == 0 {
                let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
                mac.update(format!("{now}.").as_bytes());
                mac.update(&body);
                let genuine = format!("t={now},v1={}", hex::encode(mac.finalize().into_bytes()));
                signature = HeaderValue::from_str(&genuine).unwrap();
            }
            let request = client.post(format!("{}/webhooks/stripe", scene.site.base));
            answered(request.header("stripe-signature", signature).body(body), "events").await;
        }
    });
}
