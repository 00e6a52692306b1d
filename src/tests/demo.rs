//! The demo's clients: where each stands at the first start, made by commands that repeat without effect (SPEC §6).

use std::time::Duration;

use jiff::SignedDuration;
use minutebank::app::follow_requests::follow_all;
use minutebank::app::open_periods::open_due;
use minutebank::app::reconcile::reconcile;
use minutebank::app::request_cycles::request_cycles;
use minutebank::demo::{self, CLIENTS};
use minutebank::ledger::Command;
use serde_json::{Value, json};

use crate::fixture::{World, world};
use crate::site::{Program, Site};

/// Seeds the demo and serves it.
pub async fn demo(world: &World) -> Site {
    demo::ensure(&world.state, &world.superuser_url).await.expect("the demo data");
    Site::of(world).await
}

async fn wallet(program: &Program) -> Value {
    program.get("/v1/wallet").await.json()
}

async fn count(world: &World, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut world.superuser().await).await.unwrap()
}

#[test]
fn at_first_start_each_client_stands_where_the_table_says() {
    world(async |world| {
        let site = demo(world).await;
        let wallet_of = async |key: &str| wallet(&site.program(key)).await;
        for client in CLIENTS {
            let wallet = wallet_of(client.key).await;
            assert_eq!(wallet["workspace"], client.workspace);
            assert_eq!((&wallet["held_milli_cents"], &wallet["packs"]["active"]), (&json!(0), &json!(0)));
            assert_eq!((&wallet["status"], &wallet["subscription_status"]), (&json!("ok"), &json!("active")));
            // The period began twelve days before the first day, and ends a month after that, in New York.
            assert_eq!(wallet["allowance"]["resets_at"], "2026-12-08T15:00:00Z", "{}", client.name);
        }
        let harbor = wallet_of("mb_test_harbor").await;
        let of_plan = (&harbor["allowance"]["included_seconds"], &harbor["allowance"]["used_seconds"]);
        assert_eq!(of_plan, (&json!(6_000), &json!(82 * 60)));
        assert_eq!((&harbor["hold"]["seconds"], &harbor["calls_that_fit"]), (&json!(60), &json!(18)));
        let northwind = wallet_of("mb_test_northwind").await;
        assert_eq!(northwind["available_milli_cents"], 3_250_000);
        let hold = json!({ "seconds": 3_600, "calls": null, "milli_cents": 300_000 });
        assert_eq!((&northwind["hold"], &northwind["calls_that_fit"]), (&hold, &json!(10)));
        let pipeline = wallet_of("mb_test_pipeline").await;
        let of_plan = (&pipeline["allowance"]["included_calls"], &pipeline["allowance"]["used_calls"]);
        assert_eq!(of_plan, (&json!(200), &json!(137)));
        assert_eq!((&pipeline["meter"], &pipeline["calls_that_fit"]), (&json!("calls"), &json!(63)));
        let central = wallet_of("mb_test_central").await;
        assert_eq!((&central["available_milli_cents"], &central["hold"]["seconds"]), (&json!(3_140_000), &json!(60)));
        let quiet = wallet_of("mb_test_quiet").await;
        let of_plan = (&quiet["allowance"]["included_seconds"], &quiet["allowance"]["used_seconds"]);
        assert_eq!(of_plan, (&json!(6_000), &json!(40 * 60)));
        let report = reconcile(&mut world.state.db.acquire().await.unwrap()).await.unwrap();
        assert!(report.is_clean(), "{report}");
    });
}

#[test]
fn seeding_may_stop_anywhere_and_go_on() {
    world(async |world| {
        for millis in [400, 700, 900] {
            let seeding = demo::ensure(&world.state, &world.superuser_url);
            _ = tokio::time::timeout(Duration::from_millis(millis), seeding).await;
            // A later start knows when the demo began.
            world.clock.advance(SignedDuration::from_secs(75));
        }
        let site = demo(world).await;
        let (postings, calls) = ("select count(*) from postings", "select count(*) from calls");
        let before = (count(world, postings).await, count(world, calls).await);
        demo::ensure(&world.state, &world.superuser_url).await.unwrap();
        assert_eq!((count(world, postings).await, count(world, calls).await), before);
        assert_eq!(count(world, "select count(*) from calls where status = 'reserved'").await, 0);
        assert_eq!(wallet(&site.program("mb_test_central")).await["available_milli_cents"], 3_140_000);
        assert_eq!(wallet(&site.program("mb_test_northwind")).await["available_milli_cents"], 3_250_000);
    });
}

#[test]
fn thirty_days_are_believable() {
    world(async |world| {
        demo(world).await;
        for (sql, least) in [
            ("select count(*) from calls where status = 'released'", 100),
            ("select count(distinct workspace_id || created_at::date::text) from calls", 5 * 15),
            ("select count(*) from calls where recording", 20),
            ("select count(*) from postings where kind = 5", 5),
        ] {
            let found = count(world, sql).await;
            assert!(found >= least, "{found}: {sql}");
        }
        let outside = "select count(*) from calls
            where extract(hour from created_at at time zone 'America/New_York') not between 8 and 17
               or created_at >= '2026-11-20T15:00:00Z' or created_at < '2026-10-21T15:00:00Z'";
        assert_eq!(count(world, outside).await, 0, "calls are in office hours of the thirty days");
    });
}

#[test]
fn the_sign_in_page_names_every_login() {
    world(async |world| {
        let site = demo(world).await;
        let page = site.browser().get("/sign-in").await.body;
        let places: Vec<usize> = CLIENTS.iter().map(|client| page.find(client.email).expect(client.email)).collect();
        assert!(places.is_sorted(), "in the order of the table");
        for client in CLIENTS {
            let browser = site.browser();
            assert_eq!(browser.sign_in(client.email, demo::PASSWORD).await.location(), "/billing");
            let billing = browser.get("/billing").await;
            assert_eq!(billing.status, 200);
            assert!(billing.body.contains(client.name) && billing.body.contains(client.owner), "{}", client.name);
        }
    });
}

#[test]
fn a_clock_moved_by_400_days_opens_each_period_once() {
    world(async |world| {
        let site = demo(world).await;
        let periods = "select count(*) from postings where kind = 1";
        let before = count(world, periods).await;
        world.clock.advance(SignedDuration::from_hours(400 * 24));
        // As several instances would at their start, beside those who look at a wallet.
        let programs = CLIENTS.map(|client| site.program(client.key));
        let (first, second, ..) = tokio::join!(
            open_due(&world.state),
            open_due(&world.state),
            wallet(&programs[0]),
            wallet(&programs[1]),
            wallet(&programs[2]),
        );
        assert!(first.is_ok() && second.is_ok());
        assert_eq!(open_due(&world.state).await.unwrap(), 0, "nothing is due any more");
        // From 2026-11-08 to 2027-12-25: thirteen months each.
        assert_eq!(count(world, periods).await - before, 13 * 5);
        let doubled = "select count(*) from (
            select from postings where kind = 1 group by workspace_id, occurred_at having count(*) > 1) twice";
        assert_eq!(count(world, doubled).await, 0);
        let [harbor, northwind, pipeline, ..] = &programs;
        assert_eq!(wallet(harbor).await["allowance"]["used_seconds"], 0);
        assert_eq!(wallet(harbor).await["allowance"]["resets_at"], "2028-01-08T15:00:00Z");
        assert_eq!(wallet(northwind).await["available_milli_cents"], 3_250_000, "credits never expire");
        assert_eq!(wallet(pipeline).await["allowance"]["used_calls"], 0);
        let workspaces =
            minutebank::ledger::repo::workspaces(&mut world.state.db.acquire().await.unwrap()).await.unwrap();
        for workspace in workspaces {
            world.submit(workspace, Command::OpenPeriods).await;
        }
        assert_eq!(count(world, periods).await - before, 13 * 5);
    });
}

#[test]
fn the_history_is_paid_and_a_month_later_calls_still_go_on() {
    world(async |world| {
        let site = demo(world).await;
        let bill = async || {
            open_due(&world.state).await.unwrap();
            request_cycles(&world.state).await.unwrap();
            follow_all(&world.state).await.unwrap();
        };
        bill().await;
        let of_plans_with_a_price = "select count(*) from payment_requests where status = 'paid' and type = 'cycle'";
        assert_eq!(count(world, of_plans_with_a_price).await, 6, "two periods of three clients");
        assert_eq!(count(world, "select count(*) from payment_requests where status <> 'paid'").await, 0);
        let as_it_began = "select count(*) from payment_requests r
            join periods p on p.workspace_id = r.workspace_id and p.seq = r.period_seq
            where r.created_at = p.starts_at and r.closed_at = p.starts_at + interval '1 day'";
        assert_eq!(count(world, as_it_began).await, 6, "each is asked for and paid in its own time");
        world.clock.advance(SignedDuration::from_hours(24 * 35));
        bill().await;
        demo::ensure(&world.state, &world.superuser_url).await.expect("a later start");
        assert_eq!(count(world, "select count(*) from payment_requests where status = 'overdue'").await, 3);
        let harbor = wallet(&site.program("mb_test_harbor")).await;
        assert_eq!((&harbor["status"], &harbor["subscription_status"]), (&json!("ok"), &json!("past_due")));
    });
}
