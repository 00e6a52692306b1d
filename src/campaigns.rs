//! Campaigns that a platform has announced. A campaign reserves nothing: each of its calls places its own hold.

pub mod repo;

use jiff::Timestamp;

use crate::pricing::Campaign;

/// A campaign as it was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// Given by the platform.
    pub id: String,
    /// Its calls.
    pub campaign: Campaign,
    /// When it was announced.
    pub created_at: Timestamp,
}
