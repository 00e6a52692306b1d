//! What the core and the model are compared by: answers without their wording, and every figure of a wallet.

use std::collections::BTreeMap;

use minutebank::ledger::{Answer, Call, CallStatus, PaymentState, Refusal, Wallet};
use minutebank::units::Meter;

/// An answer, as far as both know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Subscribed,
    PeriodsOpen,
    Changed,
    Credited { repeated: bool },
    Charged { repeated: bool },
    NumberPaid { repeated: bool },
    Reversed { amount: i64, repeated: bool },
    Placed { call: CallSeen, repeated: bool },
    Beaten { call: CallSeen, allowed: Option<i64> },
    Ended { call: CallSeen, repeated: bool },
    Refused(&'static str),
}

/// A call, as far as both know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallSeen {
    pub status: CallStatus,
    pub hold: i64,
    pub connected: Option<i64>,
    pub drawn: Drawn,
}

/// What an ended call cost, and the seconds that nothing covered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    pub credits: i64,
    pub excess: i64,
    pub overrun: i64,
}

/// Every figure of a wallet that both know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    pub state: &'static str,
    pub snapshot: i64,
    pub payment: PaymentState,
    pub allowance: i64,
    /// Left in all lots: seconds, calls.
    pub packs: (i64, i64),
    pub usable_lots: i64,
    /// Open ones, oldest first: unit and what is left.
    pub lots: Vec<(Meter, i64)>,
    pub credits: i64,
    pub debt: i64,
    /// Of the current period.
    pub excess: i64,
    pub capacity: i64,
    pub held_milli_cents: i64,
    pub available: i64,
    /// Open holds by snapshot: calls, units.
    pub held: BTreeMap<i64, (i64, i64)>,
}

/// What the core said.
pub fn verdict(answer: &Result<Answer, Refusal>) -> Verdict {
    match answer {
        Ok(Answer::Subscribed) => Verdict::Subscribed,
        Ok(Answer::PeriodsOpen) => Verdict::PeriodsOpen,
        Ok(Answer::Changed) => Verdict::Changed,
        Ok(Answer::Credited { repeated, .. }) => Verdict::Credited { repeated: *repeated },
        Ok(Answer::Charged { repeated, .. }) => Verdict::Charged { repeated: *repeated },
        Ok(Answer::NumberPaid { repeated }) => Verdict::NumberPaid { repeated: *repeated },
        Ok(Answer::Reversed { amount, repeated }) => Verdict::Reversed { amount: amount.0, repeated: *repeated },
        Ok(Answer::Placed { call, repeated }) => Verdict::Placed { call: seen(call), repeated: *repeated },
        Ok(Answer::Beaten { call, allowed }) => {
            Verdict::Beaten { call: seen(call), allowed: call.end.is_none().then_some(allowed.0) }
        }
        Ok(Answer::Ended { call, repeated }) => Verdict::Ended { call: seen(call), repeated: *repeated },
        Err(refusal) => Verdict::Refused(name(refusal)),
    }
}

fn name(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoSubscription => "NoSubscription",
        Refusal::SubscriptionEnding => "SubscriptionEnding",
        Refusal::SubscriptionBlocked => "SubscriptionBlocked",
        Refusal::CallsInProgress => "CallsInProgress",
        Refusal::InsufficientCredits { .. } => "InsufficientCredits",
        Refusal::AlreadySubscribed => "AlreadySubscribed",
        Refusal::InsufficientBalance(_) => "InsufficientBalance",
        Refusal::IdConflict => "IdConflict",
        Refusal::UnknownCall => "UnknownCall",
        Refusal::AlreadyCompleted(_) => "AlreadyCompleted",
        Refusal::UnknownCredit => "UnknownCredit",
        Refusal::NothingUnused => "NothingUnused",
        Refusal::Invalid(_) => "Invalid",
    }
}

/// What the core keeps of a call.
pub fn seen(call: &Call) -> CallSeen {
    let drawn = call.end.as_ref().map_or(Drawn::default(), |end| Drawn {
        credits: end.credits.0,
        excess: end.excess.0,
        overrun: end.overrun.0,
    });
    CallSeen { status: call.status, hold: call.held_units, connected: call.connected.map(|secs| secs.0), drawn }
}

/// What the core's wallet shows.
pub fn figures(wallet: &Wallet) -> Figures {
    let standing = wallet.standing();
    let subscription = wallet.subscription.as_ref();
    Figures {
        state: subscription.map_or("none", |it| it.state.as_str()),
        snapshot: subscription.map_or(0, |it| it.snapshot.id),
        payment: wallet.payment,
        allowance: wallet.balances.allowance,
        packs: (wallet.balances.packs_secs, wallet.balances.packs_calls),
        usable_lots: standing.lots,
        lots: wallet.lots.iter().map(|lot| (lot.meter, lot.remaining)).collect(),
        credits: wallet.balances.credits_mc,
        debt: wallet.balances.debt_mc,
        excess: wallet.excess_of_period().0,
        capacity: standing.capacity(),
        held_milli_cents: standing.held_mc().0,
        available: standing.available_mc().0,
        held: wallet.held.iter().map(|held| (held.snapshot.id, (held.calls, held.units))).collect(),
    }
}
