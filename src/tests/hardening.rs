//! What keeps browsers safe: forms that only our own pages can send, policies on every answer, and no secret where it
//! could leave.

use std::io;
use std::sync::{Arc, Mutex};

use minutebank::state::AppState;
use reqwest::Method;
use tracing_subscriber::EnvFilter;

use crate::fixture::{World, world};
use crate::rights::people::{Body, Scene, Who, token};
use crate::rights::{Row, stored, table};
use crate::site::{Answered, Browser, PASSWORD, Site};

/// Every form of a page.
fn forms(scene: &Scene) -> Vec<(String, Vec<(&'static str, String)>)> {
    let form = |row: Row| match row.body {
        Body::Form(fields) => Some((row.address, fields)),
        _ => None,
    };
    let forms: Vec<_> = table(scene).into_iter().filter_map(form).collect();
    assert!(forms.len() >= 11, "the table has forms");
    forms
}

async fn send(
    browser: &Browser,
    path: &str,
    headers: &[(&str, &str)],
    fields: &[(&'static str, String)],
    csrf: Option<&str>,
) -> Answered {
    let token = csrf.map(|csrf| ("csrf", csrf));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).chain(token).collect();
    browser.send(Method::POST, path, headers, &fields).await
}

#[test]
fn only_our_own_pages_can_send_a_form() {
    world(async |world| {
        let scene = Scene::new(world).await;
        let stranger = token(&scene.browser(Who::Neighbour).await).await;
        for (path, fields) in forms(&scene) {
            world.clock.advance(jiff::SignedDuration::from_mins(1));
            let who = if path.starts_with("/agency") { Who::AgencyAdmin } else { Who::Owner };
            let browser = scene.browser(who).await;
            let own = token(&browser).await;
            let before = stored(world).await;
            for csrf in [None, Some(""), Some("form_guess"), Some(stranger.as_str())] {
                let refused = send(&browser, &path, &[], &fields, csrf).await;
                assert_eq!(refused.status, 403, "{path} with the token {csrf:?}");
                assert!(refused.body.contains("Nothing was changed."), "{path}");
            }
            for foreign in [
                ("origin", "https://evil.example"),
                ("origin", "null"),
                ("origin", "http://localhost:3000.evil.example"),
                ("origin", "http://localhost:3001"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-site", "same-site"),
            ] {
                let refused = send(&browser, &path, &[foreign], &fields, Some(&own)).await;
                assert_eq!(refused.status, 403, "{path} from {foreign:?}");
            }
            // Neither an address nor a cookie can carry the token.
            let in_query = send(&browser, &format!("{path}?csrf={own}"), &[], &fields, None).await;
            assert_eq!(in_query.status, 403, "{path} with the token in its address");
            assert_eq!(browser.get(&path).await.header("set-cookie"), "", "a GET of {path} ends nothing");
            assert_eq!(stored(world).await, before, "{path} changed nothing");
            let ours = [("origin", "http://localhost:3000"), ("sec-fetch-site", "same-origin")];
            let taken = send(&browser, &path, &ours, &fields, Some(&own)).await;
            assert_ne!(taken.status, 403, "{path} as a page of ours sends it");
            // Browsers that say neither where a form comes from still need the token.
            let browser = scene.browser(who).await;
            let own = token(&browser).await;
            assert_ne!(send(&browser, &path, &[], &fields, Some(&own)).await.status, 403, "{path}");
        }
    });
}

fn policy_of_a_page(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; form-action 'self' http://127.0.0.1:12111; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// What every answer carries, page or not.
fn assert_guarded(answer: &Answered, is_file: bool, at: &str) {
    let policy = answer.header("content-security-policy");
    if answer.header("content-type").starts_with("text/html") {
        let nonce = policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce");
        assert!(nonce.len() >= 16, "{at}: {nonce}");
        assert_eq!(policy, policy_of_a_page(nonce), "{at}");
        for inline in [" style=\"", " onclick=", " onload=", " onerror=", " onsubmit=", "javascript:", "<base"] {
            assert!(!answer.body.contains(inline), "{at} has {inline}");
        }
        for script in answer.body.split("<script").skip(1).map(|it| it.split('>').next().unwrap()) {
            assert!(script.contains(nonce) || script.contains("src=\"/pkg/"), "{at}: {script}");
        }
    } else {
        assert_eq!(policy, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'", "{at}");
    }
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{at}");
    let referrer = answer.header("referrer-policy");
    // Addresses with a secret in them are told to nobody.
    let secret = ["GET /reset/", "GET /invite/", "GET /sign-up/{agency}/{token}"]
        .iter()
        .any(|beginning| at.starts_with(beginning));
    assert!(referrer == "same-origin" || referrer == "no-referrer" && secret, "{at}");
    assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{at}");
    let caching = answer.header("cache-control");
    let right = match answer.header("content-type") {
        _ if is_file => caching == "public, max-age=0, must-revalidate",
        "text/event-stream" => caching == "no-cache",
        _ => caching == "no-store" || caching == "private, no-store",
    };
    assert!(right, "{at}: {caching}");
    assert_eq!(answer.header("access-control-allow-origin"), "", "{at}");
}

/// Every route, asked for by who may and by who may not, and what there is not.
async fn every_answer(scene: &Scene, world: &World, check: impl Fn(&Answered, bool, &str)) {
    for row in table(scene) {
        world.clock.advance(jiff::SignedDuration::from_mins(1));
        let method: Method = row.route.split(' ').next().unwrap().parse().unwrap();
        for who in [Who::Nobody, Who::Viewer, Who::Key] {
            let answer = scene.ask(who, &method, &row.address, &row.body).await;
            check(&answer, row.route == "GET /favicon.svg" || row.route == "GET /pkg", row.route);
        }
    }
    let browser = scene.site.browser();
    for path in ["/nothing", "/v1/nothing", "/sign-out", "/billing/"] {
        check(&browser.get(path).await, false, path);
    }
}

#[test]
fn every_answer_carries_its_policies() {
    world(async |world| {
        let scene = Scene::new(world).await;
        every_answer(&scene, world, |answer, is_file, at| {
            assert_guarded(answer, is_file, at);
            assert_eq!(answer.header("strict-transport-security"), "", "{at}: only over https");
        })
        .await;
        let owner = scene.browser(Who::Owner).await;
        let policy = async || owner.get("/billing").await.header("content-security-policy").to_owned();
        assert_ne!(policy().await, policy().await, "a nonce serves once");
    });
}

#[test]
fn over_https_browsers_are_told_to_stay_there() {
    world(async |world| {
        let mut scene = Scene::new(world).await;
        let mut config = (*world.state.config).clone();
        config.public_url = "https://bill.example/".parse().unwrap();
        scene.site = Site::serving(AppState { config: config.into(), ..world.state.clone() }).await;
        let browser = scene.site.browser();
        for path in ["/sign-in", "/billing", "/nothing", "/healthz", "/v1/wallet", "/favicon.svg"] {
            let answer = browser.get(path).await;
            assert_eq!(answer.header("strict-transport-security"), "max-age=31536000", "{path}");
        }
    });
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The one subscriber of this process, as talkative as an operator can ask for about requests.
fn listen() -> Log {
    let log = Log::default();
    let writer = log.clone();
    let filter =
        EnvFilter::new("info,minutebank=trace,tower_http=trace,tower_sessions=trace,tower_sessions_core=trace");
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || writer.clone());
    subscriber.try_init().expect("no other test listens");
    log
}

#[test]
fn no_secret_reaches_a_log_or_an_address() {
    let log = listen();
    world(async |world| {
        let scene = Scene::new(world).await;
        let browser = scene.browser(Who::Owner).await;
        let entrance = scene.site.browser().get("/sign-in").await;
        let cookie = |answer: &Answered| {
            let set = answer.header("set-cookie").split(';').next().unwrap();
            set.split_once('=').map(|(_, value)| value.to_owned()).expect("a cookie")
        };
        let csrf = token(&browser).await;
        let mut secrets = vec![cookie(&entrance), entrance.hidden("csrf"), csrf.clone()];
        secrets
            .extend(["mb_live_key", "mb_live_revoked", "mb_live_unknown", PASSWORD, "reset_secret"].map(String::from));
        for row in table(&scene) {
            world.clock.advance(jiff::SignedDuration::from_mins(1));
            let method: Method = row.route.split(' ').next().unwrap().parse().unwrap();
            for who in [Who::Owner, Who::Key, Who::UnknownKey, Who::RevokedKey] {
                let answer = scene.ask(who, &method, &row.address, &row.body).await;
                for leading in answer.body.split(" href=\"").skip(1).map(|it| it.split('"').next().unwrap()) {
                    assert!(!leading.contains("csrf"), "{}: {leading}", row.route);
                }
                assert!(!answer.header("location").contains("csrf"), "{}", row.route);
                secrets.extend(answer.headers.contains_key("set-cookie").then(|| cookie(&answer)));
            }
        }
        browser.get("/reset/reset_secret").await;
        browser.get("/nothing?email=owner@people.test&token=reset_secret").await;
        for fields in
            [[("email", "owner@people.test"), ("password", PASSWORD)], [("email", "a@b.test"), ("password", "x")]]
        {
            browser.post("/sign-in", &[fields[0], fields[1], ("csrf", &csrf)]).await;
        }
        let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(logged.contains("/billing/packages") && logged.contains("finished processing request"), "it listens");
        secrets.push("owner@people.test".to_owned());
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            let line = logged.lines().find(|line| line.contains(secret.as_str()));
            assert_eq!(line, None, "{secret}");
        }
    });
}
