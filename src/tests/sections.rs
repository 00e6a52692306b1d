//! The sections of Billing, each by itself: over HTTP, and while another cannot be read.

use sqlx::Executor as _;

use crate::billing::signed_in;
use crate::fixture::{World, world};
use crate::site::Site;

/// Makes a table unreadable for the application, or readable again.
async fn rename(world: &World, statement: &'static str) {
    world.superuser().await.execute(statement).await.unwrap();
}

#[test]
fn a_section_is_read_by_itself() {
    world(async |world| {
        let (_, _, browser) = signed_in(world).await;
        let wallet = browser.get("/sections/billing/wallet?query=").await;
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
        let (_, _, browser) = signed_in(world).await;
        let stranger = Site::of(world).await.browser();
        for section in ["wallet?query=", "addon-packs"] {
            let path = format!("/sections/billing/{section}");
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
fn each_section_fails_alone() {
    world(async |world| {
        let (_, _, browser) = signed_in(world).await;
        rename(world, "alter table pack_assignments rename to gone").await;
        let page = browser.get("/billing").await;
        assert_eq!(page.status, 200);
        for word in ["of 100 min used", "The add-on packs could not be loaded. Nothing was changed."] {
            assert!(page.body.contains(word), "{word}: {}", page.body);
        }
        let failed = browser.get("/sections/billing/addon-packs").await;
        assert_eq!((failed.status.as_u16(), failed.body.as_str()), (500, "null"), "the reason is for the log");
        assert_eq!(browser.get("/sections/billing/wallet?query=").await.status, 200);
        rename(world, "alter table gone rename to pack_assignments").await;
    });
}
