//! A second telling of SPEC §1, as naive as it can be: no postings, no entries, no snapshots of balances, every sum
//! taken anew. It was written from the specification and shares nothing with the core but its words.

mod calls;
mod reversals;

use std::collections::{BTreeMap, BTreeSet};

use calls::{End, ModelCall};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use minutebank::ledger::{Command, Credit, Effective, LotGrant, LotSource, PaymentState, Snapshot};
use minutebank::pricing::Terms;
use minutebank::units::{Meter, MilliCents};
use reversals::Bought;

use super::observe::Verdict::{self, Refused};
use super::observe::{CallSeen, Figures};

/// One workspace, as the specification tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    zone: TimeZone,
    subscription: Option<Subscription>,
    payment: PaymentState,
    allowance: i64,
    /// What the current period has drawn from its allowances, by unit: seconds, calls.
    pub(super) drawn: [i64; 2],
    /// Unit and what is left, oldest first.
    lots: Vec<(Meter, i64)>,
    credits: i64,
    debt: i64,
    /// Of the current period, billed afterwards.
    excess: i64,
    calls: BTreeMap<String, ModelCall>,
    /// What was credited, by kind and key.
    credited: BTreeSet<(&'static str, String)>,
    messages: BTreeMap<String, i64>,
    /// Months of numbers that were paid, by their key.
    number_months: BTreeSet<String>,
    /// Oldest first.
    bought: Vec<Bought>,
}

#[derive(Clone, Debug, PartialEq)]
struct Subscription {
    snapshot: Snapshot,
    anchor_at: Timestamp,
    period: i32,
    state: State,
    next: Option<Snapshot>,
    cancel_at_end: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Active,
    Ending,
    Canceled,
}

/// `Σ` of a snapshot; per call on the calls meter.
fn sigma(terms: &Terms) -> i64 {
    match terms.meter {
        Meter::Minutes => terms.rates.voice.0 + terms.rates.telephony.0 + terms.rates.recording.0,
        Meter::Calls => terms.rates.call.map_or(0, |rate| rate.0),
    }
}

/// What credits can buy, in units of the meter.
fn bought(credits: i64, sigma: i64, meter: Meter) -> i64 {
    if sigma == 0 { 0 } else { credits * meter.per_piece() / sigma }
}

fn rounded_up(amount: i64, by: i64) -> i64 {
    (amount + by - 1) / by
}

impl Model {
    pub fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            subscription: None,
            payment: PaymentState::Current,
            allowance: 0,
            drawn: [0, 0],
            lots: Vec::new(),
            credits: 0,
            debt: 0,
            excess: 0,
            calls: BTreeMap::new(),
            credited: BTreeSet::new(),
            messages: BTreeMap::new(),
            number_months: BTreeSet::new(),
            bought: Vec::new(),
        }
    }

    /// Carries a command out.
    pub fn obey(&mut self, command: &Command, now: Timestamp) -> Verdict {
        self.open_periods(now);
        self.collect(now);
        let verdict = self.carry_out(command, now);
        self.collect(now);
        verdict
    }

    fn carry_out(&mut self, command: &Command, now: Timestamp) -> Verdict {
        match command {
            Command::Subscribe { snapshot, anchor_at } => self.subscribe(snapshot, *anchor_at, now),
            Command::OpenPeriods => Verdict::PeriodsOpen,
            Command::ChangePlan { snapshot, effective } => self.change_plan(snapshot, *effective),
            Command::Cancel(effective) => self.cancel(*effective),
            Command::SetPaymentState(state) => {
                self.payment = *state;
                Verdict::Changed
            }
            Command::CreditLots { key, lots } => self.credit_lots(key, lots),
            Command::CreditLotsAndDebt { key, lots, balance } => {
                let verdict = self.credit_lots(key, lots);
                if verdict == (Verdict::Credited { repeated: false }) {
                    self.pay_in(key, *balance);
                }
                verdict
            }
            Command::CreditMoney { key, amount } => self.credit_money(key, *amount),
            Command::GrantMoney { key, amount } => {
                let fresh = self.credited.insert(("grant", key.clone()));
                self.credits += if fresh { amount.0 } else { 0 };
                Verdict::Credited { repeated: !fresh }
            }
            Command::TakeBack(reversal) => self.take_back(reversal, now),
            Command::TakeUnused { credit, id, paid } => self.take_unused(credit, id, *paid, now),
            Command::GiveBack(reversal) => self.give_back(reversal, now),
            Command::PlaceHold(placement) => self.place(placement, now),
            Command::Heartbeat { id, connected } => self.beat(id, connected.0),
            Command::ExpireCall { id } => self.expire(id, now),
            Command::ChargeMessages { id, count } => self.charge_messages(id, *count),
            Command::PayNumber { key, begins } => self.pay_number(key, *begins),
            Command::EndCall { id, outcome, duration, billed } => {
                self.end(id, End { outcome: *outcome, duration: duration.0, billed: billed.0, lapsed: false })
            }
        }
    }

    /// Ids of the calls that have not ended.
    pub fn open_ids(&self) -> Vec<&String> {
        self.calls.iter().filter(|(_, call)| call.end.is_none()).map(|(id, _)| id).collect()
    }

    /// Every call.
    pub fn calls(&self) -> BTreeMap<String, CallSeen> {
        self.calls.iter().map(|(id, call)| (id.clone(), call.seen())).collect()
    }

    // Periods

    fn month(&self, anchor_at: Timestamp, months: i32) -> Timestamp {
        anchor_at.to_zoned(self.zone.clone()).checked_add(months.months()).unwrap().timestamp()
    }

    fn open_periods(&mut self, now: Timestamp) {
        while let Some(mut it) = self.subscription.clone()
            && it.state == State::Active
            && self.month(it.anchor_at, it.period + 1) <= now
        {
            if it.cancel_at_end {
                self.end_subscription();
                return;
            }
            it.period += 1;
            it.snapshot = it.next.take().unwrap_or(it.snapshot);
            self.begin_period(it);
        }
    }

    fn begin_period(&mut self, subscription: Subscription) {
        self.allowance = subscription.snapshot.terms.included;
        (self.drawn, self.excess) = ([0, 0], 0);
        self.subscription = Some(subscription);
    }

    // The subscription

    fn subscribe(&mut self, snapshot: &Snapshot, anchor_at: Timestamp, now: Timestamp) -> Verdict {
        if let Some(current) = &self.subscription {
            if current.snapshot.id == snapshot.id {
                return Verdict::Subscribed;
            } else if current.state != State::Canceled {
                return Refused("AlreadySubscribed");
            }
        }
        let (state, next) = (State::Active, None);
        let snapshot = snapshot.clone();
        self.credits += if self.subscription.is_none() { snapshot.terms.free_credits.0 } else { 0 };
        self.begin_period(Subscription { snapshot, anchor_at, period: 0, state, next, cancel_at_end: false });
        self.open_periods(now);
        Verdict::Subscribed
    }

    fn change_plan(&mut self, snapshot: &Snapshot, effective: Effective) -> Verdict {
        let Some(current) = self.subscription.clone() else { return Refused("NoSubscription") };
        match current.state {
            State::Canceled => return Refused("NoSubscription"),
            State::Ending => return Refused("SubscriptionEnding"),
            State::Active => {}
        }
        let pending = current.next.as_ref().map_or(0, |it| it.id);
        if snapshot.id <= pending.max(current.snapshot.id) {
            return Verdict::Changed;
        }
        let mut after = self.clone();
        let changed = after.subscription.as_mut().unwrap();
        if effective == Effective::PeriodEnd {
            changed.next = Some(snapshot.clone());
        } else {
            (changed.snapshot, changed.next) = (snapshot.clone(), None);
            let (old, new) = (&current.snapshot.terms, &snapshot.terms);
            after.allowance = (new.included - self.drawn[new.meter as usize]).max(0);
            let moves = old.meter != new.meter && self.open_calls().next().is_some();
            if moves || after.capacity() < 0 {
                return Refused("CallsInProgress");
            }
        }
        *self = after;
        Verdict::Changed
    }

    fn cancel(&mut self, effective: Effective) -> Verdict {
        let Some(current) = &mut self.subscription else { return Refused("NoSubscription") };
        match (current.state, effective) {
            (State::Active, Effective::PeriodEnd) => current.cancel_at_end = true,
            (State::Active, Effective::Now) => self.end_subscription(),
            (State::Ending | State::Canceled, _) => {}
        }
        Verdict::Changed
    }

    /// From now on no new call; when none is open, no allowance and no lots either.
    fn end_subscription(&mut self) {
        let none_open = self.open_calls().next().is_none();
        let Some(it) = &mut self.subscription else { return };
        it.state = if none_open { State::Canceled } else { State::Ending };
        if none_open {
            (self.allowance, self.excess) = (0, 0);
        }
    }

    // Credits

    fn credit_lots(&mut self, key: &str, lots: &[LotGrant]) -> Verdict {
        let kind = if lots[0].source == LotSource::Grant { "grant" } else { "pack" };
        let fresh = self.credited.insert((kind, key.to_owned()));
        if fresh {
            if kind == "pack" {
                let places = (self.lots.len()..self.lots.len() + lots.len()).collect();
                let granted = lots.iter().map(|lot| lot.units).sum();
                self.bought.push(Bought::new(Credit::Lots(key.to_owned()), places, granted));
            }
            self.lots.extend(lots.iter().map(|lot| (lot.meter, lot.units)));
        }
        Verdict::Credited { repeated: !fresh }
    }

    /// Debt is paid first.
    fn credit_money(&mut self, key: &str, amount: MilliCents) -> Verdict {
        let fresh = self.credited.insert(("money", key.to_owned()));
        if fresh {
            self.pay_in(key, amount);
        }
        Verdict::Credited { repeated: !fresh }
    }

    /// What is more than the debt becomes credits.
    fn pay_in(&mut self, key: &str, amount: MilliCents) {
        self.bought.push(Bought::new(Credit::Money(key.to_owned()), Vec::new(), amount.0));
        let on_debt = amount.0.min(self.debt);
        self.debt -= on_debt;
        self.credits += amount.0 - on_debt;
    }

    fn charge_messages(&mut self, id: &str, count: i64) -> Verdict {
        let Some(current) = &self.subscription else { return Refused("NoSubscription") };
        let amount = count * current.snapshot.terms.rates.message.0;
        match self.messages.get(id) {
            Some(known) if *known == count => return Verdict::Charged { repeated: true },
            Some(_) => return Refused("IdConflict"),
            None if self.payment == PaymentState::Unpaid => return Refused("SubscriptionBlocked"),
            None if self.available() < amount => return Refused("InsufficientCredits"),
            None => {}
        }
        self.credits -= amount;
        self.messages.insert(id.to_owned(), count);
        Verdict::Charged { repeated: false }
    }

    fn pay_number(&mut self, key: &str, begins: bool) -> Verdict {
        let Some(current) = &self.subscription else { return Refused("NoSubscription") };
        let fee = current.snapshot.terms.rates.number.0;
        if self.number_months.contains(key) {
            return Verdict::NumberPaid { repeated: true };
        } else if begins && self.payment == PaymentState::Unpaid {
            return Refused("SubscriptionBlocked");
        } else if self.available() < fee {
            return Refused("InsufficientCredits");
        }
        self.credits -= fee;
        if fee > 0 {
            self.number_months.insert(key.to_owned());
        }
        Verdict::NumberPaid { repeated: false }
    }

    // Sums of SPEC §1.2

    fn open_calls(&self) -> impl Iterator<Item = &ModelCall> {
        self.calls.values().filter(|call| call.end.is_none())
    }

    fn meter(&self) -> Meter {
        self.subscription.as_ref().map_or(Meter::Minutes, |it| it.snapshot.terms.meter)
    }

    /// `H`: what is held in the plan's unit.
    fn held(&self) -> i64 {
        self.open_calls().filter(|call| call.snapshot.terms.meter == self.meter()).map(|call| call.hold).sum()
    }

    /// `Σ*`.
    fn sigma_max(&self) -> i64 {
        let current = self.subscription.iter().map(|it| sigma(&it.snapshot.terms));
        let open = self.open_calls().filter(|call| call.snapshot.terms.meter == self.meter());
        current.chain(open.map(|call| sigma(&call.snapshot.terms))).max().unwrap_or(0)
    }

    /// Numbers of the lots that calls counted in this unit may draw from.
    fn usable(&self, meter: Meter) -> Vec<usize> {
        let lasting = self.subscription.as_ref().is_some_and(|it| it.state != State::Canceled);
        let usable = lasting && self.meter() == meter;
        (0..self.lots.len()).filter(|at| usable && self.lots[*at].0 == meter).collect()
    }

    /// `A + L`, as far as calls counted in this unit may draw from it.
    fn units(&self, meter: Meter) -> i64 {
        let allowance = if self.meter() == meter { self.allowance } else { 0 };
        allowance + self.usable(meter).into_iter().map(|at| self.lots[at].1).sum::<i64>()
    }

    fn capacity(&self) -> i64 {
        let meter = self.meter();
        self.units(meter) + bought(self.credits, self.sigma_max(), meter) - self.held()
    }

    fn held_milli_cents(&self) -> i64 {
        let on_credits = (self.held() - self.units(self.meter())).max(0);
        rounded_up(on_credits * self.sigma_max(), self.meter().per_piece())
    }

    fn available(&self) -> i64 {
        (self.credits - self.held_milli_cents()).max(0)
    }

    /// What can be compared with the core.
    pub fn figures(&self) -> Figures {
        let meter = self.meter();
        let of = |unit| self.lots.iter().filter(|lot| lot.0 == unit).map(|lot| lot.1).sum();
        let mut held: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
        for call in self.open_calls() {
            let sums = held.entry(call.snapshot.id).or_default();
            *sums = (sums.0 + 1, sums.1 + call.hold);
        }
        Figures {
            state: self.subscription.as_ref().map_or("none", |it| match it.state {
                State::Active => "active",
                State::Ending => "ending",
                State::Canceled => "canceled",
            }),
            snapshot: self.subscription.as_ref().map_or(0, |it| it.snapshot.id),
            payment: self.payment,
            allowance: self.allowance,
            packs: (of(Meter::Minutes), of(Meter::Calls)),
            usable_lots: self.usable(meter).into_iter().map(|at| self.lots[at].1).sum(),
            lots: self.lots.iter().copied().filter(|lot| lot.1 > 0).collect(),
            credits: self.credits,
            debt: self.debt,
            excess: self.excess,
            capacity: self.capacity(),
            held_milli_cents: self.held_milli_cents(),
            available: self.available(),
            held,
        }
    }
}
