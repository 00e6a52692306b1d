//! The members of a workspace, and those who are invited to become some.
//!
//! A workspace has an owner at any time: whoever changes roles holds its row and counts.

pub mod repo;

use jiff::Timestamp;

use super::{Role, UserId};

/// A member in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedMember {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address, lower case.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub since: Timestamp,
}

/// An invitation that nobody has accepted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// Whom it was sent to, lower case.
    pub email: String,
    /// What they may do once they accept.
    pub role: Role,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When its link ends.
    pub expires_at: Timestamp,
}
