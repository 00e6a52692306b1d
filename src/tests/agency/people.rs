//! `/agency/settings`: the agency's keys, its administrators, and invitations that wait.

use minutebank::tenants::{Role, Scope};

use super::desk::{Desk, desk_on};
use super::entrance::{NEW, accept, create, elena, link};
use crate::fixture::starter;
use crate::site::{Answered, Browser, PASSWORD, Program};

const PEOPLE: &str = "/agency/settings?tab=people";
const KEYS: &str = "/agency/settings?tab=api";

/// Sends a form of the settings with the session's token.
async fn send(browser: &Browser, verb: &str, fields: &[(&str, &str)]) -> Answered {
    let csrf = browser.get(PEOPLE).await.hidden("csrf");
    browser.post(&format!("/agency/settings/{verb}"), &[fields, &[("csrf", &csrf)]].concat()).await
}

/// The text of a key that a form with this one-use key made.
async fn key(browser: &Browser, form_key: &str) -> Option<String> {
    let fields = [("form_key", form_key), ("name", "Engine"), ("scope", "calls:write"), ("scope", "wallet:read")];
    assert_eq!(send(browser, "keys", &fields).await.location(), KEYS);
    let page = browser.get(KEYS).await;
    let shown = page.body.split("<code class=\"secret\">").nth(1)?;
    Some(shown.split('<').next().unwrap().to_owned())
}

async fn trail(desk: &Desk<'_>, action: &'static str) -> i64 {
    let mut db = desk.state.db.acquire().await.unwrap();
    let count = sqlx::query_scalar("select count(*) from audit_trail where action = $1").bind(action);
    count.fetch_one(&mut *db).await.unwrap()
}

#[test]
fn a_key_of_the_agency_opens_its_clients_until_it_is_revoked() {
    desk_on(&starter(), async |desk| {
        let (site, browser) = elena(desk).await;
        assert!(browser.get(KEYS).await.words().contains("No keys yet"));
        let text = key(&browser, "form_a").await.expect("shown");
        assert_eq!(key(&browser, "form_a").await, None, "the same form makes and shows no second one");
        assert!(!browser.get(KEYS).await.body.contains(&text), "shown once");
        let wallet = async |workspace: &str| {
            let program = Program { workspace: Some(workspace.to_owned()), ..site.program(&text) };
            program.get("/v1/wallet").await.status.as_u16()
        };
        let neighbour = desk.shop.world.public_id(desk.shop.world.workspace().await).await;
        assert_eq!((wallet(&desk.client).await, wallet(&neighbour).await), (200, 404));
        assert_eq!(site.program(&text).get("/v1/wallet").await.status, 400, "a request names its client");

        desk.shop.world.key(desk.shop.workspace, "mb_live_own", &[Scope::Admin]).await;
        let page = browser.get(KEYS).await.body;
        assert_eq!(page.matches("&amp;revoke=key_").count(), 1, "keys of a client are its own");
        let id = page.split("revoke=").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let dialog = browser.get(&format!("{KEYS}&revoke={id}")).await;
        assert!(dialog.body.contains("Revoke Engine?"));
        let form_key = dialog.body.split("<dialog").nth(1).unwrap().split("name=\"form_key\" value=\"").nth(1).unwrap();
        let revoke = [("key", id.as_str()), ("form_key", form_key.split('"').next().unwrap())];
        for _ in 0..2 {
            let done = send(&browser, "keys/revoke", &revoke).await;
            assert_eq!(done.location(), "/agency/settings?tab=api&notice=key_revoked");
        }
        assert_eq!(wallet(&desk.client).await, 401);
        assert_eq!((trail(desk, "key.create").await, trail(desk, "key.revoke").await), (1, 1));
        let wrong = send(&browser, "keys", &[("form_key", "form_b"), ("name", "")]).await;
        assert!(wrong.status == 422 && wrong.body.contains("Choose at least one."));
        let used = send(&browser, "keys", &[("form_key", revoke[1].1), ("name", "x"), ("scope", "admin")]).await;
        assert!(used.status == 409 && used.body.contains("This form was used before"));
    });
}

#[test]
fn an_administrator_is_invited_once_and_the_link_before_ends() {
    desk_on(&starter(), async |desk| {
        let (site, browser) = elena(desk).await;
        let invite = async |key: &str, email: &str| send(&browser, "invite", &[("key", key), ("email", email)]).await;
        for (email, words) in [
            ("nobody", "Enter an email address."),
            ("Elena@Brightline.test", "This person is an administrator already."),
        ] {
            let refused = invite("wrong", email).await;
            assert_eq!(refused.status, 422);
            assert!(refused.body.contains(words) && refused.body.contains(&format!("value=\"{email}\"")), "{words}");
        }
        for _ in 0..2 {
            let sent = invite("first", "nora@brightline.test").await;
            assert_eq!(sent.location(), "/agency/settings?tab=people&notice=invited");
        }
        assert_eq!(desk.count("select count(*) from mails").await, 1, "one form, one mail");
        let first = link(&browser).await;
        let page = browser.get("/agency/settings?tab=people&notice=invited").await;
        assert!(page.words().contains("nora@brightline.test Administrator of"), "{}", page.words());
        assert!(page.body.contains("The invitation is on its way."));
        let again = [("key", "again"), ("email", "nora@brightline.test"), ("client", "")];
        assert_eq!(send(&browser, "invite/resend", &again).await.status, 303);
        let second = link(&browser).await;
        assert_ne!(first, second);
        let nora = site.browser();
        nora.get(&first).await;
        assert_eq!(nora.get("/invite").await.status, 410, "the link before has ended");
        nora.get(&second).await;
        let fields = [("name", "Nora Lind"), ("new", NEW), ("again", NEW)];
        assert_eq!(accept(&nora, &fields).await.location(), "/agency/clients");
        let page = nora.get(PEOPLE).await.words();
        assert!(page.contains("Nora Lind You nora@brightline.test Since"), "{page}");
        assert!(!page.contains("Open invitations"), "{page}");
        let late = [("key", "late"), ("email", "nora@brightline.test")];
        assert_eq!(send(&browser, "invite/withdraw", &late).await.status, 409, "it was accepted");
    });
}

#[test]
fn an_owner_who_came_too_late_is_invited_again() {
    desk_on(&starter(), async |desk| {
        let (site, browser) = elena(desk).await;
        let (_, created) = create(&browser, &[]).await;
        let client = created.location().split(['/', '?']).nth(3).unwrap().to_owned();
        let named = async |verb: &str, key: &str| {
            let fields = [("key", key), ("email", "owner@quiet.test"), ("client", client.as_str())];
            send(&browser, &format!("invite/{verb}"), &fields).await
        };
        desk.later(8);
        let hash = browser.sign_in("elena@brightline.test", PASSWORD).await;
        assert_eq!(hash.status, 303, "a week later");
        let page = browser.get(PEOPLE).await.words();
        assert!(
            page.contains("owner@quiet.test Owner of Quiet Clinic Sent Nov 20, 10:00, the link has ended"),
            "{page}"
        );
        assert_eq!(named("resend", "again").await.status, 303);
        let owner = site.browser();
        let link = link(&browser).await;
        owner.get(&link).await;
        assert_eq!(owner.get("/invite").await.status, 200);
        assert_eq!(named("withdraw", "end").await.status, 303);
        assert_eq!(owner.get("/invite").await.status, 410, "withdrawn");
        assert_eq!(named("resend", "more").await.status, 303, "nobody has come in yet");
        desk.shop.world.person(desk.shop.workspace, "Dana", "dana@harbor.test", Role::Owner).await;
        let other = [("key", "other"), ("email", "dana@harbor.test"), ("client", desk.client.as_str())];
        assert_eq!(send(&browser, "invite/resend", &other).await.status, 409, "who was not invited is not mailed");
    });
}

#[test]
fn an_administrator_changes_the_password_and_leaves_everywhere() {
    desk_on(&starter(), async |desk| {
        let (site, browser) = elena(desk).await;
        let other = site.browser();
        other.sign_in("elena@brightline.test", PASSWORD).await;
        let change = async |current: &str, new: &str, again: &str| {
            send(&browser, "password", &[("current", current), ("new", new), ("again", again)]).await
        };
        assert!(change("wrong", NEW, NEW).await.body.contains("Current password is wrong."));
        assert_eq!(change(PASSWORD, NEW, "another").await.status, 422);
        let done = change(PASSWORD, NEW, NEW).await;
        assert_eq!(done.location(), "/agency/settings?tab=profile&done=password");
        assert!(browser.get(done.location()).await.body.contains("Password changed"), "this browser goes on");
        assert_eq!(other.get("/agency/clients").await.status, 303, "every other one is signed out");
        let left = send(&browser, "sign-out-everywhere", &[]).await;
        assert_eq!(left.location(), "/sign-in?notice=signed_out_everywhere");
        assert_eq!(browser.get("/agency/clients").await.status, 303);
    });
}

#[test]
fn an_administrator_s_session_that_begins_while_all_end_ends_too() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        // As if the row had been written by a sign-in that checked the password before all sessions ended.
        desk.shop.by_hand("update users set session_epoch = session_epoch + 1").await;
        assert_eq!(browser.get("/agency/clients").await.status, 303);
    });
}
