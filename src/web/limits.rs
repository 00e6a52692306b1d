//! How often somebody may ask, so that guessing passwords is hopeless and one program's mistake is not everybody's.
//!
//! - What is counted falls into one of `BUCKETS` by a hash that is seeded at the start: memory is bounded whatever is
//!   sent, and nobody can aim at another's bucket.
//! - An attempt is counted before it is looked at, so a thousand at once are no way around, and is taken back where it
//!   succeeds: signing in costs nothing.
//! - Each process counts for itself. With several instances the numbers are per instance; they are meant to be far from
//!   honest use and just as far from useful guessing, so that a factor does not matter.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{Extensions, StatusCode, header};
use axum::response::Response;
use governor::clock::Clock as TimeSource;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::{Quota, RateLimiter};

use crate::clock::Clock;

/// Requests per second of one API key, and how many may come at once. A call takes three to a dozen requests over its
/// life, so this is hundreds of calls begun per second, more than a workspace places; the writer stays below its limit
/// while one engine runs wild, and a burst after an outage passes.
const KEY: Quota = Quota::per_second(count(1_000)).allow_burst(count(2_000));
/// Unknown keys per minute of one address: a mistyped key is noticed, nobody guesses 128 bits. A valid key from the same
/// address is never refused for it: engines share addresses.
const FAILED_KEYS: Quota = Quota::per_minute(count(30));
/// Failed sign-ins per minute of one address, behind which an office may sit.
const SIGN_IN_ADDRESS: Quota = Quota::per_minute(count(20));
/// Failed sign-ins per minute of one account, from wherever: some 14,000 guesses a day, each against argon2.
const SIGN_IN_ACCOUNT: Quota = Quota::per_minute(count(10));
/// Reset links asked for per minute of one address; most lead to no account.
const FORGOT_ADDRESS: Quota = Quota::per_minute(count(20));
/// Reset links for one account: each is a mail in somebody's inbox.
const FORGOT_ACCOUNT: Quota = Quota::per_hour(count(5));
/// Sign-ups asked for per minute of one address, behind which a fair of newcomers may sit.
const SIGN_UP_ADDRESS: Quota = Quota::per_minute(count(20));
/// Sign-ups for one mailbox: each is a mail to somebody who may not have asked.
const SIGN_UP_ACCOUNT: Quota = Quota::per_hour(count(5));

/// Per limit. Two of them share a bucket by chance only: with a thousand busy keys one in 65 shares with anybody.
const BUCKETS: usize = 1 << 16;

const fn count(number: u32) -> NonZeroU32 {
    NonZeroU32::new(number).expect("a limit is not zero")
}

/// Too many: again after so many whole seconds, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// For `Retry-After`, and for the page.
    pub seconds: u64,
}

/// Makes a page say to programs, too, that it comes too early.
pub fn wait(response: &mut Response, TooMany { seconds }: TooMany) {
    *response.status_mut() = StatusCode::TOO_MANY_REQUESTS;
    response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
}

/// Every limit of this process.
#[derive(Debug)]
pub struct Limits {
    key: Limiter,
    failed_keys: Limiter,
    sign_in_address: Limiter,
    sign_in_account: Limiter,
    forgot_address: Limiter,
    forgot_account: Limiter,
    sign_up_address: Limiter,
    sign_up_account: Limiter,
}

impl Limits {
    /// Nothing has been counted yet.
    pub fn new(clock: &Clock) -> Self {
        let limiter = |quota| Limiter::new(quota, clock.clone());
        Self {
            key: limiter(KEY),
            failed_keys: limiter(FAILED_KEYS),
            sign_in_address: limiter(SIGN_IN_ADDRESS),
            sign_in_account: limiter(SIGN_IN_ACCOUNT),
            forgot_address: limiter(FORGOT_ADDRESS),
            forgot_account: limiter(FORGOT_ACCOUNT),
            sign_up_address: limiter(SIGN_UP_ADDRESS),
            sign_up_account: limiter(SIGN_UP_ACCOUNT),
        }
    }

    /// Those of this process, which a layer puts beside each request.
    pub fn of(extensions: &Extensions) -> Arc<Self> {
        extensions.get::<Arc<Self>>().expect("every request comes through the layers").clone()
    }

    /// A request with this API key, before the key is looked up.
    pub fn request(&self, key: &str) -> Result<(), TooMany> {
        self.key.count(&key)
    }

    /// A key that opened nothing.
    pub fn failed_key(&self, from: IpAddr) -> Result<(), TooMany> {
        self.failed_keys.count(&network(from))
    }

    /// An attempt to sign in, before the password is looked at.
    pub fn sign_in(&self, from: IpAddr, email: &str) -> Result<(), TooMany> {
        self.sign_in_address.count(&network(from))?;
        self.sign_in_account.count(&account(email))
    }

    /// The attempt succeeded and does not count.
    pub fn signed_in(&self, from: IpAddr, email: &str) {
        self.sign_in_address.take_back(&network(from));
        self.sign_in_account.take_back(&account(email));
    }

    /// A link to a new password is asked for. Whether the account exists makes no difference.
    pub fn forgot(&self, from: IpAddr, email: &str) -> Result<(), TooMany> {
        self.forgot_address.count(&network(from))?;
        self.forgot_account.count(&account(email))
    }

    /// A sign-up is asked for. Whether the address has an account makes no difference.
    pub fn sign_up(&self, from: IpAddr, email: &str) -> Result<(), TooMany> {
        self.sign_up_address.count(&network(from))?;
        self.sign_up_account.count(&account(email))
    }
}

/// One account is one, however its address is typed.
fn account(email: &str) -> String {
    email.trim().to_lowercase()
}

/// Who has one address of IPv6 has the 2^64 around it, too.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => IpAddr::V6((u128::from(v6) & !u128::from(u64::MAX)).into()),
    }
}

/// One limit, for many keys.
#[derive(Debug)]
struct Limiter {
    seed: RandomState,
    buckets: Buckets,
    interval: Duration,
    governor: RateLimiter<u64, Buckets, Even, NoOpMiddleware<Duration>>,
}

impl Limiter {
    fn new(quota: Quota, clock: Clock) -> Self {
        let buckets = Buckets::default();
        Self {
            seed: RandomState::new(),
            interval: quota.replenish_interval(),
            governor: RateLimiter::new(quota, buckets.clone(), Even(clock)),
            buckets,
        }
    }

    fn count(&self, what: &impl Hash) -> Result<(), TooMany> {
        self.governor.check_key(&self.seed.hash_one(what)).map_err(|until| {
            let wait = until.wait_time_from(self.governor.clock().now());
            TooMany { seconds: wait.as_secs() + u64::from(wait.subsec_nanos() > 0) }
        })
    }

    /// Exactly what [`Limiter::count`] added.
    fn take_back(&self, what: &impl Hash) {
        let added = Nanos::from(self.interval).as_u64();
        let bucket = self.buckets.of(self.seed.hash_one(what));
        let less = |tat: u64| Some(tat.saturating_sub(added));
        _ = bucket.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
    }
}

/// Per bucket, when it is empty again: governor's theoretical arrival time, nanoseconds since the start.
#[derive(Clone, Debug)]
struct Buckets(Arc<[AtomicU64]>);

impl Default for Buckets {
    fn default() -> Self {
        Self((0..BUCKETS).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Buckets {
    fn of(&self, hash: u64) -> &AtomicU64 {
        &self.0[hash as usize % BUCKETS]
    }
}

impl StateStore for Buckets {
    type Key = u64;

    fn measure_and_replace<T, F, E>(&self, hash: &u64, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let bucket = self.of(*hash);
        let mut tat = bucket.load(Ordering::Acquire);
        loop {
            let (answer, next) = decide((tat != 0).then_some(tat.into()))?;
            match bucket.compare_exchange_weak(tat, next.into(), Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Ok(answer),
                Err(other) => tat = other,
            }
        }
    }
}

/// Our clock as governor reads it.
#[derive(Clone, Debug)]
struct Even(Clock);

impl TimeSource for Even {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    fn held() -> Clock {
        Clock::held("2026-11-20T15:00:00Z".parse().unwrap())
    }

    fn passes(attempt: impl Fn() -> Result<(), TooMany>) -> usize {
        (0..5_000).take_while(|_| attempt().is_ok()).count()
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_limit_has_its_number_and_says_when_to_come_back() {
        let clock = held();
        let limits = Limits::new(&clock);
        let here = ip("192.0.2.1");
        assert_eq!(passes(|| limits.request("mb_a")), 2_000);
        assert_eq!(limits.request("mb_a"), Err(TooMany { seconds: 1 }));
        assert_eq!(passes(|| limits.failed_key(here)), 30);
        assert_eq!(limits.failed_key(here), Err(TooMany { seconds: 2 }));
        assert_eq!(passes(|| limits.sign_in(here, "a@b.test")), 10);
        assert_eq!(limits.sign_in(here, " A@B.test"), Err(TooMany { seconds: 6 }), "however it is typed");
        assert_eq!(passes(|| limits.sign_in(here, &rand::random::<u64>().to_string())), 20 - 10 - 2);
        assert_eq!(passes(|| limits.forgot(here, "a@b.test")), 5);
        assert_eq!(limits.forgot(here, "a@b.test"), Err(TooMany { seconds: 720 }));
        assert_eq!(passes(|| limits.sign_up(here, "a@b.test")), 5);
        assert_eq!(limits.sign_up(here, " A@b.test"), Err(TooMany { seconds: 720 }));
        assert_eq!(passes(|| limits.sign_up(here, &rand::random::<u64>().to_string())), 20 - 5 - 2);
        // Others are not touched.
        assert!(limits.request("mb_b").is_ok() && limits.sign_in(ip("192.0.2.2"), "b@b.test").is_ok());
    }

    #[test]
    fn time_gives_back() {
        let clock = held();
        let limits = Limits::new(&clock);
        let attempt = || limits.request("mb_a");
        assert_eq!(passes(attempt), 2_000);
        clock.advance(SignedDuration::from_secs(1));
        assert_eq!(passes(attempt), 1_000);
        clock.advance(SignedDuration::from_hours(1));
        assert_eq!(passes(attempt), 2_000);
    }

    #[test]
    fn success_costs_nothing() {
        let limits = Limits::new(&held());
        let (here, email) = (ip("192.0.2.1"), "a@b.test");
        for _ in 0..1_000 {
            limits.sign_in(here, email).unwrap();
            limits.signed_in(here, email);
        }
        assert_eq!(passes(|| limits.sign_in(here, email)), 10, "and brings nothing");
    }

    #[test]
    fn a_thousand_at_once_are_no_way_around() {
        let limits = Limits::new(&held());
        let passed = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| (0..500).filter(|_| limits.sign_in(ip("192.0.2.1"), "a@b.test").is_ok()).count())
                })
                .collect();
            threads.into_iter().map(|it| it.join().unwrap()).sum::<usize>()
        });
        assert_eq!(passed, 10);
    }

    #[test]
    fn neighbours_in_ipv6_are_one() {
        let limits = Limits::new(&held());
        assert_eq!(passes(|| limits.failed_key(ip("2001:db8::1"))), 30);
        assert!(limits.failed_key(ip("2001:db8::ffff:1")).is_err());
        assert!(limits.failed_key(ip("2001:db8:0:1::1")).is_ok());
    }
}
