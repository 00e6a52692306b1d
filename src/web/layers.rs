//! What happens to every request: an id, a line in the log, compression, time and size limits, headers that keep
//! browsers safe, and a page for whatever went wrong.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use metrics::{counter, histogram};
use tokio::time::Instant;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer};
use tower_http::services::{ServeDir, ServeFile};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::{DefaultOnResponse, TraceLayer};
use tracing::{Instrument as _, Level, Span, info_span};

use super::answer::error_document;
use super::api::ApiError;
use super::error::Error;
use super::limits::Limits;
use crate::config::Config;
use crate::measures;
use crate::state::AppState;

/// The longest that anybody waits for an answer.
const LONGEST: Duration = Duration::from_secs(30);
/// Longest path and query, bytes. Ours are far shorter; what clients choose in them has limits of its own.
const LONGEST_ADDRESS: usize = 8 * 1_024;
/// Bytes that a request may bring, where its route does not say otherwise.
const BODY_LIMIT: usize = 64 * 1_024;

/// Style sheets, icons and code for browsers. Their names stay the same over releases, so browsers ask whether they
/// changed.
pub fn files(config: &Config) -> Router<AppState> {
    let revalidate = HeaderValue::from_static("public, max-age=0, must-revalidate");
    let root = &config.site_root;
    Router::new()
        .nest_service("/pkg", ServeDir::new(root.join("pkg")))
        .route_service("/favicon.svg", ServeFile::new(root.join("favicon.svg")))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, revalidate))
}

/// The layers, outermost first.
pub fn around(router: Router<AppState>, state: &AppState) -> Router<AppState> {
    router.layer(
        ServiceBuilder::new()
            .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(span)
                    .on_response(DefaultOnResponse::new().level(Level::INFO)),
            )
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(from_fn(measure))
            .layer(CompressionLayer::new())
            .layer(from_fn_with_state(state.clone(), finish))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn(short_address))
            .layer(from_fn(in_time))
            .layer(Extension(Arc::new(Limits::new(&state.clock))))
            .layer(DefaultBodyLimit::max(BODY_LIMIT)),
    )
}

/// The route, not the address: addresses carry ids that clients choose.
fn span(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str);
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok());
    info_span!("request", method = %request.method(), route, id)
}

/// The route, as in the log.
async fn measure(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.map_or_else(|| "unmatched".to_owned(), |route| route.as_str().to_owned());
    // Anybody may invent methods; each would be a series of its own.
    let method = match *request.method() {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        _ => "other",
    };
    let begun = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!(measures::REQUESTS, "method" => method, "route" => route.clone(), "status" => status).increment(1);
    histogram!(measures::REQUEST_SECONDS, "method" => method, "route" => route).record(begun.elapsed());
    response
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Error::Failed(format!("a handler panicked: {}", words.unwrap_or_default())).into_response()
}

async fn short_address(request: Request, next: Next) -> Response {
    let length = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    if length > LONGEST_ADDRESS { Error::AddressTooLong.into_response() } else { next.run(request).await }
}

/// The work goes on where the client leaves or the time is over: cut off in the middle, it could leave a connection of
/// the pool inside a transaction.
async fn in_time(request: Request, next: Next) -> Response {
    let work = tokio::spawn(next.run(request).in_current_span());
    match tokio::time::timeout(LONGEST, work).await {
        Ok(Ok(response)) => response,
        Ok(Err(ended)) => match ended.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(_) => Error::Unavailable.into_response(),
        },
        Err(_) => Error::Unavailable.into_response(),
    }
}

/// Only who signs out gives the cookie back. A session that is not found may be that of a page from before signing in
/// again, whose answer would take the newer cookie away.
pub async fn keep_cookie(request: Request, next: Next) -> Response {
    let signing_out = request.uri().path() == "/sign-out";
    let mut response = next.run(request).await;
    let is_removal = |cookie: &HeaderValue| cookie.to_str().is_ok_and(|cookie| cookie.contains("Max-Age=0"));
    let headers = response.headers_mut();
    if !signing_out && headers.get_all(header::SET_COOKIE).iter().all(is_removal) {
        headers.remove(header::SET_COOKIE);
    }
    response
}

/// Gives errors their page, or their JSON under `/v1`, and every answer its headers.
async fn finish(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_api = path == "/v1" || path.starts_with("/v1/");
    let mut response = next.run(request).await;
    if let Some(error) = response.extensions_mut().remove::<Error>() {
        response = if is_api { ApiError::from(error).into_response() } else { error_document(&state.config, &error) };
    }
    guard(response.headers_mut(), &state.config);
    response
}

fn guard(headers: &mut HeaderMap, config: &Config) {
    let mut unless_set = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    unless_set(header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'");
    unless_set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Not no-referrer: browsers then send `Origin: null` with our own forms.
    unless_set(header::REFERRER_POLICY, "same-origin");
    unless_set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    unless_set(header::CACHE_CONTROL, "no-store");
    if config.public_url.scheme() == "https" {
        unless_set(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
}
