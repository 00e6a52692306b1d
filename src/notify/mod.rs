//! What people, programs and open pages are told.

pub mod live;
pub mod mail;
