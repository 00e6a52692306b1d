//! Random histories: what can happen to a wallet, from a seed alone. Amounts are small, so that limits are met often.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use minutebank::ledger::{
    CallOutcome, Cause, Command, Credit, Direction, Effective, LotGrant, LotSource, PaymentState, Placement, Reversal,
    Snapshot,
};
use minutebank::pricing::{ExcessMode, HoldPolicy, Rates, Terms};
use minutebank::units::{Meter, MilliCents, Seconds};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use super::wallet::Model;
use crate::fixture::{START, at, starter};

/// Histories with neighbouring seeds share their instants, so that they can run side by side on one clock.
pub const NEIGHBOURS: u64 = 64;
const STEPS: usize = 50;
const SNAPSHOTS: i64 = 12;
const ZONES: [&str; 4] = ["America/New_York", "UTC", "Asia/Kolkata", "Pacific/Auckland"];

/// What happens to one workspace.
#[derive(Clone)]
pub struct History {
    pub seed: u64,
    pub zone: &'static str,
    /// Number 1 first.
    pub snapshots: Vec<Arc<Snapshot>>,
    pub steps: Vec<Step>,
}

/// Commands that are sent at one instant.
#[derive(Clone)]
pub struct Step {
    pub at: Timestamp,
    pub commands: Vec<Command>,
}

impl History {
    /// Every command with its step and instant.
    pub fn commands(&self) -> impl Iterator<Item = (usize, Timestamp, &Command)> {
        let steps = self.steps.iter().enumerate();
        steps.flat_map(|(number, step)| step.commands.iter().map(move |command| (number, step.at, command)))
    }
}

/// Short enough to be read: the snapshots that matter, then a line per command.
impl std::fmt::Display for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {} in {}", self.seed, self.zone)?;
        for step in &self.steps {
            for command in &step.commands {
                match command {
                    Command::Subscribe { snapshot, anchor_at } => {
                        writeln!(f, "{} Subscribe since {anchor_at}: {}", step.at, brief(snapshot))?;
                    }
                    Command::ChangePlan { snapshot, effective } => {
                        writeln!(f, "{} ChangePlan {effective:?}: {}", step.at, brief(snapshot))?;
                    }
                    Command::PlaceHold(it) => {
                        writeln!(f, "{} PlaceHold {} recording {}", step.at, it.id, it.recording)?
                    }
                    other => writeln!(f, "{} {other:?}", step.at)?,
                }
            }
        }
        Ok(())
    }
}

fn brief(snapshot: &Snapshot) -> String {
    let Terms { meter, included, rates: it, max_call, hold, excess, free_credits, .. } = &snapshot.terms;
    format!(
        "{} {meter:?} included {included} free {} rates {}+{}+{} message {} number {} call {:?} max {} {hold:?} {excess:?}",
        snapshot.id,
        free_credits.0,
        it.voice.0,
        it.telephony.0,
        it.recording.0,
        it.message.0,
        it.number.0,
        it.call,
        max_call.0
    )
}

/// The history of a seed.
pub fn history(seed: u64) -> History {
    let mut instants = SmallRng::seed_from_u64(seed / NEIGHBOURS);
    let mut now = at(START);
    let mut writer = Writer::new(seed);
    let steps = (0..STEPS).map(|_| {
        now += SignedDuration::from_secs(wait(&mut instants));
        Step { at: now, commands: writer.batch(now) }
    });
    let steps = steps.collect();
    History { seed, zone: writer.zone, snapshots: writer.snapshots, steps }
}

fn wait(rng: &mut SmallRng) -> i64 {
    match rng.random_range(0..100) {
        0..30 => 0,
        30..75 => rng.random_range(1..200),
        75..88 => rng.random_range(1..8_000),
        88..94 => rng.random_range(1..12 * 86_400),
        _ => rng.random_range(1..80 * 86_400),
    }
}

/// Writes one history. The model goes along, so that most commands meet a call that is open.
struct Writer {
    rng: SmallRng,
    zone: &'static str,
    model: Model,
    snapshots: Vec<Arc<Snapshot>>,
    /// Number of the newest snapshot that was used.
    used: usize,
    placements: Vec<Placement>,
    written: Vec<Command>,
}

impl Writer {
    fn new(seed: u64) -> Self {
        let mut rng = SmallRng::seed_from_u64(seed);
        let calls = [0, 100, 0, 30][rng.random_range(0..4)];
        let snapshots = (1..=SNAPSHOTS).map(|id| {
            let meter = if rng.random_range(0..100) < calls { Meter::Calls } else { Meter::Minutes };
            Arc::new(Snapshot { id, terms: terms(&mut rng, meter) })
        });
        let snapshots = snapshots.collect();
        let zone = ZONES[rng.random_range(0..ZONES.len())];
        let model = Model::new(TimeZone::get(zone).unwrap());
        Self { rng, zone, model, snapshots, used: 0, placements: Vec::new(), written: Vec::new() }
    }

    fn one_in(&mut self, chance: u32) -> bool {
        self.rng.random_range(0..chance) == 0
    }

    /// One command, or several at once, some of them twice.
    fn batch(&mut self, now: Timestamp) -> Vec<Command> {
        let count = if self.one_in(3) { self.rng.random_range(2..5) } else { 1 };
        let mut commands: Vec<Command> = Vec::new();
        for _ in 0..count {
            let twice = self.one_in(4);
            let before = commands.last().filter(|_| twice).cloned();
            let command = before.unwrap_or_else(|| self.command(now));
            self.model.obey(&command, now);
            self.written.push(command.clone());
            commands.push(command);
        }
        commands
    }

    fn command(&mut self, now: Timestamp) -> Command {
        if self.used == 0 && !self.one_in(8) {
            return self.subscribe(now);
        }
        if self.model.owes() && self.one_in(6) {
            return match self.rng.random_range(0..3) {
                0 => self.money(),
                1 => self.lots(),
                _ => self.reversal(),
            };
        }
        match self.rng.random_range(0..100) {
            0..38 => self.place(),
            38..50 => Command::Heartbeat { id: self.call_id(), connected: Seconds(self.talk()) },
            50..69 => self.end(),
            69..71 => self.money(),
            71 | 93 => self.reversal(),
            72 => {
                let amount = MilliCents(self.rng.random_range(1..=5_000));
                Command::GrantMoney { key: self.key("cs_"), amount }
            }
            73..77 => self.lots(),
            77..79 => Command::ChargeMessages { id: self.key("m"), count: self.rng.random_range(1..4) },
            79..81 => Command::PayNumber { key: self.key("n1:"), begins: self.one_in(3) },
            81..85 => {
                let effective = self.effective();
                Command::ChangePlan { snapshot: self.next_snapshot(), effective }
            }
            85 => Command::Cancel(self.effective()),
            86..88 => self.subscribe(now),
            88 => self.payment(),
            89..93 => Command::ExpireCall { id: self.call_id() },
            94 => Command::OpenPeriods,
            _ => self.again(),
        }
    }

    /// A command that was written before, word by word.
    fn again(&mut self) -> Command {
        if self.written.is_empty() {
            return Command::OpenPeriods;
        }
        let at = self.rng.random_range(0..self.written.len());
        self.written[at].clone()
    }

    fn next_snapshot(&mut self) -> Arc<Snapshot> {
        self.used = (self.used + 1).min(self.snapshots.len());
        self.snapshots[self.used - 1].clone()
    }

    fn subscribe(&mut self, now: Timestamp) -> Command {
        let anchors =
            [now, now - SignedDuration::from_hours(12 * 24), at("2026-10-31T03:30:00Z"), at("2025-01-30T23:00:00Z")];
        let anchor_at = anchors[self.rng.random_range(0..anchors.len())];
        Command::Subscribe { snapshot: self.next_snapshot(), anchor_at }
    }

    fn effective(&mut self) -> Effective {
        if self.one_in(2) { Effective::Now } else { Effective::PeriodEnd }
    }

    fn payment(&mut self) -> Command {
        let states = [PaymentState::Current, PaymentState::PastDue, PaymentState::Unpaid];
        Command::SetPaymentState(states[self.rng.random_range(0..states.len())])
    }

    /// Mostly new, sometimes one that was there.
    fn key(&mut self, prefix: &str) -> String {
        let number = if self.one_in(5) { self.rng.random_range(0..4) } else { self.written.len() };
        format!("{prefix}{number}")
    }

    fn money(&mut self) -> Command {
        let most = [300, 5_000, 100_000, 1_000_000][self.rng.random_range(0..4)];
        Command::CreditMoney { key: self.key("cs_"), amount: MilliCents(self.rng.random_range(1..=most)) }
    }

    fn lots(&mut self) -> Command {
        let meters = self.snapshots.iter().map(|it| it.terms.meter);
        let mut meters: Vec<Meter> = meters.chain([Meter::Minutes, Meter::Calls]).collect();
        let meter = meters.swap_remove(self.rng.random_range(0..meters.len()));
        let most = if meter == Meter::Minutes { 900 } else { 5 };
        let source = if self.one_in(3) { LotSource::Grant } else { LotSource::Stripe };
        let count = self.rng.random_range(1..4);
        let lots = (0..count).map(|_| LotGrant {
            name: "Medium".into(),
            meter,
            units: self.rng.random_range(1..=most),
            price: MilliCents(1_000_000),
            source,
            reference: "pur_1".into(),
        });
        let lots = lots.collect();
        if self.model.owes() && source == LotSource::Stripe {
            let balance = MilliCents(self.rng.random_range(1..=5_000));
            return Command::CreditLotsAndDebt { key: self.key("bal_"), lots, balance };
        }
        Command::CreditLots { key: self.key("cs_"), lots }
    }

    /// A refund or dispute, mostly of something that was bought, or the end of one that was.
    fn reversal(&mut self) -> Command {
        let credited = |command: &Command| match command {
            Command::CreditLots { key, .. } => Some(Credit::Lots(key.clone())),
            Command::CreditMoney { key, .. } | Command::CreditLotsAndDebt { key, .. } => {
                Some(Credit::Money(key.clone()))
            }
            _ => None,
        };
        let bought: Vec<Credit> = self.written.iter().filter_map(credited).collect();
        let credit = match bought.len() {
            0 => Credit::Lots(self.key("cs_")),
            count => bought[self.rng.random_range(0..count)].clone(),
        };
        let reversed: Vec<Reversal> = self.written.iter().filter_map(begun).collect();
        if !reversed.is_empty() && self.one_in(2) {
            return Command::GiveBack(reversed[self.rng.random_range(0..reversed.len())].clone());
        }
        let paid = MilliCents([1_000, 60_000, 1_000_000, 333_000][self.rng.random_range(0..4)]);
        let id = self.key("re_");
        if self.one_in(4) {
            return Command::TakeUnused { credit, id, paid };
        }
        let amount = if self.one_in(3) { paid } else { MilliCents(self.rng.random_range(0..=paid.0)) };
        let cause = if self.one_in(4) { Cause::Dispute } else { Cause::Refund };
        let reversal = Reversal { credit, id, cause, amount, paid };
        if self.one_in(8) { Command::GiveBack(reversal) } else { Command::TakeBack(reversal) }
    }

    fn place(&mut self) -> Command {
        let recording = self.one_in(2);
        if !self.placements.is_empty() && self.one_in(10) {
            let mut known = self.placements[self.rng.random_range(0..self.placements.len())].clone();
            known.recording = recording;
            return Command::PlaceHold(known);
        }
        let placement = Placement {
            id: format!("c{}", self.placements.len()),
            direction: Direction::Outbound,
            agent: None,
            from: None,
            to: None,
            recording,
            metadata: None,
        };
        self.placements.push(placement.clone());
        Command::PlaceHold(placement)
    }

    /// Mostly one that is open.
    fn call_id(&mut self) -> String {
        let open = self.model.open_ids();
        if !open.is_empty() && self.rng.random_range(0..8) > 0 {
            return open[self.rng.random_range(0..open.len())].clone();
        }
        let count = self.placements.len();
        let newest = if self.one_in(6) { count + 1 } else { count.min(5) };
        format!("c{}", count.saturating_sub(self.rng.random_range(0..=newest.max(1))))
    }

    fn talk(&mut self) -> i64 {
        match self.rng.random_range(0..40) {
            0 => 0,
            1 => 86_400,
            2..20 => self.rng.random_range(1..130),
            20..24 => 60,
            _ => self.rng.random_range(1..1_500),
        }
    }

    fn end(&mut self) -> Command {
        let outcomes = [CallOutcome::NoAnswer, CallOutcome::Voicemail, CallOutcome::Failed, CallOutcome::Answered];
        let talk = self.talk();
        let answered = !self.one_in(4);
        let outcome = if answered { CallOutcome::Answered } else { outcomes[self.rng.random_range(0..4)] };
        let billed = if answered { talk } else { 0 };
        let billed = if self.one_in(50) { billed + 1 } else { billed };
        let duration = if self.one_in(3) { (talk + 9).min(86_400) } else { talk };
        Command::EndCall { id: self.call_id(), outcome, duration: Seconds(duration), billed: Seconds(billed) }
    }
}

/// What a command began to take back.
fn begun(command: &Command) -> Option<Reversal> {
    match command {
        Command::TakeBack(reversal) => Some(reversal.clone()),
        Command::TakeUnused { credit, id, paid } => {
            Some(Reversal { credit: credit.clone(), id: id.clone(), cause: Cause::Refund, amount: *paid, paid: *paid })
        }
        _ => None,
    }
}

fn terms(rng: &mut SmallRng, meter: Meter) -> Terms {
    let mut rate = |zero: u32| {
        let kinds = [0, rng.random_range(1..130), rng.random_range(1..9_000), 5_000];
        MilliCents(if rng.random_range(0..100) < zero { 0 } else { kinds[rng.random_range(1..4)] })
    };
    let (voice, telephony, recording, message, number) = (rate(30), rate(60), rate(60), rate(20), rate(20));
    let call = Some(rate(10)).filter(|it| meter == Meter::Calls && it.0 % 3 > 0);
    let minutes = meter == Meter::Minutes;
    let most = if minutes { 1_200 } else { 8 };
    let max_call = rng.random_range(30..700);
    let hold = match rng.random_range(0..3) {
        0 => HoldPolicy::WorstCase,
        1 => HoldPolicy::Buffer(rng.random_range(1..=max_call)),
        _ => HoldPolicy::Buffer(60.min(max_call)),
    };
    let limit = MilliCents([0, 0, 2_000, 40_000][rng.random_range(0..4)]);
    Terms {
        meter,
        included: if rng.random_range(0..4) == 0 { 0 } else { rng.random_range(1..=most) },
        rates: Rates { voice, telephony, recording, message, number, call },
        max_call: Seconds(max_call),
        hold,
        excess: if rng.random_range(0..6) == 0 { ExcessMode::Postpaid { limit } } else { ExcessMode::Refuse },
        free_credits: MilliCents([0, 0, 305, 60_000][rng.random_range(0..4)]),
        ..starter()
    }
}
