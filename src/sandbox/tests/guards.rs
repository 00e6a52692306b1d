//! Who is let in.

use axum::http::StatusCode;
use serde_json::json;
use tokio::net::TcpListener;

use super::{Fixture, options};
use crate::clock::Clock;
use crate::sandbox::{SandboxError, run};

#[tokio::test]
async fn any_test_key_opens_and_live_keys_do_not() {
    let fixture = Fixture::start().await;
    let ask = |key: &str| fixture.http.get(fixture.at("/v1/customers")).bearer_auth(key).send();
    assert_eq!(ask("sk_test_whatever").await.unwrap().status(), StatusCode::OK);
    for key in ["sk_live_abc", "rk_live_abc", "sk_test_", "pk_test_abc", "nonsense"] {
        let refused = ask(key).await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{key}");
        assert!(!refused.text().await.unwrap().contains("abc"));
    }
    let basic = |user: &str| fixture.http.get(fixture.at("/v1/customers")).basic_auth(user, Some("")).send();
    assert_eq!(basic("sk_test_whatever").await.unwrap().status(), StatusCode::OK);
    assert_eq!(basic("sk_live_abc").await.unwrap().status(), StatusCode::UNAUTHORIZED);
    let nobody = fixture.http.get(fixture.at("/v1/customers")).send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    assert!(nobody.headers().contains_key("www-authenticate"));
    fixture.stop().await;
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused() {
    let fixture = Fixture::start().await;
    let port = fixture.base.rsplit(':').next().unwrap().to_owned();
    for path in ["/v1/customers", "/c/pay/cs_test_none", "/_sandbox/state"] {
        for host in ["evil.example", "evil.example:80", "localhost", "localhost:1", "127.0.0.1.evil.example:80"] {
            let request = fixture.http.get(fixture.at(path)).header("host", host).bearer_auth("sk_test_any");
            assert_eq!(request.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST, "{path} {host}");
        }
        for host in ["localhost", "127.0.0.1", "[::1]"] {
            let host = format!("{host}:{port}");
            let request = fixture.http.get(fixture.at(path)).header("host", &host).bearer_auth("sk_test_any");
            assert_ne!(request.send().await.unwrap().status(), StatusCode::MISDIRECTED_REQUEST, "{path} {host}");
        }
    }
    for origin in ["http://evil.example", "null", "https://localhost:3000", "http://localhost:3000"] {
        let request = fixture.http.post(fixture.at("/_sandbox/reset")).header("origin", origin).json(&json!({}));
        assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN, "{origin}");
    }
    let own = fixture.http.post(fixture.at("/_sandbox/reset")).header("origin", &fixture.base).json(&json!({}));
    assert_eq!(own.send().await.unwrap().status(), StatusCode::OK);
    fixture.stop().await;
}

#[tokio::test]
async fn it_runs_on_loopback_only_and_once_per_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stripe.jsonl");
    let never = std::future::pending::<()>;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let elsewhere = options("0.0.0.0:12111".parse().unwrap(), file.clone(), None, Clock::system());
    assert!(matches!(run(elsewhere, listener, never()).await, Err(SandboxError::NotLoopback(_))));
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let here = || options("127.0.0.1:12111".parse().unwrap(), file.clone(), None, Clock::system());
    assert!(matches!(run(here(), listener, never()).await, Err(SandboxError::NotLoopback(_))));

    let first = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let running = tokio::spawn(run(here(), first, never()));
    while !file.exists() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let second = TcpListener::bind("127.0.0.1:0").await.unwrap();
    assert!(matches!(run(here(), second, never()).await, Err(SandboxError::InUse(_))));
    running.abort();
}
