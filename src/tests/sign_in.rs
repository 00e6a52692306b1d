//! `/sign-in`, `/sign-out` and what a session is worth.

use jiff::SignedDuration;
use minutebank::tenants::Role;
use reqwest::Method;

use crate::fixture::{World, starter, world};
use crate::site::{Browser, PASSWORD, Site};

const DANA: &str = "owner@harbor.test";

async fn dana(world: &World) -> (Site, Browser) {
    let workspace = world.subscribed(&starter()).await;
    world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
    let site = Site::of(world).await;
    let browser = site.browser();
    (site, browser)
}

fn cookie(set_cookie: &str) -> String {
    set_cookie.split(';').next().unwrap().to_owned()
}

#[test]
fn signing_in_leads_to_where_one_wanted_to_go() {
    world(async |world| {
        let (_, browser) = dana(world).await;
        let asked = browser.get("/billing?buy=minutes").await;
        assert_eq!(asked.location(), "/sign-in?next=%2Fbilling%3Fbuy%3Dminutes");
        let csrf = browser.get(asked.location()).await.hidden("csrf");
        let fields = [("csrf", csrf.as_str()), ("email", " Owner@Harbor.test "), ("password", PASSWORD)];
        assert_eq!(browser.post("/sign-in", &fields).await.location(), "/billing?buy=minutes");
        let billing = browser.get("/billing").await;
        assert_eq!(billing.status, 200);
        assert!(billing.body.contains("Dana Whitfield"), "{}", billing.body);
        assert_eq!(browser.get("/sign-in").await.location(), "/billing");
    });
}

#[test]
fn only_pages_of_ours_follow_signing_in() {
    world(async |world| {
        let (site, _) = dana(world).await;
        for next in ["https://evil.example/", "//evil.example", "/\\evil.example", "/sign-out"] {
            let browser = site.browser();
            let csrf = browser.get(&format!("/sign-in?next={next}")).await.hidden("csrf");
            let fields = [("csrf", csrf.as_str()), ("email", DANA), ("password", PASSWORD)];
            assert_eq!(browser.post("/sign-in", &fields).await.location(), "/billing", "{next}");
        }
    });
}

#[test]
fn a_refusal_does_not_tell_what_was_wrong() {
    world(async |world| {
        let (_, browser) = dana(world).await;
        for (email, password) in [(DANA, "wrong"), ("nobody@harbor.test", PASSWORD), (DANA, ""), ("", "")] {
            let refused = browser.sign_in(email, password).await;
            assert_eq!(refused.status, 422);
            assert!(refused.body.contains("Email or password is wrong."));
            assert!(refused.body.contains(&format!("value=\"{email}\"")), "the address is kept");
        }
        assert!(browser.get("/billing").await.location().starts_with("/sign-in"));
    });
}

#[test]
fn a_form_needs_its_session_s_token_and_our_origin() {
    world(async |world| {
        let (site, browser) = dana(world).await;
        let right = [("email", DANA), ("password", PASSWORD)];
        assert_eq!(browser.post("/sign-in", &right).await.status, 403);
        let csrf = browser.get("/sign-in").await.hidden("csrf");
        assert_eq!(browser.post("/sign-in", &right).await.status, 403);
        let with = |csrf: &'static str| [right[0], right[1], ("csrf", csrf)];
        assert_eq!(browser.post("/sign-in", &with("form_guess")).await.status, 403);
        let csrf: &'static str = csrf.leak();
        // Another browser's token is no token here.
        let other = site.browser();
        other.get("/sign-in").await;
        assert_eq!(other.post("/sign-in", &with(csrf)).await.status, 403);
        for foreign in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
            let answer = browser.send(Method::POST, "/sign-in", &[foreign], &with(csrf)).await;
            assert_eq!(answer.status, 403, "{foreign:?}");
            assert!(answer.body.contains("Nothing was changed."));
        }
        let ours = [("origin", "http://localhost:3000"), ("sec-fetch-site", "same-origin")];
        assert_eq!(browser.send(Method::POST, "/sign-in", &ours, &with(csrf)).await.location(), "/billing");
        assert_eq!(browser.post("/sign-out", &[]).await.status, 403);
        assert_eq!(
            browser.post("/sign-out", &[("csrf", csrf)]).await.status,
            403,
            "the old token went with the old id"
        );
        assert_eq!(browser.get("/billing").await.status, 200);
    });
}

#[test]
fn the_session_s_id_changes_when_somebody_signs_in_and_ends_when_they_sign_out() {
    world(async |world| {
        let (site, browser) = dana(world).await;
        let before = browser.get("/sign-in").await;
        let set = before.header("set-cookie").to_owned();
        for part in ["minutebank=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
            assert!(set.contains(part), "{set}");
        }
        let fields = [("csrf", &*before.hidden("csrf")), ("email", DANA), ("password", PASSWORD)];
        let signed_in = browser.post("/sign-in", &fields).await;
        let (old, new) = (cookie(&set), cookie(signed_in.header("set-cookie")));
        assert_ne!(old, new);
        let replay =
            async |cookie: &str| site.browser().send(Method::GET, "/billing", &[("cookie", cookie)], &[]).await;
        assert_eq!(replay(&old).await.status, 303);
        let billing = replay(&new).await;
        assert_eq!(billing.status, 200);
        let leave = browser.post("/sign-out", &[("csrf", &billing.hidden("csrf"))]).await;
        assert_eq!(leave.location(), "/sign-in");
        assert_eq!(replay(&new).await.status, 303, "the session has ended for whoever kept its cookie");
    });
}

#[test]
fn sessions_end_by_idleness_and_by_age() {
    world(async |world| {
        let (_, browser) = dana(world).await;
        browser.sign_in(DANA, PASSWORD).await;
        let day = SignedDuration::from_hours(24);
        world.clock.advance(day * 6);
        assert_eq!(browser.get("/billing").await.status, 200);
        world.clock.advance(day * 6);
        assert_eq!(browser.get("/billing").await.status, 200, "activity keeps a session");
        world.clock.advance(day * 7);
        assert_eq!(browser.get("/billing").await.status, 303, "seven idle days end it");
        browser.sign_in(DANA, PASSWORD).await;
        for _ in 0..29 {
            world.clock.advance(day);
            assert_eq!(browser.get("/billing").await.status, 200);
        }
        world.clock.advance(day);
        assert_eq!(browser.get("/billing").await.status, 303, "thirty days end it whatever happens");
    });
}

#[test]
fn a_role_counts_as_it_is_now() {
    world(async |world| {
        let (_, browser) = dana(world).await;
        browser.sign_in(DANA, PASSWORD).await;
        let mut db = world.superuser().await;
        sqlx::query("delete from members").execute(&mut db).await.unwrap();
        assert_eq!(browser.get("/billing").await.status, 403);
    });
}

#[test]
fn who_belongs_to_nothing_is_told_so_and_can_sign_out() {
    world(async |world| {
        let (site, browser) = dana(world).await;
        browser.sign_in(DANA, PASSWORD).await;
        let form = browser.get("/billing").await;
        sqlx::query("delete from members").execute(&mut world.superuser().await).await.unwrap();
        let told = "You belong to no workspace. Ask the owner of one for an invitation. Sign out";
        for path in ["/billing", "/billing?buy=minutes", "/settings", "/agency/clients", "/sign-in"] {
            let page = browser.get(path).await;
            assert_eq!(page.status, 403, "{path}");
            assert!(page.words().contains(told), "{path}: {}", page.words());
        }
        assert_eq!(browser.get("/").await.location(), "/billing");
        let fields = [("csrf", &*form.hidden("csrf")), ("purchase_key", "k1"), ("choice", "25")];
        let refused = browser.post("/billing/credits", &fields).await;
        assert!(refused.status == 403 && refused.words().contains(told), "{}", refused.words());

        // In another browser: only the right password says it.
        let other = site.browser();
        let wrong = other.sign_in(DANA, "wrong").await;
        assert!(wrong.status == 422 && wrong.words().contains("Email or password is wrong."), "{}", wrong.words());
        assert_eq!(other.sign_in(DANA, PASSWORD).await.location(), "/billing");
        let page = other.get("/billing").await;
        assert!(page.words().contains(told), "{}", page.words());
        let left = other.post("/sign-out", &[("csrf", &page.hidden("csrf"))]).await;
        assert_eq!(left.location(), "/sign-in");
        assert_eq!(other.get("/sign-in").await.status, 200);

        // A new password ends the session; whoever kept it finds no page of anybody's.
        let end = "update users set session_epoch = session_epoch + 1";
        sqlx::query(end).execute(&mut world.superuser().await).await.unwrap();
        assert!(browser.get("/billing").await.location().starts_with("/sign-in"));
        assert_eq!(browser.get("/sign-in").await.status, 200);
    });
}

#[test]
fn over_https_the_cookie_is_bound_to_its_host() {
    world(async |world| {
        let mut config = (*world.state.config).clone();
        config.public_url = "https://bill.example/".parse().unwrap();
        let state = minutebank::state::AppState { config: config.into(), ..world.state.clone() };
        let page = Site::serving(state).await.browser().get("/sign-in").await;
        let set = page.header("set-cookie");
        assert!(set.starts_with("__Host-minutebank=") && set.contains("Secure"), "{set}");
        assert!(!set.contains("Domain"), "{set}");
        assert_eq!(page.header("strict-transport-security"), "max-age=31536000");
    });
}
