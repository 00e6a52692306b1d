//! Quantities and ids, parsed at the edge. Integers only: money in milli-cents, talk time in seconds, quotas in calls.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Money in milli-cents: `$1 = 100_000`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct MilliCents(pub i64);

impl MilliCents {
    /// Milli-cents in one cent.
    pub const PER_CENT: i64 = 1_000;
    /// Milli-cents in one dollar.
    pub const PER_DOLLAR: i64 = 100_000;

    /// Whole cents as milli-cents.
    pub const fn from_cents(cents: i64) -> Self {
        Self(cents * Self::PER_CENT)
    }

    /// Whole cents, rounded down: what somebody has.
    pub const fn cents_down(self) -> i64 {
        self.0.div_euclid(Self::PER_CENT)
    }

    /// Whole cents, rounded up: what somebody must add.
    pub const fn cents_up(self) -> i64 {
        -((-self.0).div_euclid(Self::PER_CENT))
    }
}

/// `$1,234.56`, rounded down to whole cents; a negative amount begins with `−`.
impl fmt::Display for MilliCents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.cents_down();
        let sign = if cents < 0 { "−" } else { "" };
        let dollars = grouped(i64::try_from(cents.unsigned_abs() / 100).unwrap_or(i64::MAX));
        write!(f, "{sign}${dollars}.{:02}", cents.unsigned_abs() % 100)
    }
}

/// Talk time in seconds.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Seconds(pub i64);

impl Seconds {
    /// Whole minutes as seconds.
    pub const fn from_minutes(minutes: i64) -> Self {
        Self(minutes * 60)
    }

    /// Whole minutes, rounded down: what somebody has.
    pub const fn minutes_down(self) -> i64 {
        self.0.div_euclid(60)
    }

    /// Whole minutes, rounded up: what somebody must add.
    pub const fn minutes_up(self) -> i64 {
        -((-self.0).div_euclid(60))
    }
}

/// The length of one call: `45 s`, `7 min 06 s`, `1 h 23 min`.
impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "−" } else { "" };
        let secs = self.0.unsigned_abs();
        match secs {
            0..60 => write!(f, "{sign}{secs} s"),
            60..3600 => write!(f, "{sign}{} min {:02} s", secs / 60, secs % 60),
            _ => write!(f, "{sign}{} h {:02} min", secs / 3600, secs % 3600 / 60),
        }
    }
}

/// What a plan's allowance and packs are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Meter {
    /// Talk time; amounts are seconds.
    #[default]
    Minutes,
    /// Answered calls; amounts are calls.
    Calls,
}

impl Meter {
    /// Units of one sold piece: 60 seconds to the minute, 1 to the call.
    pub const fn per_piece(self) -> i64 {
        match self {
            Meter::Minutes => 60,
            Meter::Calls => 1,
        }
    }

    /// `1 minute`, `100 minutes`, `1 call`, `100 calls`.
    pub fn pieces(self, count: i64) -> String {
        let noun = match self {
            Meter::Minutes => "minute",
            Meter::Calls => "call",
        };
        let plural = if count == 1 { "" } else { "s" };
        format!("{} {noun}{plural}", grouped(count))
    }
}

/// `1234567` as `1,234,567`.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        out.push('−');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_shown_in_whole_cents_rounded_down() {
        assert_eq!(MilliCents(123_456_789).to_string(), "$1,234.56");
        assert_eq!(MilliCents(999).to_string(), "$0.00");
        assert_eq!(MilliCents(-150_000).to_string(), "−$1.50");
        assert_eq!(MilliCents(1).cents_up(), 1);
        assert_eq!(MilliCents(1_000).cents_up(), 1);
    }

    #[test]
    fn a_call_reads_as_people_say_it() {
        assert_eq!(Seconds(45).to_string(), "45 s");
        assert_eq!(Seconds(426).to_string(), "7 min 06 s");
        assert_eq!(Seconds(4_980).to_string(), "1 h 23 min");
        assert_eq!(Seconds(119).minutes_down(), 1);
        assert_eq!(Seconds(61).minutes_up(), 2);
    }

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!(Meter::Minutes.pieces(1), "1 minute");
        assert_eq!(Meter::Minutes.pieces(1_000), "1,000 minutes");
        assert_eq!(Meter::Calls.pieces(100), "100 calls");
    }
}
