//! Administrators of an agency, and the clients that they see: their own agency's, nobody else's.

pub mod repo;

use jiff::Timestamp;

use super::{AgencyId, UserId};
use crate::units::WorkspaceId;

/// A person who works for an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address, lower case.
    pub email: String,
    /// For whom.
    pub agency: AgencyId,
    /// The agency's name.
    pub agency_name: String,
    /// Sessions that began under a smaller number have ended.
    pub session_epoch: i32,
}

/// A client of an agency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its key.
    pub workspace: WorkspaceId,
    /// Public id, `ws_…`.
    pub public_id: String,
    /// Its name.
    pub name: String,
    /// Whose client it is.
    pub agency: AgencyId,
}

/// One of an agency's administrators, as the others see them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address, lower case.
    pub email: String,
    /// Since when they work for the agency.
    pub since: Timestamp,
}
