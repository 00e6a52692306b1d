//! Every meter and source through `/v1`: holds, refusals and charges of credits, components, calls and excess.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use minutebank::app::expire_calls::expire_lapsed;
use minutebank::demo::PASSWORD;
use minutebank::ledger::{Command, Effective, LedgerError, LotGrant, LotSource, PaymentState, Refusal};
use minutebank::pricing::{ExcessMode, HoldPolicy, Rates, Terms};
use minutebank::tenants::Scope;
use minutebank::units::{Meter, MilliCents, Seconds, WorkspaceId};
use serde_json::{Value, json};

use crate::demo::demo;
use crate::fixture::{World, starter, world};
use crate::site::{Answered, Program, Site};

const KEY: &str = "mb_test_engine";

async fn engine(world: &World, terms: &Terms) -> (WorkspaceId, Program) {
    let workspace = world.subscribed(terms).await;
    world.key(workspace, KEY, &[Scope::Admin]).await;
    (workspace, Site::of(world).await.program(KEY))
}

/// The demo's plan Components: three rates per minute, $10 free.
fn components() -> Terms {
    let [voice, telephony, recording] = [10, 8, 2].map(MilliCents::from_cents);
    let rates = Rates { voice, telephony, recording, message: MilliCents::from_cents(1), ..Rates::default() };
    Terms { included: 0, rates, free_credits: MilliCents(1_000_000), ..starter() }
}

/// $0.05 a minute, a whole hour held, $5 free.
fn flat() -> Terms {
    let rates = Rates { voice: MilliCents::from_cents(5), ..Rates::default() };
    Terms { included: 0, rates, hold: HoldPolicy::WorstCase, free_credits: MilliCents(500_000), ..starter() }
}

impl Program {
    async fn place(&self, id: &str, recording: bool) -> Answered {
        self.post("/v1/calls", &json!({ "id": id, "direction": "outbound", "recording": recording })).await
    }

    async fn answer(&self, id: &str, seconds: i64) -> Value {
        let report =
            json!({ "outcome": "answered", "duration_seconds": seconds + 9, "billed_duration_seconds": seconds });
        let answer = self.post(&format!("/v1/calls/{id}/complete"), &report).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn miss(&self, id: &str) -> Value {
        let report = json!({ "outcome": "no_answer", "duration_seconds": 31, "billed_duration_seconds": 0 });
        self.post(&format!("/v1/calls/{id}/complete"), &report).await.json()
    }

    /// A call from its hold to its charge, milli-cents.
    async fn call(&self, id: &str, recording: bool, seconds: i64) -> i64 {
        assert_eq!(self.place(id, recording).await.status, 201, "{id}");
        self.answer(id, seconds).await["billing_amount_milli_cents"].as_i64().unwrap()
    }

    async fn wallet(&self) -> Value {
        self.get("/v1/wallet").await.json()
    }

    async fn refusal(&self) -> Value {
        let refused = self.place("refused", false).await;
        assert_eq!(refused.status, 402, "{}", refused.body);
        refused.json()["error"].clone()
    }
}

fn pack(key: &str, meter: Meter, units: i64) -> Command {
    let lot = LotGrant {
        name: "100 calls".into(),
        meter,
        units,
        price: MilliCents(1_000_000),
        source: LotSource::Agency,
        reference: key.into(),
    };
    Command::CreditLots { key: key.into(), lots: vec![lot] }
}

async fn workspace(world: &World, public_id: &str) -> WorkspaceId {
    let id = sqlx::query_scalar("select id from workspaces where public_id = $1").bind(public_id);
    WorkspaceId(id.fetch_one(&mut world.superuser().await).await.unwrap())
}

#[test]
fn northwind_ten_calls_fit_then_402() {
    world(async |world| {
        let site = demo(world).await;
        let northwind = site.program("mb_test_northwind");
        let browser = site.browser();
        browser.sign_in("owner@northwind.test", PASSWORD).await;
        let mut accepted = 0;
        while northwind.place(&format!("c{accepted}"), false).await.status == 201 {
            accepted += 1;
            let wallet = northwind.wallet().await;
            assert_eq!(wallet["calls_that_fit"], 10 - accepted);
            let status = ["paused", "low"].get(10 - accepted).unwrap_or(&"ok");
            assert_eq!(wallet["status"], *status);
            if accepted == 9 {
                assert!(browser.get("/billing").await.body.contains("1 call fits"));
            }
        }
        assert_eq!(accepted, 10);
        let expected = json!({
            "code": "insufficient_balance", "message": "Wallet balance below minimum to start call",
            "balance_usd": 2.5, "required_usd": 3,
            "user_message": "Calls paused. Your balance is $2.50 but each call requires a $3.00 hold (we release it \
                             back if no one answers). Add $0.50 or more in credits to keep calling.",
            "available_milli_cents": 250_000, "required_milli_cents": 300_000, "capacity_seconds": 3_000,
            "required_seconds": 3_600, "capacity_calls": null, "required_calls": null, "shortfall_usd": 0.5,
            "topup_url": "http://localhost:3000/billing",
        });
        assert_eq!(northwind.refusal().await, expected);
        assert!(browser.get("/billing").await.body.contains("Calls paused"));
        let missed = northwind.miss("c0").await;
        assert_eq!(
            (&missed["reservation_status"], &missed["billing_amount_milli_cents"]),
            (&json!("released"), &json!(0))
        );
        assert_eq!(northwind.wallet().await["balance_milli_cents"], 3_250_000);
        assert_eq!(northwind.answer("c1", 90).await["billing_amount_milli_cents"], 7_500);
        let wallet = northwind.wallet().await;
        let figures = ["balance_usd", "balance_milli_cents", "held_milli_cents", "available_milli_cents"]
            .map(|name| &wallet[name]);
        assert_eq!(figures, [&json!(32.42), &json!(3_242_500), &json!(2_400_000), &json!(842_500)]);
        let id = workspace(world, "ws_northwind").await;
        let now = world.clock.now();
        let mut db = world.state.db.acquire().await.unwrap();
        let balances = minutebank::ledger::repo::balances_at(&mut db, id, now).await.unwrap();
        assert_eq!(balances.credits_mc, 3_242_500, "the ledger's own balance is the same");
    });
}

#[test]
fn pipeline_uses_the_month_first_then_a_pack() {
    world(async |world| {
        let pipeline = demo(world).await.program("mb_test_pipeline");
        let id = workspace(world, "ws_pipeline").await;
        world.submit(id, pack("app_1", Meter::Calls, 100)).await;
        let used = async || {
            let wallet = pipeline.wallet().await;
            (wallet["allowance"]["used_calls"].as_i64().unwrap(), wallet["packs"]["remaining_calls"].as_i64().unwrap())
        };
        assert_eq!(used().await, (137, 100));
        join_all((0..63).map(|number| {
            let pipeline = pipeline.clone();
            async move { pipeline.call(&format!("m{number}"), false, 60 * number + 1).await }
        }))
        .await;
        assert_eq!(used().await, (200, 100), "whatever their seconds, 63 calls of the month");
        pipeline.place("nobody", false).await;
        pipeline.miss("nobody").await;
        assert_eq!(used().await, (200, 100), "an unanswered call draws none");
        pipeline.call("p0", false, 400).await;
        assert_eq!(used().await, (200, 99));
        world.clock.advance(SignedDuration::from_hours(35 * 24));
        assert_eq!(used().await, (0, 99), "the quota is reset, the pack is not touched");
    });
}

#[test]
fn without_calls_left_the_402_counts_calls() {
    world(async |world| {
        let (id, engine) = engine(world, &Terms { meter: Meter::Calls, included: 1, ..starter() }).await;
        engine.call("c1", false, 30).await;
        let expected = json!({
            "code": "insufficient_balance", "message": "Wallet balance below minimum to start call",
            "balance_usd": 0, "required_usd": null,
            "user_message": "Calls paused. You have 0 calls left but each call requires 1 call (we release it back if \
                             no one answers). Add 1 call or more to keep calling.",
            "available_milli_cents": 0, "required_milli_cents": null, "capacity_seconds": null,
            "required_seconds": null, "capacity_calls": 0, "required_calls": 1, "shortfall_usd": null,
            "topup_url": "http://localhost:3000/billing",
        });
        assert_eq!(engine.refusal().await, expected);
        let wallet = engine.wallet().await;
        assert_eq!((&wallet["status"], &wallet["subscription_status"]), (&json!("blocked"), &json!("blocked")));
        world.submit(id, pack("app_1", Meter::Calls, 100)).await;
        let wallet = engine.wallet().await;
        assert_eq!((&wallet["status"], &wallet["subscription_status"]), (&json!("ok"), &json!("active")));
        assert_eq!((&wallet["capacity_calls"], &wallet["capacity_seconds"]), (&json!(100), &Value::Null));
        // A rate lets credits pay for calls once nothing else is left.
        let rated = Terms {
            meter: Meter::Calls,
            included: 0,
            rates: Rates { call: Some(MilliCents(25_000)), ..Rates::default() },
            ..starter()
        };
        let rated = Terms { free_credits: MilliCents(60_000), ..rated };
        let paying = world.subscribed(&rated).await;
        world.key(paying, "mb_test_paying", &[Scope::Admin]).await;
        let paying = Program { key: Some("mb_test_paying".into()), ..engine };
        assert_eq!((paying.call("c1", false, 5).await, paying.call("c2", false, 5_000).await), (25_000, 25_000));
        let refusal = paying.refusal().await;
        assert_eq!((&refusal["required_usd"], &refusal["shortfall_usd"]), (&json!(0.25), &json!(0.15)));
        assert_eq!((&refusal["capacity_calls"], &refusal["required_calls"]), (&json!(0), &json!(1)));
    });
}

#[test]
fn ten_dollars_are_fifty_recorded_minutes() {
    world(async |world| {
        let (_, engine) = engine(world, &components()).await;
        for number in 0..9 {
            assert_eq!(engine.call(&format!("c{number}"), true, 300).await, 100_000);
        }
        engine.place("last", true).await;
        let last = engine.answer("last", 310).await;
        assert_eq!((&last["billing_amount_milli_cents"], &last["overrun_seconds"]), (&json!(100_000), &json!(10)));
        let wallet = engine.wallet().await;
        assert_eq!((&wallet["balance_milli_cents"], &wallet["status"]), (&json!(0), &json!("blocked")));
    });
}

#[test]
fn ten_dollars_are_55_unrecorded_minutes_and_ten_cents() {
    world(async |world| {
        let (id, engine) = engine(world, &components()).await;
        for number in 0..11 {
            assert_eq!(engine.call(&format!("c{number}"), false, 300).await, 90_000);
        }
        assert_eq!(engine.wallet().await["available_milli_cents"], 10_000);
        assert_eq!(engine.refusal().await["capacity_seconds"], 30);
        world.submit(id, Command::ChargeMessages { id: "m1".into(), count: 5 }).await;
        // The example of SPEC §4, figure by figure.
        let expected = json!({
            "code": "insufficient_balance", "message": "Wallet balance below minimum to start call",
            "balance_usd": 0.05, "required_usd": 0.2,
            "user_message": "Calls paused. Your balance is $0.05 but each call requires a $0.20 hold (we release it \
                             back if no one answers). Add $0.50 or more in credits to keep calling.",
            "available_milli_cents": 5_000, "required_milli_cents": 20_000, "capacity_seconds": 15,
            "required_seconds": 60, "capacity_calls": null, "required_calls": null, "shortfall_usd": 0.15,
            "topup_url": "http://localhost:3000/billing",
        });
        assert_eq!(engine.refusal().await, expected);
    });
}

#[test]
fn ten_dollars_are_a_thousand_messages() {
    world(async |world| {
        let (id, engine) = engine(world, &components()).await;
        for number in 0..10 {
            world.submit(id, Command::ChargeMessages { id: format!("m{number}"), count: 100 }).await;
        }
        assert_eq!(engine.wallet().await["balance_milli_cents"], 0);
        let more = world.try_submit(id, Command::ChargeMessages { id: "more".into(), count: 1 }).await;
        let Err(LedgerError::Refused(Refusal::InsufficientCredits { available, required })) = more else {
            panic!("{more:?}")
        };
        assert_eq!((available, required), (MilliCents(0), MilliCents(1_000)));
    });
}

#[test]
fn minutes_and_credits_together() {
    world(async |world| {
        let terms = Terms { included: 120, free_credits: MilliCents(100_000), ..flat() };
        let (id, engine) = engine(world, &terms).await;
        world.submit(id, pack("app_1", Meter::Minutes, 600)).await;
        let expected = json!({
            "object": "wallet", "workspace": world.public_id(id).await, "balance_usd": 1, "currency": "USD",
            "auto_recharge": { "enabled": false, "threshold_usd": null, "topup_usd": null, "monthly_cap_usd": null },
            "balance_milli_cents": 100_000, "held_milli_cents": 0, "available_milli_cents": 100_000,
            "debt_milli_cents": 0, "meter": "minutes", "subscription_status": "active",
            "allowance": { "included_seconds": 120, "used_seconds": 0, "included_calls": null, "used_calls": null,
                           "resets_at": "2026-12-20T15:00:00Z" },
            "packs": { "remaining_seconds": 600, "remaining_calls": null, "active": 1 },
            "hold": { "seconds": 3_600, "calls": null, "milli_cents": 300_000 },
            "capacity_seconds": 1_920, "held_seconds": 0, "capacity_calls": null, "held_calls": null,
            "calls_that_fit": 0, "status": "paused",
        });
        assert_eq!(engine.wallet().await, expected);
        let expected = json!({
            "code": "insufficient_balance", "message": "Wallet balance below minimum to start call",
            "balance_usd": 1, "required_usd": 3,
            "user_message": "Calls paused. You have 32 minutes left but each call requires a 60-minute hold (we \
                             release it back if no one answers). Add 28 minutes or more to keep calling.",
            "available_milli_cents": 100_000, "required_milli_cents": 300_000, "capacity_seconds": 1_920,
            "required_seconds": 3_600, "capacity_calls": null, "required_calls": null, "shortfall_usd": 1.4,
            "topup_url": "http://localhost:3000/billing",
        });
        assert_eq!(engine.refusal().await, expected);
    });
}

#[test]
fn what_is_overdue_and_what_was_canceled() {
    world(async |world| {
        let (id, engine) = engine(world, &Terms { included: 600, ..flat() }).await;
        world.submit(id, pack("app_1", Meter::Minutes, 600)).await;
        let status = async || {
            let wallet = engine.wallet().await;
            (wallet["subscription_status"].as_str().unwrap().to_owned(), wallet["status"].as_str().unwrap().to_owned())
        };
        let are = |subscription: &str, wallet: &str| (subscription.to_owned(), wallet.to_owned());
        world.submit(id, Command::SetPaymentState(PaymentState::PastDue)).await;
        assert_eq!(status().await, are("past_due", "ok"));
        assert_eq!(engine.place("c1", false).await.status, 201, "calls go on");
        world.submit(id, Command::SetPaymentState(PaymentState::Unpaid)).await;
        assert_eq!(status().await, are("blocked", "blocked"));
        let blocked = engine.refusal().await;
        assert_eq!((&blocked["code"], blocked.as_object().unwrap().len()), (&json!("subscription_blocked"), 13));
        world.submit(id, Command::SetPaymentState(PaymentState::Current)).await;
        assert_eq!(status().await, are("active", "low"));
        world.submit(id, Command::Cancel(Effective::Now)).await;
        assert_eq!(status().await, are("canceled", "paused"));
        assert_eq!(engine.wallet().await["calls_that_fit"], 0, "whatever is left");
        let ending = engine.refusal().await;
        assert_eq!((&ending["code"], ending.as_object().unwrap().len()), (&json!("subscription_ending"), 13));
        // The call that was open draws from allowance and pack; with it they end, and credits go on.
        assert_eq!(engine.answer("c1", 660).await["billing_amount_milli_cents"], 0);
        let wallet = engine.wallet().await;
        assert_eq!(wallet["packs"], json!({ "remaining_seconds": 0, "remaining_calls": null, "active": 0 }));
        assert_eq!(
            (&wallet["allowance"]["included_seconds"], &wallet["allowance"]["resets_at"]),
            (&json!(0), &Value::Null)
        );
        assert_eq!((&wallet["capacity_seconds"], &wallet["calls_that_fit"]), (&json!(6_000), &json!(1)));
        assert_eq!(engine.get("/v1/wallet/lots").await.json()["data"][0]["status"], "frozen");
        assert_eq!(engine.call("c2", false, 90).await, 7_500);
        assert_eq!(status().await, are("canceled", "low"));
    });
}

#[test]
fn usage_that_is_billed_afterwards_has_no_capacity() {
    world(async |world| {
        let excess = ExcessMode::Postpaid { limit: MilliCents(20_000) };
        let (_, engine) = engine(world, &Terms { included: 60, excess, free_credits: MilliCents(0), ..flat() }).await;
        for number in 0..3 {
            assert_eq!(engine.place(&format!("c{number}"), false).await.status, 201, "holds reserve nothing");
        }
        let wallet = engine.wallet().await;
        for name in ["capacity_seconds", "capacity_calls", "calls_that_fit"] {
            assert!(wallet[name].is_null(), "{name}");
        }
        assert_eq!((&wallet["status"], &wallet["held_seconds"]), (&json!("ok"), &json!(0)));
        let first = engine.answer("c0", 180).await;
        assert_eq!((&first["billing_amount_milli_cents"], &first["excess_milli_cents"]), (&json!(0), &json!(10_000)));
        assert_eq!(engine.answer("c1", 120).await["excess_milli_cents"], 10_000);
        let refused = engine.refusal().await;
        assert_eq!(refused["code"], "insufficient_balance");
        assert!(refused["user_message"].as_str().unwrap().contains("reached its limit"));
        assert!(refused["capacity_seconds"].is_null() && refused["shortfall_usd"].is_null());
        let wallet = engine.wallet().await;
        assert_eq!((&wallet["status"], &wallet["subscription_status"]), (&json!("paused"), &json!("active")));
        assert_eq!(engine.answer("c2", 60).await["excess_milli_cents"], 5_000, "an open call goes on");
    });
}

#[test]
fn a_call_that_nobody_ends_ends_at_its_last_sign_of_life() {
    world(async |world| {
        let (id, engine) = engine(world, &components()).await;
        for call in ["silent", "alive"] {
            engine.place(call, false).await;
        }
        let beat = Command::Heartbeat { id: "alive".into(), connected: Seconds(90) };
        world.submit(id, beat).await;
        // The longest call takes an hour; its hold lapses ten minutes later.
        world.clock.advance(SignedDuration::from_secs(4_199));
        assert_eq!(expire_lapsed(&world.state, Timestamp::UNIX_EPOCH).await.unwrap().found, 0);
        world.clock.advance(SignedDuration::from_secs(1));
        let (first, second) = tokio::join!(
            expire_lapsed(&world.state, Timestamp::UNIX_EPOCH),
            expire_lapsed(&world.state, Timestamp::UNIX_EPOCH)
        );
        assert_eq!(first.unwrap().ended.max(second.unwrap().ended), 2);
        assert_eq!(expire_lapsed(&world.state, Timestamp::UNIX_EPOCH).await.unwrap().found, 0);
        let (silent, alive) = (engine.get("/v1/calls/silent").await.json(), engine.get("/v1/calls/alive").await.json());
        assert_eq!(
            (&silent["reservation_status"], &silent["billing_amount_milli_cents"]),
            (&json!("released"), &json!(0))
        );
        assert_eq!((&alive["reservation_status"], &alive["billed_duration_seconds"]), (&json!("settled"), &json!(90)));
        assert_eq!(alive["billing_amount_milli_cents"], 27_000);
        let wallet = engine.wallet().await;
        assert_eq!((&wallet["balance_milli_cents"], &wallet["held_milli_cents"]), (&json!(973_000), &json!(0)));
        let report = json!({ "outcome": "answered", "duration_seconds": 200, "billed_duration_seconds": 200 });
        let late = engine.post("/v1/calls/alive/complete", &report).await;
        assert_eq!(late.error(), (409, "already_completed".into(), None));
        assert_eq!(late.json()["error"]["call"]["overrun_seconds"], 110, "what was not billed is listed");
        assert_eq!(engine.wallet().await["balance_milli_cents"], 973_000);
    });
}
