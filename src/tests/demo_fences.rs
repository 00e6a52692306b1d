//! Demo mode's fences, tried on the real program: nothing of the demo outside it, and nothing real inside.

use std::process::Stdio;
use std::time::Duration;

use minutebank::demo::{self, CLIENTS, DemoError};
use minutebank::state::AppState;
use tokio::process::Command;

use crate::fixture::{World, world};
use crate::site::{Program, Site};

const LIVE: [(&str, &str); 2] = [("STRIPE_SECRET_KEY", "sk_live_x"), ("STRIPE_WEBHOOK_SECRET", "whsec_x")];

/// Starts the program with nothing but these variables, waits for its end, and answers what it said.
async fn refused(words: &[&str], variables: &[(&str, &str)]) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_minutebank"));
    program.args(words).env_clear().env("MINUTEBANK_DATA_DIR", "/nowhere/at/all").env("MINUTEBANK_ADDR", "127.0.0.1:0");
    program.envs(variables.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    let ended = tokio::time::timeout(Duration::from_secs(30), program.output());
    let output = ended.await.expect("it refuses to run").unwrap();
    assert_eq!(output.status.code(), Some(1), "{words:?} {variables:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The world's application outside demo mode.
async fn real(world: &World) -> Site {
    let mut config = (*world.state.config).clone();
    config.demo = false;
    Site::serving(AppState { config: config.into(), ..world.state.clone() }).await
}

#[test]
fn the_program_refuses_what_a_demo_must_not_be() {
    world(async |_| {
        let demo = ("MINUTEBANK_DEMO", "1");
        let public = ("MINUTEBANK_ADDR", "0.0.0.0:0");
        let said = refused(&["serve"], &[demo, LIVE[0]]).await;
        assert!(said.contains("no live key") && !said.contains("sk_live_x"), "{said}");
        assert!(refused(&["demo"], &[LIVE[0]]).await.contains("no live key"));
        assert!(refused(&["serve"], &[public]).await.contains("loopback only"));
        assert!(refused(&["demo"], &[public]).await.contains("loopback only"));
        assert!(refused(&["serve"], &[("STRIPE_SANDBOX_ADDR", "0.0.0.0:0")]).await.contains("STRIPE_SANDBOX_ADDR"));
        let offset = ("MINUTEBANK_CLOCK_OFFSET", "+35d");
        assert!(refused(&["serve"], &[LIVE[0], LIVE[1], offset]).await.contains("demo mode only"));
        assert!(refused(&["serve"], &[("MINUTEBANK_DEMO", "0")]).await.contains("STRIPE_SECRET_KEY is not set"));
    });
}

#[test]
fn there_is_no_sandbox_outside_demo_mode() {
    world(async |_| {
        let said = refused(&["stripe-sandbox"], &LIVE).await;
        assert!(said.contains("demo mode only"), "{said}");
    });
}

#[test]
fn demo_data_and_real_data_stay_apart() {
    world(async |world| {
        let mut db = world.superuser().await;
        demo::fence(&mut db, false).await.expect("an empty database is anybody's");
        demo::fence(&mut db, true).await.expect("an empty database is anybody's");
        world.workspace().await;
        demo::fence(&mut db, false).await.expect("real data outside demo mode");
        assert!(matches!(demo::fence(&mut db, true).await, Err(DemoError::RealData)));
        let database = ("DATABASE_URL", world.superuser_url.as_str());
        let said = refused(&["serve"], &[database, ("MINUTEBANK_DEMO", "1")]).await;
        assert!(said.contains("data of your own"), "{said}");
    });
    world(async |world| {
        demo::ensure(&world.state, &world.superuser_url).await.unwrap();
        let mut db = world.superuser().await;
        demo::fence(&mut db, true).await.expect("a demo goes on");
        assert!(matches!(demo::fence(&mut db, false).await, Err(DemoError::Leftover)));
        let database = ("DATABASE_URL", world.superuser_url.as_str());
        let said = refused(&["serve"], &[database, LIVE[0], LIVE[1]]).await;
        assert!(said.contains("holds demo data"), "{said}");
    });
}

#[test]
fn a_real_installation_knows_no_demo_user_key_or_mail() {
    world(async |world| {
        let workspace = world.workspace().await;
        let owner = minutebank::tenants::Role::Owner;
        world.person(workspace, "Real Owner", "real@owner.test", owner).await;
        let site = real(world).await;
        let entrance = site.browser().get("/sign-in").await.body;
        assert!(!entrance.contains("Demo mode") && !entrance.contains("real@owner.test"), "{entrance}");
        assert!(!entrance.contains(demo::PASSWORD));
        let mail = site.browser().get("/demo/mail").await;
        assert_eq!(mail.status, 404);
        assert!(!mail.body.contains("Demo mode"));
        for client in CLIENTS {
            // One attempt each: an address that fails too often is told so instead.
            assert_eq!(site.browser().sign_in(client.email, demo::PASSWORD).await.status, 422, "{}", client.email);
            assert_eq!(site.program(client.key).get("/v1/wallet").await.error().0, 401, "{}", client.key);
        }
        assert_eq!(site.browser().sign_in("admin@brightline.test", demo::PASSWORD).await.status, 422);
        let agency = Program { workspace: Some("ws_harbor".into()), ..site.program("mb_test_brightline") };
        assert_eq!(agency.get("/v1/wallet").await.error().0, 401);
    });
}

#[test]
fn a_demo_says_so_on_every_page() {
    world(async |world| {
        demo::ensure(&world.state, &world.superuser_url).await.unwrap();
        let site = Site::of(world).await;
        let browser = site.browser();
        assert!(browser.get("/sign-in").await.body.contains("Demo mode"));
        assert!(browser.get("/demo/mail").await.body.contains("emo mode"));
        browser.sign_in(CLIENTS[0].email, demo::PASSWORD).await;
        for path in ["/billing", "/billing/packages", "/settings"] {
            assert!(browser.get(path).await.body.contains("Demo mode"), "{path}");
        }
        let real = real(world).await.browser();
        assert!(!real.get("/sign-in").await.body.contains("emo mode"));
    });
}
