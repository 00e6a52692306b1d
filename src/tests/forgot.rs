//! `/forgot`, `/reset` and `/demo/mail`: a new password through a link, and the outbox behind it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use minutebank::app::forgot_password::answer_requests;
use minutebank::app::send_mail::send_due;
use minutebank::app::sign_up::request_sign_up;
use minutebank::config::{MailConfig, Secret};
use minutebank::notify::mail::{self, Mail, Mailer};
use minutebank::state::AppState;
use minutebank::tenants::sign_up::{self, Newcomer};
use minutebank::tenants::{AgencyId, Role, password};
use sqlx::{Postgres, Transaction};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::fixture::{World, starter, world};
use crate::site::{Answered, Browser, PASSWORD, Site};

const DANA: &str = "owner@harbor.test";
const NEW: &str = "velvet-otter-quarry";

async fn dana(world: &World) -> Site {
    let workspace = world.subscribed(&starter()).await;
    world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
    Site::of(world).await
}

async fn ask(browser: &Browser, email: &str) -> Answered {
    let csrf = browser.get("/forgot").await.hidden("csrf");
    browser.post("/forgot", &[("csrf", &csrf), ("email", email)]).await
}

/// Paths of the links in the demo's mail, newest first.
async fn links(browser: &Browser) -> Vec<String> {
    let page = browser.get("/demo/mail").await;
    let hrefs = page.body.split("href=\"").skip(1).map(|it| it.split('"').next().unwrap());
    hrefs
        .filter_map(|href| href.strip_prefix("http://localhost:3000"))
        .filter(|it| it.starts_with("/reset/"))
        .map(str::to_owned)
        .collect()
}

/// Looks at the demo's mail while somebody else, in `answering`, has taken a request and written its letter.
async fn look_meanwhile(world: &World, browser: &Browser, mut answering: Transaction<'_, Postgres>) -> String {
    let letter = Mail {
        recipient: DANA.into(),
        subject: "Set a new password for Minutebank",
        body: "A letter on its way".into(),
        expires_at: None,
    };
    mail::repo::write(&mut answering, &letter, world.clock.now()).await.unwrap();
    let (page, ()) = tokio::join!(browser.get("/demo/mail"), async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        answering.commit().await.unwrap();
    });
    page.words()
}

async fn set(browser: &Browser, new: &str, again: &str) -> Answered {
    let csrf = browser.get("/reset").await.hidden("csrf");
    browser.post("/reset", &[("csrf", &csrf), ("new", new), ("again", again)]).await
}

#[test]
fn the_demo_s_mail_misses_no_letter_that_is_being_written() {
    world(async |world| {
        let site = dana(world).await;
        let browser = site.browser();
        ask(&browser, DANA).await;
        let mut answering = world.state.db.begin().await.unwrap();
        assert_eq!(password::repo::take_requests(&mut answering, 20).await.unwrap(), [DANA]);
        let mail = look_meanwhile(world, &browser, answering).await;
        assert!(mail.contains("A letter on its way"), "{mail}");

        sqlx::query("delete from mails").execute(&mut world.superuser().await).await.unwrap();
        let agency = sqlx::query_scalar("select min(id) from agencies").fetch_one(&mut world.superuser().await).await;
        let newcomer = Newcomer {
            agency: AgencyId(agency.unwrap()),
            email: "ana@northgate.test".into(),
            business: "Northgate Dental".into(),
            name: "Ana Reyes".into(),
        };
        request_sign_up(&world.state, &newcomer).await.unwrap();
        let mut answering = world.state.db.begin().await.unwrap();
        assert_eq!(sign_up::repo::take_requests(&mut answering, 20).await.unwrap().len(), 1);
        let mail = look_meanwhile(world, &browser, answering).await;
        assert!(mail.contains("A letter on its way"), "{mail}");
    });
}

#[test]
fn a_mailed_link_sets_a_new_password_once() {
    world(async |world| {
        let site = dana(world).await;
        let signed_in = site.browser();
        signed_in.sign_in(DANA, PASSWORD).await;
        let browser = site.browser();
        assert_eq!(ask(&browser, " Owner@Harbor.test ").await.location(), "/forgot?notice=sent");
        let [link] = &links(&browser).await[..] else { panic!("one mail") };
        let opened = browser.get(link).await;
        assert_eq!(opened.location(), "/reset", "the token leaves the address");
        assert_eq!(opened.header("referrer-policy"), "no-referrer");
        let token = link.rsplit('/').next().unwrap();
        let form = browser.get("/reset").await;
        assert!(form.body.contains("For owner@harbor.test") && !form.body.contains(token));
        assert!(set(&browser, NEW, "other-otter-quarry").await.body.contains("The two are not the same."));
        let weak = set(&browser, "password123", "password123").await;
        assert_eq!(weak.status, 422);
        assert!(weak.body.contains("easy to guess"), "a refusal does not use the link up");
        assert_eq!(set(&browser, NEW, NEW).await.location(), "/sign-in?notice=password_set");
        assert_eq!(signed_in.get("/billing").await.status, 303, "signed out everywhere");
        assert_eq!(browser.get("/billing").await.status, 303, "here, too");
        assert_eq!(site.browser().sign_in(DANA, PASSWORD).await.status, 422);
        assert_eq!(site.browser().sign_in(DANA, NEW).await.location(), "/billing");
        let late = site.browser();
        late.get(link).await;
        assert_eq!(late.get("/reset").await.status, 410, "used");
        assert!(browser.get("/demo/mail").await.body.contains("Your Minutebank password was changed"));
    });
}

#[test]
fn of_two_that_use_a_link_at_once_one_does() {
    world(async |world| {
        let site = dana(world).await;
        let (one, two) = (site.browser(), site.browser());
        ask(&one, DANA).await;
        let link = links(&one).await.remove(0);
        one.get(&link).await;
        two.get(&link).await;
        let (a, b) = tokio::join!(set(&one, NEW, NEW), set(&two, "copper-lagoon-thimble", "copper-lagoon-thimble"));
        let mut statuses = [a.status.as_u16(), b.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [303, 410]);
    });
}

#[test]
fn a_link_lives_for_thirty_minutes_and_ends_with_another_change() {
    world(async |world| {
        let site = dana(world).await;
        let browser = site.browser();
        ask(&browser, DANA).await;
        let link = links(&browser).await.remove(0);
        world.clock.advance(SignedDuration::from_secs(30 * 60 - 1));
        browser.get(&link).await;
        assert_eq!(browser.get("/reset").await.status, 200);
        world.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(browser.get("/reset").await.status, 410, "also where it was opened in time");
        ask(&browser, DANA).await;
        ask(&browser, DANA).await;
        answer_requests(&world.state).await.unwrap();
        ask(&browser, DANA).await;
        let [newer, older, _] = &links(&browser).await[..] else { panic!("three mails") };
        browser.get(older).await;
        set(&browser, NEW, NEW).await;
        browser.get(newer).await;
        assert_eq!(browser.get("/reset").await.status, 410, "a new password ends every other link");
    });
}

#[test]
fn nobody_learns_who_has_an_account() {
    world(async |world| {
        let site = dana(world).await;
        let browser = site.browser();
        let (known, unknown) = (ask(&browser, DANA).await, ask(&browser, "nobody@harbor.test").await);
        assert_eq!((known.location(), known.status), (unknown.location(), unknown.status));
        let rows = async |table: &str| -> i64 {
            let sql = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
            sqlx::query_scalar(sql).fetch_one(&mut world.superuser().await).await.unwrap()
        };
        // The same row is written for both, and nothing else until after the answer: so the time is the same.
        assert_eq!((rows("password_requests").await, rows("password_links").await, rows("mails").await), (2, 0, 0));
        answer_requests(&world.state).await.unwrap();
        assert_eq!((rows("password_requests").await, rows("password_links").await, rows("mails").await), (0, 1, 1));
        for typed in ["", "owner", "a b@harbor.test"] {
            let refused = ask(&browser, typed).await;
            assert_eq!(refused.status, 422);
            assert!(
                refused.body.contains("Enter an email address.")
                    && refused.body.contains(&format!("value=\"{typed}\""))
            );
        }
    });
}

#[test]
fn a_mailbox_is_not_flooded() {
    world(async |world| {
        let site = dana(world).await;
        let browser = site.browser();
        for _ in 0..6 {
            ask(&browser, DANA).await;
            answer_requests(&world.state).await.unwrap();
        }
        assert_eq!(links(&browser).await.len(), 3);
        world.clock.advance(SignedDuration::from_mins(31));
        ask(&browser, DANA).await;
        assert_eq!(links(&browser).await.len(), 4);
    });
}

#[test]
fn mail_is_shown_in_demo_mode_only() {
    world(async |world| {
        let site = dana(world).await;
        assert!(site.browser().get("/demo/mail").await.body.contains("No mail yet"));
        let mut config = (*world.state.config).clone();
        config.demo = false;
        let real = Site::serving(AppState { config: config.into(), ..world.state.clone() }).await;
        assert_eq!(real.browser().get("/demo/mail").await.status, 404);
        let sent = real.browser().get("/forgot?notice=sent").await;
        assert!(!sent.body.contains("/demo/mail"));
    });
}

/// A mail server that answers each `RCPT` with the next of `answers`, then with 250; what it was sent.
async fn mail_server(answers: &[&'static str]) -> (Mailer, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let from = "Billing <billing@bill.example>".parse().unwrap();
    let mailer = Mailer::new(&MailConfig { smtp_url: Secret::new(url), from }).unwrap();
    let received = Arc::new(Mutex::new(Vec::new()));
    let (answers, kept) = (Mutex::new(answers.to_vec()), received.clone());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            converse(stream, &answers, &kept).await;
        }
    });
    (mailer, received)
}

async fn converse(stream: TcpStream, answers: &Mutex<Vec<&'static str>>, received: &Mutex<Vec<String>>) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 test\r\n").await.unwrap();
    let (mut letter, mut in_letter) = (String::new(), false);
    while let Ok(Some(line)) = lines.next_line().await {
        let answer = match (in_letter, line.get(..4).unwrap_or_default()) {
            (true, _) if line == "." => {
                in_letter = false;
                received.lock().unwrap().push(std::mem::take(&mut letter));
                "250 ok"
            }
            (true, _) => {
                letter.push_str(&line);
                letter.push('\n');
                continue;
            }
            (_, "RCPT") => {
                let mut answers = answers.lock().unwrap();
                if answers.is_empty() { "250 ok" } else { answers.remove(0) }
            }
            (_, "DATA") => {
                in_letter = true;
                "354 go on"
            }
            (_, "QUIT") => "221 bye",
            _ => "250 ok",
        };
        if write.write_all(format!("{answer}\r\n").as_bytes()).await.is_err() {
            return;
        }
    }
}

#[test]
fn mail_leaves_the_outbox_and_what_it_said_is_forgotten() {
    world(async |world| {
        let site = dana(world).await;
        ask(&site.browser(), DANA).await;
        answer_requests(&world.state).await.unwrap();
        let (mailer, received) = mail_server(&["451 later"]).await;
        send_due(&world.state, &mailer).await.unwrap();
        assert_eq!(received.lock().unwrap().len(), 0);
        world.clock.advance(SignedDuration::from_secs(59));
        send_due(&world.state, &mailer).await.unwrap();
        assert_eq!(received.lock().unwrap().len(), 0, "not before its minute is over");
        world.clock.advance(SignedDuration::from_secs(1));
        send_due(&world.state, &mailer).await.unwrap();
        send_due(&world.state, &mailer).await.unwrap();
        let letters = received.lock().unwrap().clone();
        let [letter] = &letters[..] else { panic!("one letter: {letters:?}") };
        for part in [
            "To: owner@harbor.test",
            "From: Billing <billing@bill.example>",
            "Subject: Set a new password",
            "/reset/reset_",
        ] {
            assert!(letter.contains(part), "{part} is missing in {letter}");
        }
        let (body, sent): (String, bool) = sqlx::query_as("select body, sent_at is not null from mails")
            .fetch_one(&mut world.superuser().await)
            .await
            .unwrap();
        assert_eq!((body.as_str(), sent), ("", true));
    });
}

#[test]
fn mail_that_is_refused_or_too_late_is_not_sent() {
    world(async |world| {
        let site = dana(world).await;
        let (mailer, received) = mail_server(&["550 no such mailbox"]).await;
        ask(&site.browser(), DANA).await;
        answer_requests(&world.state).await.unwrap();
        send_due(&world.state, &mailer).await.unwrap();
        world.clock.advance(SignedDuration::from_mins(29));
        send_due(&world.state, &mailer).await.unwrap();
        ask(&site.browser(), DANA).await;
        answer_requests(&world.state).await.unwrap();
        world.clock.advance(SignedDuration::from_mins(30));
        send_due(&world.state, &mailer).await.unwrap();
        assert_eq!(received.lock().unwrap().len(), 0, "a link that has ended is of no use");
    });
}
