//! Numbers that a workspace rents, paid month by month from its credits (SPEC §4).
//!
//! Months are counted from the day on which the number was rented, in the workspace's zone, clamped to the month's end.
//! One that cannot be paid stays due: it is tried every day, the oldest first, and nothing after it is paid before.

pub mod repo;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::ledger::Period;
use crate::units::{WorkspaceId, words};

/// How long a month that could not be paid is left alone.
const AGAIN_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// A rented number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rental {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Given by the platform.
    pub id: String,
    /// As the platform writes it.
    pub number: String,
    /// When its first month began.
    pub rented_at: Timestamp,
    /// How many months are paid; 0 while its order is not answered.
    pub paid_months: i32,
    /// When the oldest month that is not paid was last tried in vain.
    pub refused_at: Option<Timestamp>,
    /// When it was given back: no month that begins later is due.
    pub released_at: Option<Timestamp>,
}

/// How a rental stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RentalStatus {
    /// Every month that has begun is paid, or is about to be.
    Active,
    /// A month could not be paid and is tried every day.
    PastDue,
    /// It was given back, and nothing is owed for it.
    Released,
}

words!(RentalStatus { Active = "active", PastDue = "past_due", Released = "released" });

impl Rental {
    /// The month with this index, 0 for the first.
    pub fn month(&self, zone: &TimeZone, index: i32) -> Period {
        Period::of(self.rented_at, zone, index)
    }

    /// When the next month is to be paid, or should have been; `None` once there is none.
    pub fn due_at(&self, zone: &TimeZone) -> Option<Timestamp> {
        let begins = self.month(zone, self.paid_months).starts_at;
        // The first month is paid as the number is rented, whenever it is given back.
        let is_rented = self.paid_months == 0 || self.released_at.is_none_or(|released| begins < released);
        is_rented.then_some(begins)
    }

    /// When that is tried: as it begins, and every day once that was in vain.
    pub fn next_attempt_at(&self, zone: &TimeZone) -> Option<Timestamp> {
        let due = self.due_at(zone)?;
        Some(self.refused_at.map_or(due, |refused| refused + AGAIN_AFTER))
    }

    /// How many months have begun and are not paid.
    pub fn unpaid_months(&self, zone: &TimeZone, now: Timestamp) -> i64 {
        let end = self.released_at.map_or(now, |released| released.min(now));
        let begun = (self.paid_months..).take_while(|index| {
            let begins = self.month(zone, *index).starts_at;
            begins <= end && self.released_at != Some(begins)
        });
        i64::try_from(begun.count()).unwrap_or(i64::MAX)
    }

    /// How it stands.
    pub fn status(&self, zone: &TimeZone, now: Timestamp) -> RentalStatus {
        match (self.unpaid_months(zone, now) > 0, self.released_at) {
            (true, _) if self.refused_at.is_some() => RentalStatus::PastDue,
            (false, Some(_)) => RentalStatus::Released,
            _ => RentalStatus::Active,
        }
    }

    /// The key of a month's posting.
    pub fn month_key(&self, index: i32) -> String {
        format!("{}:{index}", self.id)
    }
}

/// The number's id and the month's index in the key of a month's posting.
pub fn month_of_number(key: &str) -> Option<(&str, i32)> {
    let (number, index) = key.rsplit_once(':')?;
    Some((number, index.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn rented(at_text: &str, paid_months: i32) -> Rental {
        Rental {
            workspace: WorkspaceId(1),
            id: "n1".into(),
            number: "+13125550100".into(),
            rented_at: at(at_text),
            paid_months,
            refused_at: None,
            released_at: None,
        }
    }

    #[test]
    fn anniversaries_are_clamped_from_the_original_day() {
        let due = |paid| rented("2027-01-31T12:00:00Z", paid).due_at(&TimeZone::UTC).unwrap().to_string();
        assert_eq!(
            [0, 1, 2, 3].map(due),
            ["2027-01-31T12:00:00Z", "2027-02-28T12:00:00Z", "2027-03-31T12:00:00Z", "2027-04-30T12:00:00Z"]
        );
    }

    #[test]
    fn a_number_given_back_owes_the_months_that_had_begun() {
        let mut rental = rented("2026-11-20T15:00:00Z", 1);
        let (utc, later) = (TimeZone::UTC, at("2027-06-01T00:00:00Z"));
        assert_eq!(rental.unpaid_months(&utc, at("2026-12-20T14:59:59Z")), 0);
        assert_eq!(rental.unpaid_months(&utc, at("2026-12-20T15:00:00Z")), 1);
        assert_eq!(rental.unpaid_months(&utc, later), 6);
        rental.released_at = Some(at("2027-01-20T15:00:00Z"));
        assert_eq!(rental.unpaid_months(&utc, later), 1, "given back as the next month would begin");
        rental.refused_at = Some(later);
        assert_eq!(rental.status(&utc, later), RentalStatus::PastDue);
        rental.paid_months = 2;
        assert_eq!((rental.due_at(&utc), rental.unpaid_months(&utc, later)), (None, 0));
        assert_eq!(rental.status(&utc, later), RentalStatus::Released);
    }

    #[test]
    fn a_month_s_key_leads_back_to_its_number() {
        let rental = Rental { id: "line:7".into(), ..rented("2026-11-20T15:00:00Z", 0) };
        assert_eq!(month_of_number(&rental.month_key(13)), Some(("line:7", 13)));
        assert_eq!(month_of_number("n1"), None);
    }
}
