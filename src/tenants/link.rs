//! Links that are mailed and work once: the token stands in the mail alone, everywhere else is its hash.

use serde::{Deserialize, Serialize};

/// What is kept of a link's token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkHash([u8; 32]);

impl LinkHash {
    /// Of the token in a link.
    pub fn of(token: &str) -> Self {
        Self(super::hash_of(token))
    }

    /// As it is stored.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }
}
