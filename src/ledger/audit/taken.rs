//! What refunds and disputes took: it reverses one credit each, and never more than that had unused (SPEC §7.11).

use super::{Account, Audit, Posting, PostingKind};
use crate::ledger::take_back::TakeBack;

/// What the postings of one refund or dispute have taken, less what they gave back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Of lots.
    units: i64,
    /// Of credits, or as debt.
    money: i64,
}

impl Audit {
    /// Its key is the refund's, and the posting's own number.
    pub(super) fn taken(&mut self, posting: &Posting) {
        let seq = posting.seq;
        let owed = posting.kind == PostingKind::Owed;
        let mut taken = Taken::default();
        for entry in &posting.entries {
            match entry.account {
                Account::Lot(_, number) if !owed => {
                    taken.units -= entry.amount;
                    *self.lots_taken.entry(number).or_default() -= entry.amount;
                }
                Account::Funding => taken.money += entry.amount,
                Account::Issued(_) | Account::Credits if !owed => {}
                Account::Debt if owed => {}
                _ => self.findings.push(format!("posting {seq} takes back what no refund can")),
            }
        }
        let Some((id, number)) = posting.key.rsplit_once(':') else {
            return self.findings.push(format!("posting {seq} does not say what it takes back"));
        };
        self.expect(number == seq.to_string(), || format!("posting {seq} has the key {}", posting.key));
        let sum = self.taken_by.entry(id.to_owned()).or_default();
        (sum.units, sum.money) = (sum.units + taken.units, sum.money + taken.money);
    }

    /// Compares the fold with a credit's row; `waiting` is what that says of itself, `open` how many calls are open.
    pub fn take_back(&mut self, it: &TakeBack, waiting: bool, open: i64) {
        let key = it.credit.key();
        let folded = it
            .reversals
            .iter()
            .filter_map(|reversed| self.taken_by.remove(&reversed.id))
            .fold(Taken::default(), |sum, more| Taken { units: sum.units + more.units, money: sum.money + more.money });
        let owed = it.price(it.owed).0;
        let due = match it.lots.is_empty() {
            true => Taken { units: 0, money: it.taken + owed },
            false => Taken { units: it.taken, money: owed },
        };
        self.expect(folded == due, || format!("of {key} {due:?} is taken back, its postings say {folded:?}"));
        let missing = it.missing();
        self.expect(missing >= 0, || format!("of {key} {} more are taken back than were refunded", -missing));
        self.expect(waiting == (missing > 0), || format!("of {key} {missing} are missing, its row says otherwise"));
        self.expect(missing == 0 || open > 0, || format!("of {key} {missing} are neither taken nor owed"));
        let granted = it.lots.iter().filter_map(|lot| self.lots.get(&lot.number)).map(|lot| lot.1).sum::<i64>();
        self.expect(it.lots.is_empty() || granted == it.granted, || {
            format!("{key} granted {granted}, what is taken back is measured by {}", it.granted)
        });
    }

    /// Compares what was folded of all refunds with their rows: every posting belongs to one.
    pub fn waiting(&mut self, of_wallet: i64, of_rows: i64) {
        self.expect(of_wallet == of_rows, || {
            format!("the wallet counts {of_wallet} credits that wait to be taken back, there are {of_rows}")
        });
        let orphans: Vec<_> = self.taken_by.keys().cloned().collect();
        self.expect(orphans.is_empty(), || format!("{orphans:?} took something back and are not remembered"));
    }
}
