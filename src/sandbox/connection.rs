//! The connection below a request, so that a fault can cut it.

use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::TcpListener;

/// A second handle of the client's connection.
#[derive(Clone)]
pub struct Connection(Option<Arc<TcpStream>>);

impl Connection {
    /// Closes the connection; nothing more is sent.
    pub fn cut(&self) {
        if let Some(socket) = &self.0
            && let Err(error) = socket.shutdown(Shutdown::Both)
        {
            tracing::debug!(%error, "the connection was closed already");
        }
    }
}

impl Connected<IncomingStream<'_, TcpListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        let handle = stream.io().as_fd().try_clone_to_owned();
        Self(handle.ok().map(|handle| Arc::new(TcpStream::from(handle))))
    }
}
