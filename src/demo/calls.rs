//! Believable calls: in office hours, some unanswered, one after another, adding up to exact sums.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::clients::{Client, Use, Voice};
use crate::ledger::{CallOutcome, Command, Direction, Placement};
use crate::units::Seconds;

/// A call of the past.
#[derive(Clone, Debug)]
pub struct PastCall {
    /// Its id.
    pub id: String,
    /// When its hold was placed.
    pub at: Timestamp,
    voice: Voice,
    number: String,
    outcome: CallOutcome,
    billed: Seconds,
}

/// A span of time in which every voice uses exactly as much as it says.
#[derive(Clone, Copy, Debug)]
pub struct Stretch {
    /// First instant.
    pub from: Timestamp,
    /// First instant after it; every call has ended by then.
    pub to: Timestamp,
    /// The voice's use in this stretch.
    pub of: fn(&Voice) -> Use,
}

/// At rates of whole cents per minute, every third second costs whole milli-cents: then sums are exact.
const GRAIN: i64 = 3;
/// Shortest call, in grains: not below the hold of a minute, so that the last one of an allowance still fits.
const SHORTEST: i64 = 20;
/// Calls are no briefer than this on average, in seconds.
const BRIEF: i64 = 100;
/// Office hours, in minutes of the day.
const OPENS: i64 = 8 * 60;
const CLOSES: i64 = 18 * 60;
/// Least minutes from the start of one call to the next.
const APART: i64 = 12;
/// Ringing comes before talk.
const RINGING: Seconds = Seconds(14);

impl PastCall {
    /// When it ended.
    pub fn ended_at(&self) -> Timestamp {
        self.at + SignedDuration::from_secs(self.duration().0)
    }

    fn duration(&self) -> Seconds {
        Seconds(self.billed.0 + RINGING.0)
    }

    /// True where somebody answered.
    pub fn is_answered(&self) -> bool {
        self.outcome == CallOutcome::Answered
    }

    /// What the platform asked for before it.
    pub fn placement(&self) -> Command {
        let number = Some(self.number.clone());
        let (from, to) = match self.voice.direction {
            Direction::Inbound => (number, None),
            Direction::Outbound => (None, number),
        };
        Command::PlaceHold(Placement {
            id: self.id.clone(),
            direction: self.voice.direction,
            agent: Some(self.voice.agent.to_owned()),
            from,
            to,
            recording: self.voice.recording,
            metadata: None,
        })
    }

    /// What the platform reported after it.
    pub fn end(&self) -> Command {
        Command::EndCall { id: self.id.clone(), outcome: self.outcome, duration: self.duration(), billed: self.billed }
    }
}

/// All calls of a client, in order.
pub fn calls(client: &Client, stretches: &[Stretch], zone: &TimeZone) -> Vec<PastCall> {
    let mut dice = Dice(0x6d69_6e75_7465);
    let mut calls: Vec<PastCall> =
        stretches.iter().flat_map(|stretch| stretch.calls(client, zone, &mut dice)).collect();
    for (number, call) in calls.iter_mut().enumerate() {
        call.id = format!("demo-{:04}", number + 1);
    }
    calls
}

impl Stretch {
    fn calls(&self, client: &Client, zone: &TimeZone, dice: &mut Dice) -> Vec<PastCall> {
        let mut calls = self.rung(client, zone, dice);
        for voice in client.voices {
            let mut own: Vec<&mut PastCall> = calls.iter_mut().filter(|call| call.voice.agent == voice.agent).collect();
            let wanted = match (self.of)(voice) {
                Use::Talk(talk) => (own.len() as i64 * voice.answered / 10).min(talk.0 / BRIEF),
                Use::Answered(calls) => calls,
            };
            answer(&mut own, wanted, dice);
            if let Use::Talk(talk) = (self.of)(voice) {
                stretch_to(&mut own, talk);
            }
        }
        // Whatever comes after the last answered call might find an empty allowance.
        let last = calls.iter().rposition(PastCall::is_answered);
        calls.truncate(last.map_or(0, |last| last + 1));
        calls
    }

    /// Calls at believable times that nobody has answered yet.
    fn rung(&self, client: &Client, zone: &TimeZone, dice: &mut Dice) -> Vec<PastCall> {
        let mut calls = Vec::new();
        let mut day = self.from.to_zoned(zone.clone()).date();
        let last = self.to.to_zoned(zone.clone()).date();
        while day <= last {
            let count = match day.weekday() {
                Weekday::Sunday => 0,
                Weekday::Saturday => client.pace.saturday,
                _ => client.pace.fewest + dice.below(client.pace.more + 1),
            };
            for slot in 0..count {
                let length = (CLOSES - OPENS) / count;
                let minute = OPENS + slot * length + dice.below((length - APART).max(1));
                let call = dice.call(client.voices, instant(day, minute, zone));
                let room = call.at + SignedDuration::from_mins(APART);
                if call.at > self.from && room < self.to {
                    calls.push(call);
                }
            }
            day = day.tomorrow().expect("days go on");
        }
        calls
    }
}

/// A minute of a day, in the zone. Office hours are clear of the hours that daylight saving skips or repeats.
pub fn instant(day: Date, minute: i64, zone: &TimeZone) -> Timestamp {
    let midnight = day.at(0, 0, 0, 0) + minute.minutes();
    zone.to_ambiguous_zoned(midnight).compatible().expect("a day of jiff's years").timestamp()
}

/// Chooses exactly so many of the calls, each as likely as any other, and has them answered.
fn answer(calls: &mut [&mut PastCall], mut wanted: i64, dice: &mut Dice) {
    for at in 0..calls.len() {
        let left = (calls.len() - at) as i64;
        if dice.below(left) < wanted {
            wanted -= 1;
            calls[at].outcome = CallOutcome::Answered;
            calls[at].billed = Seconds(GRAIN * (SHORTEST + dice.below(2 * SHORTEST)));
        }
    }
}

/// Makes the answered calls longer or shorter until their sum is exact.
fn stretch_to(calls: &mut [&mut PastCall], talk: Seconds) {
    let mut answered: Vec<_> = calls.iter_mut().filter(|call| call.is_answered()).collect();
    let sum: i64 = answered.iter().map(|call| call.billed.0).sum();
    let mut left = talk.0 / GRAIN;
    let mut others = answered.len() as i64;
    for call in &mut answered {
        others -= 1;
        let scaled = call.billed.0 * talk.0 / sum / GRAIN;
        let grains = if others == 0 { left } else { scaled.clamp(SHORTEST, left - others * SHORTEST) };
        call.billed = Seconds(grains * GRAIN);
        left -= grains;
    }
}

/// The same numbers at every start: a multiplicative generator (Lehmer).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: i64) -> i64 {
        self.0 = self.0 * 48_271 % 0x7fff_ffff;
        (self.0 % limit.unsigned_abs()) as i64
    }

    /// A call that rings.
    fn call(&mut self, voices: &[Voice], at: Timestamp) -> PastCall {
        let mut ticket = self.below(10);
        let voice = voices.iter().find(|voice| {
            ticket -= voice.share;
            ticket < 0
        });
        let voice = *voice.expect("shares sum to ten");
        let outcome = match (voice.direction, self.below(3)) {
            (Direction::Outbound, 0) => CallOutcome::Voicemail,
            (Direction::Outbound, 1) => CallOutcome::Busy,
            _ => CallOutcome::NoAnswer,
        };
        let number = format!("{}{:04}", voice.area, 100 + self.below(100));
        PastCall { id: String::new(), at, voice, number, outcome, billed: Seconds(0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::clients::CLIENTS;
    use crate::demo::history::{stretches, zone};

    #[test]
    fn on_whatever_day_the_demo_begins_the_sums_are_exact_and_calls_follow_each_other() {
        for hour in 0..500 {
            let begun_at: Timestamp = "2026-01-01T07:30:00Z".parse().unwrap();
            let begun_at = begun_at + SignedDuration::from_hours(23 * hour);
            let stretches = stretches(begun_at);
            for client in &CLIENTS {
                let calls = calls(client, &stretches, &zone());
                for stretch in &stretches {
                    for voice in client.voices {
                        let own = calls.iter().filter(|call| {
                            (stretch.from..stretch.to).contains(&call.at) && call.voice.agent == voice.agent
                        });
                        let answered: Vec<i64> = own.filter(|it| it.is_answered()).map(|it| it.billed.0).collect();
                        let used = match (stretch.of)(voice) {
                            Use::Talk(_) => Use::Talk(Seconds(answered.iter().sum())),
                            Use::Answered(_) => Use::Answered(answered.len() as i64),
                        };
                        assert_eq!(used, (stretch.of)(voice), "{} of {} at {begun_at}", voice.agent, client.name);
                        assert!(answered.iter().all(|secs| secs % GRAIN == 0 && *secs >= 60));
                    }
                }
                for pair in calls.windows(2) {
                    assert!(pair[0].ended_at() < pair[1].at, "{} overlap at {begun_at}: {pair:?}", client.name);
                }
                assert!(calls.last().is_some_and(|call| call.ended_at() < begun_at && call.is_answered()));
            }
        }
    }
}
