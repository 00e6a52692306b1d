//! `/v1/messages`: paid from available credits, all or nothing, once per id.

use futures::future::join_all;
use minutebank::ledger::{Command, PaymentState};
use minutebank::pricing::{Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::{MilliCents, WorkspaceId};
use serde_json::{Value, json};

use crate::fixture::{START, World, starter, world};
use crate::site::{Answered, Program, Site};

/// Nothing included, $10 free, these rates.
fn ten_dollars(rates: Rates) -> Terms {
    Terms { included: 0, rates, free_credits: MilliCents(1_000_000), ..starter() }
}

fn messages_at_a_cent() -> Rates {
    Rates { voice: MilliCents::from_cents(10), message: MilliCents::from_cents(1), ..Rates::default() }
}

async fn engine(world: &World, terms: &Terms) -> (WorkspaceId, Program) {
    let workspace = world.subscribed(terms).await;
    let key = format!("mb_test_{}", workspace.0);
    world.key(workspace, &key, &[Scope::CallsWrite, Scope::WalletRead]).await;
    (workspace, Site::of(world).await.program(&key))
}

async fn send(engine: &Program, id: &str, count: i64) -> Answered {
    engine.post("/v1/messages", &json!({ "id": id, "count": count })).await
}

async fn wallet(engine: &Program, field: &str) -> Value {
    engine.get("/v1/wallet").await.json()[field].clone()
}

#[test]
fn messages_are_paid_once_and_stand_among_the_transactions() {
    world(async |world| {
        let (workspace, engine) = engine(world, &ten_dollars(messages_at_a_cent())).await;
        let sent = send(&engine, "m1", 12).await;
        assert_eq!(sent.status, 201);
        let listed = engine.get("/v1/wallet/transactions?type=message").await.json()["data"][0].clone();
        let expected = json!({
            "id": "m1", "object": "message", "workspace": world.public_id(workspace).await, "count": 12,
            "milli_cents": 12_000, "transaction": listed["id"], "created_at": START,
        });
        assert_eq!(sent.json(), expected);
        assert_eq!(listed["reference"], json!({ "type": "message", "id": "m1" }));
        assert_eq!((&listed["amount_milli_cents"], &listed["description"]), (&json!(-12_000), &json!("12 messages")));
        let again = join_all((0..8).map(|_| send(&engine, "m1", 12))).await;
        assert!(again.iter().all(|it| it.status == 200 && it.json() == expected));
        assert_eq!(send(&engine, "m1", 13).await.error(), (409, "id_conflict".into(), None));
        assert_eq!(wallet(&engine, "balance_milli_cents").await, 988_000);
    });
}

#[test]
fn what_credits_do_not_cover_is_refused_whole() {
    world(async |world| {
        let (workspace, engine) = engine(world, &ten_dollars(messages_at_a_cent())).await;
        assert_eq!(engine.post("/v1/calls", &json!({ "id": "c1", "direction": "inbound" })).await.status, 201);
        let refused = send(&engine, "m1", 1_000).await;
        assert_eq!(refused.status, 402);
        let expected = json!({ "error": {
            "code": "insufficient_balance", "message": "Wallet balance below the price of the messages",
            "balance_usd": 9.9, "required_usd": 10,
            "user_message": "Your balance is $9.90 but 1,000 messages cost $10.00. Add $0.50 or more in credits to \
                             send them.",
            "available_milli_cents": 990_000, "required_milli_cents": 1_000_000, "capacity_seconds": null,
            "required_seconds": null, "capacity_calls": null, "required_calls": null, "shortfall_usd": 0.1,
            "topup_url": "http://localhost:3000/billing",
        }});
        assert_eq!(refused.json(), expected);
        assert_eq!(send(&engine, "m1", 990).await.status, 201, "what the call does not hold, and the id was free");
        assert_eq!(wallet(&engine, "available_milli_cents").await, 0);
        world.submit(workspace, Command::SetPaymentState(PaymentState::Unpaid)).await;
        let blocked = send(&engine, "m2", 1).await;
        assert_eq!(blocked.error(), (402, "subscription_blocked".into(), None));
        assert_eq!(blocked.json()["error"]["user_message"], "A payment to your provider is overdue. Pay it to go on.");
    });
}

#[test]
fn ten_dollars_are_a_hundred_minutes_or_fifty_or_a_thousand_messages() {
    world(async |world| {
        let [ten, eight, two, one] = [10, 8, 2, 1].map(MilliCents::from_cents);
        let voice = Rates { voice: ten, ..Rates::default() };
        let combined = Rates { telephony: eight, recording: two, ..voice };
        for (rates, minutes) in [(voice, 100), (combined, 50)] {
            let (_, engine) = engine(world, &ten_dollars(rates)).await;
            assert_eq!(wallet(&engine, "capacity_seconds").await, minutes * 60);
            let start = json!({ "id": "c1", "direction": "outbound", "recording": true });
            assert_eq!(engine.post("/v1/calls", &start).await.status, 201);
            let (talk, last) = (minutes * 60, 60);
            let report = |billed| json!({ "outcome": "answered", "duration_seconds": billed, "billed_duration_seconds": billed });
            let ended = engine.post("/v1/calls/c1/complete", &report(talk - last)).await.json();
            assert_eq!(ended["billing_amount_milli_cents"], 1_000_000 / minutes * (minutes - 1));
            assert_eq!(engine.post("/v1/calls", &json!({ "id": "c2", "direction": "outbound" })).await.status, 201);
            let recorded = json!({ "id": "c3", "direction": "outbound", "recording": true });
            assert_eq!(engine.post("/v1/calls", &recorded).await.status, 402, "the last minute is held");
            engine
                .post(
                    "/v1/calls/c2/complete",
                    &json!({ "outcome": "busy", "duration_seconds": 9, "billed_duration_seconds": 0 }),
                )
                .await;
            assert_eq!(engine.post("/v1/calls", &recorded).await.status, 201);
            assert_eq!(engine.post("/v1/calls/c3/complete", &report(last)).await.json()["overrun_seconds"], 0);
            assert_eq!(wallet(&engine, "balance_milli_cents").await, 0, "{minutes} minutes, to the last second");
        }
        let (_, engine) = engine(world, &ten_dollars(Rates { message: one, ..voice })).await;
        assert_eq!(send(&engine, "m1", 1_001).await.status, 402);
        assert_eq!(send(&engine, "m1", 999).await.status, 201);
        assert_eq!(send(&engine, "m2", 1).await.status, 201);
        assert_eq!(wallet(&engine, "balance_milli_cents").await, 0);
        assert_eq!(send(&engine, "m3", 1).await.status, 402);
    });
}
