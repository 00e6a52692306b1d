//! The answers that the contract spells out, key for key and value for value.

use minutebank::ledger::{Command, LotGrant, LotSource};
use minutebank::pricing::{HoldPolicy, Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::{Meter, MilliCents};
use serde_json::{Value, json};

use crate::fixture::{World, starter, world};
use crate::payments::shop::shop_on;
use crate::recharge::shop::VISA;
use crate::site::{Program, Site};

async fn engine(world: &World, terms: &Terms) -> (minutebank::units::WorkspaceId, Program) {
    let workspace = world.subscribed(terms).await;
    world.key(workspace, "mb_test_engine", &[Scope::Admin]).await;
    (workspace, Site::of(world).await.program("mb_test_engine"))
}

/// Names of an object's fields in the order in which they were written.
fn names(text: &str) -> Vec<&str> {
    text.split('"').skip(1).step_by(2).collect()
}

/// The contract's wallet, letter for letter; it leaves out only the date.
const WALLET: &str = r#"{"object":"wallet","workspace":"ws_harbor","balance_usd":47.23,"currency":"USD",
 "auto_recharge":{"enabled":true,"threshold_usd":20,"topup_usd":100,"monthly_cap_usd":300},
 "balance_milli_cents":4723000,"held_milli_cents":0,"available_milli_cents":4723000,"debt_milli_cents":0,
 "meter":"minutes","subscription_status":"active",
 "allowance":{"included_seconds":6000,"used_seconds":1200,"included_calls":null,"used_calls":null,"resets_at":"…"},
 "packs":{"remaining_seconds":9000,"remaining_calls":null,"active":2},
 "hold":{"seconds":3600,"calls":null,"milli_cents":300000},
 "capacity_seconds":66876,"held_seconds":3600,"capacity_calls":null,"held_calls":null,"calls_that_fit":18,"status":"ok"}"#;

#[test]
fn the_wallet_is_the_example() {
    let rates = Rates { voice: MilliCents(5_000), ..Rates::default() };
    let free_credits = MilliCents(4_723_000);
    shop_on(&Terms { rates, hold: HoldPolicy::WorstCase, free_credits, ..starter() }, async |shop| {
        shop.by_hand("update workspaces set public_id = 'ws_harbor'").await;
        shop.save_card(&shop.form("card"), VISA).await;
        shop.world.key(shop.workspace, "mb_test_engine", &[Scope::Admin]).await;
        let engine = shop.site.program("mb_test_engine");
        let recharge = json!({ "enabled": true, "threshold_usd": 20, "topup_usd": 100, "monthly_cap_usd": 300 });
        assert_eq!(engine.put("/v1/wallet/auto_recharge", &recharge).await.json(), recharge);
        let lot = |units| LotGrant {
            name: "Medium".into(),
            meter: Meter::Minutes,
            units,
            price: MilliCents(1_000_000),
            source: LotSource::Agency,
            reference: "req_1".into(),
        };
        for (key, units) in [("req_1", 6_000), ("req_2", 3_000)] {
            shop.world.submit(shop.workspace, Command::CreditLots { key: key.into(), lots: vec![lot(units)] }).await;
        }
        assert_eq!(talk(&engine, "c1", 1_200, false).await["billing_amount_milli_cents"], 0);
        engine.post("/v1/calls", &json!({ "id": "c2", "direction": "inbound" })).await;
        let wallet = engine.get("/v1/wallet").await;
        let told = wallet.json()["allowance"]["resets_at"].as_str().unwrap().to_owned();
        assert_eq!(told, "2026-12-20T15:00:00Z");
        let without_date = wallet.body.replace(&told, "…");
        assert_eq!(
            serde_json::from_str::<Value>(&without_date).unwrap(),
            serde_json::from_str::<Value>(WALLET).unwrap()
        );
        assert_eq!(names(&without_date), names(WALLET), "in the contract's order");
    });
}

/// A call of so many seconds, as it stands after its end.
async fn talk(engine: &Program, id: &str, secs: i64, recording: bool) -> Value {
    let call = json!({ "id": id, "direction": "inbound", "recording": recording });
    assert_eq!(engine.post("/v1/calls", &call).await.status, 201, "{id}");
    let report = json!({ "outcome": "answered", "duration_seconds": secs, "billed_duration_seconds": secs });
    engine.post(&format!("/v1/calls/{id}/complete"), &report).await.json()
}

/// Ten dollars on a plan with these rates.
fn ten_dollars(rates: Rates) -> Terms {
    Terms { included: 0, rates, free_credits: MilliCents(1_000_000), ..starter() }
}

/// Ten dollars are so many minutes at these rates, to the second: the last call's one second more is not charged.
fn ten_dollars_are(minutes: i64, rates: Rates, recording: bool) {
    world(async |world| {
        let (_, engine) = engine(world, &ten_dollars(rates)).await;
        let mut charged = 0;
        for number in 1..=minutes / 10 {
            let more = i64::from(number == minutes / 10);
            let call = talk(&engine, &format!("c{number}"), 600 + more, recording).await;
            assert_eq!(call["overrun_seconds"], more, "call {number}");
            charged += call["billing_amount_milli_cents"].as_i64().unwrap();
        }
        let wallet = engine.get("/v1/wallet").await.json();
        assert_eq!((charged, &wallet["balance_usd"], &wallet["capacity_seconds"]), (1_000_000, &0.into(), &0.into()));
        assert_eq!(engine.post("/v1/calls", &json!({ "direction": "inbound" })).await.status, 402);
    });
}

#[test]
fn ten_dollars_are_a_hundred_minutes_of_voice_at_ten_cents() {
    ten_dollars_are(100, Rates { voice: MilliCents::from_cents(10), ..Rates::default() }, false);
}

#[test]
fn ten_dollars_are_fifty_minutes_combined_at_twenty_cents() {
    let [voice, telephony, recording] = [10, 8, 2].map(MilliCents::from_cents);
    ten_dollars_are(50, Rates { voice, telephony, recording, ..Rates::default() }, true);
}

#[test]
fn ten_dollars_are_a_thousand_messages_at_a_cent() {
    world(async |world| {
        let message = MilliCents::from_cents(1);
        let (_, engine) = engine(world, &ten_dollars(Rates { message, ..Rates::default() })).await;
        let send = async |id: &str, count: i64| {
            engine.post("/v1/messages", &json!({ "id": id, "count": count })).await.status.as_u16()
        };
        assert_eq!([send("m1", 1_001).await, send("m2", 999).await, send("m3", 1).await], [402, 201, 201]);
        assert_eq!(engine.get("/v1/wallet").await.json()["balance_milli_cents"], 0);
        assert_eq!(send("m4", 1).await, 402);
    });
}

/// The contract's 402, from a wallet with five cents at $0.20 a minute.
fn expected_402() -> Value {
    json!({ "error": {
        "code": "insufficient_balance", "message": "Wallet balance below minimum to start call",
        "balance_usd": 0.05, "required_usd": 0.20,
        "user_message": "Calls paused. Your balance is $0.05 but each call requires a $0.20 hold (we release it back if \
                         no one answers). Add $0.50 or more in credits to keep calling.",
        "available_milli_cents": 5_000, "required_milli_cents": 20_000, "capacity_seconds": 15, "required_seconds": 60,
        "capacity_calls": null, "required_calls": null, "shortfall_usd": 0.15,
        "topup_url": "http://localhost:3000/billing",
    }})
}

#[test]
fn the_402_is_the_example() {
    world(async |world| {
        let rates = Rates { voice: MilliCents::from_cents(20), ..Rates::default() };
        let terms = Terms { included: 0, rates, free_credits: MilliCents(5_000), ..starter() };
        let (_, engine) = engine(world, &terms).await;
        let call = engine.post("/v1/calls", &json!({ "id": "c1", "direction": "outbound" })).await;
        assert_eq!((call.status.as_u16(), call.json()), (402, expected_402()));
        let campaign = json!({ "id": "a1", "calls": 9, "expected_seconds": 60 });
        let campaign = engine.post("/v1/campaigns", &campaign).await;
        assert_eq!((campaign.status.as_u16(), campaign.json()), (402, expected_402()));
        assert_eq!(campaign.body, call.body);
        let order = ["error", "code", "insufficient_balance", "message"];
        assert_eq!(names(&call.body)[..4], order, "in the contract's order");
    });
}
