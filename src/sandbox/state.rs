//! Everything the sandbox knows, in memory; changed only by [`Change`]s, which are what the journal holds.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::model::{Customer, Delivery, Endpoint, Event, KeptAnswer, Session, SessionStatus, new_id};
use super::payment_model::{Charge, Intent, PaymentMethod, SetupIntent};
use super::refund_model::{Dispute, Refund};

/// Seconds an idempotency key is kept: 24 hours, as Stripe does.
pub const KEY_KEPT_SECS: i64 = 24 * 3600;
/// Seconds an event can be read back: 30 days, as Stripe does.
const EVENT_KEPT_SECS: i64 = 30 * 24 * 3600;

/// One object made or replaced.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A customer.
    Customer(Customer),
    /// A Checkout session.
    Session(Box<Session>),
    /// A way to pay.
    PaymentMethod(PaymentMethod),
    /// A SetupIntent.
    SetupIntent(SetupIntent),
    /// A PaymentIntent.
    Intent(Intent),
    /// A charge.
    Charge(Charge),
    /// A refund.
    Refund(Refund),
    /// A dispute.
    Dispute(Dispute),
    /// An event.
    Event(Event),
    /// A delivery of an event.
    Delivery(Delivery),
    /// An answer under an idempotency key.
    Answer(KeptAnswer),
    /// The webhook endpoint.
    Endpoint(Endpoint),
    /// Everything forgotten.
    Reset,
}

/// Objects by id, in the order they were made.
pub struct Table<T> {
    by_id: HashMap<String, T>,
    order: Vec<String>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { by_id: HashMap::new(), order: Vec::new() }
    }
}

impl<T> Table<T> {
    fn put(&mut self, id: &str, object: T) {
        if self.by_id.insert(id.to_owned(), object).is_none() {
            self.order.push(id.to_owned());
        }
    }

    /// One object.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.by_id.get(id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// All, the newest first, as Stripe lists them.
    pub fn newest_first(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.order.iter().rev().map(|id| &self.by_id[id])
    }
}

/// The state.
#[derive(Default)]
pub struct State {
    /// `http://127.0.0.1:12111`, before the sandbox's own pages; not on disk.
    pub base: String,
    /// Customers.
    pub customers: Table<Customer>,
    /// Checkout sessions.
    pub sessions: Table<Session>,
    /// Ways to pay.
    pub payment_methods: Table<PaymentMethod>,
    /// SetupIntents.
    pub setup_intents: Table<SetupIntent>,
    /// PaymentIntents.
    pub intents: Table<Intent>,
    /// Charges.
    pub charges: Table<Charge>,
    /// Refunds.
    pub refunds: Table<Refund>,
    /// Disputes.
    pub disputes: Table<Dispute>,
    /// Events.
    pub events: Table<Event>,
    /// Deliveries, by event.
    pub deliveries: Table<Delivery>,
    /// Answers, by idempotency key.
    pub answers: HashMap<String, KeptAnswer>,
    /// Where events are sent.
    pub endpoint: Option<Endpoint>,
    /// Open sessions by expiry.
    open: BTreeSet<(i64, String)>,
    /// Intents, refunds and charges with which something will happen, by when.
    timed: BTreeSet<(i64, String)>,
    /// Pending deliveries by due time.
    pending: BTreeSet<(i64, String)>,
}

impl State {
    /// Takes one change in.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Customer(customer) => self.customers.put(&customer.id.clone(), customer),
            Change::Session(session) => {
                let slot = (session.expires_at, session.id.clone());
                if session.status == SessionStatus::Open {
                    self.open.insert(slot);
                } else {
                    self.open.remove(&slot);
                }
                self.sessions.put(&session.id.clone(), *session);
            }
            Change::PaymentMethod(method) => self.payment_methods.put(&method.id.clone(), method),
            Change::SetupIntent(intent) => self.setup_intents.put(&intent.id.clone(), intent),
            Change::Intent(intent) => {
                let before = self.intents.get(&intent.id).and_then(|known| known.settles_at);
                self.retime(&intent.id, before, intent.settles_at);
                self.intents.put(&intent.id.clone(), intent);
            }
            Change::Charge(charge) => {
                // Older journals keep the card with its charge only.
                if self.payment_methods.get(&charge.payment_method).is_none() {
                    self.payment_methods.put(&charge.payment_method.clone(), PaymentMethod::once_used(&charge));
                }
                let before = self.charges.get(&charge.id).and_then(|known| known.disputes_at);
                self.retime(&charge.id, before, charge.disputes_at);
                self.charges.put(&charge.id.clone(), charge);
            }
            Change::Refund(refund) => {
                let before = self.refunds.get(&refund.id).and_then(|known| known.turns_at);
                self.retime(&refund.id, before, refund.turns_at);
                self.refunds.put(&refund.id.clone(), refund);
            }
            Change::Dispute(dispute) => self.disputes.put(&dispute.id.clone(), dispute),
            Change::Event(event) => self.events.put(&event.id.clone(), event),
            Change::Delivery(delivery) => {
                if let Some(at) = self.deliveries.get(&delivery.event).and_then(|old| old.next_at_ms) {
                    self.pending.remove(&(at, delivery.event.clone()));
                }
                if let Some(at) = delivery.next_at_ms {
                    self.pending.insert((at, delivery.event.clone()));
                }
                self.deliveries.put(&delivery.event.clone(), delivery);
            }
            Change::Answer(answer) => {
                self.answers.insert(answer.key.clone(), answer);
            }
            Change::Endpoint(endpoint) => self.endpoint = Some(endpoint),
            Change::Reset => *self = Self { base: std::mem::take(&mut self.base), ..Self::default() },
        }
    }

    fn retime(&mut self, id: &str, before: Option<i64>, now: Option<i64>) {
        if let Some(at) = before {
            self.timed.remove(&(at, id.to_owned()));
        }
        if let Some(at) = now {
            self.timed.insert((at, id.to_owned()));
        }
    }

    /// The whole state as changes, without what is past its keeping.
    pub fn snapshot(&self, now: Timestamp) -> Vec<Change> {
        let now = now.as_second();
        let events = || self.events.newest_first().rev().filter(|event| now - event.created < EVENT_KEPT_SECS);
        let deliveries = events().filter_map(|event| self.deliveries.get(&event.id)).cloned().map(Change::Delivery);
        let answers = self.answers.values().filter(|answer| now - answer.created < KEY_KEPT_SECS);
        let sessions = self.sessions.newest_first().rev().cloned().map(Box::new);
        let mut all: Vec<_> = self.endpoint.iter().cloned().map(Change::Endpoint).collect();
        all.extend(self.customers.newest_first().rev().cloned().map(Change::Customer));
        all.extend(sessions.map(Change::Session));
        all.extend(self.payment_methods.newest_first().rev().cloned().map(Change::PaymentMethod));
        all.extend(self.setup_intents.newest_first().rev().cloned().map(Change::SetupIntent));
        all.extend(self.intents.newest_first().rev().cloned().map(Change::Intent));
        all.extend(self.charges.newest_first().rev().cloned().map(Change::Charge));
        all.extend(self.refunds.newest_first().rev().cloned().map(Change::Refund));
        all.extend(self.disputes.newest_first().rev().cloned().map(Change::Dispute));
        all.extend(events().cloned().map(Change::Event));
        all.extend(deliveries);
        all.extend(answers.cloned().map(Change::Answer));
        all
    }

    /// Open sessions whose time is over.
    pub fn run_out(&self, now: Timestamp) -> Vec<&Session> {
        let due = self.open.iter().take_while(|(expires_at, _)| *expires_at <= now.as_second());
        due.filter_map(|(_, id)| self.sessions.get(id)).collect()
    }

    /// Intents, refunds and charges with which something is to happen now.
    pub fn timed_out(&self, now: Timestamp) -> impl Iterator<Item = &str> {
        self.timed.iter().take_while(move |(at, _)| *at <= now.as_second()).map(|(_, id)| id.as_str())
    }

    /// Whether anything is to happen now by itself.
    pub fn is_behind(&self, now: Timestamp) -> bool {
        self.timed_out(now).next().is_some() || !self.run_out(now).is_empty()
    }

    /// Deliveries whose time has come, the longest waiting first.
    pub fn due(&self, now: Timestamp) -> Vec<Delivery> {
        let due = self.pending.iter().take_while(|(at, _)| *at <= now.as_millisecond());
        due.filter_map(|(_, event)| self.deliveries.get(event)).cloned().collect()
    }

    /// Whether anything waits for time to pass.
    pub fn waits(&self) -> bool {
        !self.open.is_empty() || !self.timed.is_empty() || !self.pending.is_empty()
    }
}

/// The request a change is made for; nobody's where a page or the passing of time makes it.
#[derive(Clone, Debug, Default)]
pub struct Cause {
    /// `req_…`
    pub request: Option<String>,
    /// Its idempotency key.
    pub idempotency_key: Option<String>,
}

/// Changes being gathered; they are seen in `state` only after they are durable.
pub struct Transaction<'a> {
    /// The state as it stands.
    pub state: &'a State,
    /// The time of all of it.
    pub now: Timestamp,
    cause: Cause,
    changes: Vec<Change>,
}

impl<'a> Transaction<'a> {
    /// Begins to gather.
    pub fn new(state: &'a State, now: Timestamp, cause: Cause) -> Self {
        Self { state, now, cause, changes: Vec::new() }
    }

    /// Adds a change.
    pub fn put(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Adds an event, and its delivery where there is an endpoint.
    pub fn emit(&mut self, kind: &str, object: Value) {
        self.emit_change(kind, object, Value::Null);
    }

    /// The same, saying also what changed: the fields as they were before.
    pub fn emit_change(&mut self, kind: &str, object: Value, previous: Value) {
        let event = Event {
            id: new_id("evt_1", 23),
            created: self.now.as_second(),
            kind: kind.to_owned(),
            object,
            previous,
            request: self.cause.request.clone(),
            idempotency_key: self.cause.idempotency_key.clone(),
        };
        if self.state.endpoint.is_some() {
            self.put(Change::Delivery(Delivery {
                event: event.id.clone(),
                attempts: 0,
                next_at_ms: Some(self.now.as_millisecond()),
                delivered: false,
            }));
        }
        self.put(Change::Event(event));
    }

    /// What was gathered.
    pub fn into_changes(self) -> Vec<Change> {
        self.changes
    }
}
