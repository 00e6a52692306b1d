//! `/agency/settings?tab=sign-up`: the agency chooses the plan on which newcomers begin.

use minutebank::app::agency::lists::audit_trail;
use minutebank::app::edit_plan::archive_plan;
use minutebank::tenants::admin;

use super::desk::{Desk, desk_on};
use super::entrance::elena;
use crate::fixture::starter;
use crate::site::{Answered, Browser};

const TAB: &str = "/agency/settings?tab=sign-up";

/// Sends the choice under the key of a fresh page.
async fn choose(browser: &Browser, plan: &str) -> (String, Answered) {
    let page = browser.get(TAB).await;
    let (csrf, key) = (page.hidden("csrf"), keyed(&page));
    let fields = [("csrf", csrf.as_str()), ("key", &key), ("plan", plan)];
    let answer = browser.post("/agency/settings/sign-up", &fields).await;
    (key, answer)
}

/// The one-use key of the tab's form.
fn keyed(page: &Answered) -> String {
    let form = page.body.split("action=\"/agency/settings/sign-up\"").nth(1).expect("the form");
    form.split("name=\"key\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// Public ids of the agency and of its one plan.
async fn ids(desk: &Desk<'_>) -> (String, String) {
    let mut db = desk.state.db.acquire().await.unwrap();
    let agency = admin::repo::public_id(&mut db, desk.agency).await.unwrap();
    let plan = sqlx::query_scalar("select public_id from plans where agency_id = $1").bind(desk.agency.0);
    (agency, plan.fetch_one(&mut *db).await.unwrap())
}

/// The choices that the trail has, newest first.
async fn trail(desk: &Desk<'_>) -> Vec<(&'static str, String)> {
    let records = audit_trail(desk.state, desk.agency, None, i64::MAX, 20).await.unwrap();
    records.into_iter().map(|it| (it.action.as_str(), it.target)).collect()
}

#[test]
fn sign_up_is_off_until_a_plan_is_chosen_and_ends_with_it() {
    desk_on(&starter(), async |desk| {
        let (site, browser) = elena(desk).await;
        let (agency, plan) = ids(desk).await;
        let (page, public) = (browser.get(TAB).await, format!("/sign-up/{agency}"));
        assert!(page.words().contains("Off: clients come by invitation") && !page.body.contains(&public));
        assert_eq!(site.browser().get(&public).await.status, 404, "off by default");

        let (key, set) = choose(&browser, &plan).await;
        assert_eq!(set.location(), "/agency/settings?tab=sign-up&notice=saved");
        let page = browser.get(set.location()).await;
        assert!(page.body.contains(&format!("http://localhost:3000{public}")) && page.body.contains("Saved."));
        assert_eq!(site.browser().get(&public).await.status, 200);
        let words = browser.get(&format!("/agency/plans/{plan}?archive")).await.words();
        assert!(
            words.contains("newcomers sign up on it") && words.contains("Sign-up is turned off with it."),
            "{words}"
        );
        let csrf = page.hidden("csrf");
        for (target, status) in [(plan.as_str(), 303), ("", 409)] {
            let again = [("csrf", csrf.as_str()), ("key", &key), ("plan", target)];
            assert_eq!(browser.post("/agency/settings/sign-up", &again).await.status, status, "the form was used");
        }

        let (_, off) = choose(&browser, "").await;
        assert_eq!(off.status, 303);
        assert_eq!(site.browser().get(&public).await.status, 404);
        let first = [("csrf", csrf.as_str()), ("key", &key), ("plan", &plan)];
        let late = browser.post("/agency/settings/sign-up", &first).await;
        assert_eq!(late.status, 409, "nobody may believe that it is on again");
        choose(&browser, &plan).await;
        archive_plan(desk.state, &desk.form("archive"), &plan).await.unwrap();
        assert_eq!(site.browser().get(&public).await.status, 404);
        assert!(!browser.get(TAB).await.body.contains(&public));
        let told = trail(desk).await;
        let expected = [
            ("sign_up.set", "off"),
            ("plan.archive", plan.as_str()),
            ("sign_up.set", &plan),
            ("sign_up.set", "off"),
            ("sign_up.set", &plan),
        ];
        assert_eq!(told.iter().map(|(what, whom)| (*what, whom.as_str())).collect::<Vec<_>>(), expected);
        let (_, refused) = choose(&browser, &plan).await;
        assert!(refused.status == 422 && refused.body.contains("Choose a plan on offer, or Off."), "archived");
    });
}

#[test]
fn another_agency_s_plan_cannot_be_chosen() {
    desk_on(&starter(), async |desk| {
        let (_, browser) = elena(desk).await;
        let elsewhere = desk.shop.world.subscribed(&starter()).await;
        let mut db = desk.state.db.acquire().await.unwrap();
        let foreign = "select p.public_id from plans p join workspaces w on w.agency_id = p.agency_id where w.id = $1";
        let foreign: String = sqlx::query_scalar(foreign).bind(elsewhere.0).fetch_one(&mut *db).await.unwrap();
        let (_, refused) = choose(&browser, &foreign).await;
        assert_eq!(refused.status, 422);
        assert_eq!(desk.count("select count(*) from agencies where sign_up_plan_id is not null").await, 0);
    });
}
