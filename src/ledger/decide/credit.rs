//! What adds to a wallet: lots and money.

use jiff::Timestamp;

use super::Decision;
use crate::ledger::account::{Account, transfer};
use crate::ledger::command::{Answer, LotGrant, Refusal, credit_kind};
use crate::ledger::outcome::{Draft, Outcome};
use crate::ledger::posting::PostingKind;
use crate::ledger::wallet::Wallet;
use crate::units::MilliCents;

/// The answer to a credit that was posted before.
fn repeated(wallet: &Wallet, kind: PostingKind, key: &str) -> Option<Outcome> {
    let posted = wallet.posted.get(&(kind, key.to_owned()))?;
    Some(Outcome::unchanged(Answer::Credited { seq: posted.seq, repeated: true }))
}

/// Lots, and what was paid for debt beside them.
pub(super) fn lots(wallet: &Wallet, key: &str, lots: &[LotGrant], balance: MilliCents, now: Timestamp) -> Decision {
    let kind = credit_kind(lots);
    if let Some(outcome) = repeated(wallet, kind, key) {
        return Ok(outcome);
    }
    if lots.is_empty() || lots.iter().any(|lot| lot.units <= 0 || lot.price.0 < 0) {
        return Err(Refusal::Invalid("lots must have units"));
    }
    if balance.0 < 0 {
        return Err(Refusal::Invalid("nobody pays less than nothing"));
    }
    let mut entries = Vec::with_capacity(2 * lots.len());
    for (number, lot) in (wallet.lots_created + 1..).zip(lots) {
        transfer(&mut entries, Account::Issued(lot.meter), Account::Lot(lot.meter, number), lot.units);
    }
    // The lots' own posting comes first: it is the one that they name.
    let mut postings = vec![Draft { kind, key: key.to_owned(), occurred_at: now, entries }];
    postings.extend(paid_in(wallet, key, balance, now));
    Ok(Outcome {
        postings,
        lots: lots.to_vec(),
        ..Outcome::unchanged(Answer::Credited { seq: wallet.seq + 1, repeated: false })
    })
}

/// Debt is paid first, as a posting of its own; the rest becomes credits (SPEC §1.3).
pub(super) fn money(wallet: &Wallet, key: &str, amount: MilliCents, now: Timestamp) -> Decision {
    if let Some(outcome) = repeated(wallet, PostingKind::TopUp, key) {
        return Ok(outcome);
    }
    if amount.0 <= 0 {
        return Err(Refusal::Invalid("an amount above zero"));
    }
    let mut postings = paid_in(wallet, key, amount, now);
    // Its own posting knows a repetition, also where debt took all of it.
    if postings.last().is_none_or(|draft| draft.kind != PostingKind::TopUp) {
        let key = key.to_owned();
        postings.push(Draft { kind: PostingKind::TopUp, key, occurred_at: now, entries: Vec::new() });
    }
    let seq = wallet.seq + postings.len() as i64;
    Ok(Outcome { postings, ..Outcome::unchanged(Answer::Credited { seq, repeated: false }) })
}

/// What money pays: debt first, then credits; each a posting of its own, where it is anything.
fn paid_in(wallet: &Wallet, key: &str, amount: MilliCents, now: Timestamp) -> Vec<Draft> {
    let on_debt = amount.0.min(wallet.balances.debt_mc);
    let parts =
        [(PostingKind::Debt, Account::Debt, on_debt), (PostingKind::TopUp, Account::Credits, amount.0 - on_debt)];
    let drafts = parts.into_iter().filter(|(.., part)| *part > 0).map(|(kind, account, part)| {
        let mut entries = Vec::new();
        transfer(&mut entries, Account::Funding, account, part);
        Draft { kind, key: key.to_owned(), occurred_at: now, entries }
    });
    drafts.collect()
}

/// Money for free: all of it becomes credits, because it is given for use and not to settle what is owed.
pub(super) fn grant(wallet: &Wallet, key: &str, amount: MilliCents, now: Timestamp) -> Decision {
    if let Some(outcome) = repeated(wallet, PostingKind::Grant, key) {
        return Ok(outcome);
    }
    if amount.0 <= 0 {
        return Err(Refusal::Invalid("an amount above zero"));
    }
    let mut entries = Vec::new();
    transfer(&mut entries, Account::Funding, Account::Credits, amount.0);
    Ok(Outcome {
        postings: vec![Draft { kind: PostingKind::Grant, key: key.to_owned(), occurred_at: now, entries }],
        ..Outcome::unchanged(Answer::Credited { seq: wallet.seq + 1, repeated: false })
    })
}
