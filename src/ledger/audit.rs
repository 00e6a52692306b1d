//! One wallet's postings, folded from the first, compared with everything that the database says about them. Pure.

mod taken;

use std::collections::BTreeMap;

use jiff::Timestamp;

use taken::Taken;

use super::account::{Account, Entry, balanced};
use super::balances::Balances;
use super::call::CallStatus;
use super::posting::{Hash, Posting, PostingKind, genesis};
use super::repo::LotRecord;
use super::wallet::Wallet;
use crate::units::{Meter, WorkspaceId};

/// What the call of a posting says about itself.
#[derive(Clone, Copy, Debug)]
pub struct ChargedCall {
    /// State of its hold.
    pub status: CallStatus,
    /// The posting that it names.
    pub seq: Option<i64>,
    /// Connected seconds.
    pub billed: i64,
    /// Seconds (or calls) that nothing covered.
    pub overrun: i64,
    /// Credits drawn.
    pub credits_mc: i64,
    /// Billed afterwards.
    pub excess_mc: i64,
}

/// The fold so far, and what was wrong with it.
pub struct Audit {
    workspace: WorkspaceId,
    seq: i64,
    head: Hash,
    occurred_at: Timestamp,
    balances: Balances,
    /// By number: unit, granted, left.
    lots: BTreeMap<i64, (Meter, i64, i64)>,
    /// By number: units taken back.
    lots_taken: BTreeMap<i64, i64>,
    /// By refund or dispute.
    taken_by: BTreeMap<String, Taken>,
    charged_calls: i64,
    spent: i64,
    /// What allowance and lots are counted in; none while there is no subscription.
    meter: Option<Meter>,
    findings: Vec<String>,
}

impl Audit {
    /// Before the first posting.
    pub fn new(workspace: WorkspaceId) -> Self {
        Self {
            workspace,
            seq: 0,
            head: genesis(workspace),
            occurred_at: Timestamp::MIN,
            balances: Balances::default(),
            lots: BTreeMap::new(),
            lots_taken: BTreeMap::new(),
            taken_by: BTreeMap::new(),
            charged_calls: 0,
            spent: 0,
            meter: None,
            findings: Vec::new(),
        }
    }

    fn expect(&mut self, holds: bool, what: impl FnOnce() -> String) {
        if !holds {
            self.findings.push(what());
        }
    }

    /// Folds the next posting in; `call` is the call that it charged.
    pub fn posting(&mut self, posting: &Posting, call: Option<ChargedCall>) {
        let seq = posting.seq;
        let due = self.seq + 1;
        self.expect(seq == due, || format!("posting {due} is missing: {seq} follows"));
        let chained = posting.prev_hash == self.head;
        self.expect(chained, || format!("posting {} does not match the hash that posting {seq} keeps of it", seq - 1));
        self.expect(balanced(&posting.entries), || format!("entries of posting {seq} do not sum to zero"));
        // Dates are found by halving the numbers, which needs it.
        let in_order = posting.occurred_at >= self.occurred_at;
        self.expect(in_order, || format!("posting {seq} happened before posting {}", seq - 1));
        self.occurred_at = posting.occurred_at;
        for entry in &posting.entries {
            self.fold(seq, entry);
        }
        let folded = self.balances;
        self.expect(posting.after == folded, || {
            format!("balances after posting {seq} are {:?}, its entries lead to {folded:?}", posting.after)
        });
        let Balances { allowance, packs_secs, packs_calls, credits_mc, excess_mc, debt_mc } = folded;
        let sound = [allowance, packs_secs, packs_calls, credits_mc, excess_mc, debt_mc];
        self.expect(sound.iter().all(|&balance| balance >= 0), || format!("posting {seq} takes a balance below zero"));
        match posting.kind {
            PostingKind::Period | PostingKind::Plan => self.period(posting),
            PostingKind::Call => self.call(posting, call),
            PostingKind::Refund | PostingKind::Dispute | PostingKind::Owed => self.taken(posting),
            PostingKind::Pack
            | PostingKind::Grant
            | PostingKind::TopUp
            | PostingKind::Debt
            | PostingKind::Message
            | PostingKind::Number => {}
        }
        self.seq = seq;
        self.head = posting.hash(self.workspace);
    }

    fn fold(&mut self, seq: i64, entry: &Entry) {
        self.balances.fold(entry);
        if entry.account == Account::Spent {
            self.spent += entry.amount;
        }
        if let Account::Lot(meter, number) = entry.account {
            let lot = self.lots.entry(number).or_insert((meter, 0, 0));
            if lot.1 == 0 {
                lot.1 = entry.amount;
            }
            lot.2 += entry.amount;
            let sound = lot.0 == meter && (0..=lot.1).contains(&lot.2);
            self.expect(sound, || format!("posting {seq} takes lot {number} outside of what it was granted"));
        }
    }

    /// A reset changes the allowance only.
    fn period(&mut self, posting: &Posting) {
        let only = posting
            .entries
            .iter()
            .all(|entry| matches!(entry.account, Account::Allowance(_) | Account::Issued(_) | Account::Expired(_)));
        self.expect(only, || format!("period posting {} changes more than the allowance", posting.seq));
        let granted = posting.entries.iter().rev().find_map(|entry| match entry.account {
            Account::Issued(meter) => Some(meter),
            _ => None,
        });
        // The end of a subscription grants nothing: from here on lots are frozen.
        self.meter = granted;
    }

    /// Allowance before lots, older lots before newer, lots before credits; and the call agrees.
    fn call(&mut self, posting: &Posting, call: Option<ChargedCall>) {
        self.charged_calls += 1;
        let seq = posting.seq;
        let mut drawn_lots = Vec::new();
        let (mut used, mut spent, mut excess, mut meter) = (0, 0, 0, Meter::Minutes);
        for entry in &posting.entries {
            match entry.account {
                Account::Lot(_, number) => drawn_lots.push(number),
                Account::Used(of) => (used, meter) = (used + entry.amount, of),
                Account::Spent => spent += entry.amount,
                Account::Excess => excess -= entry.amount,
                _ => {}
            }
        }
        // A call in another unit than the plan's, or after its end, finds no allowance and no lots.
        let in_use = self.meter == Some(meter);
        let left_below = |number: i64| {
            let older = self.lots.range(..number);
            in_use && older.into_iter().any(|(_, &(of, _, left))| of == meter && left > 0)
        };
        let allowance = if in_use { self.balances.allowance } else { 0 };
        let newest = drawn_lots.iter().copied().max().unwrap_or_default();
        let (skipped, kept) = (left_below(newest), spent > 0 && left_below(i64::MAX));
        self.expect(drawn_lots.is_empty() && spent == 0 || allowance == 0, || {
            format!("posting {seq} draws packs or money while {allowance} of the allowance are left")
        });
        self.expect(!skipped, || format!("posting {seq} draws lot {newest} while an older one has units"));
        self.expect(!kept, || format!("posting {seq} draws money while a lot has units"));
        let credits = self.balances.credits_mc;
        self.expect(excess == 0 || credits == 0, || {
            format!("posting {seq} goes into excess while {credits} milli-cents of credits are left")
        });
        let Some(call) = call else {
            return self.findings.push(format!("posting {seq} charges a call that does not exist: {}", posting.key));
        };
        let billed = if meter == Meter::Minutes { call.billed } else { 1 };
        let agrees = call.status == CallStatus::Settled
            && call.seq == Some(seq)
            && (used, spent, excess) == (billed - call.overrun, call.credits_mc + call.excess_mc, call.excess_mc);
        self.expect(agrees, || format!("call {} does not agree with posting {seq}", posting.key));
    }

    /// Compares the fold with the wallet's row.
    pub fn wallet(&mut self, wallet: &Wallet) {
        let (seq, head, balances) = (self.seq, self.head, self.balances);
        self.expect(wallet.seq == seq, || format!("the wallet counts {} postings, there are {seq}", wallet.seq));
        self.expect(wallet.head == head, || {
            format!("posting {seq} does not match the hash that the wallet keeps of it")
        });
        self.expect(wallet.balances == balances, || {
            format!("the wallet's balances are {:?}, its postings lead to {balances:?}", wallet.balances)
        });
    }

    /// Compares the fold with a lot's row.
    pub fn lot(&mut self, lot: &LotRecord) {
        let folded = self.lots.remove(&lot.number);
        let taken = self.lots_taken.get(&lot.number).copied().unwrap_or_default();
        let number = lot.number;
        self.expect(folded == Some((lot.meter, lot.granted, lot.remaining)), || {
            format!("lot {number} has {} of {} left, its postings say {folded:?}", lot.remaining, lot.granted)
        });
        self.expect(taken == lot.taken, || {
            format!("of lot {number} {} are taken back, its postings say {taken}", lot.taken)
        });
    }

    /// Compares what is held with the open calls, summed by snapshot: id, calls, units.
    pub fn held(&mut self, wallet: &Wallet, open: &[(i64, i64, i64)]) {
        let mut held: Vec<_> = wallet.held.iter().map(|held| (held.snapshot.id, held.calls, held.units)).collect();
        held.sort_unstable();
        self.expect(held == open, || format!("the wallet holds {held:?}, its open calls {open:?}"));
    }

    /// Compares the fold with the roll-up by day: answered calls and what was charged.
    pub fn usage(&mut self, answered: i64, rolled_up: (i64, i64)) {
        let folded = (answered, self.spent);
        self.expect(rolled_up == folded, || {
            format!("the days add up to {rolled_up:?} calls and milli-cents, calls and postings to {folded:?}")
        });
    }

    /// Compares the fold with what the database answers for this instant, after which nothing was posted.
    pub fn as_of(&mut self, at: Timestamp, answered: Balances) {
        let balances = self.balances;
        self.expect(answered == balances, || format!("at {at} the balances were {answered:?}, not {balances:?}"));
    }

    /// Ends the audit: `charged` is how many calls say that a posting charged them.
    pub fn finish(mut self, charged: i64) -> Vec<String> {
        let counted = self.charged_calls;
        self.expect(charged == counted, || format!("{charged} calls were charged by {counted} postings"));
        let orphans: Vec<_> = self.lots.keys().copied().collect();
        self.expect(orphans.is_empty(), || format!("lots {orphans:?} were posted and have no row"));
        self.findings
    }
}

/// Entries as the database keeps them; `None` names an account that nobody knows.
pub fn entries(accounts: &[i64], amounts: &[i64]) -> Option<Vec<Entry>> {
    let known = |(&code, &amount)| Some(Entry { account: Account::from_code(code)?, amount });
    accounts.iter().zip(amounts).map(known).collect()
}
