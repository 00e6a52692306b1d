//! `/billing`, `/billing/packages` and what every page has in common.

use std::time::Duration;

use minutebank::ledger::{Command, LotGrant, LotSource};
use minutebank::tenants::{Role, UserId};
use minutebank::units::{Meter, MilliCents, WorkspaceId};
use reqwest::Method;

use crate::fixture::{World, starter, world};
use crate::site::{Answered, Browser, PASSWORD, Site};

const DANA: &str = "owner@harbor.test";

pub async fn signed_in(world: &World) -> (WorkspaceId, UserId, Browser) {
    let workspace = world.subscribed(&starter()).await;
    let dana = world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
    let browser = Site::of(world).await.browser();
    browser.sign_in(DANA, PASSWORD).await;
    (workspace, dana, browser)
}

/// A purchase of two Medium packs as its row keeps it.
async fn purchase(world: &World, workspace: WorkspaceId, buyer: UserId, id: &str, status: &str) {
    let mut db = world.superuser().await;
    sqlx::query(
        "with pack as (
             insert into packs (public_id, agency_id, name, meter, units, price_mc, created_at)
             select 'pack_' || $3, agency_id, 'Medium', 'minutes', 6000, 1000000, now() from workspaces where id = $1
             returning id)
         insert into purchases (workspace_id, id, purchase_key, bought_by, kind, total_mc, pack_id, pack_name, meter,
             units_each, price_each_mc, quantity, status, customer_id, idempotency_key, request, created_at,
             next_check_at, credited_at)
         select $1, $3, $3, $2, 'pack', 2000000, pack.id, 'Medium', 'minutes', 6000, 1000000, 2, $4, 'cus_1', $3, '',
             now(), now(), case when $4 = 'credited' then now() end from pack",
    )
    .bind(workspace.0)
    .bind(buyer.0)
    .bind(id)
    .bind(status)
    .execute(&mut db)
    .await
    .unwrap();
}

#[test]
fn every_address_leads_somewhere() {
    world(async |world| {
        let (_, _, browser) = signed_in(world).await;
        for path in ["/", "/usage", "/wallet", "/settings?tab=billing"] {
            assert_eq!(browser.get(path).await.location(), "/billing", "{path}");
        }
        for path in ["/nothing", "/billing/nothing", "/settings?tab=nothing", "/pkg/nothing.js"] {
            assert_eq!(browser.get(path).await.status, 404, "{path}");
        }
        let missing = browser.get("/nothing").await;
        assert!(missing.body.contains("Page not found") && missing.body.contains("href=\"/billing\""));
        let wrong_method = browser.post("/billing", &[]).await;
        assert_eq!((wrong_method.status.as_u16(), wrong_method.header("allow")), (405, "GET,HEAD"));
        assert_eq!(browser.get("/healthz").await.body, "ok");
        assert_eq!(browser.get("/readyz").await.status, 200);
        let mut db = world.superuser().await;
        sqlx::query("delete from _sqlx_migrations where version = 5").execute(&mut db).await.unwrap();
        assert_eq!(browser.get("/readyz").await.status, 503);
    });
}

#[test]
fn signed_out_every_private_page_leads_to_signing_in() {
    world(async |world| {
        let browser = Site::of(world).await.browser();
        for path in ["/billing", "/billing/packages", "/billing/return?session_id=cs_test_1"] {
            let location = browser.get(path).await.location().to_owned();
            let next: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
            assert_eq!(location, format!("/sign-in?next={next}"));
        }
        assert_eq!(browser.post("/billing/buy", &[("pack", "pack_1")]).await.location(), "/sign-in");
    });
}

#[test]
fn pages_are_guarded_by_their_headers() {
    world(async |world| {
        let (_, _, browser) = signed_in(world).await;
        let page = browser.get("/billing").await;
        let policy = page.header("content-security-policy");
        let checkout = format!("form-action 'self' http://{};", world.state.config.sandbox_addr);
        for part in ["script-src 'self' 'nonce-", "'wasm-unsafe-eval'", &checkout, "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert_ne!(policy, browser.get("/billing").await.header("content-security-policy"), "a nonce serves once");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("content-type", "text/html; charset=utf-8"),
        ] {
            assert_eq!(page.header(name), value, "{name}");
        }
        assert!(!page.header("x-request-id").is_empty());
        let missing = browser.get("/nothing").await;
        assert!(missing.header("content-security-policy").contains("frame-ancestors 'none'"));
    });
}

#[test]
fn packages_name_who_added_them() {
    world(async |world| {
        let (workspace, dana, browser) = signed_in(world).await;
        assert!(browser.get("/billing/packages").await.body.contains("No packages yet"));
        purchase(world, workspace, dana, "pur_1", "credited").await;
        let lot = LotGrant {
            name: "Medium".into(),
            meter: Meter::Minutes,
            units: 6_000,
            price: MilliCents(1_000_000),
            source: LotSource::Stripe,
            reference: "pur_1".into(),
        };
        world.submit(workspace, Command::CreditLots { key: "cs_1".into(), lots: vec![lot.clone(), lot] }).await;
        let page = browser.get("/billing/packages").await;
        assert_eq!(page.status, 200);
        assert_eq!(page.body.matches("Medium 100").count(), 2, "{}", page.body);
        assert_eq!(page.body.matches("<small>Dana Whitfield</small>").count(), 2, "{}", page.body);
    });
}

#[test]
fn what_became_of_a_purchase_is_read_not_believed() {
    world(async |world| {
        let (workspace, dana, browser) = signed_in(world).await;
        let other = world.subscribed(&starter()).await;
        purchase(world, workspace, dana, "pur_paid", "credited").await;
        purchase(world, workspace, dana, "pur_open", "open").await;
        purchase(world, other, dana, "pur_other", "credited").await;
        let says_added = async |address: &str| browser.get(address).await.body.contains("200 minutes added");
        assert!(says_added("/billing?added=pur_paid").await);
        assert!(says_added("/billing?pending=pur_paid").await, "it was credited meanwhile");
        for claimed in ["pur_open", "pur_other", "pur_none"] {
            assert!(!says_added(&format!("/billing?added={claimed}")).await, "{claimed}");
        }
    });
}

#[test]
fn the_dialog_opens_by_its_address() {
    world(async |world| {
        let (workspace, dana, browser) = signed_in(world).await;
        purchase(world, workspace, dana, "pur_1", "expired").await;
        let mut db = world.superuser().await;
        sqlx::query("insert into pack_assignments select $1, id, now() from packs")
            .bind(workspace.0)
            .execute(&mut db)
            .await
            .unwrap();
        let keys = [browser.get("/billing?buy=minutes").await, browser.get("/billing?buy=minutes").await]
            .map(|page| key_of(&page));
        assert_ne!(keys[0], keys[1], "each form has a key of its own");
        let address = format!("/billing?buy=minutes&quantity=3&key={}&error=stripe_unreachable", keys[0]);
        let again = browser.get(&address).await;
        assert_eq!(key_of(&again), keys[0]);
        assert!(again.body.contains("Stripe could not be reached"));
        assert!(!browser.get("/billing").await.body.contains("<dialog"));
    });
}

/// One-use key of the open dialog; it stands last in the page.
fn key_of(page: &Answered) -> String {
    let dialog = page.body.split("<dialog").nth(1).expect("an open dialog").to_owned();
    Answered { status: page.status, headers: page.headers.clone(), body: dialog }.hidden("purchase_key")
}

#[test]
fn files_are_asked_for_again_and_sent_once() {
    world(async |world| {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("pkg")).unwrap();
        let sheet = "a { color: inherit }\n".repeat(40);
        std::fs::write(root.path().join("pkg/minutebank.css"), &sheet).unwrap();
        std::fs::write(root.path().join("favicon.svg"), "<svg/>").unwrap();
        let mut config = (*world.state.config).clone();
        config.site_root = root.path().to_owned();
        let state = minutebank::state::AppState { config: config.into(), ..world.state.clone() };
        let browser = Site::serving(state).await.browser();
        let fetched = browser.get("/pkg/minutebank.css").await;
        assert_eq!((fetched.body.as_str(), fetched.header("content-type")), (sheet.as_str(), "text/css"));
        assert_eq!(fetched.header("cache-control"), "public, max-age=0, must-revalidate");
        let since = [("if-modified-since", fetched.header("last-modified"))];
        assert_eq!(browser.send(Method::GET, "/pkg/minutebank.css", &since, &[]).await.status, 304);
        let packed = browser.send(Method::GET, "/pkg/minutebank.css", &[("accept-encoding", "gzip, br")], &[]).await;
        assert_eq!(packed.header("content-encoding"), "br");
        assert_eq!(browser.get("/favicon.svg").await.header("content-type"), "image/svg+xml");
        for outside in ["/pkg/../favicon.svg", "/pkg/..%2ffavicon.svg", "/pkg/"] {
            assert!(!browser.get(outside).await.body.contains("color"), "{outside}");
        }
    });
}

/// How many connections wait inside a transaction.
async fn waiting(db: &mut sqlx::PgConnection) -> i64 {
    let waiting = sqlx::query_scalar(
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
    );
    waiting.fetch_one(db).await.unwrap()
}

#[test]
fn who_leaves_midway_leaves_no_transaction_behind() {
    world(async |world| {
        let workspace = world.subscribed(&starter()).await;
        world.person(workspace, "Dana Whitfield", "owner@harbor.test", Role::Owner).await;
        let browser = Site::of(world).await.browser();
        browser.sign_in("owner@harbor.test", PASSWORD).await;
        let mut db = world.superuser().await;
        for visit in 0..300 {
            let patience = Duration::from_micros(1_000 + 37 * visit);
            _ = tokio::time::timeout(patience, browser.get("/billing")).await;
            // What goes on without its visitor ends soon.
            let mut patient = 1_000;
            while waiting(&mut db).await > 0 {
                assert!(patient > 0, "after visit {visit} a connection waits inside a transaction");
                patient -= 1;
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
        assert_eq!(browser.get("/billing").await.status, 200);
    });
}
