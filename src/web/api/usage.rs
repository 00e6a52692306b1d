//! `/v1/usage/daily`: what each day used, by what paid.

use axum::Json;
use axum::extract::State;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::key::WalletKey;
use super::query::Parameters;
use super::{ApiError, schemas};
use crate::app::usage::{DailyUsage, UsageDay, usage_daily};
use crate::state::AppState;

/// Most days in one answer.
const MOST_DAYS: i32 = 400;

/// What each day of a range used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DailyUsage)]
pub struct UsageBody {
    #[schema(schema_with = schemas::list)]
    object: &'static str,
    /// In which the days begin and end, e.g. `America/New_York`.
    time_zone: String,
    /// Every day of the range in order, also those without use.
    data: Vec<DayBody>,
    /// Always null: the range is one page.
    next_cursor: Option<String>,
}

/// What a day used.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageDay)]
struct DayBody {
    date: Date,
    /// Answered calls.
    calls: i64,
    seconds: SecondsBody,
    /// Credits and excess, for calls and messages.
    milli_cents: i64,
}

/// Connected seconds by what paid for them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UsageSeconds)]
struct SecondsBody {
    allowance: i64,
    packs: i64,
    credits: i64,
    excess: i64,
}

impl From<DailyUsage> for UsageBody {
    fn from(usage: DailyUsage) -> Self {
        let time_zone = usage.zone.iana_name().unwrap_or("UTC").to_owned();
        let data = usage.days.into_iter().map(DayBody::from).collect();
        Self { object: "list", time_zone, data, next_cursor: None }
    }
}

impl From<UsageDay> for DayBody {
    fn from(day: UsageDay) -> Self {
        let seconds = SecondsBody {
            allowance: day.allowance_secs,
            packs: day.packs_secs,
            credits: day.credits_secs,
            excess: day.excess_secs,
        };
        Self { date: day.date, calls: day.calls, seconds, milli_cents: day.charged.0 }
    }
}

/// Read what each day used
///
/// Dates are the workspace's, both included, at most 400 days. A call belongs to the day on which it was settled.
#[utoipa::path(
    get, path = "/v1/usage/daily", operation_id = "read_daily_usage",
    tag = "Wallet", security(("key" = ["wallet:read"])),
    params(
        ("from" = Date, Query, description = "First day", example = "2026-11-01"),
        ("to" = Date, Query, description = "Last day", example = "2026-11-30"),
    ),
    responses(
        (status = 200, description = "Every day of the range", body = UsageBody),
        (status = 422, description = "`invalid_field`: a parameter is missing, unknown or not as it has to be."),
    ),
)]
pub async fn daily(
    WalletKey(program): WalletKey,
    State(state): State<AppState>,
    mut parameters: Parameters,
) -> Result<Json<UsageBody>, ApiError> {
    let (from, to) = (parameters.date("from")?, parameters.date("to")?);
    parameters.finish()?;
    let days = from.until(to).map_or(MOST_DAYS, |span| span.get_days()) + 1;
    if !(1..=MOST_DAYS).contains(&days) {
        return Err(ApiError::field("to", format!("to has to be from or later, at most {MOST_DAYS} days in all")));
    }
    Ok(Json(usage_daily(&state, program.workspace, from, to).await?.into()))
}
