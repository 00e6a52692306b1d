//! Auto-recharge (SPEC §2.3): the rules, pure. Whether a charge is due, what a decline leads to, how much of the month's
//! cap is left.

pub mod repo;

use std::fmt;
use std::ops::RangeInclusive;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::topup::Why;
use crate::pricing::CREDIT_AMOUNTS;
use crate::units::{MilliCents, WorkspaceId, words};

/// After the first, second and third decline in a row it is tried again this much later; after the fourth it is paused.
const AGAIN_AFTER: [SignedDuration; 3] =
    [SignedDuration::from_hours(1), SignedDuration::from_hours(6), SignedDuration::from_hours(24)];
/// Thresholds from a cent on.
pub const THRESHOLDS: RangeInclusive<MilliCents> = MilliCents(MilliCents::PER_CENT)..=*CREDIT_AMOUNTS.end();
/// Monthly caps from the least top-up on, up to a million dollars.
pub const CAPS: RangeInclusive<MilliCents> = *CREDIT_AMOUNTS.start()..=MilliCents(1_000_000 * MilliCents::PER_DOLLAR);

/// The three amounts, whole cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amounts {
    /// Below so much available it charges.
    pub threshold: MilliCents,
    /// What it charges.
    pub topup: MilliCents,
    /// At most so much in a calendar month.
    pub monthly_cap: MilliCents,
}

/// What is wrong with the amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongAmounts {
    /// Outside of [`THRESHOLDS`].
    Threshold,
    /// Outside of what one charge may be.
    TopUp,
    /// Less than the threshold: it might charge again at once.
    BelowThreshold,
    /// Outside of [`CAPS`].
    Cap,
    /// Less than one top-up: it would never charge.
    CapBelowTopUp,
}

/// The words that stand beside the field.
impl fmt::Display for WrongAmounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let between = |range: RangeInclusive<MilliCents>| format!("Enter {} to {}.", range.start(), range.end());
        match self {
            Self::Threshold => f.write_str(&between(THRESHOLDS)),
            Self::TopUp => f.write_str(&between(CREDIT_AMOUNTS)),
            Self::BelowThreshold => f.write_str("Add at least as much as the balance you charge below."),
            Self::Cap => f.write_str(&between(CAPS)),
            Self::CapBelowTopUp => f.write_str("Allow at least one top-up per month."),
        }
    }
}

impl Amounts {
    /// Checks each amount and how they go together.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self) -> Result<(), WrongAmounts> {
        let whole = |amount: MilliCents| amount.0 % MilliCents::PER_CENT == 0;
        let Self { threshold, topup, monthly_cap } = *self;
        match () {
            () if !THRESHOLDS.contains(&threshold) || !whole(threshold) => Err(WrongAmounts::Threshold),
            () if !CREDIT_AMOUNTS.contains(&topup) || !whole(topup) => Err(WrongAmounts::TopUp),
            () if topup < threshold => Err(WrongAmounts::BelowThreshold),
            () if !CAPS.contains(&monthly_cap) || !whole(monthly_cap) => Err(WrongAmounts::Cap),
            () if monthly_cap < topup => Err(WrongAmounts::CapBelowTopUp),
            () => Ok(()),
        }
    }
}

/// Settings of a workspace, and how it stands with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recharge {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Switched on.
    pub enabled: bool,
    /// When and how much.
    pub amounts: Amounts,
    /// Declines since the last success.
    pub declines: i32,
    /// Before this it is not tried again.
    pub retry_at: Option<Timestamp>,
    /// Why and since when it is paused.
    pub paused: Option<(Pause, Timestamp)>,
    /// First day of the month whose cap was reached and told.
    pub capped_month: Option<Date>,
}

/// Why it is paused, until it is switched on again; but for [`Pause::Unmatched`] a new card helps as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// The last of the retries was declined.
    Declined,
    /// The bank wants its customer to confirm.
    AuthenticationRequired,
    /// Money was taken, but not as it was asked; no card is to blame.
    Unmatched,
}

words!(Pause {
    Declined = "declined",
    AuthenticationRequired = "authentication_required",
    Unmatched = "unmatched",
});

/// What is looked at beside the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Situation {
    /// Posted credits minus held ones.
    pub available: MilliCents,
    /// Something of the plan is paid with credits.
    pub has_rates: bool,
    /// There is a card to charge.
    pub has_card: bool,
    /// A charge has no known outcome.
    pub in_flight: bool,
    /// Charged in this month, in flight included.
    pub charged: MilliCents,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing.
    Leave,
    /// Charge this much.
    Charge(MilliCents),
    /// The month's cap leaves no room.
    Capped,
}

impl Recharge {
    /// Whether a charge is due. By level: whoever asks again gets the same answer until something changes.
    pub fn verdict(&self, situation: &Situation, now: Timestamp) -> Verdict {
        let waits = self.retry_at.is_some_and(|at| now < at);
        let can = self.enabled && self.paused.is_none() && !waits && situation.has_rates && situation.has_card;
        match self.amounts {
            _ if !can || situation.in_flight || situation.available >= self.amounts.threshold => Verdict::Leave,
            Amounts { topup, .. } if topup <= self.room(situation.charged) => Verdict::Charge(topup),
            _ => Verdict::Capped,
        }
    }

    /// What the month's cap still allows.
    pub fn room(&self, charged: MilliCents) -> MilliCents {
        MilliCents((self.amounts.monthly_cap.0 - charged.0).max(0))
    }

    /// How it stands after a charge failed.
    pub fn after(&self, why: &Why, now: Timestamp) -> Aftermath {
        match why {
            Why::AuthenticationRequired => Aftermath::Pause(Pause::AuthenticationRequired),
            // Nothing was declined: it is tried again as soon as it is due.
            Why::NotMade => Aftermath::Retry { declines: self.declines, at: now },
            // What was charged otherwise than asked may be so again, each time with money.
            Why::Unmatched => Aftermath::Pause(Pause::Unmatched),
            Why::Declined(_) | Why::Refused => match AGAIN_AFTER.get(usize::try_from(self.declines).unwrap_or(0)) {
                Some(pause) => Aftermath::Retry { declines: self.declines + 1, at: now + *pause },
                None => Aftermath::Pause(Pause::Declined),
            },
        }
    }
}

/// What a failed charge leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// Another attempt, not before this.
    Retry {
        /// Declines since the last success, this one included.
        declines: i32,
        /// When.
        at: Timestamp,
    },
    /// None, until somebody does something.
    Pause(Pause),
}

/// First day of the month, and its first instant, in a zone.
pub fn month(zone: &TimeZone, now: Timestamp) -> (Date, Timestamp) {
    let first = now.to_zoned(zone.clone()).date().first_of_month();
    let begins = first.to_zoned(zone.clone()).map_or(now, |midnight| midnight.timestamp());
    (first, begins)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dollars(dollars: i64) -> MilliCents {
        MilliCents(dollars * MilliCents::PER_DOLLAR)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn on() -> Recharge {
        Recharge {
            workspace: WorkspaceId(1),
            enabled: true,
            amounts: Amounts { threshold: dollars(20), topup: dollars(50), monthly_cap: dollars(200) },
            declines: 0,
            retry_at: None,
            paused: None,
            capped_month: None,
        }
    }

    const LOW: Situation = Situation {
        available: MilliCents(1_999_999),
        has_rates: true,
        has_card: true,
        in_flight: false,
        charged: MilliCents(0),
    };

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    #[test]
    fn it_charges_below_the_threshold_and_not_at_it() {
        assert_eq!(on().verdict(&LOW, NOW), Verdict::Charge(dollars(50)));
        assert_eq!(on().verdict(&Situation { available: dollars(20), ..LOW }, NOW), Verdict::Leave);
    }

    #[test]
    fn everything_that_forbids_a_charge_forbids_it_alone() {
        let leaves = |recharge: Recharge, situation: Situation| {
            assert_eq!(recharge.verdict(&situation, NOW), Verdict::Leave, "{recharge:?} {situation:?}");
        };
        leaves(Recharge { enabled: false, ..on() }, LOW);
        leaves(Recharge { paused: Some((Pause::Declined, NOW)), ..on() }, LOW);
        leaves(Recharge { retry_at: Some(NOW + SignedDuration::from_secs(1)), ..on() }, LOW);
        leaves(on(), Situation { has_rates: false, ..LOW });
        leaves(on(), Situation { has_card: false, ..LOW });
        leaves(on(), Situation { in_flight: true, ..LOW });
        assert_eq!(Recharge { retry_at: Some(NOW), ..on() }.verdict(&LOW, NOW), Verdict::Charge(dollars(50)));
    }

    #[test]
    fn the_cap_is_reached_and_never_passed() {
        let charged = |cents| on().verdict(&Situation { charged: MilliCents::from_cents(cents), ..LOW }, NOW);
        assert_eq!(charged(15_000), Verdict::Charge(dollars(50)));
        assert_eq!(charged(15_001), Verdict::Capped);
        assert_eq!(charged(20_000), Verdict::Capped);
        assert_eq!((on().room(dollars(150)), on().room(dollars(300))), (dollars(50), dollars(0)));
    }

    #[test]
    fn a_decline_is_tried_again_three_times() {
        let declined = Why::Declined(None);
        let after = |declines, why: &Why| Recharge { declines, ..on() }.after(why, NOW);
        let again = |declines, hours| Aftermath::Retry { declines, at: NOW + SignedDuration::from_hours(hours) };
        assert_eq!([0, 1, 2].map(|declines| after(declines, &declined)), [again(1, 1), again(2, 6), again(3, 24)]);
        assert_eq!(after(3, &declined), Aftermath::Pause(Pause::Declined));
        assert_eq!(after(3, &Why::Refused), Aftermath::Pause(Pause::Declined));
        assert_eq!(after(0, &Why::AuthenticationRequired), Aftermath::Pause(Pause::AuthenticationRequired));
        assert_eq!(after(2, &Why::NotMade), again(2, 0));
        assert_eq!(after(0, &Why::Unmatched), Aftermath::Pause(Pause::Unmatched), "money was taken");
    }

    #[test]
    fn amounts_go_together() {
        let check = |threshold, topup, cap| {
            let cents = MilliCents::from_cents;
            Amounts { threshold: cents(threshold), topup: cents(topup), monthly_cap: cents(cap) }.check()
        };
        assert_eq!(check(2_000, 2_000, 2_000), Ok(()));
        assert_eq!(check(1, 50, 50), Ok(()));
        assert_eq!(check(0, 50, 50), Err(WrongAmounts::Threshold));
        assert_eq!(check(1, 49, 50), Err(WrongAmounts::TopUp));
        assert_eq!(check(1, 1_000_001, 2_000_000), Err(WrongAmounts::TopUp));
        assert_eq!(check(2_000, 1_999, 2_000), Err(WrongAmounts::BelowThreshold));
        assert_eq!(check(2_000, 2_000, 1_999), Err(WrongAmounts::CapBelowTopUp));
        assert_eq!(check(2_000, 2_000, 100_000_001), Err(WrongAmounts::Cap));
        let part = Amounts { topup: MilliCents(50_001), ..on().amounts };
        assert_eq!(Amounts { threshold: dollars(0), ..part }.check(), Err(WrongAmounts::Threshold));
        assert_eq!(Amounts { threshold: MilliCents(1_000), ..part }.check(), Err(WrongAmounts::TopUp));
    }

    #[test]
    fn a_month_begins_at_the_workspace_s_midnight() {
        let zone = TimeZone::get("America/New_York").unwrap();
        let begins = |now: &str| month(&zone, at(now)).1.to_string();
        assert_eq!(begins("2026-11-20T15:00:00Z"), "2026-11-01T04:00:00Z");
        assert_eq!(begins("2026-12-01T04:59:59Z"), "2026-11-01T04:00:00Z");
        assert_eq!(begins("2026-12-01T05:00:00Z"), "2026-12-01T05:00:00Z");
    }
}
