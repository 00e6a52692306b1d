//! Reading what each day used, from the roll-up that is written with every settlement.

use std::collections::HashMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::ReadError;
use super::transactions::{Filter, Place, Transaction, TransactionType, page};
use super::zone::zone;
use crate::ledger::{self, Usage};
use crate::state::AppState;
use crate::units::{MilliCents, WorkspaceId};

/// Most events that a chart marks.
const MOST_MARKERS: i64 = 100;

/// What one day used, in the workspace's zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UsageDay {
    /// Which.
    pub date: Date,
    /// Answered calls.
    pub calls: i64,
    /// Connected seconds paid by the allowance.
    pub allowance_secs: i64,
    /// Connected seconds paid by packages.
    pub packs_secs: i64,
    /// Connected seconds paid by credits.
    pub credits_secs: i64,
    /// Connected seconds billed afterwards.
    pub excess_secs: i64,
    /// Credits and excess, also of messages.
    pub charged: MilliCents,
}

impl UsageDay {
    fn new(date: Date, usage: Usage) -> Self {
        Self {
            date,
            calls: usage.calls,
            allowance_secs: usage.allowance_secs,
            packs_secs: usage.packs_secs,
            credits_secs: usage.credits_secs,
            excess_secs: usage.excess_secs,
            charged: MilliCents(usage.charged_mc),
        }
    }
}

/// The days of a range.
#[derive(Clone, Debug)]
pub struct DailyUsage {
    /// In which the days begin and end.
    pub zone: TimeZone,
    /// The day that it is there now.
    pub today: Date,
    /// Every day, in order, also those without use.
    pub days: Vec<UsageDay>,
}

/// The day that it is now in the workspace's zone.
pub async fn today(state: &AppState, workspace: WorkspaceId) -> Result<Date, ReadError> {
    let zone = zone(state, workspace).await?;
    Ok(state.clock.now().to_zoned(zone).date())
}

/// What every day from `from` to `to`, both included, used.
pub async fn usage_daily(
    state: &AppState,
    workspace: WorkspaceId,
    from: Date,
    to: Date,
) -> Result<DailyUsage, ReadError> {
    let zone = zone(state, workspace).await?;
    let mut db = state.db.acquire().await?;
    let used = ledger::history::repo::usage_days(&mut db, workspace, from, to).await?;
    let used: HashMap<Date, Usage> = used.into_iter().map(|day| (day.date, day.usage)).collect();
    let dates = from.series(jiff::Span::new().days(1)).take_while(|date| *date <= to);
    let days = dates.map(|date| UsageDay::new(date, used.get(&date).copied().unwrap_or_default())).collect();
    let today = state.clock.now().to_zoned(zone.clone()).date();
    Ok(DailyUsage { zone, today, days })
}

/// Something that a chart marks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker {
    /// When.
    pub date: Date,
    /// What, e.g. `Plan reset`, `Medium added`.
    pub label: String,
}

/// The resets, purchases and grants from `from` to `to`, both included, in order.
pub async fn markers(state: &AppState, workspace: WorkspaceId, from: Date, to: Date) -> Result<Vec<Marker>, ReadError> {
    let zone = zone(state, workspace).await?;
    let start = |date: Date| date.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    let mut found: Vec<Transaction> = Vec::new();
    for kind in [TransactionType::Period, TransactionType::Pack, TransactionType::Grant] {
        let filter =
            Filter { kind: Some(kind), from: start(from), to: to.tomorrow().ok().and_then(start), reference: None };
        found.extend(page(state, workspace, &filter, Place::Newest, MOST_MARKERS).await?.transactions);
    }
    // Where a plan includes nothing, its reset is no event.
    found.retain(|it| it.kind != TransactionType::Period || it.allowance_units != 0);
    found.sort_by_key(|transaction| transaction.seq);
    let marker = |transaction: Transaction| Marker {
        date: transaction.occurred_at.to_zoned(zone.clone()).date(),
        label: transaction.description,
    };
    Ok(found.into_iter().map(marker).collect())
}
