//! Upgrade advice: whether packs cost more than the next larger plan would have (SPEC §2.2).

use serde::{Deserialize, Serialize};

use crate::units::{Meter, MilliCents};

/// How many full periods are looked back on.
pub const PERIODS: usize = 3;

/// What matters of a plan for the comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Name of the plan.
    pub name: String,
    /// Unit of the allowance.
    pub meter: Meter,
    /// Units of each period.
    pub included: i64,
    /// Price of a period.
    pub price: MilliCents,
}

/// A full period of the past.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Units that were used, whatever paid for them.
    pub used: i64,
    /// What packs cost that were bought or applied in it, less what was refunded of that.
    pub packs: MilliCents,
}

/// The arithmetic of an advice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upgrade {
    /// Name of the present plan.
    pub from: String,
    /// Name of the larger plan.
    pub to: String,
    /// Unit of its allowance.
    pub meter: Meter,
    /// Units of each of its periods.
    pub included: i64,
    /// What packs cost in the last [`PERIODS`] full periods.
    pub packs: MilliCents,
    /// How much more the larger plan costs in each period.
    pub difference: MilliCents,
}

impl Upgrade {
    /// How much more the larger plan would have cost in all these periods.
    pub fn extra(&self) -> MilliCents {
        MilliCents(self.difference.0 * PERIODS as i64)
    }

    /// How much less that is than what packs cost.
    pub fn saved(&self) -> MilliCents {
        MilliCents(self.packs.0 - self.extra().0)
    }
}

/// Compares what packs cost over the last [`PERIODS`] full periods with the first of the `larger` plans, by rank, whose
/// allowance would have covered the use of each. `None` where packs were not dearer, or there are fewer periods.
pub fn upgrade(plan: &Rung, larger: &[Rung], periods: &[Spent]) -> Option<Upgrade> {
    let most = periods.iter().map(|period| period.used).max().filter(|_| periods.len() == PERIODS)?;
    let next = larger.iter().find(|next| next.meter == plan.meter && next.included >= most)?;
    let advice = Upgrade {
        from: plan.name.clone(),
        to: next.name.clone(),
        meter: next.meter,
        included: next.included,
        packs: MilliCents(periods.iter().map(|period| period.packs.0).sum()),
        difference: MilliCents(next.price.0 - plan.price.0),
    };
    (advice.packs.0 > 0 && advice.saved().0 > 0).then_some(advice)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(name: &str, minutes: i64, dollars: i64) -> Rung {
        let price = MilliCents(dollars * MilliCents::PER_DOLLAR);
        Rung { name: name.into(), meter: Meter::Minutes, included: minutes * 60, price }
    }

    fn spent(minutes: i64, dollars: i64) -> Spent {
        Spent { used: minutes * 60, packs: MilliCents(dollars * MilliCents::PER_DOLLAR) }
    }

    fn advised(larger: &[Rung], periods: &[Spent]) -> Option<(String, String, String, String)> {
        let it = upgrade(&rung("Starter", 100, 29), larger, periods)?;
        Some((it.to.clone(), it.packs.to_string(), it.extra().to_string(), it.saved().to_string()))
    }

    fn told(to: &str, packs: &str, extra: &str, saved: &str) -> Option<(String, String, String, String)> {
        Some((to.into(), packs.into(), extra.into(), saved.into()))
    }

    #[test]
    fn packs_that_cost_more_than_the_larger_plan_are_told_with_the_arithmetic() {
        let growth = [rung("Growth", 300, 49)];
        let dear = [spent(250, 26), spent(300, 30), spent(200, 22)];
        assert_eq!(advised(&growth, &dear), told("Growth", "$78.00", "$60.00", "$18.00"));
        let same = [spent(250, 20), spent(250, 20), spent(250, 20)];
        assert_eq!(advised(&growth, &same), None, "as much is not more");
        let cent_more = [spent(250, 20), spent(250, 20), Spent { packs: MilliCents(2_001_000), ..spent(250, 0) }];
        assert_eq!(advised(&growth, &cent_more), told("Growth", "$60.01", "$60.00", "$0.01"));
        assert_eq!(advised(&growth, &dear[..2]), None, "three full periods are needed");
    }

    #[test]
    fn the_next_plan_is_the_first_by_rank_that_would_have_covered_the_use_of_each_period() {
        let ladder = [rung("Growth", 300, 49), rung("Scale", 1_000, 99)];
        let dear = |most| [spent(most, 80), spent(100, 80), spent(100, 80)];
        assert_eq!(advised(&ladder, &dear(300)).unwrap().0, "Growth");
        assert_eq!(advised(&ladder, &dear(301)), told("Scale", "$240.00", "$210.00", "$30.00"));
        assert_eq!(advised(&ladder, &dear(1_001)), None, "no plan would have been enough");
        assert_eq!(advised(&[], &dear(300)), None);
        let calls = [Rung { meter: Meter::Calls, ..rung("Analyst", 300, 30) }];
        assert_eq!(advised(&calls, &dear(300)), None, "another unit is another plan");
    }

    #[test]
    fn who_bought_no_packs_is_told_nothing() {
        let cheaper = [rung("Larger for less", 300, 19)];
        assert_eq!(advised(&cheaper, &[spent(50, 0); 3]), None);
        assert_eq!(advised(&cheaper, &[spent(50, 1); 3]).unwrap().2, "−$30.00");
    }
}
