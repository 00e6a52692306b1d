//! `/v1/calls/{id}/receipt`, `/v1/wallet/transactions` and `/v1/usage/daily`: one story, told three times.

use jiff::SignedDuration;
use minutebank::ledger::{Command, LotGrant, LotSource};
use minutebank::pricing::{Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::{Meter, MilliCents};
use serde_json::{Value, json};

use crate::fixture::{World, starter, world};
use crate::site::{Program, Site};

const KEY: &str = "mb_test_engine";

async fn engine(world: &World, terms: &Terms) -> Program {
    let workspace = world.subscribed(terms).await;
    world.key(workspace, KEY, &[Scope::Admin]).await;
    let lot = LotGrant {
        name: "Small".into(),
        meter: terms.meter,
        units: 60,
        price: MilliCents(600_000),
        source: LotSource::Agency,
        reference: "apply_1".into(),
    };
    world.submit(workspace, Command::CreditLots { key: "apply_1".into(), lots: vec![lot] }).await;
    Site::of(world).await.program(KEY)
}

/// A call of so many seconds, an hour after the world began.
async fn call(world: &World, engine: &Program, seconds: i64) {
    world.clock.advance(SignedDuration::from_hours(1));
    let start = json!({ "id": "c1", "direction": "outbound", "to": "+16465550171", "recording": true });
    assert_eq!(engine.post("/v1/calls", &start).await.status, 201);
    assert_eq!(engine.get("/v1/calls/c1/receipt").await.json()["segments"], json!([]), "it is open");
    world.clock.advance(SignedDuration::from_secs(seconds));
    let report = json!({ "outcome": "answered", "duration_seconds": seconds, "billed_duration_seconds": seconds });
    assert_eq!(engine.post("/v1/calls/c1/complete", &report).await.status, 200);
}

/// A minute included, a minute in a package, then credits at $0.06 for voice and $0.012 for recording.
async fn minute_minute_credits(world: &World) -> Program {
    let rates = Rates { voice: MilliCents(6_000), recording: MilliCents(1_200), ..Rates::default() };
    let terms = Terms { included: 60, rates, free_credits: MilliCents(100_000), ..starter() };
    let engine = engine(world, &terms).await;
    call(world, &engine, 150).await;
    engine
}

async fn list(engine: &Program, query: &str) -> Value {
    let answer = engine.get(&format!("/v1/wallet/transactions?{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn numbers(list: &Value) -> Vec<i64> {
    list["data"].as_array().unwrap().iter().map(|it| it["seq"].as_i64().unwrap()).collect()
}

#[test]
fn a_receipt_tiles_the_call() {
    world(async |world| {
        let engine = minute_minute_credits(world).await;
        let mut receipt = engine.get("/v1/calls/c1/receipt").await.json();
        let lot = engine.get("/v1/wallet/lots").await.json()["data"][0]["id"].clone();
        for segment in receipt["segments"].as_array_mut().unwrap() {
            assert!(segment["why"].take().as_str().unwrap().ends_with('.'));
        }
        let segment = |from: i64, to: i64, source: &str, lot: &Value, voice: i64, recording: i64| {
            let components = json!({ "voice": voice, "telephony": 0, "recording": recording });
            json!({ "from_second": from, "to_second": to, "source": source, "lot": lot,
                    "milli_cents": voice + recording, "components": components, "why": null })
        };
        let segments = [
            segment(0, 60, "allowance", &Value::Null, 0, 0),
            segment(60, 120, "lot", &lot, 0, 0),
            segment(120, 150, "credits", &Value::Null, 3_000, 600),
        ];
        assert_eq!(receipt, json!({ "object": "receipt", "call": "c1", "segments": segments }));
        assert_eq!(engine.get("/v1/calls/c1").await.json()["billing_amount_milli_cents"], 3_600);
    });
}

#[test]
fn transactions_are_listed_newest_first() {
    world(async |world| {
        let engine = minute_minute_credits(world).await;
        let mut all = list(&engine, "").await;
        let id = all["data"][0]["id"].take();
        assert!(id.as_str().unwrap().starts_with("txn_") && id.as_str().unwrap().len() == 26, "{id}");
        let charged = json!({
            "id": null, "object": "transaction", "seq": 4, "type": "call", "occurred_at": "2026-11-20T16:02:30Z",
            "recorded_at": "2026-11-20T16:02:30Z", "amount_milli_cents": -3_600, "amount_seconds": -120,
            "amount_calls": null, "balance_milli_cents": 96_400, "packs_seconds": 0, "packs_calls": null,
            "reference": { "type": "call", "id": "c1" }, "description": "Call to (646) 555-0171",
        });
        assert_eq!(all["data"][0], charged);
        let told: Vec<_> = all["data"].as_array().unwrap()[1..]
            .iter()
            .map(|it| (&it["type"], &it["amount_seconds"], &it["amount_milli_cents"], &it["packs_seconds"]))
            .collect();
        let [pack, grant, period] = ["pack", "grant", "period"].map(Value::from);
        let [none, minute, dollar] = [0, 60, 100_000].map(Value::from);
        let expected =
            [(&pack, &minute, &none, &minute), (&grant, &none, &dollar, &none), (&period, &minute, &none, &none)];
        assert_eq!(told, expected);
        assert_eq!((&all["object"], &all["next_cursor"]), (&json!("list"), &Value::Null));
    });
}

#[test]
fn a_filter_narrows_and_its_cursor_is_no_other_list_s() {
    world(async |world| {
        let engine = minute_minute_credits(world).await;
        for (query, expected) in [
            ("type=call", vec![4]),
            ("type=period", vec![1]),
            ("type=refund", vec![]),
            ("from=2026-11-20T16:02:30Z", vec![4]),
            ("from=2026-11-20T17:02:30%2B01:00", vec![4]),
            ("from=2026-11-20T16:02:31Z", vec![]),
            ("to=2026-11-20T16:02:30Z", vec![3, 2, 1]),
            ("from=2026-11-20T15:00:00Z&to=2026-11-20T15:00:00.000001Z&type=pack", vec![3]),
            ("from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z", vec![]),
        ] {
            assert_eq!(numbers(&list(&engine, query).await), expected, "{query}");
        }
        let (mut seen, mut query) = (Vec::new(), "limit=1".to_owned());
        let cursor = list(&engine, &query).await["next_cursor"].as_str().unwrap().to_owned();
        loop {
            let page = list(&engine, &query).await;
            seen.extend(numbers(&page));
            let Some(next) = page["next_cursor"].as_str() else { break };
            query = format!("limit=1&cursor={next}");
        }
        assert_eq!(seen, [4, 3, 2, 1]);
        assert_eq!(numbers(&list(&engine, &format!("limit=2&cursor={cursor}")).await), [3, 2]);
        let other = world.subscribed(&starter()).await;
        world.key(other, "mb_test_other", &[Scope::Admin]).await;
        let stranger = Program { key: Some("mb_test_other".into()), ..engine.clone() };
        for answer in [
            engine.get(&format!("/v1/wallet/transactions?type=pack&cursor={cursor}")).await,
            engine.get(&format!("/v1/wallet/lots?cursor={cursor}")).await,
            stranger.get(&format!("/v1/wallet/transactions?cursor={cursor}")).await,
        ] {
            assert_eq!(answer.error(), (400, "invalid_cursor".into(), None));
        }
    });
}

#[test]
fn days_without_use_are_listed_too() {
    world(async |world| {
        let engine = minute_minute_credits(world).await;
        let usage = engine.get("/v1/usage/daily?from=2026-11-19&to=2026-11-20").await.json();
        let day = |date: &str, calls: i64, [allowance, packs, credits]: [i64; 3], cost: i64| {
            let seconds = json!({ "allowance": allowance, "packs": packs, "credits": credits, "excess": 0 });
            json!({ "date": date, "calls": calls, "seconds": seconds, "milli_cents": cost })
        };
        let data = [day("2026-11-19", 0, [0; 3], 0), day("2026-11-20", 1, [60, 60, 30], 3_600)];
        let expected = json!({ "object": "list", "time_zone": "America/New_York", "data": data, "next_cursor": null });
        assert_eq!(usage, expected);
    });
}

#[test]
fn on_the_calls_meter_the_unit_is_a_call() {
    world(async |world| {
        let engine = engine(world, &Terms { meter: Meter::Calls, included: 1, ..starter() }).await;
        call(world, &engine, 30).await;
        let receipt = engine.get("/v1/calls/c1/receipt").await.json();
        assert_eq!(receipt["segments"].as_array().unwrap().len(), 1);
        let segment = &receipt["segments"][0];
        assert_eq!((&segment["source"], &segment["to_second"]), (&json!("allowance"), &json!(30)));
        assert!(segment["components"].is_null() && segment["lot"].is_null());
        let charged = list(&engine, "type=call").await["data"][0].clone();
        assert_eq!((&charged["amount_calls"], &charged["amount_seconds"]), (&json!(-1), &Value::Null));
        assert_eq!((&charged["packs_calls"], &charged["packs_seconds"]), (&json!(60), &Value::Null));
    });
}
