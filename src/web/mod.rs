//! What the browser and the call engine talk to.

pub mod components;
pub mod dates;
pub mod document;
pub mod error;
pub mod pages;
pub mod session;
pub mod shell;
