//! The calls of the naive model: what is held for them and what they draw.

use jiff::{SignedDuration, Timestamp};
use minutebank::ledger::{CallOutcome, CallStatus, PaymentState, Placement, Snapshot};
use minutebank::pricing::{ExcessMode, HoldPolicy, Rates};
use minutebank::units::Meter;

use super::{Model, State, bought, sigma};
use crate::model::observe::Verdict::{self, Refused};
use crate::model::observe::{CallSeen, Drawn};

#[derive(Clone, Debug, PartialEq)]
pub struct ModelCall {
    pub placement: Placement,
    pub snapshot: Snapshot,
    pub postpaid: bool,
    pub hold: i64,
    pub expires_at: Timestamp,
    pub connected: Option<i64>,
    pub end: Option<End>,
    pub drawn: Drawn,
}

impl ModelCall {
    pub fn seen(&self) -> CallSeen {
        let status = match self.end {
            None => CallStatus::Reserved,
            Some(end) if end.outcome == CallOutcome::Answered => CallStatus::Settled,
            Some(_) => CallStatus::Released,
        };
        CallSeen { status, hold: self.hold, connected: self.connected, drawn: self.drawn }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub outcome: CallOutcome,
    pub duration: i64,
    pub billed: i64,
    /// By the sweep.
    pub lapsed: bool,
}

/// `floor(s*r/60)` per component that the call used.
fn charge(rates: &Rates, recording: bool, secs: i64) -> i64 {
    let recorded = if recording { secs * rates.recording.0 / 60 } else { 0 };
    secs * rates.voice.0 / 60 + secs * rates.telephony.0 / 60 + recorded
}

impl Model {
    pub fn place(&mut self, placement: &Placement, now: Timestamp) -> Verdict {
        if let Some(known) = self.calls.get(&placement.id) {
            let same = known.placement == *placement;
            return if same { Verdict::Placed { call: known.seen(), repeated: true } } else { Refused("IdConflict") };
        }
        let Some(current) = &self.subscription else { return Refused("NoSubscription") };
        if current.state == State::Ending {
            return Refused("SubscriptionEnding");
        } else if self.payment == PaymentState::Unpaid {
            return Refused("SubscriptionBlocked");
        }
        let terms = &current.snapshot.terms;
        let (postpaid, hold, accepted) = match (terms.excess, terms.meter, terms.hold) {
            (ExcessMode::Postpaid { limit }, ..) if current.state == State::Active => {
                (true, 0, limit.0 == 0 || self.excess < limit.0)
            }
            (_, Meter::Calls, _) => (false, 1, self.capacity() >= 1),
            (_, Meter::Minutes, HoldPolicy::WorstCase) => {
                (false, terms.max_call.0, self.capacity() >= terms.max_call.0)
            }
            (_, Meter::Minutes, HoldPolicy::Buffer(secs)) => (false, secs, self.capacity() >= secs),
        };
        if !accepted {
            return Refused("InsufficientBalance");
        }
        let call = ModelCall {
            placement: placement.clone(),
            snapshot: current.snapshot.clone(),
            postpaid,
            hold,
            expires_at: now + SignedDuration::from_secs(terms.max_call.0 + 600),
            connected: None,
            end: None,
            drawn: Drawn::default(),
        };
        let seen = call.seen();
        self.calls.insert(placement.id.clone(), call);
        Verdict::Placed { call: seen, repeated: false }
    }

    pub fn beat(&mut self, id: &str, connected: i64) -> Verdict {
        if !(0..=86_400).contains(&connected) {
            return Refused("Invalid");
        }
        let (capacity, meter) = (self.capacity().max(0), self.meter());
        let Some(call) = self.calls.get_mut(id) else { return Refused("UnknownCall") };
        if call.end.is_some() {
            return Verdict::Beaten { call: call.seen(), allowed: None };
        }
        let terms = &call.snapshot.terms;
        let connected = connected.max(call.connected.unwrap_or(0));
        call.connected = Some(connected);
        if let (HoldPolicy::Buffer(secs), Meter::Minutes, false) = (terms.hold, terms.meter, call.postpaid)
            && meter == Meter::Minutes
        {
            call.hold = call.hold.max((connected + secs).min(terms.max_call.0).min(call.hold + capacity));
        }
        let unbounded = terms.meter == Meter::Calls || call.postpaid;
        Verdict::Beaten { call: call.seen(), allowed: Some(if unbounded { terms.max_call.0 } else { call.hold }) }
    }

    pub fn expire(&mut self, id: &str, now: Timestamp) -> Verdict {
        let Some(call) = self.calls.get(id) else { return Refused("UnknownCall") };
        match (&call.end, call.connected) {
            (Some(_), _) => Verdict::Ended { call: call.seen(), repeated: true },
            (None, _) if now < call.expires_at => Verdict::Ended { call: call.seen(), repeated: true },
            (None, Some(secs)) => {
                self.finish(id, End { outcome: CallOutcome::Answered, duration: secs, billed: secs, lapsed: true })
            }
            (None, None) => self.finish(id, End { outcome: CallOutcome::Failed, duration: 0, billed: 0, lapsed: true }),
        }
    }

    pub fn end(&mut self, id: &str, end: End) -> Verdict {
        let answered = end.outcome == CallOutcome::Answered;
        if end.billed < 0 || end.billed > end.duration || end.duration > 86_400 || (end.billed > 0 && !answered) {
            return Refused("Invalid");
        }
        let Some(call) = self.calls.get(id) else { return Refused("UnknownCall") };
        match call.end {
            None => self.finish(id, end),
            Some(known) if known == end => Verdict::Ended { call: call.seen(), repeated: true },
            Some(_) => Refused("AlreadyCompleted"),
        }
    }

    fn finish(&mut self, id: &str, end: End) -> Verdict {
        let call = self.calls.get_mut(id).unwrap();
        call.end = Some(end);
        let call = call.clone();
        if end.outcome == CallOutcome::Answered {
            let drawn = match call.snapshot.terms.meter {
                Meter::Minutes => self.draw_seconds(&call, end.billed),
                Meter::Calls => self.draw_call(&call, end.billed),
            };
            self.calls.get_mut(id).unwrap().drawn = drawn;
        }
        if self.subscription.as_ref().is_some_and(|it| it.state == State::Ending) {
            self.end_subscription();
        }
        Verdict::Ended { call: self.calls[id].seen(), repeated: false }
    }

    /// Draws what an ended call used; it is no longer among the open ones.
    fn draw_seconds(&mut self, call: &ModelCall, billed: i64) -> Drawn {
        let terms = &call.snapshot.terms;
        let units = self.units(Meter::Minutes);
        let cost = |secs: i64| charge(&terms.rates, call.placement.recording, (secs - units).max(0));
        if call.postpaid {
            self.take(Meter::Minutes, billed.min(units));
            return self.pay(cost(billed));
        }
        let (sigma_max, meter, held) = (self.sigma_max(), self.meter(), self.held());
        let others = self.units(meter) - held;
        let covered = |secs: i64| {
            let taken = if meter == Meter::Minutes { secs.min(units) } else { 0 };
            others - taken + bought(self.credits - cost(secs), sigma_max, meter) >= 0
        };
        let payable = |secs: i64| cost(secs) <= self.credits && (secs <= units || sigma(terms) > 0);
        // What it held is its own; past that, only what no other hold needs.
        let most = (0..=billed).rev().find(|secs| payable(*secs) && (*secs <= call.hold || covered(*secs))).unwrap();
        self.take(Meter::Minutes, most.min(units));
        Drawn { overrun: billed - most, ..self.pay(cost(most)) }
    }

    /// Exactly one call, whatever its seconds.
    fn draw_call(&mut self, call: &ModelCall, billed: i64) -> Drawn {
        let price = sigma(&call.snapshot.terms);
        if self.units(Meter::Calls) > 0 {
            self.take(Meter::Calls, 1);
            Drawn::default()
        } else if call.postpaid || (price > 0 && price <= self.credits) {
            self.pay(price)
        } else {
            Drawn { overrun: billed, ..Drawn::default() }
        }
    }

    /// From the allowance, then from lots, oldest first.
    fn take(&mut self, meter: Meter, mut units: i64) {
        let from_allowance = units.min(self.allowance);
        self.allowance -= from_allowance;
        self.drawn[meter as usize] += from_allowance;
        units -= from_allowance;
        for at in self.usable(meter) {
            let from_lot = units.min(self.lots[at].1);
            self.lots[at].1 -= from_lot;
            units -= from_lot;
        }
    }

    /// From credits; what they lack is excess.
    fn pay(&mut self, price: i64) -> Drawn {
        let credits = price.min(self.credits);
        self.credits -= credits;
        self.excess += price - credits;
        Drawn { credits, excess: price - credits, overrun: 0 }
    }
}
