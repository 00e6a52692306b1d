//! `/v1/numbers`: the first month at once, each further one on its anniversary, each once.

use std::sync::Arc;

use futures::future::join_all;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use minutebank::app::pay_numbers::{pay_due, unpaid_numbers};
use minutebank::ledger::{Command, Ledger, Options, PaymentState};
use minutebank::pricing::{Rates, Terms};
use minutebank::state::AppState;
use minutebank::tenants::{Role, Scope};
use minutebank::units::{MilliCents, WorkspaceId};
use reqwest::Method;
use serde_json::{Value, json};

use crate::fixture::{START, World, at, starter, world};
use crate::site::{Answered, PASSWORD, Program, Site};

/// Nothing included, $2 a number and month, so much free.
fn two_dollars(free_credits: i64) -> Terms {
    let rates = Rates { voice: MilliCents(10_000), number: MilliCents(200_000), ..Rates::default() };
    Terms { included: 0, rates, free_credits: MilliCents(free_credits), ..starter() }
}

async fn engine(world: &World, terms: &Terms) -> (WorkspaceId, Program) {
    let workspace = world.subscribed(terms).await;
    world.key(workspace, "mb_test_engine", &[Scope::CallsWrite, Scope::WalletRead]).await;
    (workspace, Site::of(world).await.program("mb_test_engine"))
}

async fn rent(engine: &Program, id: &str, number: &str) -> Answered {
    engine.post("/v1/numbers", &json!({ "id": id, "number": number })).await
}

async fn number(engine: &Program, id: &str) -> Value {
    engine.get(&format!("/v1/numbers/{id}")).await.json()
}

/// Every month that was paid: the number's id, what it cost, what it says; oldest first.
async fn paid(engine: &Program) -> Vec<(String, i64, String)> {
    let list = engine.get("/v1/wallet/transactions?type=number&limit=100").await.json();
    let row = |it: &Value| {
        assert_eq!(it["reference"]["type"], "number");
        let text = |it: &Value| it.as_str().unwrap().to_owned();
        (text(&it["reference"]["id"]), it["amount_milli_cents"].as_i64().unwrap(), text(&it["description"]))
    };
    list["data"].as_array().unwrap().iter().rev().map(row).collect()
}

async fn money(world: &World, workspace: WorkspaceId, key: &str, amount: i64) {
    world.submit(workspace, Command::CreditMoney { key: key.into(), amount: MilliCents(amount) }).await;
}

/// Open items of the agency's inbox about numbers: reference, amount.
async fn inbox(world: &World) -> Vec<(String, Option<i64>)> {
    let sql = "select reference, amount_mc from inbox_items where kind = 'unpaid_number' and resolved_at is null";
    sqlx::query_as(sql).fetch_all(&mut world.superuser().await).await.unwrap()
}

#[test]
fn the_first_month_is_paid_at_once_and_the_same_request_rents_once() {
    world(async |world| {
        let (workspace, engine) = engine(world, &two_dollars(450_000)).await;
        let all = join_all((0..8).map(|_| rent(&engine, "n1", "+13125550100"))).await;
        assert_eq!(all.iter().filter(|it| it.status == 201).count(), 1, "{all:?}");
        let expected = json!({
            "id": "n1", "object": "number", "workspace": world.public_id(workspace).await, "number": "+13125550100",
            "status": "active", "monthly_milli_cents": 200_000, "unpaid_months": 0,
            "next_fee_at": "2026-12-20T15:00:00Z", "created_at": START, "released_at": null,
        });
        assert!(all.iter().all(|it| it.json() == expected), "{all:?}");
        assert_eq!(number(&engine, "n1").await, expected);
        assert_eq!(paid(&engine).await, [("n1".into(), -200_000, "Number (312) 555-0100".into())]);
        assert_eq!(rent(&engine, "n1", "+13125550101").await.error(), (409, "id_conflict".into(), None));
        assert_eq!(rent(&engine, "n2", "+13125550101").await.status, 201);
        let refused = rent(&engine, "n3", "+13125550102").await;
        assert_eq!(refused.status, 402);
        let expected = json!({ "error": {
            "code": "insufficient_balance", "message": "Wallet balance below the first fee of the number",
            "balance_usd": 0.5, "required_usd": 2,
            "user_message": "Your balance is $0.50 but the number costs $2.00 a month. Add $1.50 or more in credits to \
                             rent it.",
            "available_milli_cents": 50_000, "required_milli_cents": 200_000, "capacity_seconds": null,
            "required_seconds": null, "capacity_calls": null, "required_calls": null, "shortfall_usd": 1.5,
            "topup_url": "http://localhost:3000/billing",
        }});
        assert_eq!(refused.json(), expected);
        assert_eq!(engine.get("/v1/numbers/n3").await.status, 404, "what is refused is not rented");
        money(world, workspace, "cs_1", 200_000).await;
        assert_eq!(rent(&engine, "n3", "+13125550109").await.status, 201, "and its id is free");
    });
}

#[test]
fn four_hundred_days_at_once_pay_each_month_once_on_any_number_of_instances() {
    world(async |world| {
        let zone = TimeZone::get("America/New_York").unwrap();
        world.clock.set(at("2027-01-31T17:00:00Z"));
        let (workspace, engine) = engine(world, &two_dollars(10_000_000)).await;
        for id in ["n1", "n2"] {
            assert_eq!(rent(&engine, id, "+13125550100").await.status, 201);
        }
        world.clock.advance(SignedDuration::from_hours(24 * 400));
        let options = Options { database_url: world.superuser_url.clone(), shards: 1, clock: world.clock.clone() };
        let other = Arc::new(Ledger::start(&options).await.unwrap());
        let second = AppState { ledger: other.clone(), ..world.state.clone() };
        for result in join_all([&world.state, &second, &world.state, &second].map(pay_due)).await {
            result.unwrap();
        }
        let paid = paid(&engine).await;
        for id in ["n1", "n2"] {
            assert_eq!(paid.iter().filter(|it| it.0 == id).count(), 14, "Jan 31, 2027 to Feb 29, 2028: {paid:?}");
        }
        pay_due(&world.state).await.unwrap();
        let wallet = engine.get("/v1/wallet").await.json();
        assert_eq!(wallet["balance_milli_cents"], 10_000_000 - 28 * 200_000);
        assert_eq!(number(&engine, "n1").await["next_fee_at"], "2028-03-31T16:00:00Z", "noon in New York");
        let mut db = world.state.db.acquire().await.unwrap();
        let rental = minutebank::rentals::repo::find(&mut db, workspace, "n1").await.unwrap().unwrap();
        let days: Vec<String> = (0..4)
            .map(|month| rental.month(&zone, month).starts_at.to_zoned(zone.clone()).date().to_string())
            .collect();
        assert_eq!(days, ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]);
        drop(second);
        Arc::try_unwrap(other).ok().unwrap().close().await;
    });
}

#[test]
fn a_month_that_cannot_be_paid_stays_due_and_is_shown() {
    world(async |world| {
        let (workspace, engine) = engine(world, &two_dollars(250_000)).await;
        world.person(workspace, "Owner", "owner@harbor.test", Role::Owner).await;
        assert_eq!(rent(&engine, "n1", "+13125550100").await.status, 201);
        world.clock.set(at("2027-01-25T00:00:00Z"));
        pay_due(&world.state).await.unwrap();
        let due = number(&engine, "n1").await;
        assert_eq!((&due["status"], &due["unpaid_months"]), (&json!("past_due"), &json!(2)));
        assert_eq!(due["next_fee_at"], "2026-12-20T15:00:00Z", "since when it is due");
        assert_eq!(inbox(world).await, [("n1:1".into(), Some(200_000))]);
        let owed = unpaid_numbers(&world.state, workspace).await.unwrap();
        assert_eq!((owed.len(), owed[0].months, owed[0].owed), (1, 2, MilliCents(400_000)));
        let browser = Site::of(world).await.browser();
        browser.sign_in("owner@harbor.test", PASSWORD).await;
        for page in ["/billing", "/billing/transactions", "/billing/transactions?type=number"] {
            let words = browser.get(page).await.words();
            assert!(words.contains("2 months due, tried again every day"), "{page}: {words}");
        }
        assert!(!browser.get("/billing/transactions?type=call").await.words().contains("months due"));
        // Within a day nothing is tried, a day later one month can be paid: the older one.
        money(world, workspace, "cs_1", 150_000).await;
        world.clock.advance(SignedDuration::from_hours(23));
        pay_due(&world.state).await.unwrap();
        assert_eq!(paid(&engine).await.len(), 1);
        world.clock.advance(SignedDuration::from_hours(1));
        pay_due(&world.state).await.unwrap();
        assert_eq!((paid(&engine).await.len(), inbox(world).await), (2, vec![("n1:2".into(), Some(200_000))]));
        money(world, workspace, "cs_2", 200_000).await;
        world.clock.advance(SignedDuration::from_hours(24));
        pay_due(&world.state).await.unwrap();
        assert_eq!((paid(&engine).await.len(), inbox(world).await), (3, vec![]));
        let paid_up = number(&engine, "n1").await;
        assert_eq!((&paid_up["status"], &paid_up["next_fee_at"]), (&json!("active"), &json!("2027-02-20T15:00:00Z")));
        assert!(unpaid_numbers(&world.state, workspace).await.unwrap().is_empty());
    });
}

#[test]
fn a_number_given_back_costs_no_further_month() {
    world(async |world| {
        let (workspace, engine) = engine(world, &two_dollars(250_000)).await;
        assert_eq!(rent(&engine, "n1", "+13125550100").await.status, 201);
        world.clock.set(at("2026-12-25T00:00:00Z"));
        pay_due(&world.state).await.unwrap();
        let released = engine.send(Method::DELETE, "/v1/numbers/n1").await;
        assert_eq!((released.status.as_u16(), &released.json()["released_at"]), (200, &json!("2026-12-25T00:00:00Z")));
        assert_eq!(released.json()["status"], "past_due", "the month that had begun is owed");
        world.clock.set(at("2027-05-01T00:00:00Z"));
        pay_due(&world.state).await.unwrap();
        assert_eq!(engine.send(Method::DELETE, "/v1/numbers/n1").await.body, released.body, "the same answer");
        money(world, workspace, "cs_1", 1_000_000).await;
        world.clock.advance(SignedDuration::from_hours(24));
        pay_due(&world.state).await.unwrap();
        assert_eq!(paid(&engine).await.len(), 2, "one month was owed, none began since");
        let gone = number(&engine, "n1").await;
        assert_eq!((&gone["status"], &gone["next_fee_at"]), (&json!("released"), &json!(null)));
        assert_eq!(rent(&engine, "n1", "+13125550100").await.json(), gone, "its id is used up");
        world.clock.advance(SignedDuration::from_hours(24 * 90));
        pay_due(&world.state).await.unwrap();
        assert_eq!(paid(&engine).await.len(), 2);
        assert_eq!(engine.send(Method::DELETE, "/v1/numbers/n9").await.status, 404);
    });
}

#[test]
fn what_was_cut_off_is_finished_once() {
    world(async |world| {
        let (workspace, engine) = engine(world, &two_dollars(300_000)).await;
        let mut db = world.superuser().await;
        // Stored, and paid by the ledger, but killed before the row knew; and one killed before it was paid.
        let order = "insert into numbers (workspace_id, id, number, rented_at, next_attempt_at)
                     select $1, id, '+13125550100', $2, $2 from unnest(array['n1', 'n2']) as id";
        let now = jiff_sqlx::Timestamp::from(world.clock.now());
        sqlx::query(order).bind(workspace.0).bind(now).execute(&mut db).await.unwrap();
        world.submit(workspace, Command::PayNumber { key: "n1:0".into(), begins: true }).await;
        assert_eq!(engine.get("/v1/numbers/n1").await.status, 404, "nobody was told");
        pay_due(&world.state).await.unwrap();
        assert_eq!(number(&engine, "n1").await["next_fee_at"], "2026-12-20T15:00:00Z");
        assert_eq!(engine.get("/v1/numbers/n2").await.status, 404, "it could not be paid, so it never began");
        assert_eq!(paid(&engine).await.len(), 1);
        assert_eq!(inbox(world).await, []);
        world.submit(workspace, Command::SetPaymentState(PaymentState::Unpaid)).await;
        money(world, workspace, "cs_1", 500_000).await;
        assert_eq!(rent(&engine, "n2", "1").await.error(), (402, "subscription_blocked".into(), None));
        world.clock.set(at("2026-12-20T15:00:00Z"));
        pay_due(&world.state).await.unwrap();
        assert_eq!(paid(&engine).await.len(), 2, "a month that is owed is taken all the same");
    });
}
