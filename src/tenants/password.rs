//! Passwords: argon2id, off the async threads, and the same work whether or not the address is known.

pub mod repo;

use std::sync::LazyLock;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Longer passwords are refused unhashed, bytes.
pub(super) const LONGEST: usize = 1_024;
/// Hashing takes 19 MiB and some 20 ms each: two at once leave the machine to others.
static TURNS: Turns = Turns::new(2, 100);
/// Stands in for the hash of an address that nobody has.
static NOBODY: LazyLock<String> = LazyLock::new(|| password_auth::generate_hash("nobody"));

/// More passwords wait to be checked than can be soon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked")]
pub struct Busy;

/// A password's hash, and whose it is.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Who.
    pub user: super::UserId,
    /// Their address, lower case.
    pub email: String,
    /// Their name.
    pub name: String,
    /// PHC string.
    pub password_hash: String,
    /// The number under which a session begins now.
    pub session_epoch: i32,
}

/// The PHC string to store for a password of ours, e.g. a demo's. It waits as long as it takes.
pub async fn hash_password(password: String) -> String {
    TURNS.wait(move || password_auth::generate_hash(password)).await
}

/// True where the password belongs to the hash. Without a hash the answer is no, after the same work: the time it
/// takes tells nobody which addresses exist.
///
/// # Errors
/// [`Busy`] where too many wait already.
pub async fn password_matches(password: String, hash: Option<String>) -> Result<bool, Busy> {
    if password.len() > LONGEST {
        return Ok(false);
    }
    in_turn(move || {
        let nobody = NOBODY.as_str();
        let known = hash.is_some();
        let hash = hash.as_deref().unwrap_or(nobody);
        password_auth::verify_password(password, hash).is_ok() && known
    })
    .await
}

/// Does heavy work on a password when it is its turn.
pub(super) async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
    TURNS.take(work).await
}

/// Heavy work off the async threads: so much at once, so much in the queue, and no more.
struct Turns {
    slots: Semaphore,
    /// At work or waiting. Whoever comes when all are taken is told to come again, so that a flood ends here.
    places: Semaphore,
}

impl Turns {
    const fn new(slots: usize, places: usize) -> Self {
        Self { slots: Semaphore::const_new(slots), places: Semaphore::const_new(places) }
    }

    async fn take<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Busy> {
        let _place = self.places.try_acquire().map_err(|_| Busy)?;
        Ok(self.wait(work).await)
    }

    async fn wait<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _slot = self.slots.acquire().await.expect("the semaphore is never closed");
        spawn_blocking(work).await.expect("work on passwords does not panic")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_somebody_matches() {
        let hash = hash_password("right".into()).await;
        assert!(hash.starts_with("$argon2id$"));
        let matches = async |password: &str, hash: Option<&str>| {
            password_matches(password.into(), hash.map(str::to_owned)).await.unwrap()
        };
        assert!(matches("right", Some(&hash)).await);
        assert!(!matches("wrong", Some(&hash)).await);
        assert!(!matches("nobody", None).await);
        assert!(!matches(&"x".repeat(LONGEST + 1), Some(&hash)).await);
    }

    #[tokio::test]
    async fn a_flood_neither_takes_the_machine_nor_queues_without_end() {
        static TURNS: Turns = Turns::new(2, 10);
        static AT_WORK: AtomicUsize = AtomicUsize::new(0);
        let work = || {
            let at_once = AT_WORK.fetch_add(1, Ordering::SeqCst) + 1;
            std::thread::sleep(Duration::from_millis(2));
            AT_WORK.fetch_sub(1, Ordering::SeqCst);
            at_once
        };
        let answers = futures::future::join_all((0..1_000).map(|_| TURNS.take(work))).await;
        let done: Vec<_> = answers.into_iter().flatten().collect();
        assert_eq!(done.len(), 10, "the others are told to come again");
        assert!(done.iter().all(|at_once| *at_once <= 2), "{done:?}");
        assert!(TURNS.take(work).await.is_ok(), "afterwards there is room again");
    }
}
