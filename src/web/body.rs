//! Reading a request's body: up to a length, within a time.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};

/// How long a body may take. What we take is small; a minute for it would be a connection held, not a slow line.
const SLOWEST_BODY: Duration = Duration::from_secs(10);

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is longer than allowed, or broken off.
    TooLong,
    /// It did not come in time.
    TooSlow,
}

/// The whole body, of at most `longest` bytes.
pub async fn read(body: Body, longest: usize) -> Result<Bytes, Unread> {
    match tokio::time::timeout(SLOWEST_BODY, to_bytes(body, longest)).await {
        Ok(read) => read.map_err(|_| Unread::TooLong),
        Err(_) => Err(Unread::TooSlow),
    }
}
