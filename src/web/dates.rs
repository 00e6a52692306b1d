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
        self.date_words(self.date(at))
    }

    /// `Oct 26, 9:12`; further than ten months away `Oct 26, 2024, 9:12`.
    pub fn moment(&self, at: Timestamp) -> String {
        format!("{}, {}", self.day(at), self.time(at))
    }

    /// `Today, 9:12`; on other days as [`moment`](Self::moment).
    pub fn recent(&self, at: Timestamp) -> String {
        if self.date(at) == self.today() { format!("Today, {}", self.time(at)) } else { self.moment(at) }
    }

    /// `9:12`
    pub fn time(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%-H:%M").to_string()
    }

    /// `9:12:06`
    pub fn time_to_second(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%-H:%M:%S").to_string()
    }

    /// `Thursday, Oct 22, 9:12 EDT`, with the zone's name on that day.
    pub fn moment_in_full(&self, at: Timestamp) -> String {
        let at = self.zoned(at);
        format!("{}, {}", self.weekday(at.date()), at.strftime("%-H:%M %Z"))
    }

    /// The day on which the page was read.
    pub fn today(&self) -> Date {
        self.now.date()
    }

    /// The day of an instant.
    pub fn date(&self, at: Timestamp) -> Date {
        self.zoned(at).date()
    }

    /// `Today, Nov 20`, `Yesterday, Nov 19`, `Wednesday, Nov 18`.
    pub fn heading(&self, date: Date) -> String {
        let today = self.today();
        if date == today {
            return format!("Today, {}", self.date_words(date));
        }
        let is_yesterday = date.tomorrow().is_ok_and(|next| next == today);
        if is_yesterday { format!("Yesterday, {}", self.date_words(date)) } else { self.weekday(date) }
    }

    /// `Nov 20`; further than ten months away `Nov 20, 2024`.
    pub fn date_words(&self, date: Date) -> String {
        let form = if self.needs_year(date) { "%b %-d, %Y" } else { "%b %-d" };
        date.strftime(form).to_string()
    }

    fn weekday(&self, date: Date) -> String {
        format!("{}, {}", date.strftime("%A"), self.date_words(date))
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

    /// True for instants before the page was read.
    pub fn is_past(&self, at: Timestamp) -> bool {
        at <= self.now.timestamp()
    }

    /// True for instants within the last twelve months.
    pub fn within_a_year(&self, at: Timestamp) -> bool {
        self.now.date().saturating_sub(jiff::Span::new().years(1)) < self.date(at)
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
        assert_eq!(calendar().recent("2026-11-20T14:14:00Z".parse().unwrap()), "Today, 9:14");
        assert_eq!(calendar().recent("2026-11-20T04:59:00Z".parse().unwrap()), "Nov 19, 23:59");
        assert_eq!(calendar().read_at(), "10:42:18 EST");
        assert_eq!(calendar().zone(), "America/New_York (EST)");
    }

    #[test]
    fn a_day_is_named_as_seen_from_today() {
        let heading = |date: &str| calendar().heading(date.parse().unwrap());
        assert_eq!(heading("2026-11-20"), "Today, Nov 20");
        assert_eq!(heading("2026-11-19"), "Yesterday, Nov 19");
        assert_eq!(heading("2026-11-18"), "Wednesday, Nov 18");
        assert_eq!(heading("2025-11-20"), "Thursday, Nov 20, 2025");
        let summer = "2026-10-22T18:32:06Z".parse().unwrap();
        assert_eq!(calendar().moment_in_full(summer), "Thursday, Oct 22, 14:32 EDT");
        assert_eq!(calendar().time_to_second(summer), "14:32:06");
    }

    #[test]
    fn a_year_ends_at_the_same_date() {
        assert!(calendar().within_a_year("2025-11-21T05:00:00Z".parse().unwrap()));
        assert!(!calendar().within_a_year("2025-11-20T05:00:00Z".parse().unwrap()));
    }
}
