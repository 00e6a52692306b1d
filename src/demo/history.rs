//! A month in the life of a workspace: calls in office hours, some unanswered, adding up to exact sums.

use std::sync::Arc;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use crate::clock::Clock;
use crate::ledger::{CallOutcome, Command, Direction, Ledger, LedgerError, LotGrant, LotSource, Placement, Snapshot};
use crate::units::{Meter, MilliCents, Seconds, WorkspaceId};

/// What happened, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// When the subscription began.
    pub anchor_at: Timestamp,
    /// When the welcome minutes came.
    welcome_at: Timestamp,
    welcome: Seconds,
    /// Every call.
    pub calls: Vec<PastCall>,
}

/// A call of the past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastCall {
    /// Its id.
    pub id: String,
    at: Timestamp,
    direction: Direction,
    agent: &'static str,
    number: String,
    outcome: CallOutcome,
    billed: Seconds,
}

/// A span of days with exactly so much talk.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// First instant.
    pub from: Timestamp,
    /// First instant after it; every call has ended by then.
    pub to: Timestamp,
    /// Connected time of all its calls.
    pub talk: Seconds,
}

/// Shortest call of the history: above the hold, so that the last one of an allowance still fits.
const SHORTEST: i64 = 60;

impl History {
    /// Begins at `anchor_at`; the welcome minutes come before the first call.
    pub fn new(
        anchor_at: Timestamp,
        welcome_at: Timestamp,
        welcome: Seconds,
        stretches: &[Stretch],
        zone: &TimeZone,
    ) -> Self {
        let mut dice = Dice(0x6d69_6e75_7465);
        let mut calls = Vec::new();
        for stretch in stretches {
            calls.extend(stretch.calls(zone, &mut dice));
        }
        for (number, call) in calls.iter_mut().enumerate() {
            call.id = format!("demo-{:03}", number + 1);
        }
        Self { anchor_at, welcome_at, welcome, calls }
    }

    /// Plays it through the ledger, each command at its time.
    pub async fn play(
        &self,
        ledger: &Ledger,
        clock: &Clock,
        workspace: WorkspaceId,
        snapshot: Arc<Snapshot>,
    ) -> Result<(), LedgerError> {
        clock.set(self.anchor_at);
        ledger.submit(workspace, Command::Subscribe { snapshot, anchor_at: self.anchor_at }).await?;
        clock.set(self.welcome_at);
        let lot = LotGrant {
            name: "Welcome minutes".to_owned(),
            meter: Meter::Minutes,
            units: self.welcome.0,
            price: MilliCents(0),
            source: LotSource::Grant,
            reference: "Welcome to Brightline Voice".to_owned(),
        };
        ledger.submit(workspace, Command::CreditLots { key: "demo-welcome".to_owned(), lots: vec![lot] }).await?;
        for call in &self.calls {
            clock.set(call.at);
            ledger.submit(workspace, Command::PlaceHold(call.placement())).await?;
            clock.set(call.ended_at());
            ledger.submit(workspace, call.end()).await?;
        }
        Ok(())
    }
}

impl PastCall {
    fn ended_at(&self) -> Timestamp {
        self.at + SignedDuration::from_secs(self.duration().0)
    }

    /// Ringing comes before talk.
    fn duration(&self) -> Seconds {
        Seconds(self.billed.0 + 14)
    }

    fn placement(&self) -> Placement {
        let number = Some(self.number.clone());
        let (from, to) = match self.direction {
            Direction::Inbound => (number, None),
            Direction::Outbound => (None, number),
        };
        Placement {
            id: self.id.clone(),
            direction: self.direction,
            agent: Some(self.agent.to_owned()),
            from,
            to,
            recording: false,
            metadata: None,
        }
    }

    fn end(&self) -> Command {
        Command::EndCall { id: self.id.clone(), outcome: self.outcome, duration: self.duration(), billed: self.billed }
    }
}

impl Stretch {
    fn calls(&self, zone: &TimeZone, dice: &mut Dice) -> Vec<PastCall> {
        let mut calls = self.rough(zone, dice);
        // Whatever comes after the last answered call would find an empty allowance.
        let last = calls.iter().rposition(|call| call.outcome == CallOutcome::Answered);
        calls.truncate(last.map_or(0, |last| last + 1));
        let answered: Vec<usize> = (0..calls.len()).filter(|&at| calls[at].outcome == CallOutcome::Answered).collect();
        let sum: i64 = answered.iter().map(|&at| calls[at].billed.0).sum();
        let mut left = self.talk.0;
        for (place, &at) in answered.iter().enumerate() {
            let others = (answered.len() - place - 1) as i64;
            let scaled = calls[at].billed.0 * self.talk.0 / sum.max(1);
            let talk = if others == 0 { left } else { scaled.clamp(SHORTEST, left - others * SHORTEST) };
            calls[at].billed = Seconds(talk);
            left -= talk;
        }
        calls
    }

    /// Calls at believable times, of roughly believable lengths.
    fn rough(&self, zone: &TimeZone, dice: &mut Dice) -> Vec<PastCall> {
        let mut calls = Vec::new();
        let mut day = self.from.to_zoned(zone.clone()).date();
        let last = self.to.to_zoned(zone.clone()).date();
        while day <= last {
            let count = match day.weekday() {
                Weekday::Sunday => 0,
                Weekday::Saturday => 1,
                _ => 3 + dice.below(4),
            };
            let mut hours: Vec<i64> = (0..count).map(|_| 8 * 60 + dice.below(10 * 60)).collect();
            hours.sort_unstable();
            // Half an hour apart at least, so that calls follow each other.
            hours.dedup_by(|later, earlier| *later - *earlier < 30);
            for minutes in hours {
                let at = day
                    .at(0, 0, 0, 0)
                    .to_zoned(zone.clone())
                    .ok()
                    .and_then(|it| it.checked_add(minutes.minutes()).ok());
                let call = dice.call(at.map_or(self.from, |at| at.timestamp()));
                let room = call.at + SignedDuration::from_mins(20);
                if call.at > self.from && room < self.to {
                    calls.push(call);
                }
            }
            day = day.tomorrow().unwrap_or(last);
        }
        calls
    }
}

/// The same numbers at every start: a multiplicative generator (Lehmer).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0 * 48_271 % 0x7fff_ffff;
        (self.0 % limit.unsigned_abs()) as i64
    }

    fn call(&mut self, at: Timestamp) -> PastCall {
        let reminder = self.below(3) == 0;
        let outcome = match self.below(8) {
            0 if reminder => CallOutcome::Voicemail,
            1 => CallOutcome::NoAnswer,
            _ => CallOutcome::Answered,
        };
        let talk = if outcome == CallOutcome::Answered { 60 + self.below(150) } else { 0 };
        PastCall {
            id: String::new(),
            at,
            direction: if reminder { Direction::Outbound } else { Direction::Inbound },
            agent: if reminder { "Appointment reminder" } else { "Front desk" },
            number: format!("+1312555{:04}", 100 + self.below(100)),
            outcome,
            billed: Seconds(talk),
        }
    }
}
