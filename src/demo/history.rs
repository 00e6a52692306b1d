//! Thirty days in the life of a client, played through the ledger's own commands.

use std::sync::Arc;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::calls::{self, Stretch};
use super::clients::{Client, Event};
use crate::clock::Clock;
use crate::ledger::{Command, Ledger, LedgerError, LotGrant, LotSource, Snapshot};
use crate::units::{Meter, MilliCents, Seconds, WorkspaceId};

/// Every client's zone.
const ZONE: &str = "America/New_York";
/// Days from the period's start to the demo's first day.
const INTO_PERIOD: i64 = 12;
/// Days of history.
const HISTORY: i64 = 30;
/// When events happen, in minutes of the day: before the first call.
const EARLY: i64 = 7 * 60 + 30;

/// What happened, in order.
#[derive(Clone, Debug)]
pub struct History {
    /// When the subscription began.
    pub anchor_at: Timestamp,
    /// Id of the last call, whose end is the end of it all.
    pub last_call: String,
    /// Each command at its time.
    steps: Vec<(Timestamp, Command)>,
}

impl History {
    /// Thirty days that end where the demo begins, twelve days into the current period.
    pub fn of(client: &Client, begun_at: Timestamp) -> Self {
        let zone = zone();
        let stretches = stretches(begun_at);
        let calls = calls::calls(client, &stretches, &zone);
        let last_call = calls.last().map(|call| call.id.clone()).unwrap_or_default();
        let today = begun_at.to_zoned(zone.clone()).date();
        let events = client.events.iter().enumerate().map(|(number, &(days, event))| {
            let at = calls::instant(today - days.days(), EARLY, &zone);
            (at, event.command(number + 1))
        });
        let mut steps: Vec<_> = events.collect();
        for call in &calls {
            steps.extend([(call.at, call.placement()), (call.ended_at(), call.end())]);
        }
        steps.sort_by_key(|(at, _)| *at);
        Self { anchor_at: anchor_at(begun_at), last_call, steps }
    }

    /// Plays it through the ledger, each command at its time. What an earlier, interrupted play did is only repeated.
    pub async fn play(
        self,
        ledger: &Ledger,
        clock: &Clock,
        workspace: WorkspaceId,
        snapshot: Arc<Snapshot>,
    ) -> Result<(), LedgerError> {
        clock.set(self.anchor_at);
        ledger.submit(workspace, Command::Subscribe { snapshot, anchor_at: self.anchor_at }).await?;
        for (at, command) in self.steps {
            clock.set(at);
            ledger.submit(workspace, command).await?;
        }
        Ok(())
    }
}

impl Event {
    /// The command that brings it about; its number makes it unique.
    fn command(self, number: usize) -> Command {
        match self {
            Event::Welcome(talk) => {
                Command::CreditLots { key: format!("demo-welcome-{number}"), lots: vec![welcome(talk)] }
            }
            Event::TopUp(amount) => Command::CreditMoney { key: format!("demo-topup-{number}"), amount },
            Event::Messages(count) => Command::ChargeMessages { id: format!("demo-messages-{number}"), count },
        }
    }
}

fn welcome(talk: Seconds) -> LotGrant {
    LotGrant {
        name: "Welcome minutes".to_owned(),
        meter: Meter::Minutes,
        units: talk.0,
        price: MilliCents(0),
        source: LotSource::Grant,
        reference: "Welcome to Brightline Voice".to_owned(),
    }
}

/// Every client's zone.
pub fn zone() -> TimeZone {
    TimeZone::get(ZONE).expect("the zone is in jiff's database")
}

/// The rest of the ended period, and the current one.
pub fn stretches(begun_at: Timestamp) -> [Stretch; 2] {
    let period_starts_at = days_before(begun_at, INTO_PERIOD);
    [
        Stretch { from: days_before(begun_at, HISTORY), to: period_starts_at, of: |voice| voice.before },
        Stretch { from: period_starts_at, to: begun_at, of: |voice| voice.since },
    ]
}

fn days_before(at: Timestamp, days: i64) -> Timestamp {
    at - SignedDuration::from_hours(24 * days)
}

/// When every client subscribed.
pub fn anchor_at(begun_at: Timestamp) -> Timestamp {
    anchor(days_before(begun_at, INTO_PERIOD))
}

/// An anchor some months earlier from which a period begins at this instant. One month back is not always one: there
/// is no Feb 31 that leads to Mar 31.
fn anchor(period_starts_at: Timestamp) -> Timestamp {
    let start = period_starts_at.to_zoned(zone());
    (1..=12)
        .filter_map(|months: i64| {
            let anchor = start.checked_sub(months.months()).ok()?;
            (anchor.checked_add(months.months()).ok()? == start).then(|| anchor.timestamp())
        })
        .next()
        .unwrap_or(period_starts_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::clients::CLIENTS;
    use crate::ledger::Period;

    #[test]
    fn on_every_day_of_some_years_a_period_began_twelve_days_before() {
        let zone = zone();
        for day in 0..1_500 {
            let begun_at: Timestamp = "2026-01-01T07:30:00Z".parse().unwrap();
            let begun_at = begun_at + SignedDuration::from_hours(24 * day);
            let starts_at = days_before(begun_at, INTO_PERIOD);
            let anchor_at = anchor(starts_at);
            let found = (0..13).any(|index| Period::of(anchor_at, &zone, index).starts_at == starts_at);
            assert!(found, "no period begins at {starts_at} from {anchor_at}");
        }
    }

    #[test]
    fn the_last_step_is_the_end_of_the_last_call() {
        for day in 0..60 {
            let begun_at: Timestamp = "2026-01-01T23:30:00Z".parse().unwrap();
            let begun_at = begun_at + SignedDuration::from_hours(23 * day);
            for client in &CLIENTS {
                let history = History::of(client, begun_at);
                let first = history.steps.first().map(|(at, _)| *at);
                assert!(first.is_some_and(|at| at > history.anchor_at));
                let (_, last) = history.steps.last().unwrap();
                assert!(matches!(last, Command::EndCall { id, .. } if *id == history.last_call), "{last:?}");
            }
        }
    }
}
