//! Passwords: argon2id, off the async threads, and the same work whether or not the address is known.

use std::sync::LazyLock;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Longer passwords are refused unhashed.
const LONGEST: usize = 1_024;
/// Hashing takes 19 MiB and some 20 ms each; a flood of attempts waits here instead of taking the machine.
static SLOTS: Semaphore = Semaphore::const_new(4);
/// Stands in for the hash of an address that nobody has.
static NOBODY: LazyLock<String> = LazyLock::new(|| password_auth::generate_hash("nobody"));

/// The PHC string to store for a password.
pub async fn hash_password(password: String) -> String {
    let _slot = SLOTS.acquire().await.expect("the semaphore is never closed");
    spawn_blocking(move || password_auth::generate_hash(password)).await.expect("hashing does not panic")
}

/// True where the password belongs to the hash. Without a hash the answer is no, after the same work: the time it
/// takes tells nobody which addresses exist.
pub async fn password_matches(password: String, hash: Option<String>) -> bool {
    if password.len() > LONGEST {
        return false;
    }
    let _slot = SLOTS.acquire().await.expect("the semaphore is never closed");
    spawn_blocking(move || {
        let nobody = NOBODY.as_str();
        let known = hash.is_some();
        let hash = hash.as_deref().unwrap_or(nobody);
        password_auth::verify_password(password, hash).is_ok() && known
    })
    .await
    .expect("verifying does not panic")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_somebody_matches() {
        let hash = hash_password("right".into()).await;
        assert!(hash.starts_with("$argon2id$"));
        assert!(password_matches("right".into(), Some(hash.clone())).await);
        assert!(!password_matches("wrong".into(), Some(hash.clone())).await);
        assert!(!password_matches("nobody".into(), None).await);
        assert!(!password_matches("x".repeat(LONGEST + 1), Some(hash)).await);
    }
}
