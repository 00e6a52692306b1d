//! Messages: paid from available credits, never from what calls hold, never as excess.

use jiff::Timestamp;

use super::Decision;
use crate::ledger::account::{Account, transfer};
use crate::ledger::command::{Answer, PaymentState, Refusal};
use crate::ledger::outcome::{Draft, Outcome, Usage};
use crate::ledger::posting::PostingKind;
use crate::ledger::wallet::Wallet;
use crate::units::MilliCents;

/// Most messages of one command; keeps every product of count and rate far inside of an i64.
pub const MOST: i64 = 1_000_000;

pub(super) fn charge(wallet: &Wallet, id: &str, count: i64, now: Timestamp) -> Decision {
    let kind = PostingKind::Message;
    if let Some(posted) = wallet.posted.get(&(kind, id.to_owned())) {
        // The last entry of a message's posting counts the messages.
        if posted.last_amount != count {
            return Err(Refusal::IdConflict);
        }
        return Ok(Outcome::unchanged(Answer::Charged { seq: posted.seq, repeated: true }));
    }
    if !(1..=MOST).contains(&count) {
        return Err(Refusal::Invalid("from 1 to 1,000,000 messages"));
    }
    let subscription = wallet.subscription.as_ref().ok_or(Refusal::NoSubscription)?;
    if wallet.payment == PaymentState::Unpaid {
        return Err(Refusal::SubscriptionBlocked);
    }
    let price = MilliCents(subscription.snapshot.terms.rates.message.0 * count);
    let available = wallet.standing().available_mc();
    if available < price {
        return Err(Refusal::InsufficientCredits { available, required: price });
    }
    let mut entries = Vec::with_capacity(4);
    transfer(&mut entries, Account::Credits, Account::Spent, price.0);
    transfer(&mut entries, Account::MessagesDue, Account::MessagesPaid, count);
    Ok(Outcome {
        postings: vec![Draft { kind, key: id.to_owned(), occurred_at: now, entries }],
        usage: Usage { charged_mc: price.0, ..Usage::default() },
        ..Outcome::unchanged(Answer::Charged { seq: wallet.seq + 1, repeated: false })
    })
}
