//! Usage: the range that an address asks for, what it used, and the same figures as a file (SPEC §2.1, 5).

use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

use super::answer::section;
use super::billing::{Parameters, parameters};
use super::components::SectionError;
use super::error::Error;
use super::pages::{AskedRange, RangeKind, UsageView, WrongRange};
use super::session::Viewer;
use crate::app::ReadError;
use crate::app::usage::{self, DailyUsage, UsageDay};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// Most days of a range (SPEC §4).
const MOST_DAYS: i32 = 400;
/// Days of the range that is shown where none is asked for.
const LAST_DAYS: i64 = 30;

/// What the section shows: the days of the range with their markers, and the current month.
pub async fn read(state: &AppState, workspace: WorkspaceId, query: &Parameters) -> Result<UsageView, SectionError> {
    section("usage", view(state, workspace, query).await)
}

async fn view(state: &AppState, workspace: WorkspaceId, query: &Parameters) -> Result<UsageView, ReadError> {
    let today = usage::today(state, workspace).await?;
    let range = asked_range(query, today);
    let days = async {
        tokio::try_join!(
            usage::usage_daily(state, workspace, range.from, range.to),
            usage::usage_daily(state, workspace, today.first_of_month(), today),
        )
    };
    let (days, markers) = tokio::join!(days, usage::markers(state, workspace, range.from, range.to));
    let (used, month) = days?;
    // The chart is worth showing without them.
    let markers = section("the chart's markers", markers).unwrap_or_default();
    Ok(UsageView { range, used, month: month.days, markers })
}

/// `GET /billing/usage.csv?range&from&to`: the days of a range. A wrong range leads to the form that says so.
///
/// # Errors
/// The days could not be read.
pub async fn csv(State(state): State<AppState>, viewer: Viewer, RawQuery(query): RawQuery) -> Result<Response, Error> {
    let query = query.unwrap_or_default();
    let range = asked_range(&parameters(&query), usage::today(&state, viewer.workspace).await?);
    if range.wrong.is_some() {
        return Ok(Redirect::to(&format!("/billing?{query}")).into_response());
    }
    let used = usage::usage_daily(&state, viewer.workspace, range.from, range.to).await?;
    let name = format!("usage-{}-{}-{}.csv", viewer.workspace_public_id, range.from, range.to);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, file(&used)).into_response())
}

/// At most 400 lines, so it is made in one piece. Numbers, dates and a zone's name: nothing in it needs quotes.
fn file(used: &DailyUsage) -> String {
    let zone = used.zone.iana_name().unwrap_or("UTC");
    let line = |day: &UsageDay| {
        let UsageDay { date, calls, allowance_secs, packs_secs, credits_secs, excess_secs, charged } = day;
        format!("{date},{zone},{calls},{allowance_secs},{packs_secs},{credits_secs},{excess_secs},{}\r\n", charged.0)
    };
    let head = "date,time_zone,calls,allowance_seconds,packs_seconds,credits_seconds,excess_seconds,milli_cents\r\n";
    std::iter::once(head.to_owned()).chain(used.days.iter().map(line)).collect()
}

/// The range that a query asks for, as seen on a day; the last 30 days where it asks for none, or for a wrong one.
fn asked_range(query: &Parameters, today: Date) -> AskedRange {
    let last_days = today.saturating_sub((LAST_DAYS - 1).days());
    let plain = |kind, from| AskedRange { kind, from, to: today, typed: None, wrong: None };
    match query.get("range").map(String::as_str) {
        Some("month") => plain(RangeKind::Month, today.first_of_month()),
        Some("custom") => match (query.get("from"), query.get("to")) {
            (None, None) => plain(RangeKind::Custom, last_days),
            (from, to) => {
                let typed = (from.cloned().unwrap_or_default(), to.cloned().unwrap_or_default());
                let checked = check(&typed.0, &typed.1, today);
                let (from, to) = *checked.as_ref().unwrap_or(&(last_days, today));
                AskedRange { kind: RangeKind::Custom, from, to, typed: Some(typed), wrong: checked.err() }
            }
        },
        _ => plain(RangeKind::LastDays, last_days),
    }
}

/// The typed days as a range that ends today at the latest.
fn check(from: &str, to: &str, today: Date) -> Result<(Date, Date), WrongRange> {
    let from: Date = from.trim().parse().map_err(|_| WrongRange::From)?;
    let to: Date = to.trim().parse().map_err(|_| WrongRange::To)?;
    if from > today {
        return Err(WrongRange::Future);
    }
    if to < from {
        return Err(WrongRange::Order);
    }
    let to = to.min(today);
    let longest = from.saturating_add(Span::new().days(MOST_DAYS - 1));
    if to > longest { Err(WrongRange::TooLong) } else { Ok((from, to)) }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::units::MilliCents;

    fn range(query: &str) -> AskedRange {
        asked_range(&parameters(query), date(2026, 11, 20))
    }

    #[test]
    fn the_address_names_a_range() {
        let days = |query| (range(query).from.to_string(), range(query).to.to_string());
        assert_eq!(days(""), ("2026-10-22".into(), "2026-11-20".into()));
        assert_eq!(days("range=month"), ("2026-11-01".into(), "2026-11-20".into()));
        assert_eq!(days("range=custom&from=2026-01-31&to=2026-02-02"), ("2026-01-31".into(), "2026-02-02".into()));
        assert_eq!(days("range=custom&from=2026-11-19&to=2027-01-01"), ("2026-11-19".into(), "2026-11-20".into()));
        assert_eq!(days("range=custom").0, "2026-10-22");
        assert_eq!(range("range=custom").wrong, None, "nothing was typed yet");
    }

    #[test]
    fn a_wrong_range_says_which_field_is_wrong_and_keeps_what_was_typed() {
        let wrong = |from: &str, to: &str| range(&format!("range=custom&from={from}&to={to}")).wrong;
        assert_eq!(wrong("", "2026-11-20"), Some(WrongRange::From));
        assert_eq!(wrong("2026-11-01", "tomorrow"), Some(WrongRange::To));
        assert_eq!(wrong("2026-11-21", "2026-11-22"), Some(WrongRange::Future));
        assert_eq!(wrong("2026-11-02", "2026-11-01"), Some(WrongRange::Order));
        assert_eq!(wrong("2025-10-17", "2026-11-20"), None, "400 days");
        assert_eq!(wrong("2025-10-16", "2026-11-20"), Some(WrongRange::TooLong));
        assert_eq!(wrong("0001-01-01", "9999-12-31"), Some(WrongRange::TooLong));
        let kept = range("range=custom&from=x&to=%3Cy%3E");
        assert_eq!((kept.typed, kept.from), (Some(("x".into(), "<y>".into())), date(2026, 10, 22)));
    }

    #[test]
    fn the_file_has_every_figure_in_its_smallest_unit() {
        let day = UsageDay {
            date: date(2026, 11, 1),
            calls: 4,
            allowance_secs: 276,
            packs_secs: 192,
            credits_secs: 84,
            excess_secs: 0,
            charged: MilliCents(21_000),
        };
        let used =
            DailyUsage { zone: TimeZone::get("America/New_York").unwrap(), today: date(2026, 11, 20), days: vec![day] };
        assert!(file(&used).ends_with("milli_cents\r\n2026-11-01,America/New_York,4,276,192,84,0,21000\r\n"));
    }
}
