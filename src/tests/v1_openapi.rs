//! `/v1/openapi.json` says what the API does, no more and no less.

use std::collections::BTreeSet;

use futures::future::join_all;
use minutebank::app::open_checkout::BuyForm;
use minutebank::pricing::{Rates, Terms};
use minutebank::state::AppState;
use minutebank::tenants::{Role, Scope};
use minutebank::units::MilliCents;
use minutebank::web::api::Reference;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::fixture::{World, starter, world};
use crate::payments::shop::Shop;
use crate::site::{Answered, Program, Site};

/// The one address that the document does not describe is its own.
const ITSELF: &str = "/openapi.json";

/// Operations that make something new, and find it when they are asked again.
const MADE_ONCE: [&str; 4] = ["start_call", "send_messages", "rent_number", "start_campaign"];

/// Everything that requests of these tests are made with.
struct Stage<'w> {
    shop: Shop<'w>,
    /// The saved card of the workspace with minutes, and a charge of it.
    card: String,
    topup: String,
    document: Value,
    /// Has every scope in a workspace with minutes.
    owner: Program,
    /// The same in a workspace without a plan.
    without_plan: Program,
    /// An agency's, which has to name a workspace.
    agency: Program,
    /// Has another scope than any operation asks for.
    charger: Program,
    /// Of an application whose database is away.
    nowhere: Program,
    /// Guesses keys, and has guessed too many.
    guesser: Program,
    /// Has no scope to charge.
    reader: Program,
    /// Of a workspace whose card is declined.
    declined: Program,
    /// Of an application that Stripe does not answer.
    cut_off: Program,
}

/// Minutes for all, and messages and numbers that are paid with credits.
fn terms() -> Terms {
    Terms { included: 600_000, rates: Rates { message: MilliCents(1_000), ..Rates::default() }, ..starter() }
}

impl<'w> Stage<'w> {
    async fn new(world: &'w World) -> Self {
        let shop = Shop::open(world, &terms()).await;
        let (site, workspace) = (&shop.site, shop.workspace);
        world.key(workspace, "mb_test_owner", &[Scope::Admin]).await;
        world.key(workspace, "mb_test_charger", &[Scope::WalletCharge]).await;
        world.key(workspace, "mb_test_reader", &[Scope::WalletRead]).await;
        world.agency_key(workspace, "mb_test_agency", &[Scope::Admin]).await;
        let bare = world.workspace().await;
        world.key(bare, "mb_test_bare", &[Scope::Admin]).await;
        let db = minutebank::database::connect(&world.superuser_url, 1).await.unwrap();
        db.close().await;
        let away = Site::serving(AppState { db, ..world.state.clone() }).await;
        let cut_off = Site::serving(world.state.clone()).await;
        let poor = world.subscribed(&terms()).await;
        world.key(poor, "mb_test_declined", &[Scope::Admin]).await;
        let buyer = world.person(poor, "Sam Ortiz", "sam@poor.test", Role::Owner).await;
        shop.save_card(&shop.form("card"), "4242424242424242").await;
        shop.save_card(&BuyForm { workspace: poor, buyer, ..shop.form("poor") }, "4000000000000341").await;
        let owner = site.program("mb_test_owner");
        let card = owner.get("/v1/wallet/payment_methods").await.json()["data"][0]["id"].as_str().unwrap().to_owned();
        let charge = json!({ "amount_usd": 5, "payment_method_id": card });
        let topup =
            owner.post_once("first", "/v1/wallet/topup", charge).await.json()["id"].as_str().unwrap().to_owned();
        Self {
            card,
            topup,
            reader: site.program("mb_test_reader"),
            declined: site.program("mb_test_declined"),
            cut_off: cut_off.program("mb_test_owner"),
            document: site.program("").get("/v1/openapi.json").await.json(),
            owner,
            without_plan: site.program("mb_test_bare"),
            agency: site.program("mb_test_agency"),
            charger: site.program("mb_test_charger"),
            nowhere: away.program("mb_test_owner"),
            guesser: {
                // Its own application: what it counts is nobody else's.
                let guesser = Site::of(world).await.program("mb_test_guess");
                while guesser.get("/v1/wallet").await.status != 429 {}
                guesser
            },
            shop,
        }
    }

    /// Every operation: method, path, description.
    fn operations(&self) -> Vec<(Method, String, Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        let of = |(path, methods): (&String, &Value)| {
            let methods = methods.as_object().unwrap().clone();
            let path = path.clone();
            methods.into_iter().map(move |(method, it)| (method.to_uppercase().parse().unwrap(), path.clone(), it))
        };
        paths.iter().flat_map(of).collect()
    }

    /// A request that is answered as hoped for, once [`Stage::prepare`] was called: address and body.
    fn fine(&self, operation: &str, call: &str) -> (String, Value) {
        let report = json!({ "outcome": "answered", "duration_seconds": 20, "billed_duration_seconds": 15 });
        match operation {
            "start_call" => ("/v1/calls".to_owned(), json!({ "id": call, "direction": "outbound" })),
            "read_call" => (format!("/v1/calls/{call}"), Value::Null),
            "read_receipt" => (format!("/v1/calls/{call}/receipt"), Value::Null),
            "keep_call_alive" => (format!("/v1/calls/{call}/heartbeat"), json!({ "connected_seconds": 10 })),
            "complete_call" => (format!("/v1/calls/{call}/complete"), report),
            "send_messages" => ("/v1/messages".to_owned(), json!({ "id": call, "count": 3 })),
            "rent_number" => ("/v1/numbers".to_owned(), json!({ "id": call, "number": "+13125550100" })),
            "read_number" | "release_number" => (format!("/v1/numbers/{call}"), Value::Null),
            "quote_campaign" => ("/v1/campaigns/quote".to_owned(), json!({ "calls": 3, "expected_seconds": 60 })),
            "start_campaign" => ("/v1/campaigns".to_owned(), json!({ "id": call, "calls": 3, "expected_seconds": 60 })),
            "read_wallet" => ("/v1/wallet".to_owned(), Value::Null),
            "list_transactions" => ("/v1/wallet/transactions".to_owned(), Value::Null),
            "list_lots" => ("/v1/wallet/lots".to_owned(), Value::Null),
            "top_up_wallet" => {
                let charge = json!({ "amount_usd": 5, "payment_method_id": self.card });
                ("/v1/wallet/topup".to_owned(), charge)
            }
            "read_topup" => (format!("/v1/wallet/topups/{}", self.topup), Value::Null),
            "list_payment_methods" => ("/v1/wallet/payment_methods".to_owned(), Value::Null),
            "read_auto_recharge" => ("/v1/wallet/auto_recharge".to_owned(), Value::Null),
            "set_auto_recharge" => {
                let amounts = json!({ "enabled": true, "threshold_usd": 1, "topup_usd": 2, "monthly_cap_usd": 50 });
                ("/v1/wallet/auto_recharge".to_owned(), amounts)
            }
            "read_daily_usage" => ("/v1/usage/daily?from=2026-11-01&to=2026-11-20".to_owned(), Value::Null),
            other => panic!("this test does not know how to ask for {other}"),
        }
    }

    /// Makes an operation answer with a status.
    async fn provoke(&self, method: &Method, operation: &str, status: &str) -> Answered {
        let call = format!("{operation}-{status}");
        let (path, body) = self.fine(operation, &call);
        let charges = operation == "top_up_wallet";
        let send = async |program: &Program, path: &str, body: &Value| match *method {
            Method::POST if charges => program.post_once(&call, path, body).await,
            Method::POST => program.post(path, body).await,
            Method::PUT => program.put(path, body).await,
            _ => program.send(method.clone(), path).await,
        };
        let raw =
            async |media_type: &str, body: String| self.owner.send_raw(method.clone(), &path, media_type, body).await;
        if operation != "start_call" {
            self.owner.post("/v1/calls", &json!({ "id": call, "direction": "outbound" })).await;
        }
        if ["read_number", "release_number"].contains(&operation) {
            self.owner.post("/v1/numbers", &json!({ "id": call, "number": "+13125550100" })).await;
        }
        match status {
            "200" if MADE_ONCE.contains(&operation) => {
                send(&self.owner, &path, &body).await;
                send(&self.owner, &path, &body).await
            }
            "200" | "201" => send(&self.owner, &path, &body).await,
            "400" => send(&self.agency, &path, &body).await,
            "202" => send(&self.cut_off, &path, &body).await,
            "401" => send(&self.shop.site.program("mb_test_nobody"), &path, &body).await,
            "402" if charges => {
                let cards = self.declined.get("/v1/wallet/payment_methods").await.json();
                let charge = json!({ "amount_usd": 5, "payment_method_id": cards["data"][0]["id"] });
                send(&self.declined, &path, &charge).await
            }
            "402" => send(&self.without_plan, &path, &body).await,
            "403" if charges || *method == Method::PUT => send(&self.reader, &path, &body).await,
            "403" => send(&self.charger, &path, &body).await,
            "404" => {
                let elsewhere = Program { workspace: Some("ws_nowhere".to_owned()), ..self.owner.clone() };
                send(&elsewhere, &path, &body).await
            }
            "409" if *method == Method::PUT => send(&self.without_plan, &path, &body).await,
            "409" => {
                self.owner.post_once(&call, &path, &body).await;
                self.owner.post_once(&call, &path, json!({})).await
            }
            "408" => slowly(&self.owner, method, &path).await,
            "414" => send(&self.owner, &format!("{path}?{}", "x".repeat(8_192)), &body).await,
            "413" => raw("application/json", " ".repeat(65_537)).await,
            "415" => raw("text/plain", body.to_string()).await,
            "422" if body.is_null() => send(&self.owner, &format!("{path}?surprise=1"), &body).await,
            "422" => send(&self.owner, &path, &json!({ "surprise": 1 })).await,
            "429" => send(&self.guesser, &path, &body).await,
            "503" => send(&self.nowhere, &path, &body).await,
            other => panic!("this test does not know how to provoke {other}"),
        }
    }

    /// What a value lacks to be as its schema says.
    fn faults(&self, value: &Value, schema: &Value) -> Vec<String> {
        if let Some(reference) = schema["$ref"].as_str() {
            return self.faults(value, self.document.pointer(&reference[1..]).expect("a reference leads somewhere"));
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let fits = choices.iter().any(|choice| self.faults(value, choice).is_empty());
            return if fits { Vec::new() } else { vec![format!("{value} is none of the choices")] };
        }
        let mut faults = Vec::new();
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().map(|it| it.as_str().unwrap()).collect(),
            one => vec![one.as_str().expect("every schema has a type")],
        };
        let is = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::Number(number) if number.is_i64() && !types.contains(&"number") => "integer",
            Value::Number(_) => "number",
            Value::String(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
        };
        if !types.contains(&is) {
            faults.push(format!("{value} is {is}, not {types:?}"));
        }
        if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
            faults.push(format!("{value} is not in {}", schema["enum"]));
        }
        for item in value.as_array().into_iter().flatten() {
            faults.extend(self.faults(item, &schema["items"]));
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            if value.get(name.as_str().unwrap()).is_none() {
                faults.push(format!("{name} is missing in {value}"));
            }
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            match (schema["properties"].get(name), schema.get("additionalProperties")) {
                (Some(known), _) => faults.extend(self.faults(member, known)),
                (None, Some(any)) if any.is_object() => faults.extend(self.faults(member, any)),
                (None, _) => faults.push(format!("{name} is not described")),
            }
        }
        faults
    }
}

/// Begins a body and does not end it.
async fn slowly(program: &Program, method: &Method, path: &str) -> Answered {
    let address = program.base.strip_prefix("http://").unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let key = program.key.as_ref().unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {key}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 9\r\n\r\n{{"
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(head.contains("content-type: application/json"), "{head}");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
    Answered { status, headers, body: body.to_owned() }
}

#[test]
fn every_route_is_described_and_every_description_has_a_route() {
    world(async |world| {
        let stage = Stage::new(world).await;
        let router = include_str!("../web/api/mod.rs");
        let routes = router.split(".route(").skip(1).map(|it| it.split('"').nth(1).unwrap());
        let routes: BTreeSet<String> = routes.filter(|it| *it != ITSELF).map(|it| format!("/v1{it}")).collect();
        let paths = stage.document["paths"].as_object().unwrap();
        assert_eq!(routes, paths.keys().cloned().collect());
        for (path, methods) in paths {
            // Whatever a route does not know, it answers with what it knows.
            let answer = stage.owner.send(Method::from_bytes(b"PURGE").unwrap(), &path.replace("{id}", "c1")).await;
            assert_eq!(answer.error(), (405, "method_not_allowed".into(), None), "{path}");
            let known: BTreeSet<String> = answer.header("allow").split(',').map(str::to_lowercase).collect();
            let mut described: BTreeSet<String> = methods.as_object().unwrap().keys().cloned().collect();
            if described.contains("get") {
                described.insert("head".to_owned());
            }
            assert_eq!(known, described, "{path}");
        }
    });
}

#[test]
fn every_described_answer_occurs_as_it_is_described() {
    world(async |world| {
        let stage = Stage::new(world).await;
        let operations = stage.operations();
        let check = async |method: &Method, described: &Value, status: &str, answer: &Value| {
            let id = described["operationId"].as_str().unwrap();
            let given = stage.provoke(method, id, status).await;
            assert_eq!(given.status.as_str(), status, "{id}: {}", given.body);
            let schema = &answer["content"]["application/json"]["schema"];
            assert_eq!(stage.faults(&given.json(), schema), Vec::<String>::new(), "{id} {status}");
            for header in answer["headers"].as_object().into_iter().flatten().map(|(name, _)| name) {
                assert!(given.headers.contains_key(header), "{id} {status}: {header}");
            }
            if given.status.is_client_error() || given.status.is_server_error() {
                let (code, about) = (given.error().1, answer["description"].as_str().unwrap());
                assert!(about.contains(&format!("`{code}`")), "{id} {status}: {code}, {about}");
            }
        };
        // At once, because a body that is too slow takes its time.
        let all = operations.iter().flat_map(|(method, _, described)| {
            let answers = described["responses"].as_object().unwrap().iter();
            answers.map(|(status, answer)| check(method, described, status, answer))
        });
        let seen = join_all(all).await.len();
        assert!(seen > 60, "{seen}");
    });
}

#[test]
fn examples_are_as_their_schemas_say() {
    world(async |world| {
        let stage = Stage::new(world).await;
        let examples: Value = serde_json::from_str(include_str!("../web/api/examples.json")).unwrap();
        let schemas = &stage.document["components"]["schemas"];
        for (name, example) in examples.as_object().unwrap() {
            assert_eq!(schemas[name]["examples"], json!([example]), "{name}");
            assert_eq!(stage.faults(example, &schemas[name]), Vec::<String>::new(), "{name}");
        }
        // Each body of an operation has one.
        for (method, path, described) in stage.operations() {
            let contents = described["responses"].as_object().unwrap().values().chain([&described["requestBody"]]);
            for schema in contents.map(|it| &it["content"]["application/json"]["schema"]["$ref"]) {
                let name = schema.as_str().map(|it| it.rsplit('/').next().unwrap());
                assert!(name.is_none_or(|name| examples.get(name).is_some()), "{method} {path}: {name:?}");
            }
        }
    });
}

#[test]
fn the_document_and_the_page_need_no_key() {
    world(async |world| {
        let site = Site::of(world).await;
        let document = Program { key: None, ..site.program("") }.get("/v1/openapi.json").await.json();
        assert_eq!(document["openapi"], "3.1.0");
        let page = site.browser().get("/docs").await;
        assert_eq!(page.status, 200);
        assert!(page.header("content-security-policy").contains("style-src 'self'"));
        for foreign in ["src=\"http", "href=\"http", "style=\""] {
            assert!(!page.body.contains(foreign), "{foreign}");
        }
        let scripts = page.body.matches("<script").count();
        assert_eq!(scripts, page.body.matches("<script type=\"module\" src=\"/pkg/busy.js\"></script>").count());
        let Reference { groups, .. } = minutebank::web::api::reference();
        for operation in groups.iter().flat_map(|group| &group.operations) {
            assert!(page.body.contains(&format!("id=\"{}\"", operation.id)), "{}", operation.id);
            assert!(page.body.contains(&operation.path), "{}", operation.path);
        }
    });
}
