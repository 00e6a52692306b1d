//! Usage: totals, the daily chart, the current month, and the same figures as a table (SPEC §2.1, 5).

mod chart;
mod range;
mod table;

use jiff::civil::Date;
use leptos::prelude::*;

use crate::app::overview::Overview;
use crate::app::usage::{DailyUsage, Marker, UsageDay};
use crate::units::{Meter, grouped};
use crate::web::components::{SectionError, Source};
use crate::web::document::fragment;

use chart::{Chart, Plot};
use range::{RangeForm, Ranges};
use table::DayTable;

/// What is shown, and why a typed range is not.
#[derive(Clone, Debug)]
pub struct UsageView {
    /// Which days.
    pub range: AskedRange,
    /// What they used.
    pub used: DailyUsage,
    /// The days of the current month up to today.
    pub month: Vec<UsageDay>,
    /// What happened to the wallet meanwhile.
    pub markers: Vec<Marker>,
}

/// The range that the address asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedRange {
    /// How it was chosen.
    pub kind: RangeKind,
    /// Its first day.
    pub from: Date,
    /// Its last day, included.
    pub to: Date,
    /// What was typed as first and last day.
    pub typed: Option<(String, String)>,
    /// Why that is not shown.
    pub wrong: Option<WrongRange>,
}

/// How a range is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RangeKind {
    /// From the first of the current month to today.
    Month,
    /// The last 30 days, today included.
    LastDays,
    /// As typed.
    Custom,
}

/// What is wrong with a typed range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongRange {
    /// The first day is none.
    From,
    /// It has not begun.
    Future,
    /// The last day is none.
    To,
    /// It comes before the first.
    Order,
    /// They are too far apart.
    TooLong,
}

/// The section, as HTML. Without `overview` the add-on balance is left out, and calls are counted in minutes.
///
/// # Errors
/// The chart could not be drawn.
pub fn usage_section(view: UsageView, overview: Option<&Overview>) -> Result<String, SectionError> {
    let plot = Plot::of(&view.used, &view.markers).map_err(|error| {
        tracing::error!(%error, "the usage chart could not be drawn");
        SectionError
    })?;
    let meter = overview.map_or(Meter::Minutes, |overview| overview.standing.meter);
    let addon = overview.and_then(addon_balance);
    Ok(fragment(|| view! { <Usage view=view plot=plot meter=meter addon=addon /> }))
}

/// Units left in packages, where there are any or may be.
fn addon_balance(overview: &Overview) -> Option<String> {
    let standing = &overview.standing;
    let has = standing.lots > 0 || overview.running().is_some_and(|subscription| subscription.addons);
    has.then(|| standing.meter.short(standing.lots))
}

#[component]
fn Usage(view: UsageView, plot: Plot, meter: Meter, addon: Option<String>) -> impl IntoView {
    let UsageView { range, used, month, .. } = view;
    let zone = used.zone.iana_name().unwrap_or("UTC").to_owned();
    let csv = format!("/billing/usage.csv?{}", range.query());
    let month_name = used.today.strftime("%B").to_string();
    let custom = range.kind == RangeKind::Custom;
    view! {
        <section class="card usage" aria-labelledby="usage">
            <div class="card-title">
                <h2 id="usage">"Usage"</h2>
                <h3>{format!("Connected minutes per day, {zone}")}</h3>
                <Ranges kind=range.kind />
            </div>
            {custom.then(|| view! { <RangeForm range=range today=used.today /> })}
            <Totals days=used.days.clone() meter=meter />
            <Chart plot=plot />
            <div class="usage-foot">
                <Month name=month_name days=month meter=meter addon=addon />
                <details>
                    <summary>
                        <span class="shut">"Show as table"</span>
                        <span class="open">"Show as chart"</span>
                    </summary>
                    <DayTable days=used.days meter=meter />
                </details>
                <a href=csv download="">
                    "Download CSV"
                </a>
            </div>
        </section>
    }
}

/// The sources of a day in the order of consumption, with their connected seconds.
fn shares(day: &UsageDay) -> [(Source, i64); 4] {
    [
        (Source::Plan, day.allowance_secs),
        (Source::Packs, day.packs_secs),
        (Source::Credits, day.credits_secs),
        (Source::Excess, day.excess_secs),
    ]
}

/// Connected seconds of a day.
fn connected(day: &UsageDay) -> i64 {
    shares(day).iter().map(|(_, secs)| secs).sum()
}

/// The sources that paid for anything on these days, with their seconds.
fn sources_used(days: &[UsageDay]) -> Vec<(Source, i64)> {
    let all = [Source::Plan, Source::Packs, Source::Credits, Source::Excess];
    let sum = |at: usize| days.iter().map(|day| shares(day)[at].1).sum::<i64>();
    all.into_iter().enumerate().map(|(at, source)| (source, sum(at))).filter(|(_, secs)| *secs > 0).collect()
}

/// Whole minutes of each share, so that they add up to the whole minutes of their sum.
fn whole_minutes(shares: &[(Source, i64)]) -> Vec<(Source, i64)> {
    let mut so_far = 0;
    let cut = |secs: i64| secs / 60;
    shares
        .iter()
        .map(|(source, secs)| {
            let before = cut(so_far);
            so_far += secs;
            (*source, cut(so_far) - before)
        })
        .collect()
}

/// The totals of the range; they are the chart's legend.
#[component]
fn Totals(days: Vec<UsageDay>, meter: Meter) -> impl IntoView {
    let used = sources_used(&days);
    let calls: i64 = days.iter().map(|day| day.calls).sum();
    let all = used.iter().map(|(_, secs)| secs).sum::<i64>() / 60;
    let parts = whole_minutes(&used).into_iter().map(|(source, minutes)| {
        view! {
            <div>
                <dt class=format!("key {}", source.class())>{source.words(meter)}</dt>
                <dd>{format!("{} min", grouped(minutes))}</dd>
            </div>
        }
    });
    view! {
        <dl class="spent">
            {parts.collect_view()} <div>
                <dt>{format!("Total, {}", Meter::Calls.short(calls))}</dt>
                <dd>{format!("{} min", grouped(all))}</dd>
            </div>
        </dl>
    }
}

/// The current month so far, and what is left in packages.
#[component]
fn Month(name: String, days: Vec<UsageDay>, meter: Meter, addon: Option<String>) -> impl IntoView {
    let secs: i64 = days.iter().map(connected).sum();
    let calls = Meter::Calls.short(days.iter().map(|day| day.calls).sum());
    let minutes = Meter::Minutes.short(secs);
    let (first, second) = match meter {
        Meter::Minutes => (minutes, calls),
        Meter::Calls => (calls, minutes),
    };
    view! {
        <p>
            {format!("{name} so far ")} <strong>{first}</strong> {format!(", {second}.")}
            {addon.map(|addon| view! { " Add-on balance " <strong>{addon}</strong> })}
        </p>
    }
}

#[cfg(test)]
mod tests;
