//! What was posted, as pages and lists read it: a stretch of postings, newest first, with the calls and lots they name.
//! No read grows with the ledger: stretches are found through an index, and a date by halving the numbers.

use jiff::Timestamp;

use super::account::Account;
use super::call::Call;
use super::posting::{Posting, PostingKind};
use super::receipt::Source;
use crate::units::{Meter, MilliCents};

pub mod repo;

/// Which postings, and which way to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Only these kinds; `None` for all.
    pub kinds: Option<Vec<PostingKind>>,
    /// Only those whose key begins so.
    pub key_prefix: Option<String>,
    /// Above this number.
    pub above: i64,
    /// Below this number.
    pub below: i64,
    /// From the lower end up, else from the upper end down. Either way they come newest first.
    pub upwards: bool,
    /// At most so many.
    pub limit: i64,
}

/// A posting with the call that it charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// The posting.
    pub posting: Posting,
    /// Its call, where it charged one.
    pub call: Option<Call>,
}

/// What a posting changed for its customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Credits, signed.
    pub credits: MilliCents,
    /// Seconds of allowance and lots, signed.
    pub secs: i64,
    /// Calls of allowance and lots, signed.
    pub calls: i64,
    /// Billed afterwards.
    pub excess: MilliCents,
    /// Owed after a refund of what was used, signed.
    pub debt: MilliCents,
}

impl Change {
    /// The sum of a posting's entries.
    pub fn of(posting: &Posting) -> Self {
        let mut change = Self::default();
        for entry in &posting.entries {
            match entry.account {
                Account::Allowance(Meter::Minutes) | Account::Lot(Meter::Minutes, _) => change.secs += entry.amount,
                Account::Allowance(Meter::Calls) | Account::Lot(Meter::Calls, _) => change.calls += entry.amount,
                Account::Credits => change.credits.0 += entry.amount,
                Account::Excess => change.excess.0 -= entry.amount,
                Account::Debt => change.debt.0 -= entry.amount,
                _ => {}
            }
        }
        change
    }
}

/// The sources that a posting drew from or added to, in the order of consumption.
pub fn sources(posting: &Posting) -> Vec<Source> {
    let mut sources: Vec<Source> = posting
        .entries
        .iter()
        .filter_map(|entry| match entry.account {
            Account::Allowance(_) => Some(Source::Allowance),
            Account::Lot(..) => Some(Source::Lot),
            Account::Credits => Some(Source::Credits),
            Account::Excess => Some(Source::Excess),
            _ => None,
        })
        .collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// Numbers of the lots that a posting names, in the order of its entries.
pub fn lots(posting: &Posting) -> impl Iterator<Item = i64> {
    posting.entries.iter().filter_map(|entry| match entry.account {
        Account::Lot(_, number) => Some(number),
        _ => None,
    })
}

/// Units of a new allowance, and those of the old one that ended unused: what a reset did.
pub fn reset(posting: &Posting) -> (Option<(Meter, i64)>, i64) {
    let granted = posting.entries.iter().rev().find_map(|entry| match entry.account {
        Account::Issued(meter) => Some((meter, -entry.amount)),
        _ => None,
    });
    let expired = posting.entries.iter().filter(|entry| matches!(entry.account, Account::Expired(_)));
    (granted, expired.map(|entry| entry.amount).sum())
}

/// A package that was bought or applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackAdded {
    /// When.
    pub at: Timestamp,
    /// What it cost.
    pub price: MilliCents,
    /// What it came from: `pur_…` where it was bought.
    pub reference: String,
}

/// A day of the roll-up, in the workspace's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsageDay {
    /// Which.
    pub date: jiff::civil::Date,
    /// What it used.
    pub usage: super::outcome::Usage,
}
