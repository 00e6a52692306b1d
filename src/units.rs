//! Quantities and ids, parsed at the edge. Integers only: money in milli-cents, talk time in seconds, quotas in calls.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Money in milli-cents: `$1 = 100_000`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

    /// An amount that comes or goes: `+$50.00`, `−$0.73`, `$0.00`. Rounded down, so a charge never looks smaller.
    pub fn signed(self) -> String {
        format!("{}{self}", if self.0 > 0 { "+" } else { "" })
    }

    /// A rate, or a part of a sum, to the last milli-cent: `$0.05`, `$0.055`, `$1.20`. Not below zero.
    pub fn as_rate(self) -> String {
        let parts = format!("{:05}", self.0.unsigned_abs() % 100_000);
        let fine = parts[2..].trim_end_matches('0');
        format!("${}.{}{fine}", grouped(self.0 / Self::PER_DOLLAR), &parts[..2])
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

impl Seconds {
    /// A balance, which stays in minutes, because minutes are what is sold: `158 min 00 s`, `0 min 45 s`.
    pub fn in_minutes(self) -> String {
        let sign = if self.0 < 0 { "−" } else { "" };
        let minutes = i64::try_from(self.0.unsigned_abs() / 60).unwrap_or(i64::MAX);
        format!("{sign}{} min {:02} s", grouped(minutes), self.0.unsigned_abs() % 60)
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

/// A workspace's key inside the database; outside it is known by its public id, `ws_…`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkspaceId(pub i64);

/// Gives an enum the words under which it is stored and shown: `as_str` and `parse`.
macro_rules! words {
    ($type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// The word under which it is stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// What the word stands for; `None` for any other text.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
#[allow(unused_imports, reason = "in the browser only this file needs it")]
pub(crate) use words;

/// What a plan's allowance and packs are counted in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Meter {
    /// Talk time; amounts are seconds.
    #[default]
    Minutes,
    /// Answered calls; amounts are calls.
    Calls,
}

words!(Meter { Minutes = "minutes", Calls = "calls" });

impl Meter {
    /// Units of one sold piece: 60 seconds to the minute, 1 to the call.
    pub const fn per_piece(self) -> i64 {
        match self {
            Meter::Minutes => 60,
            Meter::Calls => 1,
        }
    }

    /// Whole minutes or calls in so many units, rounded down: what somebody has.
    pub const fn pieces_down(self, units: i64) -> i64 {
        units.div_euclid(self.per_piece())
    }

    /// The unit behind a large figure: `min`, `call`, `calls`.
    pub const fn unit(self, count: i64) -> &'static str {
        match self {
            Meter::Minutes => "min",
            Meter::Calls if count == 1 => "call",
            Meter::Calls => "calls",
        }
    }

    /// What is sold, in the plural: `minutes`, `calls`.
    pub const fn noun(self) -> &'static str {
        match self {
            Meter::Minutes => "minutes",
            Meter::Calls => "calls",
        }
    }

    /// Units as whole pieces in short, rounded down: `141 min`, `1 call`, `100 calls`.
    pub fn short(self, units: i64) -> String {
        let count = self.pieces_down(units);
        format!("{} {}", grouped(count), self.unit(count))
    }

    /// Units as whole pieces in short, rounded up: what somebody has used.
    pub fn short_up(self, units: i64) -> String {
        self.short(-self.pieces_down(-units) * self.per_piece())
    }

    /// Units to the second: `5 min`, `5 min 10 s`, `1 call`.
    pub fn exact(self, units: i64) -> String {
        match self {
            Meter::Minutes if units % 60 != 0 => Seconds(units).to_string(),
            Meter::Minutes | Meter::Calls => self.short(units),
        }
    }

    /// A balance to the second: `158 min 00 s`, `63 calls`.
    pub fn balance(self, units: i64) -> String {
        match self {
            Meter::Minutes => Seconds(units).in_minutes(),
            Meter::Calls => self.short(units),
        }
    }

    /// Units that come or go: `+100 min`, `−2 min 31 s`, `−45 s`, `−1 call`, `0 min`.
    pub fn signed(self, units: i64) -> String {
        let sign = if units > 0 { "+" } else { "" };
        match self {
            Meter::Minutes if units % 60 == 0 && units >= 0 => format!("{sign}{}", self.short(units)),
            Meter::Minutes if units.abs() < 60 => format!("{sign}{}", Seconds(units)),
            Meter::Minutes => format!("{sign}{}", Seconds(units).in_minutes()),
            Meter::Calls => format!("{sign}{} {}", grouped(units), self.unit(units.abs())),
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
    fn a_rate_keeps_what_cents_would_hide() {
        let rates = [5_000, 5_500, 120_000, 7].map(|mc| MilliCents(mc).as_rate());
        assert_eq!(rates, ["$0.05", "$0.055", "$1.20", "$0.00007"]);
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
    fn what_comes_or_goes_has_a_sign_and_balances_stay_in_minutes() {
        let minutes = [6_000, 6_030, 0, -45, -151, -4_985].map(|secs| Meter::Minutes.signed(secs));
        assert_eq!(minutes, ["+100 min", "+100 min 30 s", "0 min", "−45 s", "−2 min 31 s", "−83 min 05 s"]);
        assert_eq!(
            [100, 1, 0, -1].map(|calls| Meter::Calls.signed(calls)),
            ["+100 calls", "+1 call", "0 calls", "−1 call"]
        );
        assert_eq!([9_480, 45].map(|secs| Meter::Minutes.balance(secs)), ["158 min 00 s", "0 min 45 s"]);
        assert_eq!(Meter::Calls.balance(1_063), "1,063 calls");
        let money = [5_000_000, 0, -72_333].map(|mc| MilliCents(mc).signed());
        assert_eq!(money, ["+$50.00", "$0.00", "−$0.73"]);
    }

    #[test]
    fn counts_agree_with_their_noun() {
        assert_eq!(Meter::Minutes.pieces(1), "1 minute");
        assert_eq!(Meter::Minutes.pieces(1_000), "1,000 minutes");
        assert_eq!(Meter::Calls.pieces(100), "100 calls");
        assert_eq!(Meter::Minutes.short(8_519), "141 min");
        assert_eq!(Meter::Calls.short(1), "1 call");
        assert_eq!(Meter::Minutes.short_up(61), "2 min");
        assert_eq!(Meter::Minutes.exact(300), "5 min");
        assert_eq!(Meter::Minutes.exact(310), "5 min 10 s");
    }
}
