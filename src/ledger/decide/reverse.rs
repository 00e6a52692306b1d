//! What takes back: refunds and disputes, their failure, and what waits until calls have ended (SPEC §1.3).

use jiff::Timestamp;

use super::Decision;
use crate::ledger::account::{Account, Entry, transfer};
use crate::ledger::command::{Answer, Refusal};
use crate::ledger::outcome::{Draft, Outcome};
use crate::ledger::posting::PostingKind;
use crate::ledger::take_back::{Cause, Credit, Reversal, Reversed, TakeBack};
use crate::ledger::wallet::Wallet;
use crate::units::MilliCents;

/// What is known of a credit, or nothing taken yet where it was never reversed.
fn of(wallet: &Wallet, credit: &Credit, paid: MilliCents, now: Timestamp) -> Result<TakeBack, Refusal> {
    if paid.0 <= 0 {
        return Err(Refusal::Invalid("something was paid"));
    }
    if let Some(known) = wallet.take_backs.iter().find(|it| it.credit == *credit) {
        return Ok(known.clone());
    }
    let (seq, entries) = wallet.credited(credit).ok_or(Refusal::UnknownCredit)?;
    TakeBack::begin(credit.clone(), seq, &entries, paid, now).ok_or(Refusal::Invalid("lots of two units"))
}

fn answer(reversed: &Reversed, repeated: bool) -> Answer {
    Answer::Reversed { amount: reversed.amount, repeated }
}

/// A refund or dispute begins to count; [`collect`] takes what it asks for.
pub(super) fn take_back(wallet: &Wallet, reversal: &Reversal, now: Timestamp) -> Decision {
    if reversal.amount.0 <= 0 {
        return Err(Refusal::Invalid("an amount above zero"));
    }
    let known = of(wallet, &reversal.credit, reversal.paid, now)?;
    if let Some(reversed) = known.find(&reversal.id) {
        return Ok(Outcome::unchanged(answer(reversed, true)));
    }
    Ok(begin(known, &reversal.id, reversal.cause, reversal.amount, now))
}

fn begin(mut known: TakeBack, id: &str, cause: Cause, amount: MilliCents, now: Timestamp) -> Outcome {
    let reversed = Reversed { id: id.to_owned(), cause, amount, stands: true };
    let answer = answer(&reversed, false);
    known.reversals.push(reversed);
    known.since = now;
    Outcome { take_back: Some(known), ..Outcome::unchanged(answer) }
}

/// A refund of what no call has used or keeps: as many whole cents as that is worth.
pub(super) fn take_unused(wallet: &Wallet, credit: &Credit, id: &str, paid: MilliCents, now: Timestamp) -> Decision {
    let known = of(wallet, credit, paid, now)?;
    if let Some(reversed) = known.find(id) {
        return Ok(Outcome::unchanged(answer(reversed, true)));
    }
    if known.lots.is_empty() {
        return Err(Refusal::Invalid("only packages have an unused part"));
    }
    let amount = known.refundable(unused(wallet, &known));
    if amount.0 <= 0 {
        return Err(Refusal::NothingUnused);
    }
    Ok(begin(known, id, Cause::Refund, amount, now))
}

/// Units of its lots that no call has used and no open hold keeps.
fn unused(wallet: &Wallet, it: &TakeBack) -> i64 {
    let left = it.lots.iter().map(|lot| wallet.left_in(lot.number)).sum::<i64>();
    // Frozen lots take part in no capacity: no hold keeps them.
    if wallet.meter_in_use() == it.meter() { left.min(wallet.standing().capacity()).max(0) } else { left }
}

/// A refund has failed, or a dispute was won: it counts no more. What was taken past the new target goes back to the
/// same lots, then debt is cancelled, and what was paid of that debt becomes credits.
pub(super) fn give_back(wallet: &Wallet, reversal: &Reversal, now: Timestamp) -> Decision {
    if reversal.amount.0 <= 0 {
        return Err(Refusal::Invalid("an amount above zero"));
    }
    let mut it = of(wallet, &reversal.credit, reversal.paid, now)?;
    let Some(reversed) = it.reversals.iter_mut().find(|reversed| reversed.id == reversal.id) else {
        // Heard of only now: when its beginning is told late, it counts for nothing.
        let Reversal { id, cause, amount, .. } = reversal.clone();
        let fallen = Reversed { id, cause, amount, stands: false };
        let answer = answer(&fallen, false);
        it.reversals.push(fallen);
        return Ok(Outcome { take_back: Some(it), ..Outcome::unchanged(answer) });
    };
    let (id, cause) = (reversed.id.clone(), reversed.cause);
    let answer = answer(reversed, !reversed.stands);
    if !std::mem::replace(&mut reversed.stands, false) {
        return Ok(Outcome::unchanged(answer));
    }
    let (mut back, mut settled) = (Vec::new(), Vec::new());
    let surplus = -it.missing().min(0);
    let units = return_units(&mut it, surplus, &mut back);
    let before = it.price(it.owed);
    it.owed -= surplus - units;
    let cancelled = before.0 - it.price(it.owed).0;
    let unpaid = cancelled.min(wallet.balances.debt_mc);
    transfer(&mut back, Account::Funding, Account::Credits, cancelled - unpaid);
    transfer(&mut settled, Account::Funding, Account::Debt, unpaid);
    let postings = drafts(wallet, &id, [(cause.kind(), back), (PostingKind::Owed, settled)], now);
    Ok(Outcome { postings, take_back: Some(it), ..Outcome::unchanged(answer) })
}

/// Gives up to `surplus` units back to where they were taken, the oldest lot first. Answers how many.
fn return_units(it: &mut TakeBack, surplus: i64, back: &mut Vec<Entry>) -> i64 {
    let units = surplus.min(it.taken);
    let mut rest = units;
    for lot in &mut it.lots {
        let given = rest.min(lot.taken);
        transfer(back, Account::Issued(lot.meter), Account::Lot(lot.meter, lot.number), given);
        lot.taken -= given;
        rest -= given;
    }
    transfer(back, Account::Funding, Account::Credits, rest);
    it.taken -= units;
    units
}

/// The next thing that waits and can be taken, or has become debt; `None` where there is none. The oldest credit first.
pub(super) fn collect(wallet: &Wallet, now: Timestamp) -> Option<Outcome> {
    let waiting = wallet.take_backs.iter().filter(|it| it.missing() > 0);
    waiting.filter_map(|it| collect_one(wallet, it.clone(), now)).next()
}

fn collect_one(wallet: &Wallet, mut it: TakeBack, now: Timestamp) -> Option<Outcome> {
    let (mut entries, mut owed) = (Vec::new(), Vec::new());
    let missing = it.missing();
    let taken = if it.lots.is_empty() {
        let taken = missing.min(wallet.standing().available_mc().0);
        transfer(&mut entries, Account::Credits, Account::Funding, taken);
        taken
    } else {
        let taken = missing.min(unused(wallet, &it));
        take_units(wallet, &mut it, taken, &mut entries);
        taken
    };
    it.taken += taken;
    let remainder = missing - taken;
    let is_debt = remainder > 0 && (wallet.open_calls() == 0 || it.has_waited(now));
    if is_debt {
        let before = it.price(it.owed);
        it.owed += remainder;
        transfer(&mut owed, Account::Debt, Account::Funding, it.price(it.owed).0 - before.0);
    }
    if taken == 0 && !is_debt {
        return None;
    }
    let last = it.reversals.iter().rev().find(|reversed| reversed.stands).expect("something stands that is missing");
    let postings = drafts(wallet, &last.id, [(last.cause.kind(), entries), (PostingKind::Owed, owed)], now);
    Some(Outcome { postings, take_back: Some(it), ..Outcome::unchanged(Answer::PeriodsOpen) })
}

/// Takes `units` from its lots, the newest first.
fn take_units(wallet: &Wallet, it: &mut TakeBack, mut units: i64, entries: &mut Vec<Entry>) {
    for lot in it.lots.iter_mut().rev() {
        let taken = units.min(wallet.left_in(lot.number));
        transfer(entries, Account::Lot(lot.meter, lot.number), Account::Issued(lot.meter), taken);
        lot.taken += taken;
        units -= taken;
    }
}

/// Postings with something in them. A refund may have several, so each key carries the posting's number.
fn drafts(wallet: &Wallet, id: &str, parts: [(PostingKind, Vec<Entry>); 2], now: Timestamp) -> Vec<Draft> {
    let filled = parts.into_iter().filter(|(_, entries)| !entries.is_empty());
    let numbered = (wallet.seq + 1..).zip(filled);
    numbered
        .map(|(seq, (kind, entries))| Draft { kind, key: format!("{id}:{seq}"), occurred_at: now, entries })
        .collect()
}
