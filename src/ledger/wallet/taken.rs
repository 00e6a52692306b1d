//! What a wallet knows of credits that are taken back.

use super::{Entry, Lot, Meter, TakeBack, Wallet};
use crate::ledger::take_back::Credit;

impl Wallet {
    /// Number and entries of what credited this: posted in this batch, or loaded for it. Of a top-up that paid debt
    /// first, the first number and the entries of both postings.
    pub fn credited(&self, credit: &Credit) -> Option<(i64, Vec<Entry>)> {
        if let Some(loaded) = self.credited.get(credit) {
            return Some(loaded.clone());
        }
        let (kinds, key) = (credit.kinds(), credit.key());
        let of_credit = || self.changes.postings.iter().filter(|it| kinds.contains(&it.kind) && it.key == key);
        let first = of_credit().next()?.seq;
        Some((first, of_credit().flat_map(|posting| &posting.entries).copied().collect()))
    }

    /// What is left in the lot with this number; nothing where it is used up.
    pub fn left_in(&self, number: i64) -> i64 {
        self.lots.iter().find(|lot| lot.number == number).map_or(0, |lot| lot.remaining)
    }

    /// Credits of which more, or less, is taken back since it was loaded.
    pub fn changed_take_backs(&self) -> impl Iterator<Item = &TakeBack> {
        self.take_backs.iter().filter(|it| self.changes.take_backs.contains(&it.seq))
    }

    /// How many credits wait to be taken back further.
    pub fn waiting(&self) -> i64 {
        self.take_backs.iter().filter(|it| it.missing() > 0).count() as i64
    }

    /// Notes how far a credit is taken back now.
    pub(super) fn remember(&mut self, take_back: TakeBack) {
        self.changes.take_backs.insert(take_back.seq);
        match self.take_backs.binary_search_by_key(&take_back.seq, |it| it.seq) {
            Ok(at) => self.take_backs[at] = take_back,
            Err(at) => self.take_backs.insert(at, take_back),
        }
    }

    /// Place of an open lot; one that was used up opens again where units come back to it.
    pub(super) fn open_lot(&mut self, meter: Meter, number: i64, amount: i64) -> usize {
        match self.lots.binary_search_by_key(&number, |lot| lot.number) {
            Ok(at) => at,
            Err(at) => {
                assert!(amount > 0, "only what is left of a lot can be drawn");
                self.lots.insert(at, Lot { number, meter, remaining: 0 });
                at
            }
        }
    }
}
