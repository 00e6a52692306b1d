//! Random histories, told twice: by the core, and by a naive model that was written from SPEC §1 alone. After every
//! command both must answer alike and show the same figures; against Postgres, too, with one client and with several.
//!
//! `MINUTEBANK_HISTORIES` is how many histories each test runs; `MINUTEBANK_SEED` is the first one's seed. A failure
//! prints the shortest history that still fails, and its seed.

mod clients;
mod core;
mod counter_examples;
mod histories;
mod observe;
mod shrink;
mod wallet;

use std::ops::Range;

/// The seeds to run: as many as the environment says, or `usual`.
fn seeds(usual: u64) -> Range<u64> {
    let number = |name: &str| {
        let text = std::env::var(name).ok()?;
        Some(text.parse::<u64>().unwrap_or_else(|_| panic!("{name} is a number, not {text:?}")))
    };
    let first = number("MINUTEBANK_SEED").unwrap_or(1);
    first..first + number("MINUTEBANK_HISTORIES").unwrap_or(usual)
}
