//! Agencies, their workspaces, the people in them and the keys of their programs.
//!
//! Whoever asks is looked up here: a person by e-mail and password, a program by its key. Nothing here knows what the
//! answer is used for; what a role or scope allows is decided in one place, `rights`.

pub mod admin;
pub mod audit;
pub mod invite;
pub mod key;
mod link;
pub mod members;
pub mod new_password;
pub mod password;
pub mod repo;
mod rights;
pub mod session;
pub mod sign_up;

pub use key::{ApiKey, hash_of};
pub use link::LinkHash;
pub use new_password::{About, NewPasswordError, PasswordFault, hash_new_password};
pub use password::{Busy, hash_password, password_matches};
pub use rights::{Role, Scope};

use crate::ids;
use crate::units::WorkspaceId;

/// An agency's key inside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AgencyId(pub i64);

/// A person's key inside the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

impl UserId {
    /// What forms call a person, `usr_…`: rows have numbers inside and ids outside.
    pub fn public_id(self) -> String {
        ids::derived("usr", &[self.0])
    }
}

/// A person in a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub user: UserId,
    /// Their name.
    pub name: String,
    /// Their address, lower case.
    pub email: String,
    /// Where.
    pub workspace: WorkspaceId,
    /// The workspace's public id, `ws_…`.
    pub workspace_public_id: String,
    /// What they may do there.
    pub role: Role,
    /// They are no member, but an administrator of its agency, who reads.
    pub visiting: bool,
    /// Sessions that began under a smaller number have ended.
    pub session_epoch: i32,
}

/// A workspace that a person belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// Public id, `ws_…`.
    pub public_id: String,
    /// The client's name.
    pub name: String,
    /// The provider's name.
    pub agency_name: String,
}

/// What pages say about a workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// Public id, `ws_…`.
    pub public_id: String,
    /// The client's name.
    pub name: String,
    /// The provider's name.
    pub agency_name: String,
}
