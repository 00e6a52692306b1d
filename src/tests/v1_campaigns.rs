//! `/v1/campaigns`: how far the wallet carries many calls.

use futures::future::join_all;
use minutebank::ledger::{Command, Effective, PaymentState};
use minutebank::pricing::{ExcessMode, Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::{Meter, MilliCents, WorkspaceId};
use serde_json::{Value, json};

use crate::fixture::{START, World, starter, world};
use crate::site::{Answered, Program, Site};

async fn engine(world: &World, terms: &Terms) -> (WorkspaceId, Program) {
    let workspace = world.subscribed(terms).await;
    let key = format!("mb_test_{}", workspace.0);
    world.key(workspace, &key, &[Scope::CallsWrite]).await;
    (workspace, Site::of(world).await.program(&key))
}

/// $10 at $0.20 a minute.
fn components() -> Terms {
    let [voice, telephony, recording] = [10, 8, 2].map(MilliCents::from_cents);
    let rates = Rates { voice, telephony, recording, ..Rates::default() };
    Terms { included: 0, rates, free_credits: MilliCents(1_000_000), ..starter() }
}

async fn quote(engine: &Program, calls: i64, seconds: i64) -> Value {
    let asked = json!({ "calls": calls, "expected_seconds": seconds });
    let answer = engine.post("/v1/campaigns/quote", &asked).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

async fn start(engine: &Program, id: &str, calls: i64) -> Answered {
    engine.post("/v1/campaigns", &json!({ "id": id, "calls": calls, "expected_seconds": 60 })).await
}

#[test]
fn a_quote_says_what_is_short_and_when_it_runs_dry() {
    world(async |world| {
        let (_, engine) = engine(world, &components()).await;
        let expected = json!({
            "object": "campaign_quote", "calls": 50, "expected_seconds": 60, "fits": true,
            "runs_dry_after_calls": null, "reason": null, "capacity_seconds": 3_000, "required_seconds": 3_000,
            "short_seconds": 0, "capacity_calls": null, "required_calls": null, "short_calls": null, "short_usd": 0,
        });
        assert_eq!(quote(&engine, 50, 60).await, expected);
        let long = quote(&engine, 50, 90).await;
        let figures = ["fits", "runs_dry_after_calls", "reason", "required_seconds", "short_seconds", "short_usd"];
        assert_eq!(
            figures.map(|name| long[name].clone()),
            [json!(false), json!(33), json!("insufficient_balance"), json!(4_500), json!(1_500), json!(5)]
        );
    });
}

#[test]
fn what_a_quote_says_is_what_happens() {
    world(async |world| {
        let (_, engine) = engine(world, &Terms { included: 100, ..components() }).await;
        let quoted = quote(&engine, 80, 70).await["runs_dry_after_calls"].as_i64().unwrap();
        let mut answered = 0;
        loop {
            let call = json!({ "id": format!("c{answered}"), "direction": "outbound", "recording": true });
            if engine.post("/v1/calls", &call).await.status != 201 {
                break;
            }
            let report = json!({ "outcome": "answered", "duration_seconds": 70, "billed_duration_seconds": 70 });
            let ended = engine.post(&format!("/v1/calls/c{answered}/complete"), &report).await.json();
            if ended["overrun_seconds"] != 0 {
                break;
            }
            answered += 1;
        }
        assert_eq!((answered, quoted), (44, 44), "3,100 seconds");
    });
}

#[test]
fn quotes_count_what_the_plan_counts() {
    world(async |world| {
        let calls = Terms { meter: Meter::Calls, included: 5, ..starter() };
        let (_, by_calls) = engine(world, &calls).await;
        let quoted = quote(&by_calls, 8, 60).await;
        let figures = ["capacity_calls", "required_calls", "short_calls", "runs_dry_after_calls", "short_usd"];
        let figures = figures.map(|name| quoted[name].as_i64());
        assert_eq!(figures, [Some(5), Some(8), Some(3), Some(5), None]);
        assert!(quoted["capacity_seconds"].is_null() && quoted["required_seconds"].is_null());
        let excess = ExcessMode::Postpaid { limit: MilliCents(0) };
        let (_, postpaid) = engine(world, &Terms { excess, ..components() }).await;
        let quoted = quote(&postpaid, 1_000_000, 86_400).await;
        assert_eq!((&quoted["fits"], &quoted["short_seconds"]), (&json!(true), &Value::Null));
    });
}

#[test]
fn a_campaign_is_announced_once() {
    world(async |world| {
        let (workspace, engine) = engine(world, &components()).await;
        let all = join_all((0..8).map(|_| start(&engine, "a1", 60))).await;
        assert_eq!(all.iter().filter(|it| it.status == 201).count(), 1);
        assert_eq!(all.iter().filter(|it| it.status == 200).count(), 7);
        let expected = json!({
            "id": "a1", "object": "campaign", "workspace": world.public_id(workspace).await, "calls": 60,
            "expected_seconds": 60, "created_at": START, "quote": quote(&engine, 60, 60).await,
        });
        assert!(all.iter().all(|it| it.json() == expected));
        assert_eq!(expected["quote"]["runs_dry_after_calls"], 50, "one call fits, so it may begin");
        assert_eq!(start(&engine, "a1", 61).await.error(), (409, "id_conflict".into(), None));
        let race = join_all((1..=8).map(|calls| start(&engine, "a2", calls))).await;
        assert_eq!(race.iter().filter(|it| it.status == 201).count(), 1);
        assert_eq!(race.iter().filter(|it| it.status == 409).count(), 7);
        for wrong in
            [json!({ "id": "a", "calls": 0, "expected_seconds": 60 }), json!({ "calls": 1, "expected_seconds": 60 })]
        {
            assert_eq!(engine.post("/v1/campaigns", &wrong).await.status, 422);
        }
    });
}

#[test]
fn where_no_call_is_accepted_no_campaign_is() {
    world(async |world| {
        let (workspace, engine) = engine(world, &components()).await;
        assert_eq!(start(&engine, "before", 1).await.status, 201);
        world.submit(workspace, Command::SetPaymentState(PaymentState::Unpaid)).await;
        assert_eq!(start(&engine, "a1", 1).await.error(), (402, "subscription_blocked".into(), None));
        assert_eq!(start(&engine, "before", 1).await.status, 200, "what began is found");
        let quoted = quote(&engine, 1, 60).await;
        assert_eq!((&quoted["reason"], &quoted["runs_dry_after_calls"]), (&json!("subscription_blocked"), &json!(0)));
        world.submit(workspace, Command::SetPaymentState(PaymentState::Current)).await;
        engine.post("/v1/calls", &json!({ "id": "c1", "direction": "inbound" })).await;
        world.submit(workspace, Command::Cancel(Effective::Now)).await;
        assert_eq!(start(&engine, "a1", 1).await.error(), (402, "subscription_ending".into(), None));
        let bare = world.workspace().await;
        world.key(bare, "mb_test_bare", &[Scope::CallsWrite]).await;
        let bare = Site::of(world).await.program("mb_test_bare");
        assert_eq!(start(&bare, "a1", 1).await.error(), (402, "no_subscription".into(), None));
        let quoted = quote(&bare, 1, 60).await;
        assert_eq!((&quoted["reason"], &quoted["capacity_seconds"]), (&json!("no_subscription"), &Value::Null));
    });
}
