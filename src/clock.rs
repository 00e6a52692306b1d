//! Time, injected. Every other way to read it is banned by `clippy.toml`, so that a test can hold it still.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// A source of time with microsecond resolution, which is what Postgres keeps.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System { offset: SignedDuration },
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::shifted(SignedDuration::ZERO)
    }

    /// The machine's clock, moved by `offset` (demo mode's `MINUTEBANK_CLOCK_OFFSET`).
    pub fn shifted(offset: SignedDuration) -> Self {
        Self(Source::System { offset })
    }

    /// A clock that stands still until [`Clock::advance`] or [`Clock::set`] moves it.
    pub fn held(at: Timestamp) -> Self {
        Self(Source::Held(Arc::new(AtomicI64::new(at.as_microsecond()))))
    }

    /// Now, truncated to microseconds.
    #[allow(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Timestamp {
        let micros = match &self.0 {
            Source::System { offset } => (Timestamp::now() + *offset).as_microsecond(),
            Source::Held(at) => at.load(Ordering::SeqCst),
        };
        Timestamp::from_microsecond(micros).expect("a clock reads a representable time")
    }

    /// Time since some fixed instant. It passes evenly, whatever is corrected about the machine's clock: for waiting and
    /// limits, never for what is stored.
    pub fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        match &self.0 {
            Source::System { .. } => START.elapsed(),
            Source::Held(at) => Duration::from_micros(at.load(Ordering::SeqCst).unsigned_abs()),
        }
    }

    /// Moves a held clock forward; the system's clock stays as it is.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Held(at) = &self.0 {
            let micros = i64::try_from(by.as_micros()).expect("a step fits into microseconds");
            at.fetch_add(micros, Ordering::SeqCst);
        }
    }

    /// Sets a held clock; the system's clock stays as it is.
    pub fn set(&self, to: Timestamp) {
        if let Source::Held(at) = &self.0 {
            at.store(to.as_microsecond(), Ordering::SeqCst);
        }
    }
}
