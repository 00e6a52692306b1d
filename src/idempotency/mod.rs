//! `Idempotency-Key`: the same request, sent again, has one effect and one answer (SPEC §4).
//!
//! 1. A key belongs to a workspace, a method and a path. One row per key; the primary key decides who does the work.
//! 2. The worker holds the row for [`LEASE`] and moves that on while it works. A killed worker moves nothing, so the
//!    next request takes over after [`LEASE`] at the latest.
//! 3. Every attempt with the same body has the same [`Claim::identity`]: what the first attempt made before it was
//!    killed is found by that name and not made again.
//! 4. Only answers worth repeating are kept; others leave the key free.

mod fingerprint;
pub mod repo;

use jiff::SignedDuration;

use crate::ids;
use crate::tenants::Scope;
use crate::units::WorkspaceId;

pub use fingerprint::body_hash;

/// How long an answer is repeated.
pub const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
/// How long a worker that gives no sign of life keeps others waiting; as long as they wait at most.
pub const LEASE: SignedDuration = SignedDuration::from_secs(10);
/// Longest key, characters.
const LONGEST: usize = 255;

/// A key as a client may choose it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// 1–255 printable ASCII characters; `None` for anything else.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let printable = text.iter().all(|byte| (b' '..=b'~').contains(byte));
        let fits = (1..=LONGEST).contains(&text.len());
        (fits && printable).then(|| Self(String::from_utf8_lossy(text).into_owned()))
    }
}

/// One request as its row knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyed {
    /// Whose key it is.
    pub workspace: WorkspaceId,
    /// What is asked under which key.
    pub scope_hash: [u8; 32],
    /// What was sent.
    pub body_hash: [u8; 32],
}

impl Keyed {
    /// A request with this method, path, key and body.
    pub fn new(workspace: WorkspaceId, method: &str, path: &str, key: &Key, body_hash: [u8; 32]) -> Self {
        // Neither a method nor a path holds a line end.
        let scope = format!("{method}\n{path}\n{}", key.0);
        Self { workspace, scope_hash: *blake3::hash(scope.as_bytes()).as_bytes(), body_hash }
    }
}

/// The right to do the work of a key, until the lease ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Names what the work makes: the same for every attempt with the same body. 22 characters of base62.
    pub identity: String,
    /// This attempt: whoever took over meanwhile has another.
    pub worker: String,
}

impl Claim {
    /// A claim that nobody has made before.
    pub fn fresh() -> Self {
        Self { identity: ids::random_part(), worker: ids::random_part() }
    }
}

/// An answer that is given again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its HTTP status.
    pub status: u16,
    /// Its body, byte for byte.
    pub body: String,
    /// What the key of the first request had to be allowed, where anything.
    pub scope: Option<Scope>,
}

/// What a row says to a request that does not get to do the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The key was sent with another body.
    OtherBody,
    /// Somebody is at it.
    InFlight,
    /// This is the answer.
    Answered(Kept),
    /// Nobody is at it any more.
    Free,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_printable() {
        let ok = |text: &str| Key::parse(text.as_bytes()).is_some();
        assert!(ok("a") && ok("a b~") && ok(&"x".repeat(255)));
        assert!(!ok("") && !ok(&"x".repeat(256)) && !ok("tab\t") && !ok("é") && !ok("\u{7f}"));
    }

    #[test]
    fn method_path_and_key_tell_requests_apart() {
        let key = |text: &str| Key::parse(text.as_bytes()).unwrap();
        let scope = |method, path, text| Keyed::new(WorkspaceId(1), method, path, &key(text), [0; 32]).scope_hash;
        assert_eq!(scope("POST", "/calls", "k"), scope("POST", "/calls", "k"));
        let others = [scope("PUT", "/calls", "k"), scope("POST", "/call", "sk"), scope("POST", "/calls", "l")];
        assert!(others.iter().all(|other| *other != scope("POST", "/calls", "k")));
    }
}
