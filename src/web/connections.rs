//! Connections: who is slow or sends too much is let go, and at the end nobody is cut off.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tower::ServiceExt as _;

/// How long a connection may take to send the head of a request. Waiting for the next request counts, too: proxies in
/// front keep idle connections for a minute and must not find them closed in the moment in which they send.
pub const SLOWEST_HEAD: Duration = Duration::from_secs(65);
/// Longest head of a request, bytes: a long address, cookies and what proxies add fit many times.
const LONGEST_HEAD: usize = 32 * 1_024;

/// Serves until `stop`, then lets the requests in flight finish.
pub async fn serve(mut listener: TcpListener, router: Router, slowest_head: Duration, stop: impl Future<Output = ()>) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(slowest_head).max_header_size(LONGEST_HEAD);
    let open = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut stop => break,
        };
        let connection = connection(&http, stream, peer, router.clone());
        let connection = open.watch(connection);
        tokio::spawn(async move {
            // A client that hangs up, or is hung up on, is no event.
            _ = connection.await;
        });
    }
    drop(listener);
    open.shutdown().await;
}

fn connection(
    http: &http1::Builder,
    stream: TcpStream,
    peer: SocketAddr,
    router: Router,
) -> http1::Connection<
    TokioIo<TcpStream>,
    impl hyper::service::HttpService<Incoming, ResBody = Body, Error = Infallible, Future: Send> + use<>,
> {
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(peer));
        router.clone().oneshot(request.map(Body::new))
    });
    http.serve_connection(TokioIo::new(stream), service)
}
