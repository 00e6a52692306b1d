//! Monthly periods, computed from the original anchor in the workspace's zone (SPEC §1).

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::units::Meter;

/// One month of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// 0 for the period that begins at the anchor.
    pub index: i32,
    /// First instant.
    pub starts_at: Timestamp,
    /// First instant after it.
    pub ends_at: Timestamp,
}

impl Period {
    /// The period with this index: each bound is the anchor's local date and time that many months on, clamped to the
    /// month's end, so that Jan 31 leads to Feb 28 and then to Mar 31.
    pub fn of(anchor_at: Timestamp, zone: &TimeZone, index: i32) -> Self {
        let anchor = anchor_at.to_zoned(zone.clone());
        let bound = |months: i32| {
            let later = anchor.checked_add(months.months()).expect("periods end within jiff's years");
            later.timestamp()
        };
        Self { index, starts_at: bound(index), ends_at: bound(index + 1) }
    }
}

/// Units of the allowance that a period has used, of each meter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PeriodUse {
    /// Seconds.
    pub secs: i64,
    /// Calls.
    pub calls: i64,
}

impl PeriodUse {
    /// Of one meter.
    pub const fn of(&self, meter: Meter) -> i64 {
        match meter {
            Meter::Minutes => self.secs,
            Meter::Calls => self.calls,
        }
    }

    /// With so many units more of one meter.
    pub const fn and(self, meter: Meter, more: i64) -> Self {
        match meter {
            Meter::Minutes => Self { secs: self.secs + more, ..self },
            Meter::Calls => Self { calls: self.calls + more, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn starts(anchor: &str, zone: &str, count: i32) -> Vec<String> {
        let zone = TimeZone::get(zone).unwrap();
        let anchor: Timestamp = anchor.parse().unwrap();
        (0..count).map(|index| Period::of(anchor, &zone, index).starts_at.to_string()).collect()
    }

    #[test]
    fn the_month_s_end_is_clamped_from_the_original_anchor() {
        assert_eq!(
            starts("2027-01-31T12:00:00Z", "UTC", 4),
            ["2027-01-31T12:00:00Z", "2027-02-28T12:00:00Z", "2027-03-31T12:00:00Z", "2027-04-30T12:00:00Z"]
        );
    }

    #[test]
    fn daylight_saving_keeps_the_local_hour() {
        assert_eq!(
            starts("2026-10-08T13:00:00Z", "America/New_York", 3),
            ["2026-10-08T13:00:00Z", "2026-11-08T14:00:00Z", "2026-12-08T14:00:00Z"]
        );
    }

    #[test]
    fn periods_tile_time() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let anchor: Timestamp = "2026-01-30T04:30:00Z".parse().unwrap();
        for index in 0..40 {
            assert_eq!(Period::of(anchor, &zone, index).ends_at, Period::of(anchor, &zone, index + 1).starts_at);
        }
    }
}
