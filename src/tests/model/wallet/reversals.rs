//! What the naive model knows of refunds and disputes: a purchase remembers what came back of it, and after every
//! command it is looked at what can be taken now.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use minutebank::ledger::{Credit, Reversal};
use minutebank::units::MilliCents;

use super::Model;
use crate::model::observe::Verdict::{self, Refused};

/// Something that was bought, and what came back of its price.
#[derive(Clone, Debug, PartialEq)]
pub struct Bought {
    pub credit: Credit,
    /// Places of its lots; none where money was bought.
    pub lots: Vec<usize>,
    /// Units of all its lots, or milli-cents.
    pub granted: i64,
    pub paid: i64,
    /// Id, milli-cents, and whether it still stands.
    pub reversals: Vec<(String, i64, bool)>,
    /// When the last of them came.
    pub since: Timestamp,
    /// Taken back, by lot.
    pub from_lots: BTreeMap<usize, i64>,
    pub from_credits: i64,
    /// Units that had been used, and are debt.
    pub owed: i64,
}

impl Bought {
    pub fn new(credit: Credit, lots: Vec<usize>, granted: i64) -> Self {
        let since = Timestamp::UNIX_EPOCH;
        let (reversals, from_lots) = (Vec::new(), BTreeMap::new());
        Self { credit, lots, granted, paid: 0, reversals, since, from_lots, from_credits: 0, owed: 0 }
    }

    fn refunded(&self) -> i64 {
        let standing = self.reversals.iter().filter(|(.., stands)| *stands);
        standing.map(|(_, amount, _)| amount).sum::<i64>().min(self.paid)
    }

    fn target(&self) -> i64 {
        if self.paid == 0 { 0 } else { share(self.granted, self.refunded(), self.paid) }
    }

    fn taken(&self) -> i64 {
        self.from_credits + self.from_lots.values().sum::<i64>()
    }

    /// What so many used units cost, rounded down.
    fn price(&self, units: i64) -> i64 {
        share(units, self.paid, self.granted)
    }
}

fn share(of: i64, part: i64, whole: i64) -> i64 {
    (i128::from(of) * i128::from(part) / i128::from(whole)) as i64
}

impl Model {
    pub fn take_back(&mut self, it: &Reversal, now: Timestamp) -> Verdict {
        if it.amount.0 <= 0 || it.paid.0 <= 0 {
            return Refused("Invalid");
        }
        let Some(bought) = self.bought.iter_mut().find(|bought| bought.credit == it.credit) else {
            return Refused("UnknownCredit");
        };
        if let Some((_, amount, _)) = bought.reversals.iter().find(|(id, ..)| *id == it.id) {
            return Verdict::Reversed { amount: *amount, repeated: true };
        }
        if bought.paid == 0 {
            bought.paid = it.paid.0;
        }
        bought.reversals.push((it.id.clone(), it.amount.0, true));
        bought.since = now;
        Verdict::Reversed { amount: it.amount.0, repeated: false }
    }

    /// Refunds what is unused: whole cents, never more than the units that nobody needs are worth.
    pub fn take_unused(&mut self, credit: &Credit, id: &str, paid: MilliCents, now: Timestamp) -> Verdict {
        if paid.0 <= 0 {
            return Refused("Invalid");
        }
        let Some(bought) = self.bought.iter().find(|bought| bought.credit == *credit) else {
            return Refused("UnknownCredit");
        };
        if let Some((_, amount, _)) = bought.reversals.iter().find(|(known, ..)| known == id) {
            return Verdict::Reversed { amount: *amount, repeated: true };
        }
        if bought.lots.is_empty() {
            return Refused("Invalid");
        }
        let paid = if bought.paid == 0 { paid.0 } else { bought.paid };
        let left: i64 = bought.lots.iter().map(|lot| self.lots[*lot].1).sum();
        let unused = left.min(self.most_of(&bought.lots));
        let worth = share(unused, paid, bought.granted).min(paid - bought.refunded());
        let amount = worth / 1_000 * 1_000;
        if amount <= 0 {
            return Refused("NothingUnused");
        }
        let (credit, id) = (credit.clone(), id.to_owned());
        let cause = minutebank::ledger::Cause::Refund;
        self.take_back(&Reversal { credit, id, cause, amount: MilliCents(amount), paid: MilliCents(paid) }, now)
    }

    pub fn give_back(&mut self, it: &Reversal, now: Timestamp) -> Verdict {
        if it.amount.0 <= 0 || it.paid.0 <= 0 {
            return Refused("Invalid");
        }
        let Some(at) = self.bought.iter().position(|bought| bought.credit == it.credit) else {
            return Refused("UnknownCredit");
        };
        let bought = &mut self.bought[at];
        let known = bought.reversals.iter_mut().find(|(id, ..)| *id == it.id);
        let (amount, repeated) = match known {
            Some((_, amount, stands)) => {
                let stood = std::mem::replace(stands, false);
                (*amount, !stood)
            }
            None => {
                // Heard of only now, when it has failed already.
                bought.reversals.push((it.id.clone(), it.amount.0, false));
                if bought.paid == 0 {
                    (bought.paid, bought.since) = (it.paid.0, now);
                }
                (it.amount.0, false)
            }
        };
        self.return_surplus(at);
        Verdict::Reversed { amount, repeated }
    }

    /// What was taken past the target goes back: to the same lots, then debt is cancelled.
    fn return_surplus(&mut self, at: usize) {
        let mut bought = self.bought[at].clone();
        let mut surplus = (bought.taken() + bought.owed - bought.target()).max(0);
        for (lot, taken) in &mut bought.from_lots {
            let back = surplus.min(*taken);
            *taken -= back;
            self.lots[*lot].1 += back;
            surplus -= back;
        }
        let back = surplus.min(bought.from_credits);
        bought.from_credits -= back;
        self.credits += back;
        surplus -= back;
        let before = bought.price(bought.owed);
        bought.owed -= surplus;
        let cancelled = before - bought.price(bought.owed);
        let still_owed = cancelled.min(self.debt);
        self.debt -= still_owed;
        self.credits += cancelled - still_owed;
        self.bought[at] = bought;
    }

    /// True where debt is to be paid.
    pub fn owes(&self) -> bool {
        self.debt > 0
    }

    /// How many units of these lots no open call needs.
    fn most_of(&self, lots: &[usize]) -> i64 {
        let meter = self.lots[lots[0]].0;
        if self.usable(meter).contains(&lots[0]) { self.capacity().max(0) } else { i64::MAX }
    }

    /// Takes what can be taken now, of the oldest purchase first, of its newest lot first.
    pub fn collect(&mut self, now: Timestamp) {
        for at in 0..self.bought.len() {
            let mut bought = self.bought[at].clone();
            let mut missing = bought.target() - bought.taken() - bought.owed;
            if missing <= 0 {
                continue;
            }
            if bought.lots.is_empty() {
                let taken = missing.min(self.available());
                self.credits -= taken;
                bought.from_credits += taken;
                missing -= taken;
            } else {
                let mut most = missing.min(self.most_of(&bought.lots));
                for lot in bought.lots.iter().rev() {
                    let taken = most.min(self.lots[*lot].1);
                    self.lots[*lot].1 -= taken;
                    *bought.from_lots.entry(*lot).or_default() += taken;
                    most -= taken;
                    missing -= taken;
                }
            }
            // The longest call that was open then has ended.
            let waited = now >= bought.since + SignedDuration::from_secs(86_400 + 600);
            if self.open_calls().next().is_none() || waited {
                let before = bought.price(bought.owed);
                bought.owed += missing;
                self.debt += bought.price(bought.owed) - before;
            }
            self.bought[at] = bought;
        }
    }
}
