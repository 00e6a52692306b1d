//! What people, programs and open pages are told.

pub mod alert;
pub mod events;
pub mod live;
pub mod mail;
