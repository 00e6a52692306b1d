//! Posted balances, and how entries change them.

use super::account::{Account, Entry};
use crate::units::Meter;

/// Posted balances.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    /// Left of the period's allowance, in units of the plan's meter.
    pub allowance: i64,
    /// Left in all lots that count seconds.
    pub packs_secs: i64,
    /// Left in all lots that count calls.
    pub packs_calls: i64,
    /// Credits.
    pub credits_mc: i64,
    /// Usage billed afterwards, since the first day.
    pub excess_mc: i64,
    /// Owed after a refund of what was used.
    pub debt_mc: i64,
}

impl Balances {
    /// Folds one entry in; accounts of other things leave the balances alone.
    pub fn fold(&mut self, entry: &Entry) {
        match entry.account {
            Account::Allowance(_) => self.allowance += entry.amount,
            Account::Lot(Meter::Minutes, _) => self.packs_secs += entry.amount,
            Account::Lot(Meter::Calls, _) => self.packs_calls += entry.amount,
            Account::Credits => self.credits_mc += entry.amount,
            Account::Excess => self.excess_mc -= entry.amount,
            Account::Debt => self.debt_mc -= entry.amount,
            _ => {}
        }
    }
}
