//! Public ids: a short prefix and 22 characters of base62, e.g. `call_4Zk…` (SPEC §4).

use rand::RngCore;

/// 128 random bits as base62, padded to 22 characters: what follows an id's prefix.
pub fn random_part() -> String {
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    encoded(u128::from_le_bytes(bytes))
}

fn encoded(number: u128) -> String {
    format!("{:0>22}", base62::encode(number))
}

/// A new id, unguessable and unique.
pub fn fresh(prefix: &str) -> String {
    format!("{prefix}_{}", random_part())
}

/// The id that always belongs to the same parts, e.g. a lot's from its workspace and number.
pub fn derived(prefix: &str, parts: &[i64]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(prefix.as_bytes());
    for part in parts {
        hasher.update(&part.to_le_bytes());
    }
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    format!("{prefix}_{}", encoded(u128::from_le_bytes(bytes)))
}

/// True for ids that a client may choose: `^[A-Za-z0-9_.:-]{1,64}$`.
pub fn is_given_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_their_documented_form() {
        let id = fresh("call");
        let part = id.strip_prefix("call_").unwrap();
        assert_eq!(part.len(), 22);
        assert!(part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        assert_ne!(fresh("call"), id);
        assert_eq!(derived("lot", &[1, 2]), derived("lot", &[1, 2]));
        assert_ne!(derived("lot", &[1, 2]), derived("lot", &[2, 1]));
    }

    #[test]
    fn given_ids_are_short_and_plain() {
        assert!(is_given_id("call_1:a.b-c"));
        assert!(!is_given_id(""));
        assert!(!is_given_id("a b"));
        assert!(!is_given_id(&"a".repeat(65)));
    }
}
