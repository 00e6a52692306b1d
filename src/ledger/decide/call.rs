//! Calls: a hold is placed, extended, and ends once, settled or released.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Decision, subscription};
use crate::ledger::account::Account;
use crate::ledger::call::{Call, CallEnd, CallOutcome, CallStatus, Placement};
use crate::ledger::command::{Answer, PaymentState, Refusal};
use crate::ledger::outcome::{CallChange, Draft, Outcome, Usage};
use crate::ledger::posting::PostingKind;
use crate::ledger::wallet::{Snapshot, SubscriptionState, Wallet};
use crate::ledger::waterfall::{self, Draw};
use crate::pricing::{HoldPolicy, Standing};
use crate::units::{Meter, MilliCents, Seconds};

/// Longest call that can be reported.
const LONGEST: Seconds = Seconds(86_400);
/// A hold lapses this long after the longest call that it allows (SPEC §4, stuck calls).
const HOLD_SLACK: SignedDuration = SignedDuration::from_mins(10);

pub(super) fn place(wallet: &Wallet, placement: &Placement, now: Timestamp) -> Decision {
    let fingerprint = placement.fingerprint();
    if let Some(call) = wallet.calls.get(&placement.id) {
        return if call.fingerprint == fingerprint {
            Ok(Outcome::unchanged(Answer::Placed { call: Box::new(call.clone()), repeated: true }))
        } else {
            Err(Refusal::IdConflict)
        };
    }
    let (snapshot, standing) = accepts_call(wallet)?;
    let held_units = if standing.postpaid { 0 } else { standing.hold };
    let call = Call {
        placement: placement.clone(),
        fingerprint,
        snapshot: snapshot.id,
        meter: snapshot.terms.meter,
        held_units,
        hold_mc: hold_price(snapshot, held_units),
        connected: None,
        status: CallStatus::Reserved,
        created_at: now,
        expires_at: now + SignedDuration::from_secs(snapshot.terms.max_call.0) + HOLD_SLACK,
        end: None,
    };
    Ok(Outcome {
        call: Some(CallChange::Placed(Box::new(call.clone()))),
        ..Outcome::unchanged(Answer::Placed { call: Box::new(call), repeated: false })
    })
}

/// Whether a new call is accepted: the snapshot that it would be placed under, and the figures that decided.
///
/// # Errors
/// Why none is.
pub fn accepts_call(wallet: &Wallet) -> Result<(&Arc<Snapshot>, Standing), Refusal> {
    let current = wallet.subscription.as_ref().ok_or(Refusal::NoSubscription)?;
    if current.state == SubscriptionState::Ending {
        return Err(Refusal::SubscriptionEnding);
    }
    if wallet.payment == PaymentState::Unpaid {
        return Err(Refusal::SubscriptionBlocked);
    }
    let standing = wallet.standing();
    if !standing.accepts_call() {
        return Err(Refusal::InsufficientBalance(Box::new(standing)));
    }
    Ok((&current.snapshot, standing))
}

/// A call's own `ceil(hold*Σ/60)`; `None` on plans without rates.
fn hold_price(snapshot: &Snapshot, units: i64) -> Option<MilliCents> {
    let (meter, sigma) = (snapshot.terms.meter, snapshot.sigma());
    (sigma.0 > 0).then(|| Standing { meter, sigma, hold: units, ..Standing::default() }.hold_mc())
}

/// A call and the snapshot that it keeps; `None` for the snapshot of a call that has ended.
fn find<'a>(wallet: &'a Wallet, id: &str) -> Result<(&'a Call, Option<&'a Arc<Snapshot>>), Refusal> {
    let call = wallet.calls.get(id).ok_or(Refusal::UnknownCall)?;
    let held = wallet.held.iter().find(|held| held.snapshot.id == call.snapshot);
    Ok((call, held.map(|held| &held.snapshot).filter(|_| call.end.is_none())))
}

/// `hold = max(hold, min(connected + n, max_call_seconds, hold + max(0, capacity)))` (SPEC §4). Where holds are not
/// seconds (calls meter) or reserve nothing (postpaid), only the longest call limits it.
pub(super) fn heartbeat(wallet: &Wallet, id: &str, connected: Seconds) -> Decision {
    if !(0..=LONGEST.0).contains(&connected.0) {
        return Err(Refusal::Invalid("0 ≤ connected_seconds ≤ 86,400"));
    }
    let (call, snapshot) = find(wallet, id)?;
    let Some(snapshot) = snapshot else {
        let answer = Answer::Beaten { call: Box::new(call.clone()), allowed: Seconds(0) };
        return Ok(Outcome::unchanged(answer));
    };
    let terms = &snapshot.terms;
    let connected = connected.max(call.connected.unwrap_or_default());
    let in_seconds = terms.meter == Meter::Minutes && call.held_units > 0;
    let held_units = match terms.hold {
        HoldPolicy::Buffer(ahead) if in_seconds => {
            let standing = wallet.standing();
            // Holds of another unit than the plan's cannot grow: nothing that the plan counts covers them.
            let room = if standing.meter == terms.meter { standing.capacity().max(0) } else { 0 };
            call.held_units.max((connected.0 + ahead).min(terms.max_call.0).min(call.held_units + room))
        }
        _ => call.held_units,
    };
    let allowed = if in_seconds { Seconds(held_units) } else { terms.max_call };
    let hold_mc = hold_price(snapshot, held_units);
    let beaten = Call { connected: Some(connected), held_units, hold_mc, ..call.clone() };
    let unchanged = beaten == *call;
    let change = CallChange::Beaten { id: id.to_owned(), connected, held_units, hold_mc };
    Ok(Outcome {
        call: (!unchanged).then_some(change),
        ..Outcome::unchanged(Answer::Beaten { call: Box::new(beaten), allowed })
    })
}

/// What `complete` reports.
#[derive(Clone, Copy)]
pub(super) struct Figures {
    pub(super) outcome: CallOutcome,
    pub(super) duration: Seconds,
    pub(super) billed: Seconds,
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

pub(super) fn complete(wallet: &Wallet, id: &str, figures: Figures, now: Timestamp) -> Decision {
    figures.check()?;
    let (call, snapshot) = find(wallet, id)?;
    let (Some(snapshot), None) = (snapshot, &call.end) else {
        return Ok(report_again(call, figures));
    };
    Ok(end(wallet, call, snapshot, figures, false, now))
}

/// A report on a call that has ended: the same figures have the same answer. On one that had lapsed, more connected
/// time than was charged is noted as late.
fn report_again(call: &Call, figures: Figures) -> Outcome {
    let end = call.end.as_ref().expect("the call has ended");
    let same = (end.outcome, end.duration, end.billed) == (figures.outcome, figures.duration, figures.billed);
    if same && !end.lapsed {
        return Outcome::unchanged(Answer::Ended { call: Box::new(call.clone()), repeated: true });
    }
    let late = Seconds((figures.billed.0 - end.billed.0).max(end.late.0));
    if !end.lapsed || late == end.late {
        let answer = Err(Refusal::AlreadyCompleted(Box::new(call.clone())));
        return Outcome { answer, ..Outcome::unchanged(Answer::PeriodsOpen) };
    }
    let noted = Call { end: Some(CallEnd { late, ..end.clone() }), ..call.clone() };
    Outcome {
        call: Some(CallChange::Late { id: call.placement.id.clone(), late }),
        answer: Err(Refusal::AlreadyCompleted(Box::new(noted))),
        ..Outcome::unchanged(Answer::PeriodsOpen)
    }
}

/// A hold that has lapsed: the call settles at its last heartbeat, or is released if it had none.
pub(super) fn expire(wallet: &Wallet, id: &str, now: Timestamp) -> Decision {
    let (call, snapshot) = find(wallet, id)?;
    let Some(snapshot) = snapshot.filter(|_| call.expires_at <= now) else {
        return Ok(Outcome::unchanged(Answer::Ended { call: Box::new(call.clone()), repeated: true }));
    };
    let billed = call.connected.unwrap_or_default();
    let outcome = if call.connected.is_some() { CallOutcome::Answered } else { CallOutcome::Failed };
    Ok(end(wallet, call, snapshot, Figures { outcome, duration: billed, billed }, true, now))
}

fn end(wallet: &Wallet, call: &Call, snapshot: &Snapshot, figures: Figures, lapsed: bool, now: Timestamp) -> Outcome {
    let meter = snapshot.terms.meter;
    let (status, units) = match (figures.outcome, meter) {
        (CallOutcome::Answered, Meter::Minutes) => (CallStatus::Settled, figures.billed.0),
        (CallOutcome::Answered, Meter::Calls) => (CallStatus::Settled, 1),
        _ => (CallStatus::Released, 0),
    };
    let draw = waterfall::draw(wallet, call, snapshot, units);
    let entries = draw.entries(meter);
    let charged = !entries.is_empty();
    let end = CallEnd {
        outcome: figures.outcome,
        duration: figures.duration,
        billed: figures.billed,
        credits: draw.credits,
        excess: draw.excess,
        overrun: uncovered(meter, figures, &draw),
        lapsed,
        late: Seconds(0),
        seq: charged.then_some(wallet.seq + 1),
        ended_at: now,
    };
    let id = call.placement.id.clone();
    let mut postings = Vec::new();
    if charged {
        postings.push(Draft { kind: PostingKind::Call, key: id.clone(), occurred_at: now, entries });
    }
    // With the last call of a cancelled subscription the allowance ends.
    let ending = wallet.subscription.as_ref().filter(|it| it.state == SubscriptionState::Ending);
    let over = ending.filter(|_| wallet.open_calls() == 1).map(|it| {
        let drawn = postings.iter().flat_map(|posting| &posting.entries);
        let drawn = drawn.filter(|entry| matches!(entry.account, Account::Allowance(_)));
        let left = wallet.balances.allowance + drawn.map(|entry| entry.amount).sum::<i64>();
        subscription::over(it, left, now)
    });
    let (posting, subscription) = over.unzip();
    postings.extend(posting);
    let ended = Call { status, end: Some(end.clone()), ..call.clone() };
    Outcome {
        postings,
        subscription,
        call: Some(CallChange::Ended { id, status, end }),
        usage: usage(meter, figures, &draw),
        ..Outcome::unchanged(Answer::Ended { call: Box::new(ended), repeated: false })
    }
}

/// Connected time that nothing covered: on the calls meter that of the whole call.
fn uncovered(meter: Meter, figures: Figures, draw: &Draw) -> Seconds {
    match meter {
        Meter::Minutes => Seconds(draw.overrun),
        Meter::Calls => Seconds(draw.overrun * figures.billed.0),
    }
}

/// The day's share of a call. On the calls meter all its seconds belong to the source that paid for the call.
fn usage(meter: Meter, figures: Figures, draw: &Draw) -> Usage {
    let secs = |units: i64| match meter {
        Meter::Minutes => units,
        Meter::Calls => units * figures.billed.0,
    };
    Usage {
        calls: i64::from(figures.outcome == CallOutcome::Answered),
        allowance_secs: secs(draw.allowance),
        packs_secs: secs(draw.lots.iter().map(|(_, units)| units).sum()),
        credits_secs: secs(draw.on_credits),
        excess_secs: secs(draw.on_excess),
        charged_mc: draw.credits.0 + draw.excess.0,
    }
}
