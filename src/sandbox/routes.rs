//! Every address of the sandbox, the guard before them, and `/v1` with its faults.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{any, get, post};

use super::api::{self, API_VERSION, Finished, Request};
use super::connection::Connection;
use super::errors::ApiError;
use super::faults::{Fault, Kind};
use super::model::new_id;
use super::{Sandbox, authentication, controls, hosted_page, ledger, money_controls, receipts};

const LONGEST_BODY: usize = 1024 * 1024;
const HANG: Duration = Duration::from_secs(600);

/// All routes.
pub fn router(sandbox: Arc<Sandbox>) -> Router {
    let controls = Router::new()
        .route("/_sandbox", get(controls::help))
        .route("/_sandbox/", get(controls::help))
        .route("/_sandbox/state", get(controls::state))
        .route("/_sandbox/reset", post(controls::reset))
        .route("/_sandbox/faults", post(controls::add_fault).delete(controls::clear_faults))
        .route("/_sandbox/webhook", post(controls::set_webhook))
        .route("/_sandbox/webhooks", post(controls::switch_webhooks))
        .route("/_sandbox/webhooks/resend", post(controls::resend))
        .route("/_sandbox/sessions/{id}/pay", post(controls::pay))
        .route("/_sandbox/sessions/{id}/settle", post(money_controls::settle))
        .route("/_sandbox/refunds/{id}", post(money_controls::turn_refund))
        .route("/_sandbox/disputes", post(money_controls::open_dispute))
        .route("/_sandbox/disputes/{id}", post(money_controls::advance_dispute))
        .route("/_sandbox/ledger", get(ledger::show))
        .route("/_sandbox/authenticate/{intent}", post(controls::authenticate))
        .layer(middleware::from_fn_with_state(Arc::clone(&sandbox), refuse_foreign_origin));
    Router::new()
        .route("/", get(|| async { Redirect::to("/_sandbox/") }))
        .route("/v1/{*path}", any(v1))
        .route("/c/pay/{id}", get(hosted_page::show).post(hosted_page::submit))
        .route("/c/authenticate/{id}", get(authentication::show).post(authentication::submit))
        .route("/r/{charge}", get(receipts::show))
        .route("/c/style.css", get(hosted_page::style))
        .merge(controls)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&sandbox), refuse_foreign_host))
        .with_state(sandbox)
}

/// A page of another site could reach a loopback port under a name of its own (DNS rebinding).
async fn refuse_foreign_host(State(sandbox): State<Arc<Sandbox>>, request: HttpRequest, next: Next) -> Response {
    let header = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = header.or_else(|| request.uri().authority().map(|authority| authority.as_str()));
    if host.is_some_and(|host| sandbox.is_own_host(host)) {
        return next.run(request).await;
    }
    let message = "The Stripe sandbox answers only to localhost, 127.0.0.1 and [::1] with its own port.\n";
    (StatusCode::MISDIRECTED_REQUEST, message).into_response()
}

/// Only programs and the sandbox's own pages use the controls; browsers name the page that sends a POST.
async fn refuse_foreign_origin(State(sandbox): State<Arc<Sandbox>>, request: HttpRequest, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).map(|origin| origin.to_str().unwrap_or_default());
    let host = origin.map(|origin| origin.strip_prefix("http://").unwrap_or_default());
    if host.is_none_or(|host| sandbox.is_own_host(host)) {
        return next.run(request).await;
    }
    (StatusCode::FORBIDDEN, "The sandbox's controls are not for other sites' pages.\n").into_response()
}

async fn v1(
    State(sandbox): State<Arc<Sandbox>>,
    ConnectInfo(connection): ConnectInfo<Connection>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok()).map(str::to_owned);
    let request = Request {
        id: new_id("req_", 14),
        method,
        path: uri.path().to_owned(),
        query: uri.query().unwrap_or_default().to_owned(),
        body: String::from_utf8_lossy(&body).into_owned(),
        authorization: text(header::AUTHORIZATION),
        key: text(HeaderName::from_static("idempotency-key")),
    };
    let about = About {
        id: request.id.clone(),
        key: headers.get("idempotency-key").cloned(),
        version: headers.get("stripe-version").cloned().unwrap_or(HeaderValue::from_static(API_VERSION)),
    };
    // A task of its own: as with Stripe, a client that stops waiting does not stop the work.
    let work = tokio::spawn(answer(sandbox, connection, request));
    let raw = work.await.unwrap_or_else(|_| Raw::Json(ApiError::internal().into()));
    about.response(raw)
}

/// What goes back.
enum Raw {
    Json(Finished),
    Html502,
    Partial(Finished),
    Cut,
}

async fn answer(sandbox: Arc<Sandbox>, connection: Connection, request: Request) -> Raw {
    let fault = sandbox.faults.befalling(request.method.as_str(), &request.path);
    let kind = fault.as_ref().map(|fault| fault.kind);
    if !matches!(kind, Some(Kind::Slow | Kind::Late)) {
        pause(&sandbox, fault.as_ref()).await;
    }
    match kind {
        Some(Kind::DropBefore) => {
            connection.cut();
            return Raw::Cut;
        }
        Some(Kind::RateLimit) => return Raw::Json(ApiError::rate_limited().into()),
        Some(Kind::Html502) => return Raw::Html502,
        _ => {}
    }
    let finished = execute(&sandbox, request, fault.as_ref()).await;
    match kind {
        Some(Kind::DropAfter) => connection.cut(),
        Some(Kind::Hang) => {
            sandbox.wait(HANG).await;
            connection.cut();
        }
        Some(Kind::Late) => {
            pause(&sandbox, fault.as_ref()).await;
            return Raw::Json(finished);
        }
        Some(Kind::Html502After) => return Raw::Html502,
        Some(Kind::PartialBody) => return Raw::Partial(finished),
        _ => return Raw::Json(finished),
    }
    Raw::Cut
}

async fn pause(sandbox: &Sandbox, fault: Option<&Fault>) {
    if let Some(fault) = fault.filter(|fault| fault.delay_ms > 0) {
        sandbox.wait(Duration::from_millis(fault.delay_ms)).await;
    }
}

async fn execute(sandbox: &Arc<Sandbox>, request: Request, fault: Option<&Fault>) -> Finished {
    let at = Arc::clone(sandbox);
    let prepared = tokio::task::spawn_blocking(move || api::prepare(&at, request)).await;
    let ready = match prepared {
        Ok(Ok(ready)) => ready,
        Ok(Err(finished)) => return finished,
        Err(_) => return ApiError::internal().into(),
    };
    if fault.is_some_and(|fault| fault.kind == Kind::Slow) {
        pause(sandbox, fault).await;
    }
    let disturbance = fault.map_or(api::Disturbance::None, |fault| fault.kind.disturbance());
    let at = Arc::clone(sandbox);
    let executed = tokio::task::spawn_blocking(move || api::execute(&at, ready, disturbance)).await;
    executed.unwrap_or_else(|_| ApiError::internal().into())
}

/// What every answer of `/v1` carries in its head.
struct About {
    id: String,
    key: Option<HeaderValue>,
    version: HeaderValue,
}

impl About {
    fn response(self, raw: Raw) -> Response {
        let mut response = match raw {
            Raw::Json(finished) => json(finished),
            Raw::Partial(finished) => partial(finished),
            Raw::Html502 => {
                let page =
                    "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n";
                return (StatusCode::BAD_GATEWAY, [(header::CONTENT_TYPE, "text/html")], page).into_response();
            }
            // The connection is gone; this answer reaches nobody.
            Raw::Cut => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        };
        let headers = response.headers_mut();
        if let Ok(id) = HeaderValue::from_str(&self.id) {
            headers.insert("request-id", id);
        }
        if let Some(key) = self.key {
            headers.insert("idempotency-key", key);
        }
        headers.insert("stripe-version", self.version);
        response
    }
}

fn json(finished: Finished) -> Response {
    let head = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache, no-store")];
    let mut response = (finished.status, head, finished.body).into_response();
    let headers = response.headers_mut();
    if let Some(original) = finished.replayed.and_then(|id| HeaderValue::from_str(&id).ok()) {
        headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        headers.insert("original-request", original);
    }
    if finished.status == StatusCode::UNAUTHORIZED {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"Stripe sandbox\""));
    }
    response
}

/// The right length in the head, half of the body, then the end of the connection.
fn partial(finished: Finished) -> Response {
    let length = finished.body.len();
    let half = Bytes::from(finished.body.clone()).slice(..length / 2);
    let broken = futures::stream::unfold(Some(half), |half| async move {
        match half {
            Some(half) => Some((Ok(half), None)),
            None => {
                // Long enough for the first half to leave.
                tokio::time::sleep(Duration::from_millis(50)).await;
                Some((Err(std::io::Error::other("a fault was asked for")), None))
            }
        }
    });
    let mut response = json(finished);
    *response.body_mut() = Body::from_stream(broken);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}
