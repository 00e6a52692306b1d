//! `decide`: a pure, deterministic function of a wallet, a command and the time. All of SPEC §1 meets here.

use jiff::{SignedDuration, Timestamp};

use super::account::{Account, transfer};
use super::call::{Call, CallEnd, CallOutcome, CallStatus, Placement};
use super::command::{Answer, Command, LotGrant, Refusal, credit_kind};
use super::period::Period;
use super::posting::PostingKind;
use super::wallet::{CallChange, Draft, Outcome, Snapshot, Subscription, Wallet};
use super::waterfall;
use crate::units::{Meter, MilliCents, Seconds};

/// Longest call that can be reported.
const LONGEST: Seconds = Seconds(86_400);
/// A hold lapses this long after the longest call that it allows.
const HOLD_SLACK: SignedDuration = SignedDuration::from_mins(10);

/// Opens every period that is due, then decides the command and carries it out in memory. `now` never runs back
/// behind the last posting. What changed stands in `wallet.changes`, also after a refusal.
pub fn decide(wallet: &mut Wallet, command: &Command, now: Timestamp) -> Result<Answer, Refusal> {
    let now = now.max(wallet.last_posted_at);
    while let Some(outcome) = next_period(wallet, now) {
        wallet.apply(outcome, now);
    }
    let outcome = match command {
        Command::Subscribe { snapshot, anchor_at } => subscribe(wallet, snapshot, *anchor_at, now),
        Command::OpenPeriods => Ok(Outcome::unchanged(Answer::PeriodsOpen)),
        Command::CreditLots { key, lots } => credit_lots(wallet, key, lots, now),
        Command::CreditMoney { key, amount } => credit_money(wallet, key, *amount, now),
        Command::PlaceHold(placement) => place_hold(wallet, placement, now),
        Command::EndCall { id, outcome, duration, billed } => {
            end_call(wallet, id, Figures { outcome: *outcome, duration: *duration, billed: *billed }, now)
        }
    }?;
    Ok(wallet.apply(outcome, now))
}

/// The next period, if it is due: what is left of the old allowance ends, a new one is granted, nothing else changes.
fn next_period(wallet: &Wallet, now: Timestamp) -> Option<Outcome> {
    let current = wallet.subscription.as_ref().filter(|subscription| subscription.period.ends_at <= now)?;
    let period = Period::of(current.anchor_at, &wallet.zone, current.period.index + 1);
    let terms = &current.snapshot.terms;
    let mut entries = Vec::new();
    let allowance = Account::Allowance(terms.meter);
    transfer(&mut entries, allowance, Account::Expired(terms.meter), wallet.balances.allowance);
    transfer(&mut entries, Account::Issued(terms.meter), allowance, terms.included);
    Some(Outcome {
        postings: vec![Draft {
            kind: PostingKind::Period,
            key: format!("{}:{}", current.number, period.index),
            occurred_at: period.starts_at,
            entries,
        }],
        subscription: Some(Subscription { period, ..current.clone() }),
        ..Outcome::unchanged(Answer::PeriodsOpen)
    })
}

fn subscribe(
    wallet: &Wallet,
    snapshot: &std::sync::Arc<Snapshot>,
    anchor_at: Timestamp,
    now: Timestamp,
) -> Result<Outcome, Refusal> {
    if let Some(current) = &wallet.subscription {
        let same = current.snapshot.id == snapshot.id;
        return if same { Ok(Outcome::unchanged(Answer::Subscribed)) } else { Err(Refusal::AlreadySubscribed) };
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
    let mut entries = Vec::new();
    transfer(&mut entries, Account::Issued(terms.meter), Account::Allowance(terms.meter), terms.included);
    let number = 1;
    let mut postings =
        vec![Draft { kind: PostingKind::Period, key: format!("{number}:{}", period.index), occurred_at: now, entries }];
    if terms.free_credits.0 > 0 {
        let mut entries = Vec::new();
        transfer(&mut entries, Account::Funding, Account::Credits, terms.free_credits.0);
        postings.push(Draft { kind: PostingKind::Grant, key: "free_credits".to_owned(), occurred_at: now, entries });
    }
    Ok(Outcome {
        postings,
        subscription: Some(Subscription { number, snapshot: snapshot.clone(), anchor_at, period }),
        ..Outcome::unchanged(Answer::Subscribed)
    })
}

fn credit_lots(wallet: &Wallet, key: &str, lots: &[LotGrant], now: Timestamp) -> Result<Outcome, Refusal> {
    let kind = credit_kind(lots);
    if let Some(&seq) = wallet.posted.get(&(kind, key.to_owned())) {
        return Ok(Outcome::unchanged(Answer::Credited { seq, repeated: true }));
    }
    if lots.is_empty() || lots.iter().any(|lot| lot.units <= 0 || lot.price.0 < 0) {
        return Err(Refusal::Invalid("lots must have units"));
    }
    let mut entries = Vec::with_capacity(2 * lots.len());
    for (number, lot) in (wallet.lots_created + 1..).zip(lots) {
        transfer(&mut entries, Account::Issued(lot.meter), Account::Lot(lot.meter, number), lot.units);
    }
    Ok(Outcome {
        postings: vec![Draft { kind, key: key.to_owned(), occurred_at: now, entries }],
        lots: lots.to_vec(),
        ..Outcome::unchanged(Answer::Credited { seq: wallet.seq + 1, repeated: false })
    })
}

fn credit_money(wallet: &Wallet, key: &str, amount: MilliCents, now: Timestamp) -> Result<Outcome, Refusal> {
    if let Some(&seq) = wallet.posted.get(&(PostingKind::TopUp, key.to_owned())) {
        return Ok(Outcome::unchanged(Answer::Credited { seq, repeated: true }));
    }
    if amount.0 <= 0 {
        return Err(Refusal::Invalid("an amount above zero"));
    }
    let mut entries = Vec::new();
    transfer(&mut entries, Account::Funding, Account::Credits, amount.0);
    Ok(Outcome {
        postings: vec![Draft { kind: PostingKind::TopUp, key: key.to_owned(), occurred_at: now, entries }],
        ..Outcome::unchanged(Answer::Credited { seq: wallet.seq + 1, repeated: false })
    })
}

fn place_hold(wallet: &Wallet, placement: &Placement, now: Timestamp) -> Result<Outcome, Refusal> {
    let fingerprint = placement.fingerprint();
    if let Some(call) = wallet.calls.get(&placement.id) {
        return if call.fingerprint == fingerprint {
            Ok(Outcome::unchanged(Answer::Placed { call: Box::new(call.clone()), repeated: true }))
        } else {
            Err(Refusal::IdConflict)
        };
    }
    let snapshot = &wallet.subscription.as_ref().ok_or(Refusal::NoSubscription)?.snapshot;
    let standing = wallet.standing();
    if standing.capacity() < standing.hold {
        return Err(Refusal::InsufficientBalance(Box::new(standing)));
    }
    let lapses_after = SignedDuration::from_secs(snapshot.terms.max_call.0) + HOLD_SLACK;
    let call = Call {
        placement: placement.clone(),
        fingerprint,
        snapshot: snapshot.id,
        held_units: standing.hold,
        hold_mc: (standing.sigma.0 > 0).then(|| standing.hold_mc()),
        status: CallStatus::Reserved,
        created_at: now,
        expires_at: now + lapses_after,
        end: None,
    };
    Ok(Outcome {
        call: Some(CallChange::Placed(Box::new(call.clone()))),
        ..Outcome::unchanged(Answer::Placed { call: Box::new(call), repeated: false })
    })
}

/// What `complete` reports.
#[derive(Clone, Copy)]
struct Figures {
    outcome: CallOutcome,
    duration: Seconds,
    billed: Seconds,
}

impl Figures {
    fn check(self) -> Result<(), Refusal> {
        if self.billed.0 < 0 || self.billed > self.duration || self.duration > LONGEST {
            return Err(Refusal::Invalid("0 ≤ billed ≤ duration ≤ 86,400"));
        }
        if self.outcome != CallOutcome::Answered && self.billed.0 > 0 {
            return Err(Refusal::Invalid("only an answered call may bill"));
        }
        Ok(())
    }
}

fn end_call(wallet: &Wallet, id: &str, figures: Figures, now: Timestamp) -> Result<Outcome, Refusal> {
    figures.check()?;
    let call = wallet.calls.get(id).ok_or(Refusal::UnknownCall)?;
    if let Some(end) = &call.end {
        let same = (end.outcome, end.duration, end.billed) == (figures.outcome, figures.duration, figures.billed);
        let call = Box::new(call.clone());
        return if same {
            Ok(Outcome::unchanged(Answer::Ended { call, repeated: true }))
        } else {
            Err(Refusal::AlreadyCompleted(call))
        };
    }
    let held = wallet.held.iter().find(|held| held.snapshot.id == call.snapshot).expect("an open call is held");
    let snapshot = &held.snapshot;
    let (status, units) = match (figures.outcome, snapshot.terms.meter) {
        (CallOutcome::Answered, Meter::Minutes) => (CallStatus::Settled, figures.billed.0),
        (CallOutcome::Answered, Meter::Calls) => (CallStatus::Settled, 1),
        _ => (CallStatus::Released, 0),
    };
    let draw = waterfall::draw(wallet, call, snapshot, units);
    let entries = draw.entries(snapshot.terms.meter);
    let charged = !entries.is_empty();
    let end = CallEnd {
        outcome: figures.outcome,
        duration: figures.duration,
        billed: figures.billed,
        credits: draw.credits,
        excess: MilliCents(0),
        overrun: Seconds(draw.overrun),
        seq: charged.then_some(wallet.seq + 1),
        ended_at: now,
    };
    let ended = Call { status, end: Some(end.clone()), ..call.clone() };
    let posting = Draft { kind: PostingKind::Call, key: id.to_owned(), occurred_at: now, entries };
    Ok(Outcome {
        postings: if charged { vec![posting] } else { Vec::new() },
        call: Some(CallChange::Ended { id: id.to_owned(), status, end }),
        ..Outcome::unchanged(Answer::Ended { call: Box::new(ended), repeated: false })
    })
}
