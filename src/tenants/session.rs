//! A person's sessions, wherever they are signed in. What a session holds is the web's matter; who it belongs to and
//! when it ends is here.

pub mod repo;

use jiff::Timestamp;

/// A browser in which a person is signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Hash of the session's id, to know one's own again.
    pub id_hash: Vec<u8>,
    /// Browser and system in words.
    pub device: String,
    /// When the person signed in.
    pub signed_in_at: Timestamp,
    /// When it was last used, to the hour.
    pub seen_at: Timestamp,
}
