//! Rented numbers: each month is paid from available credits, never from what calls hold, never as excess.

use jiff::Timestamp;

use super::Decision;
use crate::ledger::account::{Account, transfer};
use crate::ledger::command::{Answer, PaymentState, Refusal};
use crate::ledger::outcome::{Draft, Outcome, Usage};
use crate::ledger::posting::PostingKind;
use crate::ledger::wallet::Wallet;

pub(super) fn pay(wallet: &Wallet, key: &str, begins: bool, now: Timestamp) -> Decision {
    let kind = PostingKind::Number;
    if wallet.posted.contains_key(&(kind, key.to_owned())) {
        return Ok(Outcome::unchanged(Answer::NumberPaid { repeated: true }));
    }
    let subscription = wallet.subscription.as_ref().ok_or(Refusal::NoSubscription)?;
    if begins && wallet.payment == PaymentState::Unpaid {
        return Err(Refusal::SubscriptionBlocked);
    }
    let required = subscription.snapshot.terms.rates.number;
    let available = wallet.standing().available_mc();
    if available < required {
        return Err(Refusal::InsufficientCredits { available, required });
    }
    let paid = Outcome::unchanged(Answer::NumberPaid { repeated: false });
    let mut entries = Vec::with_capacity(2);
    transfer(&mut entries, Account::Credits, Account::Spent, required.0);
    if entries.is_empty() {
        // What costs nothing leaves no posting, like a call that costs nothing.
        return Ok(paid);
    }
    Ok(Outcome {
        postings: vec![Draft { kind, key: key.to_owned(), occurred_at: now, entries }],
        usage: Usage { charged_mc: required.0, ..Usage::default() },
        ..paid
    })
}
