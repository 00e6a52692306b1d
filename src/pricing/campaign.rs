//! How far a wallet carries many calls, one after the other.

use super::Standing;
use crate::units::{Meter, MilliCents, Seconds};

/// Calls that are planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Campaign {
    /// How many.
    pub calls: i64,
    /// Connected time of each.
    pub expected: Seconds,
}

impl Campaign {
    /// Most calls, and longest; keeps every product far inside of an i64.
    pub const MOST: (i64, i64) = (1_000_000, 86_400);
}

/// What a campaign comes to. Units are the meter's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CampaignQuote {
    /// Capacity that lets every call start and be covered to its end.
    pub required: i64,
    /// What lacks of it; 0 where the campaign fits.
    pub short: i64,
    /// Credits that make up for it, at the largest rate; `None` where nothing has a rate.
    pub short_mc: Option<MilliCents>,
    /// Calls that start and are covered to their end before the wallet runs dry; all of them where the campaign fits.
    pub covered: i64,
}

impl Standing {
    /// What a campaign comes to as the wallet stands. Each call holds what the plan asks for and, where that grows with
    /// the call, at least what it uses; the next begins when it has ended. Where usage is billed afterwards nothing is
    /// short.
    pub fn quote(&self, campaign: Campaign) -> CampaignQuote {
        let Campaign { calls, expected } = campaign;
        let (each, hold) = match self.meter {
            Meter::Minutes => (expected.0, self.hold.max(expected.0)),
            Meter::Calls => (1, 1),
        };
        let required = (calls - 1) * each + hold;
        if self.postpaid {
            let covered = if self.limit_reached { 0 } else { calls };
            return CampaignQuote { required, short: 0, short_mc: None, covered };
        }
        let capacity = self.capacity();
        let short = (required - capacity).max(0);
        let covered = if capacity < hold { 0 } else { ((capacity - hold) / each + 1).min(calls) };
        let short_mc = (self.sigma.0 > 0).then(|| self.credits_for(required, short));
        CampaignQuote { required, short, short_mc, covered }
    }

    /// Credits that `short` units lack of `required`: the exact difference where money is all there is.
    fn credits_for(&self, required: i64, short: i64) -> MilliCents {
        let price = |units: i64| {
            let exact = i128::from(units) * i128::from(self.sigma_max.0);
            let piece = i128::from(self.meter.per_piece());
            i64::try_from((exact + piece - 1) / piece).unwrap_or(i64::MAX)
        };
        match short {
            0 => MilliCents(0),
            _ if self.runs_on_money() => MilliCents((price(required) - self.available_mc().0).max(0)),
            short => MilliCents(price(short)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn money(posted: i64, sigma: i64, hold: i64) -> Standing {
        let sigma = MilliCents(sigma);
        Standing { posted: MilliCents(posted), sigma, sigma_max: sigma, hold, ..Standing::default() }
    }

    fn campaign(calls: i64, seconds: i64) -> Campaign {
        Campaign { calls, expected: Seconds(seconds) }
    }

    #[test]
    fn ten_dollars_carry_as_many_calls_as_they_pay_for() {
        // $10 at $0.10 a minute: a hundred calls of a minute, held by the minute.
        let standing = money(1_000_000, 10_000, 60);
        let fits = standing.quote(campaign(100, 60));
        assert_eq!(fits, CampaignQuote { required: 6_000, short: 0, short_mc: Some(MilliCents(0)), covered: 100 });
        let more = standing.quote(campaign(101, 60));
        assert_eq!((more.short, more.short_mc, more.covered), (60, Some(MilliCents(10_000)), 100));
    }

    #[test]
    fn the_last_call_needs_its_whole_hold() {
        // Calls of one minute that hold an hour each: the hold is needed until the last one.
        let standing = money(305_000, 5_000, 3_600);
        assert_eq!(standing.capacity(), 3_660);
        let quote = standing.quote(campaign(3, 60));
        assert_eq!((quote.required, quote.short, quote.covered), (3_720, 60, 2));
        assert_eq!(quote.short_mc, Some(MilliCents(5_000)));
    }

    #[test]
    fn a_call_longer_than_its_hold_needs_what_it_uses() {
        let standing = Standing { allowance: 350, hold: 60, ..Standing::default() };
        let quote = standing.quote(campaign(2, 180));
        assert_eq!((quote.required, quote.short, quote.covered, quote.short_mc), (360, 10, 1, None));
    }

    #[test]
    fn calls_are_counted_whatever_their_seconds() {
        let standing = Standing { meter: Meter::Calls, lots: 7, held: 2, hold: 1, ..Standing::default() };
        let quote = standing.quote(campaign(8, 86_400));
        assert_eq!((quote.required, quote.short, quote.covered), (8, 3, 5));
    }

    #[test]
    fn what_calls_already_hold_is_not_counted_twice() {
        let standing = Standing { held: 600, ..money(100_000, 6_000, 60) };
        assert_eq!(standing.available_mc(), MilliCents(40_000));
        let quote = standing.quote(campaign(10, 60));
        assert_eq!((quote.short, quote.covered), (200, 6));
        assert_eq!(quote.short_mc, Some(MilliCents(20_000)));
    }

    #[test]
    fn nothing_is_short_where_usage_is_billed_afterwards() {
        let standing = Standing { postpaid: true, ..money(0, 5_000, 60) };
        assert_eq!(standing.quote(campaign(1_000, 60)).covered, 1_000);
        let reached = Standing { limit_reached: true, ..standing };
        assert_eq!(reached.quote(campaign(1_000, 60)).covered, 0);
    }

    #[test]
    fn the_largest_campaign_overflows_nothing() {
        let quote = money(0, i64::MAX / 2, 60).quote(campaign(Campaign::MOST.0, Campaign::MOST.1));
        assert_eq!((quote.covered, quote.short_mc), (0, Some(MilliCents(i64::MAX))));
    }
}
