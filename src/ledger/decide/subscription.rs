//! Subscriptions: begin, change, end, and the periods between (SPEC §1, §1.3).

use std::sync::Arc;

use jiff::Timestamp;

use super::Decision;
use crate::ledger::account::{Account, Entry, transfer};
use crate::ledger::command::{Answer, Effective, PaymentState, Refusal};
use crate::ledger::outcome::{Draft, Outcome};
use crate::ledger::period::{Period, PeriodUse};
use crate::ledger::posting::PostingKind;
use crate::ledger::wallet::{Snapshot, Subscription, SubscriptionState, Wallet};
use crate::units::Meter;

/// The old allowance ends, a new one is granted; nothing else changes. The grant is an entry even where it is zero:
/// it tells what the plan counts.
fn reset(old: Meter, left: i64, new: Meter, granted: i64) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(4);
    transfer(&mut entries, Account::Allowance(old), Account::Expired(old), left);
    entries.push(Entry { account: Account::Issued(new), amount: -granted });
    entries.push(Entry { account: Account::Allowance(new), amount: granted });
    entries
}

/// What happens at the end of the current period, if that is past: the next one opens, on another plan if so decided,
/// or the subscription ends. It always happens, whatever is held.
pub(super) fn period_end(wallet: &Wallet, now: Timestamp) -> Option<Outcome> {
    let current = wallet.subscription.as_ref()?;
    if !current.is_period_over(now) {
        return None;
    }
    if current.cancel_at_end {
        return Some(end(wallet, current, current.period.ends_at));
    }
    let snapshot = current.next.as_ref().unwrap_or(&current.snapshot).clone();
    let period = Period::of(current.anchor_at, &wallet.zone, current.period.index + 1);
    let (old, new) = (&current.snapshot.terms, &snapshot.terms);
    let entries = reset(old.meter, wallet.balances.allowance, new.meter, new.included);
    let key = format!("{}:{}", current.number, period.index);
    let opening = Draft { kind: PostingKind::Period, key, occurred_at: period.starts_at, entries };
    Some(Outcome {
        postings: vec![opening],
        subscription: Some(Subscription {
            period,
            snapshot,
            next: None,
            used_before: PeriodUse::default(),
            ..current.clone()
        }),
        ..Outcome::unchanged(Answer::PeriodsOpen)
    })
}

pub(super) fn subscribe(wallet: &Wallet, snapshot: &Arc<Snapshot>, anchor_at: Timestamp, now: Timestamp) -> Decision {
    let before = wallet.subscription.as_ref();
    if before.is_some_and(|it| it.snapshot.id == snapshot.id) {
        return Ok(Outcome::unchanged(Answer::Subscribed));
    }
    if before.is_some_and(|it| it.state != SubscriptionState::Canceled) {
        return Err(Refusal::AlreadySubscribed);
    }
    if anchor_at > now {
        return Err(Refusal::Invalid("anchor_at lies ahead"));
    }
    let terms = &snapshot.terms;
    // A subscription that is entered late begins in the period that is current, not in those gone by.
    let period = (0..)
        .map(|index| Period::of(anchor_at, &wallet.zone, index))
        .find(|period| period.ends_at > now)
        .expect("periods go on");
    let number = before.map_or(0, |it| it.number) + 1;
    let entries = reset(terms.meter, 0, terms.meter, terms.included);
    let key = format!("{number}:{}", period.index);
    let mut postings = vec![Draft { kind: PostingKind::Period, key, occurred_at: now, entries }];
    if before.is_none() && terms.free_credits.0 > 0 {
        let mut entries = Vec::new();
        transfer(&mut entries, Account::Funding, Account::Credits, terms.free_credits.0);
        postings.push(Draft { kind: PostingKind::Grant, key: "free_credits".to_owned(), occurred_at: now, entries });
    }
    let subscription = Subscription {
        number,
        snapshot: snapshot.clone(),
        anchor_at,
        period,
        state: SubscriptionState::Active,
        next: None,
        cancel_at_end: false,
        used_before: PeriodUse::default(),
    };
    Ok(Outcome { postings, subscription: Some(subscription), ..Outcome::unchanged(Answer::Subscribed) })
}

/// The running subscription; an ending or ended one cannot be changed.
fn running(wallet: &Wallet) -> Result<&Subscription, Refusal> {
    let current = wallet.subscription.as_ref().ok_or(Refusal::NoSubscription)?;
    match current.state {
        SubscriptionState::Active => Ok(current),
        SubscriptionState::Ending => Err(Refusal::SubscriptionEnding),
        SubscriptionState::Canceled => Err(Refusal::NoSubscription),
    }
}

pub(super) fn change_plan(wallet: &Wallet, snapshot: &Arc<Snapshot>, effective: Effective, now: Timestamp) -> Decision {
    let current = running(wallet)?;
    // Snapshots are numbered as they are taken: this command was carried out before, or a newer one has overtaken it.
    let newest = current.next.as_ref().unwrap_or(&current.snapshot);
    if snapshot.id <= newest.id {
        return Ok(Outcome::unchanged(Answer::Changed));
    }
    if effective == Effective::PeriodEnd {
        let subscription = Subscription { next: Some(snapshot.clone()), ..current.clone() };
        return Ok(Outcome { subscription: Some(subscription), ..Outcome::unchanged(Answer::Changed) });
    }
    let (old, new) = (&current.snapshot.terms, &snapshot.terms);
    if old.meter != new.meter && wallet.open_calls() > 0 {
        return Err(Refusal::CallsInProgress);
    }
    // What the period has used stays used, of each unit and also where the plan between includes less than that.
    let left = wallet.balances.allowance;
    let used_before = current.used_before.and(old.meter, current.granted(&current.snapshot) - left);
    let changed = Subscription { snapshot: snapshot.clone(), next: None, used_before, ..current.clone() };
    let entries = reset(old.meter, left, new.meter, changed.granted(snapshot));
    let key = format!("{}:{}", current.number, snapshot.id);
    let outcome = Outcome {
        postings: vec![Draft { kind: PostingKind::Plan, key, occurred_at: now, entries }],
        subscription: Some(changed),
        ..Outcome::unchanged(Answer::Changed)
    };
    let mut after = wallet.clone();
    after.apply(outcome.clone(), now)?;
    let standing = after.standing();
    if standing.capacity() >= 0 { Ok(outcome) } else { Err(Refusal::CallsInProgress) }
}

/// What is ending, or has ended, is what a cancellation asks for: repeating one has the same answer.
pub(super) fn cancel(wallet: &Wallet, effective: Effective, now: Timestamp) -> Decision {
    let current = wallet.subscription.as_ref().ok_or(Refusal::NoSubscription)?;
    if current.state != SubscriptionState::Active {
        return Ok(Outcome::unchanged(Answer::Changed));
    }
    Ok(match effective {
        Effective::Now => end(wallet, current, now),
        Effective::PeriodEnd => Outcome {
            subscription: Some(Subscription { cancel_at_end: true, ..current.clone() }),
            ..Outcome::unchanged(Answer::Changed)
        },
    })
}

/// From this instant no new call is accepted on the plan; with the last open one, or at once, the allowance ends.
fn end(wallet: &Wallet, current: &Subscription, at: Timestamp) -> Outcome {
    if wallet.open_calls() > 0 {
        let ending = Subscription { state: SubscriptionState::Ending, next: None, ..current.clone() };
        return Outcome { subscription: Some(ending), ..Outcome::unchanged(Answer::Changed) };
    }
    let (posting, subscription) = over(current, wallet.balances.allowance, at);
    Outcome { postings: vec![posting], subscription: Some(subscription), ..Outcome::unchanged(Answer::Changed) }
}

/// The end itself: what is `left` of the allowance ends, lots freeze.
pub(super) fn over(current: &Subscription, left: i64, at: Timestamp) -> (Draft, Subscription) {
    let meter = current.snapshot.terms.meter;
    let mut entries = Vec::new();
    transfer(&mut entries, Account::Allowance(meter), Account::Expired(meter), left);
    let key = format!("{}:end", current.number);
    let posting = Draft { kind: PostingKind::Period, key, occurred_at: at, entries };
    (posting, Subscription { state: SubscriptionState::Canceled, next: None, ..current.clone() })
}

pub(super) fn set_payment_state(wallet: &Wallet, state: PaymentState) -> Outcome {
    let payment = (wallet.payment != state).then_some(state);
    Outcome { payment, ..Outcome::unchanged(Answer::Changed) }
}
