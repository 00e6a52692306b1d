//! What must not happen: accounts learnt of, mailboxes flooded, anything made twice or without a proved address.

use std::sync::Arc;

use futures::future::join_all;
use jiff::SignedDuration;
use minutebank::app::finish_sign_up::{Acceptance, FinishError, finish_sign_up};
use minutebank::app::instruct::finish_instructions;
use minutebank::app::sign_up::{answer_sign_ups, request_sign_up};
use minutebank::catalog;
use minutebank::ledger::{Ledger, Options};
use minutebank::pricing::Terms;
use minutebank::state::AppState;
use minutebank::tenants::sign_up::Newcomer;
use minutebank::tenants::{self, LinkHash};
use minutebank::units::MilliCents;

use super::{ANA, Desk, NEW, PLAN, agency_on, desk_on, flat};
use crate::site::{Browser, PASSWORD};

#[test]
fn who_takes_no_sign_ups_has_no_page() {
    desk_on(&flat(), async |desk| {
        let browser = desk.site.browser();
        assert_eq!(browser.get("/sign-up/ag_unknown").await.status, 404);
        assert_eq!(browser.get("/sign-up/a%2F%2Fb/token").await.status, 404);
        let csrf = browser.get(&format!("/sign-up/{}", desk.id)).await.hidden("csrf");
        let mut db = desk.state().db.acquire().await.unwrap();
        catalog::repo::end_sign_up(&mut db, desk.agency, None).await.unwrap();
        assert_eq!(browser.get(&format!("/sign-up/{}", desk.id)).await.status, 404);
        assert_eq!(browser.get(&format!("/sign-up/{}?notice=sent", desk.id)).await.status, 404);
        let fields = [("csrf", csrf.as_str()), ("business", "B"), ("name", "A"), ("email", ANA)];
        assert_eq!(browser.post(&format!("/sign-up/{}", desk.id), &fields).await.status, 404);
        assert_eq!(desk.count("select count(*) from sign_up_requests").await, 0);
    });
}

/// Somebody of another agency's client, with [`PASSWORD`].
async fn known(desk: &Desk<'_>, email: &str) {
    let elsewhere = desk.world.workspace().await;
    desk.world.person(elsewhere, "Ana Reyes", email, tenants::Role::Owner).await;
}

#[test]
fn nobody_learns_who_has_an_account() {
    desk_on(&flat(), async |desk| {
        known(desk, ANA).await;
        let browser = desk.site.browser();
        let (known, unknown) = (desk.ask(&browser, "ANA@northgate.test").await, desk.ask(&browser, "new@a.test").await);
        assert_eq!((known.location(), known.status), (unknown.location(), unknown.status));
        let rows = async || {
            let requests = desk.count("select count(*) from sign_up_requests").await;
            (
                requests,
                desk.count("select count(*) from sign_ups").await,
                desk.count("select count(*) from mails").await,
            )
        };
        // The same row is written for both, and nothing else until after the answer: so the time is the same.
        assert_eq!(rows().await, (2, 0, 0));
        answer_sign_ups(desk.state()).await.unwrap();
        assert_eq!(rows().await, (0, 2, 2));
        let mail = browser.get("/demo/mail").await;
        assert!(mail.words().contains("It has an account already, so nothing was made."), "{}", mail.words());
        assert!(mail.body.contains("http://localhost:3000/forgot"));
        assert_eq!(desk.links(&browser).await.len(), 1, "for who has none");
    });
}

#[test]
fn a_mailbox_is_not_flooded() {
    desk_on(&flat(), async |desk| {
        known(desk, "known@a.test").await;
        let browser = desk.site.browser();
        for email in [ANA, "known@a.test"] {
            for attempt in 0..10 {
                let asked = desk.ask(&browser, email).await;
                assert_eq!(asked.status.as_u16(), if attempt < 5 { 303 } else { 429 }, "{attempt}");
                answer_sign_ups(desk.state()).await.unwrap();
            }
            desk.world.clock.advance(SignedDuration::from_mins(1));
        }
        let late = desk.ask(&browser, ANA).await;
        assert!(late.body.contains("value=\"Ana Reyes\"") && late.body.contains("Too many attempts"), "{}", late.body);
        assert_eq!(desk.count("select count(*) from mails where recipient = 'ana@northgate.test'").await, 3);
        assert_eq!(desk.count("select count(*) from mails where recipient = 'known@a.test'").await, 3);
        desk.world.clock.advance(SignedDuration::from_hours(24));
        desk.ask(&browser, ANA).await;
        answer_sign_ups(desk.state()).await.unwrap();
        assert_eq!(desk.count("select count(*) from mails where recipient = 'ana@northgate.test'").await, 4);
        assert_eq!(desk.count("select count(*) from sign_ups").await, 1, "links that have ended are forgotten");
    });
}

#[test]
fn one_agency_s_letters_do_not_use_up_another_s() {
    desk_on(&flat(), async |desk| {
        let (other, _) = agency_on(desk.world, "plan_other", &flat()).await;
        for (agency, letters) in [(desk.agency, 1), (desk.agency, 2), (desk.agency, 3), (desk.agency, 3), (other, 4)] {
            let newcomer = Newcomer { agency, email: ANA.into(), business: "Northgate".into(), name: "Ana".into() };
            request_sign_up(desk.state(), &newcomer).await.unwrap();
            answer_sign_ups(desk.state()).await.unwrap();
            assert_eq!(desk.count("select count(*) from mails").await, letters);
        }
    });
}

#[test]
fn ten_at_once_make_one_client() {
    desk_on(&flat(), async |desk| {
        let ana = desk.opened(ANA).await;
        let form = ana.get(&desk.password()).await;
        let answers = join_all((0..10).map(|_| desk.send(&ana, &form, NEW, NEW))).await;
        let in_time: Vec<_> = answers.iter().filter(|it| it.status != 403).collect();
        assert!(!in_time.is_empty());
        // Who comes after the first one was answered has a form of the session before.
        for answer in in_time {
            assert_eq!(answer.location(), "/billing?welcome");
        }
        assert_eq!(desk.made().await, [1, 1, 1, 1]);
        assert_eq!(desk.count("select count(*) from instructions").await, 1);
    });
}

#[test]
fn of_two_links_for_one_address_one_makes_something() {
    desk_on(&flat(), async |desk| {
        let (one, two) = (desk.opened(ANA).await, desk.opened(ANA).await);
        let (a, b) = tokio::join!(desk.choose(&one, NEW, NEW), desk.choose(&two, NEW, NEW));
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 410]);
        assert_eq!(desk.made().await, [1, 1, 1, 1]);
    });
}

/// The link that a browser has opened, as the newest mail has it.
async fn newest(desk: &Desk<'_>, browser: &Browser) -> LinkHash {
    LinkHash::of(desk.links(browser).await[0].rsplit('/').next().unwrap())
}

/// The same application with a ledger that is gone: its writer ended with the thread that ran it.
fn without_ledger(desk: &Desk<'_>) -> AppState {
    let database_url = desk.world.superuser_url.clone();
    let options = Options { database_url, shards: 1, clock: desk.world.clock.clone() };
    let started = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Ledger::start(&options)).unwrap()
    });
    AppState { ledger: Arc::new(started.join().unwrap()), ..desk.state().clone() }
}

#[test]
fn what_was_cut_off_is_finished_by_the_same_form_or_by_itself() {
    desk_on(&flat(), async |desk| {
        let broken = without_ledger(desk);
        for (number, email) in [(1, ANA), (2, "ben@oakdale.test")] {
            let browser = desk.opened(email).await;
            let form = browser.get(&desk.password()).await;
            let link = newest(desk, &browser).await;
            let acceptance = Acceptance {
                seal: form.hidden("offer"),
                business: "Northgate Dental".into(),
                name: "Ana Reyes".into(),
                password: NEW.into(),
            };
            let cut = finish_sign_up(&broken, link, &desk.id, acceptance).await;
            assert!(matches!(cut, Err(FinishError::Order(_))), "{cut:?}");
            assert_eq!(desk.made().await, [number, number, number, number - 1], "the ledger has not been told");
            if number == 1 {
                let wrong = desk.send(&browser, &form, "copper-lagoon-thimble", "copper-lagoon-thimble").await;
                assert_eq!(wrong.status, 410, "with another password nobody comes in");
                assert_eq!(desk.send(&browser, &form, NEW, NEW).await.location(), "/billing?welcome");
            } else {
                desk.world.clock.advance(SignedDuration::from_mins(2));
                finish_instructions(desk.state()).await.unwrap();
                assert_eq!(desk.site.browser().sign_in(email, NEW).await.location(), "/billing");
            }
            assert_eq!(desk.made().await, [number; 4]);
        }
    });
}

#[test]
fn a_link_lives_for_a_day_and_leads_to_another_one() {
    desk_on(&flat(), async |desk| {
        let ana = desk.opened(ANA).await;
        let form = ana.get(&desk.password()).await;
        desk.world.clock.advance(SignedDuration::from_secs(24 * 3_600 - 1));
        let ana_again = desk.site.browser();
        let link = desk.links(&ana_again).await.remove(0);
        ana_again.get(&link).await;
        let open = ana_again.get(&desk.password()).await;
        assert_eq!(open.status, 200);
        desk.world.clock.advance(SignedDuration::from_secs(1));
        let ended = desk.send(&ana_again, &open, NEW, NEW).await;
        assert_eq!(ended.status, 410, "also where it was opened in time");
        assert!(ended.body.contains(&format!("href=\"/sign-up/{}\"", desk.id)) && ended.body.contains("/sign-in"));
        assert_eq!(form.status, 200);
        assert_eq!(desk.site.browser().get(&desk.password()).await.status, 410, "who opened no link has none");
        assert_eq!(desk.made().await, [0; 4]);
    });
}

#[test]
fn a_link_opens_nothing_at_another_agency() {
    desk_on(&flat(), async |desk| {
        let browser = desk.site.browser();
        desk.ask(&browser, ANA).await;
        let link = desk.links(&browser).await.remove(0);
        let (_, other) = agency_on(desk.world, "plan_other", &flat()).await;
        let elsewhere = format!("/sign-up/{other}/password");
        assert_eq!(browser.get(&link.replace(&desk.id, &other)).await.location(), elsewhere);
        assert_eq!(browser.get(&elsewhere).await.status, 410);
        browser.get(&link).await;
        assert_eq!(browser.get(&elsewhere).await.status, 410, "nor does the session's");
        assert_eq!(browser.get(&desk.password()).await.status, 200);
    });
}

#[test]
fn nobody_begins_on_terms_that_were_not_shown() {
    desk_on(&flat(), async |desk| {
        let ana = desk.opened(ANA).await;
        let form = ana.get(&desk.password()).await;
        let dearer = Terms { price: MilliCents(2_900_000), ..flat() };
        let mut draft = catalog::PlanDraft { rank: 1, public: true, terms: dearer };
        let mut db = desk.state().db.acquire().await.unwrap();
        catalog::repo::update_plan(&mut db, desk.agency, PLAN, &draft).await.unwrap();
        let changed = desk.send(&ana, &form, NEW, NEW).await;
        assert_eq!(changed.status, 422);
        let words = changed.words();
        assert!(words.contains("The plan has changed") && words.contains("$29.00 a month"), "{words}");
        assert_eq!(desk.made().await, [0; 4]);
        // Once it was shown it can be accepted.
        assert_eq!(desk.send(&ana, &changed, NEW, NEW).await.location(), "/billing?welcome");
        draft.terms = flat();
        catalog::repo::update_plan(&mut db, desk.agency, PLAN, &draft).await.unwrap();
        let taken = "select (terms ->> 'price')::bigint from plan_snapshots";
        assert_eq!(desk.count(taken).await, 2_900_000, "the plan as it stood then");
    });
}

#[test]
fn sign_up_that_ends_meanwhile_makes_nothing() {
    desk_on(&flat(), async |desk| {
        let ana = desk.opened(ANA).await;
        let form = ana.get(&desk.password()).await;
        let mut db = desk.state().db.acquire().await.unwrap();
        catalog::repo::archive_plan(&mut db, desk.agency, PLAN, desk.world.clock.now()).await.unwrap();
        let closed = desk.send(&ana, &form, NEW, NEW).await;
        assert_eq!(closed.status, 410);
        assert!(
            closed.words().contains("Sign-up is closed Nothing was made. Ask Brightline Voice"),
            "{}",
            closed.words()
        );
        assert_eq!(desk.made().await, [0; 4]);
        // Who asked before it ended gets no mail.
        desk.superuser("update plans set archived_at = null").await;
        desk.ask(&desk.site.browser(), "late@a.test").await;
        catalog::repo::end_sign_up(&mut db, desk.agency, None).await.unwrap();
        answer_sign_ups(desk.state()).await.unwrap();
        assert_eq!(desk.count("select count(*) from mails where recipient = 'late@a.test'").await, 0);
    });
}

#[test]
fn an_account_that_came_otherwise_is_left_alone() {
    desk_on(&flat(), async |desk| {
        let ana = desk.opened(ANA).await;
        let form = ana.get(&desk.password()).await;
        known(desk, ANA).await;
        let refused = desk.send(&ana, &form, NEW, NEW).await;
        assert_eq!(refused.status, 410);
        assert!(refused.words().contains("You have an account Sign in as ana@northgate.test."), "{}", refused.words());
        assert_eq!(desk.count("select count(*) from free_credits").await, 0);
        assert_eq!(desk.site.browser().sign_in(ANA, PASSWORD).await.location(), "/billing", "its password stands");
    });
}

#[test]
fn free_credits_come_once_for_each_address() {
    desk_on(&flat(), async |desk| {
        let ana = desk.opened(ANA).await;
        desk.choose(&ana, NEW, NEW).await;
        assert_eq!(desk.made().await, [1, 1, 1, 1]);
        // The account is gone, the address comes back in other letters.
        desk.superuser("update users set email = 'gone@northgate.test'").await;
        desk.world.clock.advance(SignedDuration::from_hours(25));
        let again = desk.opened(" ANA@Northgate.TEST ").await;
        assert_eq!(desk.choose(&again, NEW, NEW).await.location(), "/billing?welcome");
        assert_eq!(desk.made().await, [2, 2, 1, 1], "a second workspace without credits");
        let words = again.get("/billing?welcome").await.words();
        assert!(words.contains("You are on Flat. Calls go out once there are credits."), "{words}");
        let mut db = desk.state().db.acquire().await.unwrap();
        for change in ["delete from free_credits", "update free_credits set email = 'x'", "truncate free_credits"] {
            let refused = sqlx::query(change).execute(&mut *db).await;
            assert!(refused.unwrap_err().to_string().contains("permission denied"), "{change}");
        }
    });
}
