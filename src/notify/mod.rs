//! Telling others what happened: open pages, at once.

pub mod live;
