//! `/v1/wallet` and `/v1/wallet/lots`.

use jiff::SignedDuration;
use minutebank::ledger::{Command, LotGrant, LotSource};
use minutebank::pricing::{HoldPolicy, Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::{Meter, MilliCents, WorkspaceId};
use serde_json::{Value, json};

use crate::fixture::{World, starter, world};
use crate::site::{Program, Site};

const KEY: &str = "mb_test_reader";

async fn reader(world: &World, terms: &Terms) -> (WorkspaceId, Program) {
    let workspace = world.subscribed(terms).await;
    world.key(workspace, KEY, &[Scope::Admin]).await;
    (workspace, Site::of(world).await.program(KEY))
}

async fn credit(world: &World, workspace: WorkspaceId, key: &str, meter: Meter, units: i64) {
    let lot = LotGrant {
        name: "Medium".into(),
        meter,
        units,
        price: MilliCents(1_000_000),
        source: LotSource::Agency,
        reference: key.into(),
    };
    world.submit(workspace, Command::CreditLots { key: key.into(), lots: vec![lot] }).await;
}

#[test]
fn the_wallet_in_minutes() {
    world(async |world| {
        let (workspace, reader) = reader(world, &starter()).await;
        credit(world, workspace, "pur_1", Meter::Minutes, 6_000).await;
        credit(world, workspace, "pur_2", Meter::Minutes, 3_000).await;
        credit(world, workspace, "pur_3", Meter::Calls, 100).await;
        reader.post("/v1/calls", &json!({ "id": "c1", "direction": "inbound" })).await;
        let wallet = reader.get("/v1/wallet").await;
        assert_eq!(wallet.status, 200);
        assert_eq!(wallet.header("cache-control"), "no-store");
        let expected = json!({
            "object": "wallet", "workspace": world.public_id(workspace).await, "balance_usd": 0, "currency": "USD",
            "auto_recharge": { "enabled": false, "threshold_usd": null, "topup_usd": null, "monthly_cap_usd": null },
            "balance_milli_cents": 0, "held_milli_cents": 0, "available_milli_cents": 0, "debt_milli_cents": 0,
            "meter": "minutes", "subscription_status": "active",
            "allowance": { "included_seconds": 6000, "used_seconds": 0, "included_calls": null, "used_calls": null,
                           "resets_at": "2026-12-20T15:00:00Z" },
            "packs": { "remaining_seconds": 9000, "remaining_calls": null, "active": 2 },
            "hold": { "seconds": 60, "calls": null, "milli_cents": null },
            "capacity_seconds": 14940, "held_seconds": 60, "capacity_calls": null, "held_calls": null,
            "calls_that_fit": 249, "status": "ok",
        });
        assert_eq!(wallet.json(), expected);
    });
}

#[test]
fn the_wallet_in_money() {
    world(async |world| {
        let rates = Rates { voice: MilliCents(5_000), ..Rates::default() };
        let terms = Terms { included: 0, rates, hold: HoldPolicy::WorstCase, ..starter() };
        let (_, reader) = reader(world, &Terms { free_credits: MilliCents(723_999), ..terms }).await;
        reader.post("/v1/calls", &json!({ "direction": "inbound" })).await;
        let wallet = reader.get("/v1/wallet").await.json();
        assert_eq!(wallet["balance_usd"].to_string(), "7.23");
        let figures = ["balance_milli_cents", "held_milli_cents", "available_milli_cents"].map(|name| &wallet[name]);
        assert_eq!(figures, [&json!(723_999), &json!(300_000), &json!(423_999)]);
        assert_eq!(wallet["hold"], json!({ "seconds": 3600, "calls": null, "milli_cents": 300_000 }));
        assert_eq!((&wallet["calls_that_fit"], &wallet["status"]), (&json!(1), &json!("low")));
    });
}

#[test]
fn the_wallet_in_calls_and_without_a_plan() {
    world(async |world| {
        let (workspace, reader) = reader(world, &Terms { meter: Meter::Calls, included: 200, ..starter() }).await;
        credit(world, workspace, "pur_1", Meter::Calls, 100).await;
        let wallet = reader.get("/v1/wallet").await.json();
        assert_eq!(wallet["meter"], "calls");
        assert_eq!((&wallet["capacity_calls"], &wallet["capacity_seconds"]), (&json!(300), &Value::Null));
        assert_eq!(wallet["packs"], json!({ "remaining_seconds": null, "remaining_calls": 100, "active": 1 }));
        assert_eq!(wallet["hold"], json!({ "seconds": null, "calls": 1, "milli_cents": null }));
        let bare = world.workspace().await;
        world.key(bare, "mb_test_bare", &[Scope::WalletRead]).await;
        let none = Program { key: Some("mb_test_bare".into()), ..reader }.get("/v1/wallet").await.json();
        assert_eq!(none.as_object().unwrap().len(), wallet.as_object().unwrap().len());
        assert_eq!((&none["meter"], &none["subscription_status"]), (&Value::Null, &json!("none")));
        assert_eq!((&none["status"], &none["calls_that_fit"]), (&json!("paused"), &json!(0)));
    });
}

#[test]
fn a_period_that_is_due_is_opened_by_whoever_looks() {
    world(async |world| {
        let (_, reader) = reader(world, &starter()).await;
        reader.post("/v1/calls", &json!({ "id": "c1", "direction": "inbound" })).await;
        let report = json!({ "outcome": "answered", "duration_seconds": 90, "billed_duration_seconds": 90 });
        reader.post("/v1/calls/c1/complete", &report).await;
        assert_eq!(reader.get("/v1/wallet").await.json()["allowance"]["used_seconds"], 90);
        world.clock.advance(SignedDuration::from_hours(24 * 30));
        let allowance = reader.get("/v1/wallet").await.json()["allowance"].clone();
        assert_eq!((&allowance["used_seconds"], &allowance["resets_at"]), (&json!(0), &json!("2027-01-20T15:00:00Z")));
    });
}

#[test]
fn lots_are_listed_newest_first_page_by_page() {
    world(async |world| {
        let (workspace, reader) = reader(world, &starter()).await;
        let empty = reader.get("/v1/wallet/lots").await.json();
        assert_eq!(empty, json!({ "object": "list", "data": [], "next_cursor": null }));
        for number in 1..=27 {
            credit(world, workspace, &format!("pur_{number}"), Meter::Minutes, number * 60).await;
        }
        let first = reader.get("/v1/wallet/lots").await.json();
        let granted = |page: &Value| -> Vec<i64> {
            page["data"].as_array().unwrap().iter().map(|lot| lot["granted"].as_i64().unwrap() / 60).collect()
        };
        assert_eq!(granted(&first), (3..=27).rev().collect::<Vec<i64>>());
        let mut lot = first["data"][0].clone();
        assert!(lot["id"].as_str().unwrap().starts_with("lot_"));
        lot["id"] = Value::Null;
        let expected = json!({
            "id": null, "object": "lot", "name": "Medium", "unit": "seconds", "granted": 1620, "remaining": 1620,
            "price_milli_cents": 1_000_000, "source": "agency", "status": "active",
            "created_at": "2026-11-20T15:00:00Z", "receipt_url": null,
        });
        assert_eq!(lot, expected);
        let next = format!("/v1/wallet/lots?cursor={}", first["next_cursor"].as_str().unwrap());
        let last = reader.get(&next).await.json();
        assert_eq!((granted(&last), &last["next_cursor"]), (vec![2, 1], &Value::Null));
        let all = reader.get("/v1/wallet/lots?limit=27").await.json();
        assert_eq!((granted(&all).len(), &all["next_cursor"]), (27, &Value::Null));
        let two = reader.get("/v1/wallet/lots?limit=2").await.json();
        assert_eq!(granted(&two), [27, 26]);
    });
}

#[test]
fn lots_say_whether_they_can_be_used() {
    world(async |world| {
        let (workspace, reader) = reader(world, &Terms { included: 0, ..starter() }).await;
        credit(world, workspace, "pur_1", Meter::Minutes, 60).await;
        credit(world, workspace, "pur_2", Meter::Calls, 100).await;
        credit(world, workspace, "pur_3", Meter::Minutes, 60).await;
        reader.post("/v1/calls", &json!({ "id": "c1", "direction": "inbound" })).await;
        let report = json!({ "outcome": "answered", "duration_seconds": 60, "billed_duration_seconds": 60 });
        reader.post("/v1/calls/c1/complete", &report).await;
        let lots = reader.get("/v1/wallet/lots").await.json()["data"].clone();
        let states: Vec<_> = lots.as_array().unwrap().iter().map(|lot| (&lot["unit"], &lot["status"])).collect();
        let (seconds, calls) = (json!("seconds"), json!("calls"));
        let [active, frozen, used_up] = ["active", "frozen", "used_up"].map(Value::from);
        assert_eq!(states, [(&seconds, &active), (&calls, &frozen), (&seconds, &used_up)]);
    });
}

#[test]
fn paging_has_bounds() {
    world(async |world| {
        let (_, reader) = reader(world, &starter()).await;
        for (query, field) in [("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("page=2", "page")] {
            let answer = reader.get(&format!("/v1/wallet/lots?{query}")).await;
            assert_eq!(answer.error(), (422, "invalid_field".into(), Some(field.into())), "{query}");
        }
        for cursor in ["x", "", "0000000000000000", "ffffffffffffffff"] {
            let answer = reader.get(&format!("/v1/wallet/lots?cursor={cursor}")).await;
            assert_eq!(answer.error(), (400, "invalid_cursor".into(), None), "{cursor}");
        }
        assert_eq!(reader.get("/v1/wallet/lots?limit=100").await.status, 200);
    });
}
