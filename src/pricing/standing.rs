//! Where a wallet stands: capacity, how many calls fit, and the words for it (SPEC §1.2, §4).

use serde::{Deserialize, Serialize};

use crate::units::{Meter, MilliCents, Seconds};

/// The figures that decide whether a call is accepted. Units are the meter's: seconds or calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What allowance, packs and holds are counted in.
    pub meter: Meter,
    /// `A`: units left of the current period's allowance.
    pub allowance: i64,
    /// `L`: units left in usable lots.
    pub lots: i64,
    /// `P`: posted credits.
    pub posted: MilliCents,
    /// `H`: units of all open holds.
    pub held: i64,
    /// `Σ` of the current snapshot, per minute (per call on the calls meter).
    pub sigma: MilliCents,
    /// `Σ*`: the largest `Σ` among the current snapshot and the open holds.
    pub sigma_max: MilliCents,
    /// Units that the next call will hold.
    pub hold: i64,
    /// Usage past every prepaid source is billed afterwards: holds reserve nothing and capacity has no meaning.
    pub postpaid: bool,
    /// The period's excess has reached its limit: calls are refused although they are postpaid.
    pub limit_reached: bool,
}

/// The pill's state; the words always carry it, colour only repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// No further call fits: red.
    Paused,
    /// One call fits: amber.
    One,
    /// Several calls fit: neutral.
    Many(i64),
}

impl Fit {
    /// Counts up to here are said as they are; above, calls are simply on.
    const LARGEST_COUNT: i64 = 20;

    /// The pill's words: `Calls paused`, `1 call fits`, `18 calls fit`, above twenty `Calls on`.
    pub fn words(self) -> String {
        match self {
            Fit::Paused => "Calls paused".into(),
            Fit::One => "1 call fits".into(),
            Fit::Many(count) if count <= Self::LARGEST_COUNT => format!("{count} calls fit"),
            Fit::Many(_) => "Calls on".into(),
        }
    }

    /// The same beside the balance, where running calls are shown too: `18 more calls fit`.
    pub fn more_words(self) -> String {
        match self {
            Fit::One => "1 more call fits".into(),
            Fit::Many(count) if count <= Self::LARGEST_COUNT => format!("{count} more calls fit"),
            Fit::Paused | Fit::Many(_) => self.words(),
        }
    }
}

/// What is missing for the next call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// Credits alone carry the calls: milli-cents missing.
    Money(MilliCents),
    /// Units of the meter missing.
    Units(i64),
}

/// Stripe's floor for a charge, and so the least that can be added.
pub const LEAST_TOPUP: MilliCents = MilliCents::from_cents(50);

impl Standing {
    /// Seconds (calls) per priced piece: rates are per minute, or per call.
    fn piece(&self) -> i64 {
        self.meter.per_piece()
    }

    /// `A + L + floor(P*60/Σ*) − H`; the credit term is 0 where nothing has a rate.
    pub fn capacity(&self) -> i64 {
        self.prepaid() - self.held
    }

    /// `A + L + floor(P*60/Σ*)`: capacity with nothing held.
    pub fn prepaid(&self) -> i64 {
        let by_credits = if self.sigma_max.0 > 0 { self.posted.0 * self.piece() / self.sigma_max.0 } else { 0 };
        self.allowance + self.lots + by_credits
    }

    /// `ceil(max(0, H−A−L)*Σ*/60)`, once over the sum of all holds.
    pub fn held_mc(&self) -> MilliCents {
        let on_credits = (self.held - self.allowance - self.lots).max(0);
        MilliCents((on_credits * self.sigma_max.0).div_ceil_positive(self.piece()))
    }

    /// Posted credits minus what is held of them. A plan change at a period's end can leave holds that nothing covers:
    /// then nothing is available, not less.
    pub fn available_mc(&self) -> MilliCents {
        MilliCents((self.posted.0 - self.held_mc().0).max(0))
    }

    /// A call's own `ceil(hold*Σ/60)`: its nominal cost; takes part in no sum.
    pub fn hold_mc(&self) -> MilliCents {
        MilliCents((self.hold * self.sigma.0).div_ceil_positive(self.piece()))
    }

    /// `floor(capacity / hold)`, never below 0. On postpaid plans every call fits, until the limit.
    pub fn calls_that_fit(&self) -> i64 {
        match (self.postpaid, self.limit_reached) {
            (true, true) => 0,
            (true, false) => i64::MAX,
            _ if self.hold <= 0 => 0,
            _ => (self.capacity() / self.hold).max(0),
        }
    }

    /// True where a call is accepted.
    pub fn accepts_call(&self) -> bool {
        if self.postpaid { !self.limit_reached } else { self.capacity() >= self.hold }
    }

    /// True where nothing prepaid is left, and nothing is billed afterwards.
    pub fn is_exhausted(&self) -> bool {
        !self.postpaid && self.prepaid() == 0
    }

    /// The pill's state.
    pub fn fit(&self) -> Fit {
        match self.calls_that_fit() {
            0 => Fit::Paused,
            1 => Fit::One,
            more => Fit::Many(more),
        }
    }

    /// True where money is all there is: nothing left of allowance and lots, and use has a rate.
    pub fn runs_on_money(&self) -> bool {
        self.allowance + self.lots == 0 && self.sigma.0 > 0
    }

    /// Units of allowance and lots that no hold keeps, never below 0: what the page calls available.
    pub fn available_units(&self) -> i64 {
        (self.allowance + self.lots - self.held).max(0)
    }

    /// What the next call lacks; `None` where it fits.
    pub fn shortfall(&self) -> Option<Shortfall> {
        let missing = self.hold - self.capacity();
        if missing <= 0 || self.postpaid {
            None
        } else if self.runs_on_money() {
            let cents = (self.hold_mc().0 - self.available_mc().0).max(LEAST_TOPUP.0);
            Some(Shortfall::Money(MilliCents(cents)))
        } else {
            Some(Shortfall::Units(missing))
        }
    }

    /// The sentence that tells a customer why calls are paused and what to add; `None` where a call fits (SPEC §4).
    pub fn paused_message(&self) -> Option<String> {
        if self.limit_reached {
            let text =
                "Calls paused. This period's billable usage has reached its limit. Ask your provider to raise it.";
            return Some(text.to_owned());
        }
        let release = "(we release it back if no one answers)";
        Some(match self.shortfall()? {
            Shortfall::Money(missing) => format!(
                "Calls paused. Your balance is {} but each call requires a {} hold {release}. \
                 Add {} or more in credits to keep calling.",
                self.available_mc(),
                MilliCents::from_cents(self.hold_mc().cents_up()),
                MilliCents::from_cents(missing.cents_up()),
            ),
            Shortfall::Units(missing) => {
                let left = self.capacity().max(0);
                let (left, hold, add) = match self.meter {
                    Meter::Minutes => (
                        Seconds(left).minutes_down(),
                        format!("a {}-minute hold", Seconds(self.hold).minutes_up()),
                        Seconds(missing).minutes_up(),
                    ),
                    Meter::Calls => (left, Meter::Calls.pieces(self.hold), missing),
                };
                format!(
                    "Calls paused. You have {} left but each call requires {hold} {release}. \
                     Add {} or more to keep calling.",
                    self.meter.pieces(left),
                    self.meter.pieces(add),
                )
            }
        })
    }
}

trait DivCeil {
    fn div_ceil_positive(self, by: i64) -> i64;
}

impl DivCeil for i64 {
    fn div_ceil_positive(self, by: i64) -> i64 {
        (self + by - 1).div_euclid(by)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(allowance: i64, lots: i64, hold: i64) -> Standing {
        Standing { allowance, lots, hold, ..Standing::default() }
    }

    fn money(posted: i64, sigma: i64, hold: i64) -> Standing {
        Standing {
            posted: MilliCents(posted),
            sigma: MilliCents(sigma),
            sigma_max: MilliCents(sigma),
            hold,
            ..Standing::default()
        }
    }

    #[test]
    fn the_pill_counts_to_twenty() {
        let words: Vec<_> = [Fit::Paused, Fit::One, Fit::Many(2), Fit::Many(20), Fit::Many(21)].map(Fit::words).into();
        assert_eq!(words, ["Calls paused", "1 call fits", "2 calls fit", "20 calls fit", "Calls on"]);
        assert_eq!(Fit::One.more_words(), "1 more call fits");
        assert_eq!(Fit::Many(20).more_words(), "20 more calls fit");
        assert_eq!(Fit::Many(21).more_words(), "Calls on");
    }

    #[test]
    fn the_paused_message_in_minutes_is_the_contract_s() {
        let standing = minutes(12 * 60, 0, 3_600);
        assert_eq!(
            standing.paused_message().unwrap(),
            "Calls paused. You have 12 minutes left but each call requires a 60-minute hold (we release it back if \
             no one answers). Add 48 minutes or more to keep calling."
        );
        let short = minutes(15, 0, 60);
        assert_eq!(
            short.paused_message().unwrap(),
            "Calls paused. You have 0 minutes left but each call requires a 1-minute hold (we release it back if no \
             one answers). Add 1 minute or more to keep calling."
        );
    }

    #[test]
    fn the_paused_message_in_money_is_the_contract_s() {
        let standing = money(188_000, 5_000, 3_600);
        assert_eq!(
            standing.paused_message().unwrap(),
            "Calls paused. Your balance is $1.88 but each call requires a $3.00 hold (we release it back if no one \
             answers). Add $1.12 or more in credits to keep calling."
        );
        let almost = money(299_000, 5_000, 3_600);
        assert!(almost.paused_message().unwrap().contains("Add $0.50 or more"));
    }

    #[test]
    fn the_paused_message_in_calls_is_the_contract_s() {
        let standing = Standing { meter: Meter::Calls, hold: 1, ..Standing::default() };
        assert_eq!(
            standing.paused_message().unwrap(),
            "Calls paused. You have 0 calls left but each call requires 1 call (we release it back if no one \
             answers). Add 1 call or more to keep calling."
        );
    }

    #[test]
    fn holds_round_once_over_their_sum() {
        // Three holds of 61 s on $0.00305 at 100 mc/min: 183 s cost exactly 305 mc, rounding each would cost 306.
        let standing = Standing { held: 183, ..money(305, 100, 61) };
        assert_eq!(standing.held_mc(), MilliCents(305));
        assert_eq!(standing.capacity(), 0);
        assert_eq!(standing.fit(), Fit::Paused);
    }

    #[test]
    fn credits_stretch_capacity_at_the_largest_sigma() {
        let standing = Standing { sigma_max: MilliCents(10_000), ..money(300_000, 5_000, 3_600) };
        assert_eq!(standing.capacity(), 1_800);
        assert_eq!(minutes(600, 60, 60).fit(), Fit::Many(11));
        assert_eq!(minutes(60, 0, 60).fit(), Fit::One);
    }
}
