//! Dates and times as pages show them: in the workspace's zone, on a 24-hour clock.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// Days beyond which a date needs its year.
const YEAR_AFTER_DAYS: i32 = 300;

/// Formats instants in one zone, as seen from one day.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: TimeZone,
    now: Zoned,
}

impl Calendar {
    /// A calendar in `zone`, read at `now`.
    pub fn new(zone: &TimeZone, now: Timestamp) -> Self {
        Self { zone: zone.clone(), now: now.to_zoned(zone.clone()) }
    }

    /// `Dec 6`; further than ten months away `Dec 6, 2024`.
    pub fn day(&self, at: Timestamp) -> String {
        let date = self.zoned(at).date();
        let form = if self.needs_year(date) { "%b %-d, %Y" } else { "%b %-d" };
        date.strftime(form).to_string()
    }

    /// `Oct 26, 9:12`; further than ten months away `Oct 26, 2024, 9:12`.
    pub fn moment(&self, at: Timestamp) -> String {
        format!("{}, {}", self.day(at), self.zoned(at).strftime("%-H:%M"))
    }

    /// When the page was read, with the zone's short name: `10:42:18 EST`.
    pub fn read_at(&self) -> String {
        self.now.strftime("%-H:%M:%S %Z").to_string()
    }

    /// The zone by both its names: `America/New_York (EST)`.
    pub fn zone(&self) -> String {
        let short = self.now.strftime("%Z").to_string();
        match self.zone.iana_name() {
            Some(name) if name != short => format!("{name} ({short})"),
            _ => short,
        }
    }

    /// True for instants within the last twelve months.
    pub fn within_a_year(&self, at: Timestamp) -> bool {
        self.now.date().saturating_sub(jiff::Span::new().years(1)) < self.zoned(at).date()
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    fn needs_year(&self, date: Date) -> bool {
        self.now.date().until(date).is_ok_and(|span| span.get_days().abs() > YEAR_AFTER_DAYS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        let zone = TimeZone::get("America/New_York").unwrap();
        Calendar::new(&zone, "2026-11-20T15:42:18Z".parse().unwrap())
    }

    #[test]
    fn dates_are_the_workspace_s() {
        assert_eq!(calendar().day("2026-12-06T04:59:59Z".parse().unwrap()), "Dec 5");
        assert_eq!(calendar().day("2026-12-06T05:00:00Z".parse().unwrap()), "Dec 6");
        assert_eq!(calendar().moment("2026-10-26T13:12:00Z".parse().unwrap()), "Oct 26, 9:12");
        assert_eq!(calendar().moment("2025-10-26T13:12:00Z".parse().unwrap()), "Oct 26, 2025, 9:12");
        assert_eq!(calendar().read_at(), "10:42:18 EST");
        assert_eq!(calendar().zone(), "America/New_York (EST)");
    }

    #[test]
    fn a_year_ends_at_the_same_date() {
        assert!(calendar().within_a_year("2025-11-21T05:00:00Z".parse().unwrap()));
        assert!(!calendar().within_a_year("2025-11-20T05:00:00Z".parse().unwrap()));
    }
}
