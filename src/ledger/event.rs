//! Events of a wallet: what programs and people want to hear about it. They are saved with the postings that cause
//! them, so none is lost and none is told twice. They look at capacity plus held, so that running calls do not make
//! them flap (SPEC §1.3).

use jiff::Timestamp;
use serde_json::{Value, json};

use super::call::{Call, CallStatus};
use super::command::PaymentState;
use super::history::Change;
use super::posting::{Posting, PostingKind};
use super::wallet::{SubscriptionState, Wallet};
use crate::pricing::{Fit, Standing};
use crate::units::{Meter, words};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// One call fits, where more did.
    Low,
    /// None fits any more, or none is accepted.
    Paused,
    /// Calls fit again.
    Resumed,
    /// Credits or packages were added.
    Credited,
    /// A call was charged; told only where somebody wants it, because there are many.
    Settled,
}

words!(EventKind {
    Low = "wallet.low",
    Paused = "wallet.paused",
    Resumed = "wallet.resumed",
    Credited = "wallet.credited",
    Settled = "call.settled",
});

/// An event as it is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub occurred_at: Timestamp,
    /// Number of the wallet's last posting at that moment.
    pub seq: i64,
    /// Its particulars.
    pub data: Value,
}

/// Whether calls could be placed if none were running.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// None fits, or none is accepted.
    Paused,
    /// One fits.
    Low,
    /// Several fit.
    Ok,
}

impl Level {
    /// `None` before the first subscription: there is nothing to run low yet.
    pub fn of(wallet: &Wallet) -> Option<Self> {
        let subscription = wallet.subscription.as_ref()?;
        if wallet.payment == PaymentState::Unpaid || subscription.state == SubscriptionState::Ending {
            return Some(Level::Paused);
        }
        Some(match unheld(wallet).fit() {
            Fit::Paused => Level::Paused,
            Fit::One => Level::Low,
            Fit::Many(_) => Level::Ok,
        })
    }
}

/// How a wallet would stand if no call were running.
pub fn unheld(wallet: &Wallet) -> Standing {
    let standing = wallet.standing();
    Standing { held: 0, sigma_max: standing.sigma, ..standing }
}

/// Notes what a command made of the wallet: the call that it settled, what the postings from number `first_seq` on have
/// added, and a crossing of its level since `before`.
pub(super) fn note(wallet: &mut Wallet, before: Option<Level>, first_seq: i64, settled: Option<&Call>, now: Timestamp) {
    let seq = wallet.seq;
    let new = wallet.changes.postings.iter().filter(|posting| posting.seq >= first_seq);
    let settled = settled.filter(|_| wallet.tells_settled).and_then(|call| settled_event(call, seq));
    let paid = |topup: &Posting| -> i64 {
        let debts = new.clone().filter(|it| it.kind == PostingKind::Debt && it.key == topup.key);
        -debts.map(|it| Change::of(it).debt.0).sum::<i64>()
    };
    let credits = new.clone().filter_map(|posting| credited(posting, paid(posting)));
    let mut events: Vec<Event> = settled.into_iter().chain(credits).collect();
    let crossing = match (before, Level::of(wallet)) {
        (Some(before), Some(after)) if before == after => None,
        (Some(Level::Paused), Some(_)) => Some(EventKind::Resumed),
        (Some(_), Some(Level::Paused)) => Some(EventKind::Paused),
        (Some(Level::Ok), Some(Level::Low)) => Some(EventKind::Low),
        _ => None,
    };
    events.extend(crossing.map(|kind| Event { kind, occurred_at: now, seq, data: figures(&unheld(wallet)) }));
    wallet.changes.events.extend(events);
}

/// A call's figures under the names that they have in the API.
fn settled_event(call: &Call, seq: i64) -> Option<Event> {
    let end = call.end.as_ref().filter(|_| call.status == CallStatus::Settled)?;
    let data = json!({
        "call": call.placement.id,
        "outcome": end.outcome.as_str(),
        "duration_seconds": end.duration.0,
        "billed_duration_seconds": end.billed.0,
        "billing_amount_milli_cents": end.credits.0,
        "excess_milli_cents": end.excess.0,
        "overrun_seconds": end.overrun.0,
        "ended_at": end.ended_at,
    });
    Some(Event { kind: EventKind::Settled, occurred_at: end.ended_at, seq, data })
}

/// What was added; `debt_paid` milli-cents of the same money paid debt before.
fn credited(posting: &Posting, debt_paid: i64) -> Option<Event> {
    if !matches!(posting.kind, PostingKind::Pack | PostingKind::Grant | PostingKind::TopUp) {
        return None;
    }
    let change = Change::of(posting);
    let data = json!({
        "amount_milli_cents": change.credits.0,
        "amount_seconds": change.secs,
        "amount_calls": change.calls,
        "debt_paid_milli_cents": debt_paid,
    });
    Some(Event { kind: EventKind::Credited, occurred_at: posting.occurred_at, seq: posting.seq, data })
}

fn figures(standing: &Standing) -> Value {
    let capacity = (!standing.postpaid).then(|| standing.capacity());
    let in_unit = |meter| capacity.filter(|_| standing.meter == meter);
    json!({
        "balance_milli_cents": standing.posted.0,
        "capacity_seconds": in_unit(Meter::Minutes),
        "capacity_calls": in_unit(Meter::Calls),
        "calls_that_fit": (!standing.postpaid).then(|| standing.calls_that_fit()),
    })
}
