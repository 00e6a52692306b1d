//! The answers that the contract spells out, key for key and value for value.

use minutebank::ledger::{Command, LotGrant, LotSource};
use minutebank::pricing::{HoldPolicy, Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::{Meter, MilliCents};
use serde_json::{Value, json};

use crate::fixture::{World, starter, world};
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

#[test]
fn the_wallet_is_the_example() {
    world(async |world| {
        let rates = Rates { voice: MilliCents(5_000), ..Rates::default() };
        let free_credits = MilliCents(4_723_000);
        let terms = Terms { rates, hold: HoldPolicy::WorstCase, free_credits, ..starter() };
        let (workspace, engine) = engine(world, &terms).await;
        let lot = |units| LotGrant {
            name: "Medium".into(),
            meter: Meter::Minutes,
            units,
            price: MilliCents(1_000_000),
            source: LotSource::Stripe,
            reference: "pur_1".into(),
        };
        let lots = vec![lot(6_000), lot(3_000)];
        world.submit(workspace, Command::CreditLots { key: "cs_1".into(), lots }).await;
        engine.post("/v1/calls", &json!({ "id": "c1", "direction": "inbound" })).await;
        let report = json!({ "outcome": "answered", "duration_seconds": 1_200, "billed_duration_seconds": 1_200 });
        assert_eq!(engine.post("/v1/calls/c1/complete", &report).await.status, 200);
        engine.post("/v1/calls", &json!({ "id": "c2", "direction": "inbound" })).await;
        let expected = json!({
            "object": "wallet", "workspace": world.public_id(workspace).await, "balance_usd": 47.23, "currency": "USD",
            "auto_recharge": { "enabled": false, "threshold_usd": null, "topup_usd": null, "monthly_cap_usd": null },
            "balance_milli_cents": 4_723_000, "held_milli_cents": 0, "available_milli_cents": 4_723_000,
            "debt_milli_cents": 0, "meter": "minutes", "subscription_status": "active",
            "allowance": { "included_seconds": 6000, "used_seconds": 1200, "included_calls": null, "used_calls": null,
                           "resets_at": "2026-12-20T15:00:00Z" },
            "packs": { "remaining_seconds": 9000, "remaining_calls": null, "active": 2 },
            "hold": { "seconds": 3600, "calls": null, "milli_cents": 300_000 },
            "capacity_seconds": 66_876, "held_seconds": 3600, "capacity_calls": null, "held_calls": null,
            "calls_that_fit": 18, "status": "ok",
        });
        assert_eq!(engine.get("/v1/wallet").await.json(), expected);
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
