//! What is taken back of a credit whose payment went back, in a refund or a dispute (SPEC §1.3). Pure arithmetic.
//!
//! # Invariants
//! 1. `target = floor(granted * refunded / paid)` over the whole credit, however many refunds make it up and however
//!    many lots it is.
//! 2. `taken + owed ≤ target`; the difference is what waits: open holds keep it. It is taken before any new hold.
//! 3. Debt is `floor(owed * paid / granted)` over all that is owed, so that several remainders are rounded once.
//! 4. Of several lots the newest gives first, for it has the most unused; the oldest gets back first.

pub mod repo;
pub mod store;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::account::{Account, Entry};
use super::posting::PostingKind;
use crate::units::{Meter, MilliCents, words};

/// A remainder waits for open holds no longer than this: whatever was open when it came has ended by then (the longest
/// call, and the time after which a hold lapses). So a wallet that is never idle owes what it has used, too.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(86_400 + 600);

/// Something that was bought: named by the key of the posting that credited it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Credit {
    /// Lots.
    Lots(String),
    /// Credits, or debt that was paid.
    Money(String),
}

impl Credit {
    /// The posting's key.
    pub fn key(&self) -> &str {
        match self {
            Credit::Lots(key) | Credit::Money(key) => key,
        }
    }

    /// The kinds of posting that credit it. A top-up may have paid debt first.
    pub fn kinds(&self) -> &'static [PostingKind] {
        match self {
            Credit::Lots(_) => &[PostingKind::Pack],
            Credit::Money(_) => &[PostingKind::TopUp, PostingKind::Debt],
        }
    }

    /// The credit that is stored under this word; a CHECK names the words.
    pub fn named(word: &str, key: String) -> Self {
        if word == "money" { Credit::Money(key) } else { Credit::Lots(key) }
    }

    /// The word under which it is stored.
    pub const fn word(&self) -> &'static str {
        match self {
            Credit::Lots(_) => "lots",
            Credit::Money(_) => "money",
        }
    }
}

/// Why a payment went back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was refunded.
    Refund,
    /// The customer's bank took it back.
    Dispute,
}

words!(Cause { Refund = "refund", Dispute = "dispute" });

impl Cause {
    /// What its postings are called.
    pub const fn kind(self) -> PostingKind {
        match self {
            Cause::Refund => PostingKind::Refund,
            Cause::Dispute => PostingKind::Dispute,
        }
    }
}

/// A refund or dispute of a credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// What was bought.
    pub credit: Credit,
    /// Its own id: it counts once.
    pub id: String,
    /// Why.
    pub cause: Cause,
    /// What went back, above zero.
    pub amount: MilliCents,
    /// What had been paid for the whole credit, above zero.
    pub paid: MilliCents,
}

/// A refund or dispute, as its credit remembers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reversed {
    /// Its own id.
    pub id: String,
    /// Why.
    pub cause: Cause,
    /// What went back.
    pub amount: MilliCents,
    /// False once it has failed or was won: then it counts no more.
    pub stands: bool,
}

/// A lot of a credit that is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotTaken {
    /// Its number.
    pub number: i64,
    /// Unit.
    pub meter: Meter,
    /// Units taken back so far.
    pub taken: i64,
}

/// How far a credit is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakeBack {
    /// What was bought.
    pub credit: Credit,
    /// Number of the posting that credited it: the oldest credit gives first.
    pub seq: i64,
    /// Units of all its lots, or milli-cents.
    pub granted: i64,
    /// What had been paid for it.
    pub paid: MilliCents,
    /// Its lots, oldest first; none where money was bought.
    pub lots: Vec<LotTaken>,
    /// Units of its lots, or credits, that were taken.
    pub taken: i64,
    /// Units that had been used, and are debt.
    pub owed: i64,
    /// Its refunds and disputes, in the order in which they came.
    pub reversals: Vec<Reversed>,
    /// When the last of them came.
    pub since: Timestamp,
}

impl TakeBack {
    /// Nothing taken yet of what this posting's entries credited; `None` where they credit nothing of the kind, or lots
    /// of two units, whose units have no common price.
    pub fn begin(credit: Credit, seq: i64, entries: &[Entry], paid: MilliCents, now: Timestamp) -> Option<Self> {
        let (mut lots, mut granted) = (Vec::new(), 0);
        for entry in entries {
            match (&credit, entry.account) {
                (Credit::Lots(_), Account::Lot(meter, number)) => {
                    granted += entry.amount;
                    lots.push(LotTaken { number, meter, taken: 0 });
                }
                (Credit::Money(_), Account::Funding) => granted -= entry.amount,
                _ => {}
            }
        }
        let one_unit = lots.iter().all(|lot| lot.meter == lots[0].meter);
        (granted > 0 && one_unit).then_some(Self {
            credit,
            seq,
            granted,
            paid,
            lots,
            taken: 0,
            owed: 0,
            reversals: Vec::new(),
            since: now,
        })
    }

    /// What it remembers of a refund or dispute.
    pub fn find(&self, id: &str) -> Option<&Reversed> {
        self.reversals.iter().find(|reversed| reversed.id == id)
    }

    /// What went back and has not failed, never more than was paid.
    pub fn refunded(&self) -> MilliCents {
        let standing = self.reversals.iter().filter(|reversed| reversed.stands);
        standing
            .map(|reversed| reversed.amount)
            .fold(MilliCents(0), |sum, more| MilliCents(sum.0 + more.0))
            .min(self.paid)
    }

    /// Units that have to be taken for what went back.
    pub fn target(&self) -> i64 {
        share(self.granted, self.refunded().0, self.paid.0)
    }

    /// Units still to be taken; below zero where too much was.
    pub fn missing(&self) -> i64 {
        self.target() - self.taken - self.owed
    }

    /// What so many used units are in money, rounded down.
    pub fn price(&self, units: i64) -> MilliCents {
        MilliCents(share(units, self.paid.0, self.granted))
    }

    /// What can be refunded for so many unused units: whole cents, rounded down.
    pub fn refundable(&self, unused: i64) -> MilliCents {
        let worth = self.price(unused).0.min(self.paid.0 - self.refunded().0);
        MilliCents::from_cents(MilliCents(worth).cents_down())
    }

    /// True once the remainder waits for nothing that was open when it came.
    pub fn has_waited(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) >= LONGEST_WAIT
    }

    /// Unit of its lots; `None` where money was bought.
    pub fn meter(&self) -> Option<Meter> {
        self.lots.first().map(|lot| lot.meter)
    }
}

/// `floor(of * part / whole)`.
fn share(of: i64, part: i64, whole: i64) -> i64 {
    let share = i128::from(of) * i128::from(part) / i128::from(whole.max(1));
    i64::try_from(share).expect("no part is larger than its whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hundred_minutes() -> TakeBack {
        let lot = Entry { account: Account::Lot(Meter::Minutes, 1), amount: 6_000 };
        let paid = MilliCents(1_000_000);
        TakeBack::begin(Credit::Lots("cs_1".into()), 7, &[lot], paid, Timestamp::UNIX_EPOCH).unwrap()
    }

    fn reversed(id: &str, cents: i64) -> Reversed {
        Reversed { id: id.into(), cause: Cause::Refund, amount: MilliCents::from_cents(cents), stands: true }
    }

    #[test]
    fn the_target_is_cumulative_and_rounded_once() {
        let mut it = hundred_minutes();
        it.reversals = vec![reversed("re_1", 333), reversed("re_2", 333)];
        assert_eq!(it.target(), 6_000 * 666 / 1_000);
        it.reversals.push(reversed("re_3", 500));
        assert_eq!((it.refunded(), it.target()), (MilliCents(1_000_000), 6_000), "no more than was paid");
        it.reversals[0].stands = false;
        assert_eq!(it.target(), 6_000 * 833 / 1_000);
    }

    #[test]
    fn unused_units_are_refunded_in_whole_cents() {
        let mut it = hundred_minutes();
        assert_eq!(it.refundable(3_000), MilliCents::from_cents(500));
        assert_eq!(it.refundable(3_005), MilliCents::from_cents(500));
        assert_eq!(it.refundable(5), MilliCents(0));
        it.reversals.push(reversed("re_1", 998));
        assert_eq!(it.refundable(3_000), MilliCents::from_cents(2), "what is left of the payment");
    }

    #[test]
    fn lots_of_two_units_have_no_common_price() {
        let lot = |meter, number| Entry { account: Account::Lot(meter, number), amount: 10 };
        let mixed = [lot(Meter::Minutes, 1), lot(Meter::Calls, 2)];
        let begun =
            |entries| TakeBack::begin(Credit::Lots("k".into()), 1, entries, MilliCents(1), Timestamp::UNIX_EPOCH);
        assert!(begun(&mixed).is_none());
        assert!(begun(&mixed[..1]).is_some());
        assert!(begun(&[]).is_none());
    }
}
