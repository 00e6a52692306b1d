//! How often, how long and how slowly somebody may ask, on real sockets.

use std::time::Duration;

use futures::future::join_all;
use jiff::SignedDuration;
use minutebank::state::AppState;
use minutebank::tenants::{Role, Scope};
use minutebank::web;
use minutebank::web::connections::{SLOWEST_HEAD, serve};
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

use crate::fixture::{World, starter, world};
use crate::site::{Answered, Browser, PASSWORD, Program, Site};

const DANA: &str = "owner@harbor.test";
const KEY: &str = "mb_test_engine";

async fn dana(world: &World) {
    let workspace = world.subscribed(&starter()).await;
    world.person(workspace, "Dana Whitfield", DANA, Role::Owner).await;
    world.key(workspace, KEY, &[Scope::CallsWrite, Scope::WalletRead]).await;
}

/// Signs in with what a proxy in front would say of the client.
async fn sign_in_from(browser: &Browser, forwarded: &str, email: &str, password: &str) -> Answered {
    let csrf = browser.get("/sign-in").await.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("email", email), ("password", password)];
    browser.send(Method::POST, "/sign-in", &[("x-forwarded-for", forwarded)], &fields).await
}

fn head_of(path: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {KEY}\r\n")
}

/// What a socket answers to these bytes until it closes, or for as long as one waits.
async fn exchange(address: &str, bytes: &str, patience: Duration) -> Option<String> {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(bytes.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let read = timeout(patience, socket.read_to_end(&mut answer)).await;
    read.ok().map(|_| String::from_utf8_lossy(&answer).into_owned())
}

#[test]
fn an_account_is_guessed_ten_times_a_minute() {
    world(async |world| {
        dana(world).await;
        let browser = Site::of(world).await.browser();
        for _ in 0..10 {
            assert_eq!(browser.sign_in(DANA, "wrong").await.status, 422);
        }
        // Whether the password is right makes no difference now.
        for password in ["wrong", PASSWORD] {
            let refused = browser.sign_in(DANA, password).await;
            assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "6"));
            assert!(refused.body.contains("Too many attempts. Try again in 6 seconds."), "{}", refused.body);
            assert!(refused.body.contains("value=\"owner@harbor.test\""), "the address is kept");
            assert!(refused.header("content-type").starts_with("text/html"));
        }
        assert_eq!(browser.sign_in("nobody@harbor.test", "wrong").await.status, 422, "another account");
        world.clock.advance(SignedDuration::from_secs(6));
        assert_eq!(browser.sign_in(DANA, PASSWORD).await.location(), "/billing");
    });
}

#[test]
fn an_address_fails_twenty_times_a_minute_and_success_is_free() {
    world(async |world| {
        dana(world).await;
        let site = Site::of(world).await;
        for _ in 0..25 {
            assert_eq!(site.browser().sign_in(DANA, PASSWORD).await.status, 303);
        }
        let browser = site.browser();
        for number in 0..20 {
            // What a client says about itself counts for nothing.
            let from = format!("192.0.2.{number}");
            let refused = sign_in_from(&browser, &from, &format!("p{number}@harbor.test"), "wrong").await;
            assert_eq!(refused.status, 422);
        }
        let refused = browser.sign_in(DANA, PASSWORD).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "3"));
    });
}

#[test]
fn links_to_a_new_password_are_few_and_keep_the_typed_address() {
    world(async |world| {
        dana(world).await;
        let browser = Site::of(world).await.browser();
        let csrf = browser.get("/forgot").await.hidden("csrf");
        let ask = async |email: &str| browser.post("/forgot", &[("csrf", &csrf), ("email", email)]).await;
        // Nobody has the second address; that makes no difference.
        for email in [DANA, "nobody@harbor.test"] {
            for _ in 0..5 {
                assert_eq!(ask(email).await.location(), "/forgot?notice=sent");
            }
            let refused = ask(email).await;
            assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "720"));
            assert!(refused.body.contains("Too many attempts. Try again in 12 minutes."), "{}", refused.body);
            assert!(refused.body.contains(&format!("value=\"{email}\"")));
        }
        let mut others = (0..20).map(async |number| ask(&format!("p{number}@harbor.test")).await.status);
        let refused = join_all(&mut others).await.into_iter().filter(|status| *status == 429).count();
        assert_eq!(refused, 20 - (20 - 12), "the address counts, too");
    });
}

#[test]
fn a_stolen_session_guesses_no_faster() {
    world(async |world| {
        dana(world).await;
        let browser = Site::of(world).await.browser();
        browser.sign_in(DANA, PASSWORD).await;
        let csrf = browser.get("/settings").await.hidden("csrf");
        let change = async |current: &str| {
            let new = "a wholly other phrase 7";
            let fields = [("csrf", csrf.as_str()), ("current", current), ("new", new), ("again", new)];
            browser.post("/settings/password", &fields).await
        };
        for _ in 0..10 {
            assert_eq!(change("wrong").await.status, 422);
        }
        let refused = change(PASSWORD).await;
        assert_eq!((refused.status.as_u16(), refused.header("retry-after")), (429, "6"));
        assert!(refused.body.contains("Too many attempts. Try again in 6 seconds."));
        world.clock.advance(SignedDuration::from_secs(6));
        assert_eq!(change(PASSWORD).await.status, 303);
    });
}

#[test]
fn behind_a_trusted_proxy_each_client_counts_for_itself() {
    world(async |world| {
        dana(world).await;
        let mut config = (*world.state.config).clone();
        config.trusted_proxies = "127.0.0.1".parse().unwrap();
        let site = Site::serving(AppState { config: config.into(), ..world.state.clone() }).await;
        let browser = site.browser();
        for number in 0..20 {
            let refused = sign_in_from(&browser, "192.0.2.1", &format!("p{number}@harbor.test"), "wrong").await;
            assert_eq!(refused.status, 422);
        }
        let forged = "198.51.100.1, 192.0.2.1";
        assert_eq!(sign_in_from(&browser, forged, DANA, PASSWORD).await.status, 429);
        assert_eq!(sign_in_from(&browser, "192.0.2.2", DANA, PASSWORD).await.status, 303);
    });
}

#[test]
fn unknown_keys_are_limited_and_do_not_shut_out_the_known_one() {
    world(async |world| {
        dana(world).await;
        let engine = Site::of(world).await.program(KEY);
        let guesser = Program { key: Some("mb_test_guess".into()), ..engine.clone() };
        for _ in 0..30 {
            assert_eq!(guesser.get("/v1/wallet").await.error().0, 401);
        }
        let refused = guesser.get("/v1/wallet").await;
        assert_eq!(refused.error(), (429, "rate_limited".into(), None));
        assert_eq!(refused.header("retry-after"), "2");
        assert_eq!(engine.get("/v1/wallet").await.status, 200, "behind the same address");
        world.clock.advance(SignedDuration::from_secs(2));
        assert_eq!(guesser.get("/v1/wallet").await.error().0, 401);
    });
}

#[test]
fn a_key_has_its_thousand_requests_a_second() {
    world(async |world| {
        dana(world).await;
        let engine = Site::of(world).await.program(KEY);
        let mut statuses = Vec::new();
        for _ in 0..42 {
            let batch = join_all((0..50).map(|_| engine.get("/v1/calls/none"))).await;
            statuses.extend(batch.into_iter().map(|it| it.status));
        }
        let count = |status| statuses.iter().filter(|it| **it == status).count();
        assert_eq!((count(StatusCode::NOT_FOUND), count(StatusCode::TOO_MANY_REQUESTS)), (2_000, 100));
        assert_eq!(engine.get("/v1/wallet").await.header("retry-after"), "1");
    });
}

#[test]
fn overlong_addresses_and_heads_are_refused() {
    world(async |world| {
        dana(world).await;
        let site = Site::of(world).await;
        let long = "x".repeat(8 * 1_024);
        let page = site.browser().get(&format!("/billing?{long}")).await;
        assert_eq!(page.status, 414);
        assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
        let answer = site.program(KEY).get(&format!("/v1/wallet?{long}")).await;
        assert_eq!(answer.error(), (414, "address_too_long".into(), None));
        let with_headers =
            async |headers: &[(&str, &str)]| site.browser().send(Method::GET, "/healthz", headers, &[]).await.status;
        assert_eq!(with_headers(&[("x-long", &"x".repeat(16 * 1_024))]).await, 200);
        assert_eq!(with_headers(&[("x-long", &"x".repeat(33 * 1_024))]).await, 431);
        assert_eq!(with_headers(&vec![("x-many", "x"); 101]).await, 431);
    });
}

#[test]
fn slow_bodies_are_not_waited_for() {
    world(async |world| {
        dana(world).await;
        let site = Site::of(world).await;
        let address = site.base.strip_prefix("http://").unwrap();
        let patience = Duration::from_secs(20);
        let slow = async |path: &str, media_type: &str| {
            let head = head_of(path);
            let bytes = format!("{head}content-type: {media_type}\r\ncontent-length: 99\r\n\r\n{{\"direction\"");
            exchange(address, &bytes, patience).await.expect("the connection is closed")
        };
        let begun = Instant::now();
        let (form, json, event) = tokio::join!(
            slow("/sign-in", "application/x-www-form-urlencoded"),
            slow("/v1/calls", "application/json"),
            slow("/webhooks/stripe", "application/json"),
        );
        let waited = begun.elapsed();
        for answer in [&form, &json, &event] {
            assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        }
        assert!(json.contains("request_timeout") && form.contains("<h1>"), "{json}");
        assert!(waited > Duration::from_secs(9) && waited < Duration::from_secs(19), "{waited:?}");
    });
}

#[test]
fn slow_heads_and_idle_connections_are_let_go() {
    world(async |world| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = web::router(world.state.clone());
        let slowest = Duration::from_millis(500);
        tokio::spawn(serve(listener, router, slowest, std::future::pending()));
        let patience = Duration::from_secs(5);
        for bytes in ["", "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-slow"] {
            let answer = exchange(&address, bytes, patience).await;
            assert_eq!(answer.as_deref(), Some(""), "closed without an answer");
        }
        // A byte now and then does not help.
        let mut socket = TcpStream::connect(&address).await.unwrap();
        let drip = async {
            while socket.write_all(b"G").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        timeout(patience, drip).await.expect("the connection is closed");
    });
}

#[test]
fn at_the_end_requests_in_flight_finish_and_idle_connections_do_not_hold_it_up() {
    world(async |world| {
        dana(world).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (stop, told) = oneshot::channel::<()>();
        let router = web::router(world.state.clone());
        let serving = tokio::spawn(serve(listener, router, SLOWEST_HEAD, async move { _ = told.await }));
        let engine = Site { base: base.clone() }.program(KEY);
        assert_eq!(engine.get("/v1/wallet").await.status, 200, "leaves an idle connection");
        let mut blocker = world.superuser().await;
        sqlx::raw_sql("begin; lock table wallets").execute(&mut blocker).await.unwrap();
        let call = serde_json::json!({ "id": "c1", "direction": "inbound" });
        let in_flight = tokio::spawn(async move { engine.post("/v1/calls", &call).await });
        let waits = "select exists (select from pg_locks where relation = 'wallets'::regclass and not granted)";
        while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut blocker).await.unwrap() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        stop.send(()).unwrap();
        let address = base.strip_prefix("http://").unwrap();
        // Nobody new is let in.
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(!serving.is_finished() && !in_flight.is_finished());
        sqlx::raw_sql("rollback").execute(&mut blocker).await.unwrap();
        assert_eq!(in_flight.await.unwrap().status, 201);
        timeout(Duration::from_secs(5), serving).await.expect("it ends").unwrap();
    });
}
