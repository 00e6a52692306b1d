//! API keys: shown once, stored as a hash, scoped, revocable (SPEC §4).

pub mod repo;

use jiff::Timestamp;

use super::{AgencyId, Scope};
use crate::units::WorkspaceId;

/// Whom a key belongs to, and what it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyOwner {
    /// One workspace.
    Workspace(WorkspaceId),
    /// An agency: each of its workspaces, which a request has to name.
    Agency(AgencyId),
}

impl From<WorkspaceId> for KeyOwner {
    fn from(workspace: WorkspaceId) -> Self {
        Self::Workspace(workspace)
    }
}

impl From<AgencyId> for KeyOwner {
    fn from(agency: AgencyId) -> Self {
        Self::Agency(agency)
    }
}

/// A key as its owner sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKey {
    /// Its row.
    pub id: i64,
    /// What it is for, in its owner's words.
    pub name: String,
    /// The first characters of its text; empty where the text was never shown.
    pub hint: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its last use, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

/// A key that is valid now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Its row.
    pub id: i64,
    /// Whose.
    pub agency: AgencyId,
    /// The only workspace that it opens, and that one's public id; `None` for an agency's key.
    pub workspace: Option<(WorkspaceId, String)>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Its last use was noted long enough ago to be noted again.
    pub use_is_stale: bool,
}

impl ApiKey {
    /// True where the key may do it.
    pub fn allows(&self, scope: Scope) -> bool {
        scope.is_among(&self.scopes)
    }
}

/// As much of a key's text as is kept to tell keys apart: not enough to help a guess.
pub(super) fn hint_of(text: &str) -> String {
    text.chars().take(12).collect()
}

/// What is stored of a key. Keys are long and random, so a plain hash is enough: there is nothing to guess.
pub fn hash_of(key: &str) -> [u8; 32] {
    *blake3::hash(key.as_bytes()).as_bytes()
}
