//! What the browser and the call engine talk to.

pub mod api;
pub mod error;
pub mod session;
