//! The sections of Billing, each by itself: over HTTP, and while another cannot be read.

use std::sync::Arc;

use minutebank::tenants::{Role, Scope};
use minutebank::units::WorkspaceId;
use minutebank::web::session::Sessions;
use sqlx::Executor as _;
use tower_sessions::Session;

use crate::billing::signed_in;
use crate::fixture::{World, starter, world};
use crate::site::Site;

/// Makes a table unreadable for the application, or readable again.
async fn rename(world: &World, statement: &'static str) {
    world.superuser().await.execute(statement).await.unwrap();
}

/// Address of a section of this workspace's page.
async fn section_of(world: &World, workspace: WorkspaceId, section: &str) -> String {
    format!("/sections/billing/{section}?workspace={}&query=", world.public_id(workspace).await)
}

#[test]
fn a_section_is_read_by_itself() {
    world(async |world| {
        let (workspace, _, browser) = signed_in(world).await;
        let wallet = browser.get(&section_of(world, workspace, "wallet").await).await;
        assert_eq!(wallet.status, 200, "{}", wallet.body);
        let section = wallet.json();
        let cards = section["cards"].as_str().unwrap();
        assert!(cards.contains("of 100 min used") && !cards.contains("<html"), "{cards}");
        assert!(section["pill"].as_str().unwrap().contains("Calls on"), "{section}");
        assert_eq!(section["read_at"], "10:00:00 EST");
        assert_eq!(wallet.header("cache-control"), "no-store");
        let page = browser.get("/billing").await.body;
        assert!(page.contains(cards), "the page holds the very same section");
    });
}

#[test]
fn sections_are_for_the_signed_in_only_and_lead_nowhere() {
    world(async |world| {
        let (workspace, _, browser) = signed_in(world).await;
        let stranger = Site::of(world).await.browser();
        for section in ["wallet", "usage", "addon-packs", "recent-transactions", "payments"] {
            let path = section_of(world, workspace, section).await;
            let refused = stranger.get(&path).await;
            assert_eq!((refused.status.as_u16(), refused.body.as_str()), (401, ""), "{path}");
            let as_page = [("accept", "text/html"), ("referer", "https://evil.example/")];
            assert_eq!(browser.send(reqwest::Method::GET, &path, &as_page, &[]).await.status, 200, "{path}");
            assert_eq!(browser.post(&path, &[]).await.status, 405, "{path}");
        }
        assert_eq!(browser.get("/sections/billing/nothing").await.status, 404);
    });
}

#[test]
fn an_open_page_shows_one_workspace_and_ends_no_session() {
    world(async |world| {
        let (workspace, dana, browser) = signed_in(world).await;
        let other = world.subscribed(&starter()).await;
        world.member(other, dana, Role::Viewer).await;
        let of_the_first = section_of(world, workspace, "wallet").await;
        let csrf = browser.get("/billing").await.hidden("csrf");
        let fields = [("csrf", csrf.as_str()), ("workspace", &world.public_id(other).await)];
        let late = browser.twin();
        // A request that has read the session before, and writes it afterwards.
        let store = Sessions::new(world.state.db.clone(), world.state.clock.clone());
        let slow = Session::new(Some(browser.session()), Arc::new(store), None);
        slow.insert("next", "/settings").await.unwrap();
        assert_eq!(browser.post("/workspace", &fields).await.location(), "/billing");
        slow.save().await.unwrap();
        // What the page of the one before sent at the same time, with the cookie of before.
        let refused = late.get(&of_the_first).await;
        assert_eq!((refused.status.as_u16(), refused.body.as_str()), (401, ""), "not the other one's figures");
        assert!(refused.headers.get("set-cookie").is_none(), "the session goes on");
        assert_eq!(late.get(&section_of(world, other, "wallet").await).await.status, 200);
        // A session that is over leaves the cookie alone, too: the browser may have a newer one.
        assert_eq!(
            browser.post("/sign-out", &[("csrf", &browser.get("/billing").await.hidden("csrf"))]).await.status,
            303
        );
        for path in [of_the_first.as_str(), "/live?workspace=ws_none"] {
            assert!(late.get(path).await.headers.get("set-cookie").is_none(), "{path}");
        }
    });
}

#[test]
fn each_section_fails_alone() {
    const SAID: [&str; 5] = [
        "of 100 min used",
        "Connected minutes per day",
        "Available Add-On Packs",
        "href=\"/billing/transactions\">View",
        "No payments yet",
    ];
    world(async |world| {
        let (workspace, _, browser) = signed_in(world).await;
        let wallet = section_of(world, workspace, "wallet").await;
        for (broken, section, gone, back, said) in [
            (
                1,
                "usage",
                "alter table usage_daily rename to gone",
                "alter table gone rename to usage_daily",
                "The usage could not be loaded. Nothing was changed.",
            ),
            (
                2,
                "addon-packs",
                "alter table pack_assignments rename to gone",
                "alter table gone rename to pack_assignments",
                "The add-on packs could not be loaded. Nothing was changed.",
            ),
            (
                3,
                "recent-transactions",
                "alter table postings rename column accounts to gone",
                "alter table postings rename column gone to accounts",
                "The transactions could not be loaded. Nothing was changed.",
            ),
            (
                4,
                "payments",
                "alter table payment_requests rename to gone",
                "alter table gone rename to payment_requests",
                "The payment requests could not be loaded. Nothing was changed.",
            ),
        ] {
            rename(world, gone).await;
            let page = browser.get("/billing").await;
            assert!(page.status == 200 && page.body.contains(said), "{}", page.body);
            for (at, words) in SAID.iter().enumerate() {
                assert_eq!(page.body.contains(words), at != broken, "{words} while {section} is broken: {}", page.body);
            }
            let failed = browser.get(&section_of(world, workspace, section).await).await;
            assert_eq!((failed.status.as_u16(), failed.body.as_str()), (500, "null"), "the reason is for the log");
            assert_eq!(browser.get(&wallet).await.status, 200);
            rename(world, back).await;
        }
    });
}

#[test]
fn the_days_of_a_range_are_a_file() {
    world(async |world| {
        let (workspace, _, browser) = signed_in(world).await;
        world.key(workspace, "mb_engine", &[Scope::CallsWrite]).await;
        let program = Site::of(world).await.program("mb_engine");
        program.post("/v1/calls", &serde_json::json!({"id": "call_1", "direction": "outbound"})).await;
        let end = serde_json::json!({"outcome": "answered", "duration_seconds": 276, "billed_duration_seconds": 276});
        assert_eq!(program.post("/v1/calls/call_1/complete", &end).await.status, 200);
        let file = browser.get("/billing/usage.csv?range=custom&from=2026-11-19&to=2026-11-20").await;
        assert_eq!((file.status.as_u16(), file.header("content-type")), (200, "text/csv; charset=utf-8"));
        let lines: Vec<&str> = file.body.lines().collect();
        assert_eq!(
            lines[1..],
            ["2026-11-19,America/New_York,0,0,0,0,0,0", "2026-11-20,America/New_York,1,276,0,0,0,0"]
        );
        let page = browser.get("/billing?range=month").await.body;
        assert!(page.contains("November so far <strong>4 min</strong>, 1 call."), "{page}");
        let wrong = browser.get("/billing/usage.csv?range=custom&from=x&to=2026-11-20").await;
        assert_eq!(wrong.location(), "/billing?range=custom&from=x&to=2026-11-20");
        assert!(browser.get(wrong.location()).await.body.contains("Enter the first day as a date."));
        let stranger = Site::of(world).await.browser();
        assert!(stranger.get("/billing/usage.csv").await.location().starts_with("/sign-in"));
    });
}
