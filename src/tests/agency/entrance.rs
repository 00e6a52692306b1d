//! How people come in: the list of clients, a new one through its form, the owner through the mailed link.

use minutebank::pricing::Terms;
use minutebank::tenants::{self, Role};
use reqwest::Method;

use super::desk::{Desk, desk_on};
use crate::fixture::starter;
use crate::site::{Answered, Browser, PASSWORD, Site};

const ELENA: &str = "elena@brightline.test";
pub const NEW: &str = "velvet-otter-quarry";

/// The site, and an administrator who is signed in.
pub async fn elena(desk: &Desk<'_>) -> (Site, Browser) {
    let hash = tenants::hash_password(PASSWORD.into()).await;
    let mut db = desk.state.db.acquire().await.unwrap();
    let now = desk.shop.world.clock.now();
    let user = tenants::repo::create_user(&mut db, ELENA, "Elena Sørensen", &hash, now).await.unwrap();
    tenants::repo::add_agency_admin(&mut db, desk.agency, user, now).await.unwrap();
    drop(db);
    let site = Site::serving(desk.state.clone()).await;
    let browser = site.browser();
    assert_eq!(browser.sign_in(ELENA, PASSWORD).await.location(), "/agency/clients");
    (site, browser)
}

/// Sends the form for a client called Quiet Clinic under the key of a fresh page, with these fields replaced.
pub async fn create(browser: &Browser, fields: &[(&str, &str)]) -> (String, Answered) {
    let page = browser.get("/agency/clients/new").await;
    let key = page.hidden("key");
    let mut form = [
        ("csrf", page.hidden("csrf")),
        ("key", key.clone()),
        ("name", "Quiet Clinic".into()),
        ("time_zone", "America/Chicago".into()),
        ("plan", String::new()),
        ("owner_email", "owner@quiet.test".into()),
    ];
    for (name, value) in fields {
        form.iter_mut().find(|it| it.0 == *name).unwrap().1 = (*value).to_owned();
    }
    let form: Vec<_> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    (key, browser.post("/agency/clients/new", &form).await)
}

/// The path of the newest link in the demo's mail.
pub async fn link(browser: &Browser) -> String {
    let page = browser.get("/demo/mail").await;
    let mut hrefs = page.body.split("href=\"").skip(1).map(|it| it.split('"').next().unwrap());
    let path =
        hrefs.find_map(|href| href.strip_prefix("http://localhost:3000").filter(|it| it.starts_with("/invite/")));
    path.expect("an invitation").to_owned()
}

pub async fn accept(browser: &Browser, fields: &[(&str, &str)]) -> Answered {
    let csrf = browser.get("/invite").await.hidden("csrf");
    browser.post("/invite", &[fields, &[("csrf", &csrf)]].concat()).await
}

#[test]
fn the_list_says_who_runs_out_and_finds_by_name_and_state() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        desk.apply("pack", false).await.unwrap();
        let at = async |address: &str| browser.get(address).await.words();
        let all = at("/agency/clients").await;
        assert!(all.contains("1 workspace, times in America/New_York (EST) Add client All 1 Paused 0 Low 0"), "{all}");
        let row = "HD Harbor Dental Starter Calls on 200 min 0% $10.00 –";
        assert!(all.contains(row), "{all}");
        assert!(all.contains("Inbox View all Nothing waits for you"), "{all}");
        assert!(at("/agency/clients?search=HARB").await.contains("Harbor Dental"));
        let nothing = at("/agency/clients?search=%3Cb%3E").await;
        assert!(nothing.contains("0 workspaces found") && nothing.contains("Nothing found"), "{nothing}");
        assert!(at("/agency/clients?state=paused").await.contains("No client is in this state"));
        assert!(at("/agency/clients?state=unknown").await.contains(row), "an unknown state is none");
    });
}

#[test]
fn an_agency_without_clients_is_led_to_its_first() {
    desk_on(&starter(), async |desk| {
        let mut db = desk.state.db.acquire().await.unwrap();
        let now = desk.shop.world.clock.now();
        let hash = tenants::hash_password(PASSWORD.into()).await;
        let agency = tenants::repo::create_agency(&mut db, "ag_new", "New Voice", now).await.unwrap();
        let user = tenants::repo::create_user(&mut db, "new@voice.test", "Nora", &hash, now).await.unwrap();
        tenants::repo::add_agency_admin(&mut db, agency, user, now).await.unwrap();
        drop(db);
        let browser = Site::serving(desk.state.clone()).await.browser();
        assert_eq!(browser.sign_in("new@voice.test", PASSWORD).await.location(), "/agency/clients");
        let page = browser.get("/agency/clients").await.words();
        assert!(page.contains("0 workspaces, times in UTC") && page.contains("No clients yet"), "{page}");
        let (_, created) = create(&browser, &[]).await;
        assert_eq!(created.location().split_once('?').unwrap().1, "notice=client_created");
        let page = browser.get("/agency/clients").await.words();
        assert!(page.contains("1 workspace, times in America/Chicago (CST)"), "{page}");
        assert!(page.contains("QC Quiet Clinic No plan No plan – No allowance – –"), "{page}");
    });
}

#[test]
fn a_client_is_created_once_and_what_is_wrong_stands_beside_it() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        let wrong = [("name", " "), ("time_zone", "Mars/Base"), ("owner_email", "nobody")];
        let (_, refused) = create(&browser, &wrong).await;
        assert_eq!(refused.status, 422);
        for words in ["Enter a name of at most 80 characters.", "Choose a time zone.", "Enter an email address."] {
            assert!(refused.body.contains(words), "{words}");
        }
        assert!(refused.body.contains("value=\"nobody\""), "what was typed stays");
        let (_, refused) = create(&browser, &[("plan", "plan_unknown")]).await;
        assert!(refused.body.contains("Choose a plan."), "{}", refused.body);
        assert_eq!(desk.count("select count(*) from workspaces").await, 1);

        let page = browser.get("/agency/clients/new").await;
        let offered = page.body.split("<option value=\"plan_").nth(1).expect("a plan on offer");
        let plan = format!("plan_{}", offered.split('"').next().unwrap());
        assert!(offered.contains("Starter, $29.00 a month, 100 min"), "{offered}");
        let (key, created) = create(&browser, &[("plan", &plan)]).await;
        let (client, notice) = created.location().split_once('?').unwrap();
        assert_eq!((&client[..19], notice), ("/agency/clients/ws_", "notice=client_created"));
        let csrf = page.hidden("csrf");
        let again = [
            ("csrf", csrf.as_str()),
            ("key", &key),
            ("name", "Quiet Clinic"),
            ("time_zone", "America/Chicago"),
            ("plan", &plan),
            ("owner_email", "owner@quiet.test"),
        ];
        assert_eq!(browser.post("/agency/clients/new", &again).await.location(), created.location());
        assert_eq!(desk.count("select count(*) from workspaces").await, 2);
        assert_eq!(desk.count("select count(*) from mails").await, 1);
    });
}

#[test]
fn an_owner_comes_in_through_the_mailed_link_once() {
    desk_on(&starter(), async |desk| {
        let (site, browser) = elena(desk).await;
        create(&browser, &[]).await;
        let link = link(&browser).await;
        let owner = site.browser();
        let opened = owner.get(&link).await;
        assert_eq!(opened.location(), "/invite", "the token leaves the address");
        assert_eq!(opened.header("referrer-policy"), "no-referrer");
        let page = owner.get("/invite").await;
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.words().contains("To Quiet Clinic, for owner@quiet.test"), "{}", page.words());
        let token = link.rsplit('/').next().unwrap();
        assert!(!page.body.contains(token), "the page does not have it");
        let mut db = desk.shop.world.superuser().await;
        let sessions = sqlx::query_scalar("select string_agg(data::text, ' ') from sessions").fetch_one(&mut db);
        let sessions: String = sessions.await.unwrap();
        assert!(!sessions.contains(token), "and no session");
        for (name, new, again, words) in [
            ("", NEW, NEW, "Enter your name, 60 characters at most."),
            ("Tom Hanley", NEW, "velvet-otter-quarrel", "The two are not the same."),
            ("Tom Hanley", "velvet", "velvet", "Use 10 characters or more."),
        ] {
            let refused = accept(&owner, &[("name", name), ("new", new), ("again", again)]).await;
            assert_eq!(refused.status, 422, "{words}");
            assert!(refused.body.contains(words) && !refused.body.contains(&format!("value=\"{new}\"")), "{words}");
        }
        let fields = [("name", "Tom Hanley"), ("new", NEW), ("again", NEW)];
        assert_eq!(accept(&owner, &fields).await.location(), "/billing");
        assert!(owner.get("/billing").await.body.contains("Quiet Clinic"));
        let late = site.browser();
        late.get(&link).await;
        let ended = late.get("/invite").await;
        assert_eq!(ended.status, 410);
        assert!(ended.words().contains("This invitation has ended"));
        assert_eq!(site.browser().sign_in("owner@quiet.test", NEW).await.location(), "/billing");
    });
}

#[test]
fn an_account_accepts_by_its_password_and_is_not_guessed() {
    desk_on(&Terms { included: 600, ..starter() }, async |desk| {
        let (site, browser) = elena(desk).await;
        desk.shop.world.person(desk.shop.workspace, "Dana", "dana@harbor.test", Role::Viewer).await;
        create(&browser, &[("owner_email", "Dana@harbor.test")]).await;
        let dana = site.browser();
        dana.get(&link(&browser).await).await;
        let page = dana.get("/invite").await;
        assert!(page.body.contains("This address has an account already.") && !page.body.contains("name=\"new\""));
        for _ in 0..10 {
            let refused = accept(&dana, &[("password", "wrong")]).await;
            assert_eq!(refused.status, 422);
            assert!(refused.body.contains("Password is wrong."));
        }
        let refused = accept(&dana, &[("password", PASSWORD)]).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "6"));
        assert_eq!(site.browser().sign_in("dana@harbor.test", PASSWORD).await.status, 429, "the same limit");
        desk.shop.world.clock.advance(jiff::SignedDuration::from_mins(2));
        assert_eq!(accept(&dana, &[("password", PASSWORD)]).await.location(), "/billing");
        let billing = dana.get("/billing").await.body;
        assert!(billing.contains("<strong>Quiet Clinic</strong>"), "what they were invited to is seen first");
    });
}

#[test]
fn a_form_of_another_session_accepts_nothing() {
    desk_on(&starter(), async |desk| {
        let (site, browser) = elena(desk).await;
        create(&browser, &[]).await;
        let link = link(&browser).await;
        let (owner, stranger) = (site.browser(), site.browser());
        owner.get(&link).await;
        let csrf = stranger.get("/sign-in").await.hidden("csrf");
        let fields = [("csrf", csrf.as_str()), ("name", "Tom"), ("new", NEW), ("again", NEW)];
        assert_eq!(owner.send(Method::POST, "/invite", &[], &fields).await.status, 403);
        assert_eq!(stranger.post("/invite", &fields).await.status, 410, "who opened no link has none");
        assert_eq!(desk.count("select count(*) from invites where accepted_at is not null").await, 0);
    });
}
