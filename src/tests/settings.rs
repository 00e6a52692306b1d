//! `/settings`: password, sessions, API keys; and the switch between workspaces.

use jiff::SignedDuration;
use minutebank::app::api_keys::{create_api_key, revoke_api_key, show_api_key};
use minutebank::tenants::{self, Role, Scope};
use minutebank::units::WorkspaceId;
use reqwest::Method;

use crate::fixture::{World, starter, world};
use crate::site::{Answered, Browser, PASSWORD, Site};

const DANA: &str = "owner@harbor.test";
const NEW: &str = "velvet-otter-quarry";

/// Dana, signed in, in a workspace that has somebody of each other role.
async fn dana(world: &World) -> (Site, Browser, WorkspaceId) {
    let workspace = world.subscribed(&starter()).await;
    world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
    let site = Site::of(world).await;
    let browser = signed_in(&site, DANA).await;
    (site, browser, workspace)
}

async fn signed_in(site: &Site, email: &str) -> Browser {
    let browser = site.browser();
    assert_eq!(browser.sign_in(email, PASSWORD).await.location(), "/billing");
    browser
}

/// Sends a form of a settings page with its token.
async fn send(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answered {
    let csrf = browser.get("/settings?tab=profile").await.hidden("csrf");
    browser.post(path, &[fields, &[("csrf", &csrf)]].concat()).await
}

async fn change(browser: &Browser, current: &str, new: &str, again: &str) -> Answered {
    send(browser, "/settings/password", &[("current", current), ("new", new), ("again", again)]).await
}

#[test]
fn a_password_is_changed_by_whoever_knows_it() {
    world(async |world| {
        let (site, browser, _) = dana(world).await;
        let other = signed_in(&site, DANA).await;
        let faults = [
            (("wrong", NEW, NEW), "Current password is wrong."),
            ((PASSWORD, NEW, "velvet-otter-quarrel"), "The two are not the same."),
            ((PASSWORD, "velvet", "velvet"), "Use 10 characters or more."),
            ((PASSWORD, "Dana Whitfield", "Dana Whitfield"), "Do not use your name or email address."),
            ((PASSWORD, "password123", "password123"), "This is easy to guess."),
        ];
        for ((current, new, again), words) in faults {
            let refused = change(&browser, current, new, again).await;
            assert_eq!(refused.status, 422, "{words}");
            assert!(refused.body.contains(words), "{words}: {}", refused.body);
            for typed in [new, again] {
                assert!(!refused.body.contains(&format!("value=\"{typed}\"")), "no password is given back");
            }
        }
        assert_eq!(other.get("/billing").await.status, 200, "nothing was changed so far");
        let before = browser.get("/settings?tab=profile").await.hidden("csrf");
        let done = change(&browser, PASSWORD, NEW, NEW).await;
        assert_eq!(done.location(), "/settings?tab=profile&done=password");
        let page = browser.get(done.location()).await;
        assert!(page.body.contains("Password changed"), "this browser goes on");
        assert_ne!(page.hidden("csrf"), before, "under another id and token");
        assert_eq!(other.get("/billing").await.status, 303, "every other one is signed out");
        assert_eq!(site.browser().sign_in(DANA, PASSWORD).await.status, 422);
        assert_eq!(site.browser().sign_in(DANA, NEW).await.location(), "/billing");
    });
}

#[test]
fn of_two_changes_at_once_one_counts() {
    world(async |world| {
        let (site, one, _) = dana(world).await;
        let two = signed_in(&site, DANA).await;
        let (left, right) = ("velvet-otter-quarry", "copper-lagoon-thimble");
        let (a, b) = tokio::join!(change(&one, PASSWORD, left, left), change(&two, PASSWORD, right, right));
        let counted = [&a, &b]
            .iter()
            .filter(|answer| {
                answer.headers.get("location").is_some_and(|to| to == "/settings?tab=profile&done=password")
            })
            .count();
        assert_eq!(counted, 1, "{} {}", a.status, b.status);
    });
}

#[test]
fn signing_out_everywhere_ends_every_session_on_every_instance() {
    world(async |world| {
        let (site, browser, workspace) = dana(world).await;
        world.person(workspace, "Sam Ortiz", "billing@harbor.test", Role::Billing).await;
        let elsewhere = signed_in(&Site::of(world).await, DANA).await;
        let sam = signed_in(&site, "billing@harbor.test").await;
        let page = browser.get("/settings?tab=profile").await;
        assert_eq!(page.body.matches("Unknown browser").count(), 2, "{}", page.body);
        assert_eq!(page.body.matches("This browser").count(), 1);
        let left = send(&browser, "/settings/sign-out-everywhere", &[]).await;
        assert_eq!(left.location(), "/sign-in?notice=signed_out_everywhere");
        assert!(browser.get(left.location()).await.body.contains("Signed out everywhere"));
        for ended in [&browser, &elsewhere] {
            assert_eq!(ended.get("/billing").await.status, 303);
        }
        assert_eq!(sam.get("/billing").await.status, 200, "other people stay");
    });
}

#[test]
fn a_session_that_begins_while_all_end_ends_too() {
    world(async |world| {
        let (_, browser, _) = dana(world).await;
        let mut db = world.superuser().await;
        // As if the row had been written by a sign-in that checked the password before all sessions ended.
        sqlx::query("update users set session_epoch = session_epoch + 1").execute(&mut db).await.unwrap();
        assert_eq!(browser.get("/billing").await.status, 303);
    });
}

#[test]
fn a_session_has_another_id_once_the_role_is_another() {
    world(async |world| {
        let (site, _, _) = dana(world).await;
        let browser = site.browser();
        let cookie = |answer: &Answered| answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let before = cookie(&browser.sign_in(DANA, PASSWORD).await);
        let mut db = world.superuser().await;
        sqlx::query("update members set role = 'viewer'").execute(&mut db).await.unwrap();
        let replay =
            async |cookie: &str| site.browser().send(Method::GET, "/billing", &[("cookie", cookie)], &[]).await;
        let rotated = browser.get("/billing").await;
        assert_eq!(rotated.status, 200);
        let after = cookie(&rotated);
        assert!(after.starts_with("minutebank=") && after != before, "{before} {after}");
        assert_eq!(replay(&before).await.status, 303, "the id of the role before is worth nothing");
        assert_eq!(replay(&after).await.status, 200);
        assert_eq!(browser.get("/billing").await.header("set-cookie"), "", "once");
    });
}

#[test]
fn whoever_belongs_to_two_workspaces_switches_between_them() {
    world(async |world| {
        let (_, browser, harbor) = dana(world).await;
        let single = browser.get("/billing").await;
        assert!(!single.body.contains("action=\"/workspace\""), "one workspace needs no switcher");
        let other = world.workspace().await;
        let foreign = world.workspace().await;
        let mut db = world.superuser().await;
        sqlx::query("update workspaces set name = 'Quiet Clinic' where id = $1")
            .bind(other.0)
            .execute(&mut db)
            .await
            .unwrap();
        sqlx::query("insert into members select $1, id, 'viewer', created_at from users")
            .bind(other.0)
            .execute(&mut db)
            .await
            .unwrap();
        let page = browser.get("/billing").await;
        assert!(page.body.contains("action=\"/workspace\"") && page.body.contains("Quiet Clinic"));
        let csrf = page.hidden("csrf");
        let (other, foreign) = (world.public_id(other).await, world.public_id(foreign).await);
        let refused = browser.post("/workspace", &[("csrf", &csrf), ("workspace", &foreign)]).await;
        assert_eq!(refused.status, 404, "membership is checked");
        assert_eq!(browser.post("/workspace", &[("workspace", &other)]).await.status, 403);
        let switched = browser.post("/workspace", &[("csrf", &csrf), ("workspace", &other)]).await;
        assert_eq!(switched.location(), "/billing");
        let there = browser.get("/settings?tab=api").await;
        assert!(there.body.contains("You are a viewer of Quiet Clinic."), "{}", there.body);
        let harbor = world.public_id(harbor).await;
        let stale = browser.post("/workspace", &[("csrf", &csrf), ("workspace", &harbor)]).await;
        assert_eq!(stale.status, 403, "forms of the workspace before act on nothing");
    });
}

/// Creates a key in the browser; the page that shows it.
async fn created(browser: &Browser, name: &str, scopes: &[&str]) -> Answered {
    let page = browser.get("/settings?tab=api").await;
    let (csrf, form_key) = (page.hidden("csrf"), page.hidden("form_key"));
    let mut fields = vec![("csrf", csrf.as_str()), ("form_key", form_key.as_str()), ("name", name)];
    fields.extend(scopes.iter().map(|scope| ("scope", *scope)));
    let done = browser.post("/settings/keys", &fields).await;
    if done.status != 303 {
        return done;
    }
    // Sent twice, it is one key all the same.
    assert_eq!(browser.post("/settings/keys", &fields).await.location(), "/settings?tab=api");
    browser.get(done.location()).await
}

fn secret(page: &Answered) -> Option<String> {
    let text = page.body.split("<code class=\"secret\">").nth(1)?;
    Some(text.split('<').next().unwrap().to_owned())
}

#[test]
fn a_key_is_shown_once_and_stored_nowhere() {
    world(async |world| {
        let (site, browser, _) = dana(world).await;
        assert!(browser.get("/settings?tab=api").await.body.contains("No keys yet"));
        let shown = created(&browser, "Call engine", &["wallet:read"]).await;
        let key = secret(&shown).expect("the key is shown");
        assert!(key.starts_with("mb_test_") && key.len() == 30, "{key}");
        assert_eq!(shown.header("cache-control"), "no-store");
        let again = browser.get("/settings?tab=api").await;
        assert_eq!(secret(&again), None);
        assert!(!again.body.contains(&key) && again.body.contains(&key[..12]));
        assert_eq!(again.body.matches("<strong>Call engine</strong>").count(), 1);
        let engine = site.program(&key);
        assert_eq!(engine.get("/v1/wallet").await.status, 200);
        let place = engine.post("/v1/calls", &serde_json::json!({"direction": "outbound"})).await;
        assert_eq!(place.status, 403, "it may do what was chosen and no more");
        let mut db = world.superuser().await;
        let everywhere = "select coalesce(string_agg(t::text, ' '), '') from (select data::text from sessions union all
             select row_to_json(k)::text from api_keys k) t";
        let stored: String = sqlx::query_scalar(everywhere).fetch_one(&mut db).await.unwrap();
        assert!(!stored.contains(&key[8..]), "{stored}");
    });
}

#[test]
fn of_several_that_show_a_key_one_does() {
    world(async |world| {
        let (_, _, workspace) = dana(world).await;
        let other = world.workspace().await;
        let state = &world.state;
        let id = create_api_key(state, workspace, "Call engine", &[Scope::WalletRead], "form_1").await.unwrap();
        assert_eq!(show_api_key(state, other, id).await.unwrap(), None, "another workspace's");
        let shown = futures::future::join_all((0..8).map(|_| show_api_key(state, workspace, id))).await;
        assert_eq!(shown.into_iter().filter_map(Result::unwrap).count(), 1);
        let id = create_api_key(state, workspace, "Ended", &[Scope::WalletRead], "form_2").await.unwrap();
        revoke_api_key(state, workspace, id).await.unwrap();
        assert_eq!(show_api_key(state, workspace, id).await.unwrap(), None, "ended before it was shown");
    });
}

#[test]
fn a_form_for_a_key_keeps_what_was_typed() {
    world(async |world| {
        let (_, browser, _) = dana(world).await;
        let refused = created(&browser, "Call <engine>", &[]).await;
        assert_eq!(refused.status, 422);
        assert!(refused.body.contains("Choose at least one."));
        assert!(refused.body.contains("value=\"Call &lt;engine&gt;\""), "{}", refused.body);
        let refused = created(&browser, " ", &["wallet:charge"]).await;
        assert!(refused.body.contains("Give the key a name."));
        assert!(refused.body.contains("value=\"wallet:charge\" checked"), "{}", refused.body);
    });
}

#[test]
fn a_revoked_key_opens_nothing_from_then_on() {
    world(async |world| {
        let (site, browser, workspace) = dana(world).await;
        let key = secret(&created(&browser, "Call engine", &["wallet:read", "calls:write"]).await).unwrap();
        let engine = site.program(&key);
        assert_eq!(engine.get("/v1/wallet").await.status, 200);
        let page = browser.get("/settings?tab=api").await;
        let link = page.body.split("href=\"").find(|it| it.contains("revoke=")).unwrap().split('"').next().unwrap();
        let dialog = browser.get(&link.replace("&amp;", "&")).await;
        for words in ["Revoke Call engine?", &key[..12], "reading the wallet, placing and completing calls", "undone"] {
            assert!(dialog.body.contains(words), "{words}");
        }
        let id = dialog.hidden("key");
        assert_eq!(send(&browser, "/settings/keys/revoke", &[("key", &id)]).await.location(), "/settings?tab=api");
        assert_eq!(engine.get("/v1/wallet").await.error().1, "invalid_key");
        assert!(browser.get("/settings?tab=api").await.body.contains("Revoked Nov 20"));
        world.clock.advance(SignedDuration::from_hours(48));
        send(&browser, "/settings/keys/revoke", &[("key", &id)]).await;
        assert!(browser.get("/settings?tab=api").await.body.contains("Revoked Nov 20"), "again changes nothing");
        let other = world.subscribed(&starter()).await;
        world.person(other, "Priya Raman", "owner@northwind.test", Role::Owner).await;
        let priya = signed_in(&site, "owner@northwind.test").await;
        let foreign = world.key(workspace, "mb_test_foreign", &[Scope::WalletRead]).await;
        let foreign = minutebank::ids::derived("key", &[foreign]);
        assert_eq!(send(&priya, "/settings/keys/revoke", &[("key", &foreign)]).await.status, 404);
        assert_eq!(site.program("mb_test_foreign").get("/v1/wallet").await.status, 200, "other people's keys stay");
    });
}

#[test]
fn only_owners_see_make_and_end_keys() {
    world(async |world| {
        let (site, _, workspace) = dana(world).await;
        world.person(workspace, "Sam Ortiz", "billing@harbor.test", Role::Billing).await;
        world.person(workspace, "Kim Vale", "viewer@harbor.test", Role::Viewer).await;
        let key = world.key(workspace, "mb_test_engine", &[Scope::WalletRead]).await;
        let key = minutebank::ids::derived("key", &[key]);
        for (email, words) in
            [("billing@harbor.test", "You are a billing member of"), ("viewer@harbor.test", "You are a viewer of")]
        {
            let browser = signed_in(&site, email).await;
            let page = browser.get("/settings?tab=api").await;
            assert!(page.body.contains(words) && !page.body.contains("mb_test_"), "{}", page.body);
            assert!(!page.body.contains("action=\"/settings/keys\""));
            let fields = [("form_key", "form_1"), ("name", "Mine"), ("scope", "admin")];
            assert_eq!(send(&browser, "/settings/keys", &fields).await.status, 403, "{email}");
            assert_eq!(send(&browser, "/settings/keys/revoke", &[("key", &key)]).await.status, 403, "{email}");
        }
        let mut db = world.state.db.acquire().await.unwrap();
        let keys = tenants::key::repo::keys(&mut db, workspace.into()).await.unwrap();
        assert!(keys.len() == 1 && keys[0].revoked_at.is_none());
    });
}

#[test]
fn private_pages_are_not_kept_by_anybody() {
    world(async |world| {
        let (_, browser, _) = dana(world).await;
        let tabs = ["/settings", "/settings?tab=members", "/settings?tab=alerts", "/settings?tab=api"];
        for path in tabs.into_iter().chain(["/billing", "/billing/packages"]) {
            let page = browser.get(path).await;
            assert_eq!((page.status.as_u16(), page.header("cache-control")), (200, "no-store"), "{path}");
        }
        assert_eq!(browser.get("/settings?tab=nothing").await.status, 404);
        for path in ["/settings/password", "/settings/sign-out-everywhere", "/settings/keys", "/settings/keys/revoke"] {
            assert_eq!(browser.post(path, &[]).await.status, 403, "{path} without the token");
        }
    });
}
