//! The daily chart: bars by what paid, hairlines with a figure, marked days. What is drawn is worked out in [`Plot`].

use jiff::civil::{Date, Weekday};
use leptos::prelude::*;

use crate::app::usage::{DailyUsage, Marker};
use crate::units::grouped;
use crate::web::charts::{HEIGHT, STEPS, Series, round_top, stacked_bars};
use crate::web::components::{Source, percent};

use super::{connected, shares};

/// Fewer columns than this leave room to their right instead of growing fat.
const FEWEST_COLUMNS: usize = 14;
/// Beyond as many days weeks are too close to each other to be labelled.
const MOST_DAYS_WITH_WEEKS: usize = 60;
/// The top of a chart without use, minutes.
const TOP_WHEN_EMPTY: i64 = 12;

/// A chart, worked out.
#[derive(Clone, Debug)]
pub(super) struct Plot {
    /// `<rect>`s.
    bars: String,
    /// Some of them are billed afterwards, and hatched.
    hatched: bool,
    /// Minutes at the top.
    top: i64,
    columns: usize,
    days: usize,
    labels: Vec<Label>,
    marks: Vec<Mark>,
}

/// Words below a column.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Label {
    column: usize,
    words: String,
    /// Left out where there is little room.
    minor: bool,
}

/// A dotted line at the beginning of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    column: usize,
    /// Words beside it; `None` where the neighbour's words need the room.
    words: Option<String>,
    /// Resets are named even on a phone.
    reset: bool,
}

impl Plot {
    pub(super) fn of(used: &DailyUsage, markers: &[Marker]) -> Result<Self, charts_rs::Error> {
        let columns = used.days.len().max(FEWEST_COLUMNS);
        let most = used.days.iter().map(connected).max().unwrap_or(0);
        // In whole minutes, rounded up.
        let top = if most == 0 { TOP_WHEN_EMPTY } else { round_top((most + 59) / 60) };
        let series = [Source::Plan, Source::Packs, Source::Credits, Source::Excess].into_iter().enumerate();
        let series: Vec<Series> = series
            .map(|(at, source)| Series {
                name: source.class(),
                values: used.days.iter().map(|day| shares(day)[at].1).collect(),
            })
            .collect();
        let dates: Vec<Date> = used.days.iter().map(|day| day.date).collect();
        Ok(Self {
            bars: if most == 0 { String::new() } else { stacked_bars(&series, columns, top * 60)? },
            hatched: used.days.iter().any(|day| day.excess_secs > 0),
            top,
            columns,
            days: dates.len(),
            labels: labels(&dates, used.today),
            marks: marks(&dates, markers, columns),
        })
    }

    /// Where a column begins, as an SVG length.
    fn left(&self, column: usize) -> String {
        percent(column as i64, self.columns as i64)
    }

    /// The middle of a column.
    fn middle(&self, column: usize) -> String {
        percent(column as i64 * 2 + 1, self.columns as i64 * 2)
    }
}

/// The first day, Mondays (where they are too close, the first of each month) and today.
fn labels(dates: &[Date], today: Date) -> Vec<Label> {
    let with_weeks = dates.len() <= MOST_DAYS_WITH_WEEKS;
    let last = dates.len().saturating_sub(1);
    let mut month = dates.first().map(|date| date.month());
    let mut labels = Vec::new();
    for (column, date) in dates.iter().enumerate() {
        if *date == today {
            labels.push(Label { column, words: "Today".into(), minor: false });
        } else if column == 0 {
            labels.push(Label { column, words: date.strftime("%b %-d").to_string(), minor: false });
        } else if with_weeks && date.weekday() == Weekday::Monday {
            let new_month = month.replace(date.month()) != Some(date.month());
            let form = if new_month { "%b %-d" } else { "%-d" };
            // Too close to its neighbour at either end.
            if column >= dates.len().div_ceil(15) && last - column >= dates.len().div_ceil(15) {
                let minor = column * 6 < dates.len() || (last - column) * 6 < dates.len();
                labels.push(Label { column, words: date.strftime(form).to_string(), minor });
            }
        } else if !with_weeks && date.day() == 1 && column > 14 && last - column > 14 {
            labels.push(Label { column, words: date.strftime("%b").to_string(), minor: date.month() % 3 != 1 });
        }
    }
    labels
}

/// One mark a day; words only where they do not run into those before.
fn marks(dates: &[Date], markers: &[Marker], columns: usize) -> Vec<Mark> {
    let mut marks: Vec<(usize, Vec<&str>)> = Vec::new();
    for marker in markers {
        let Some(column) = dates.iter().position(|date| *date == marker.date) else {
            continue;
        };
        match marks.last_mut() {
            Some((last, words)) if *last == column => words.push(&marker.label),
            _ => marks.push((column, vec![&marker.label])),
        }
    }
    // A letter is taken to be a hundred-and-fortieth of the chart wide; at the right end words stand left of their line.
    let mut free_from = 0;
    let place = |(column, mut words): (usize, Vec<&str>)| {
        words.dedup();
        let reset = words.iter().any(|words| words.starts_with("Plan"));
        let words = words.join(", ");
        let at = column * 140 / columns;
        let wide = words.chars().count() + 2;
        let from = if is_at_right_end(column, columns) { at.saturating_sub(wide) } else { at };
        let fits = from >= free_from;
        if fits {
            free_from = from + wide;
        }
        Mark { column, words: fits.then_some(words), reset }
    };
    marks.into_iter().map(place).collect()
}

const fn is_at_right_end(column: usize, columns: usize) -> bool {
    column * 10 > columns * 7
}

/// The chart. Its bars are named as one picture; the table has their figures.
#[component]
pub(super) fn Chart(plot: Plot) -> impl IntoView {
    let empty = plot.bars.is_empty();
    let bars = plot.bars.clone();
    view! {
        <figure class="chart" aria-labelledby="usage" tabindex="0" data-days=plot.days data-columns=plot.columns>
            <svg role="img" aria-label="Bars of connected minutes per day; the table has the same figures">
                {plot.hatched.then(hatch)} {hairlines(&plot)} <g inner_html=bars></g> {marked(&plot)} {axis(&plot)}
            </svg>
            {empty.then(|| view! { <figcaption>"No calls in this range"</figcaption> })}
        </figure>
    }
}

fn hatch() -> impl IntoView {
    view! {
        <defs>
            <pattern id="excess" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect width="6" height="6" />
                <path d="M0 0v6" />
            </pattern>
        </defs>
    }
}

fn hairlines(plot: &Plot) -> impl IntoView + use<> {
    let lines = (0..=STEPS).map(|step| {
        let y = HEIGHT - HEIGHT * step / STEPS;
        let figure = grouped(plot.top * step / STEPS);
        view! {
            <line x2="100%" y1=y y2=y />
            <text x="-8" y=y + 4>
                {figure}
            </text>
        }
    });
    view! { <g class="scale">{lines.collect_view()}</g> }
}

fn marked(plot: &Plot) -> impl IntoView + use<> {
    let marks = plot.marks.iter().map(|mark| {
        let (x, right) = (plot.left(mark.column), is_at_right_end(mark.column, plot.columns));
        let class = if mark.reset { "reset" } else { "" };
        let words = mark.words.clone().map(|words| {
            view! {
                <text class=class x=x.clone() y="-12" dx=if right { -6 } else { 6 } text-anchor=right.then_some("end")>
                    {words}
                </text>
            }
        });
        view! {
            <line x1=x.clone() x2=x y1="-20" y2=HEIGHT />
            {words}
        }
    });
    view! { <g class="marks">{marks.collect_view()}</g> }
}

fn axis(plot: &Plot) -> impl IntoView + use<> {
    let labels = plot.labels.iter().map(|label| {
        // The last one ends with the chart, so that nothing stands out.
        let last = label.column + 1 == plot.columns;
        let x = if last { "100%".to_owned() } else { plot.middle(label.column) };
        let anchor = if last { "end" } else { "middle" };
        view! {
            <text class=label.minor.then_some("minor") x=x y=HEIGHT + 19 text-anchor=anchor>
                {label.words.clone()}
            </text>
        }
    });
    view! { <g class="axis">{labels.collect_view()}</g> }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan as _;
    use jiff::civil::date;

    use super::*;

    fn dates(from: Date, days: i64) -> Vec<Date> {
        (0..days).map(|day| from.checked_add(day.days()).unwrap()).collect()
    }

    fn words(from: Date, days: i64) -> Vec<String> {
        labels(&dates(from, days), date(2026, 11, 20)).into_iter().map(|label| label.words).collect()
    }

    #[test]
    fn the_axis_names_the_first_day_mondays_and_today() {
        assert_eq!(words(date(2026, 10, 22), 30), ["Oct 22", "26", "Nov 2", "9", "16", "Today"]);
        assert_eq!(words(date(2026, 11, 18), 3), ["Nov 18", "Today"]);
        assert_eq!(words(date(2026, 1, 31), 3), ["Jan 31"], "a Monday too close to the end");
        assert_eq!(words(date(2026, 11, 20), 1), ["Today"]);
        let year = words(date(2025, 12, 10), 346);
        assert_eq!(year[..3], ["Dec 10", "Jan", "Feb"]);
        assert_eq!(year.last().unwrap(), "Today");
    }

    #[test]
    fn marks_of_one_day_share_a_line_and_never_run_into_each_other() {
        let marker = |day: i8, label: &str| Marker { date: date(2026, 11, day), label: label.into() };
        let days = dates(date(2026, 11, 1), 30);
        let markers = [
            marker(2, "Medium bought"),
            marker(2, "Small bought"),
            marker(4, "Large bought"),
            marker(15, "Plan reset"),
            marker(29, "Medium added"),
        ];
        let found: Vec<_> =
            marks(&days, &markers, 30).into_iter().map(|mark| (mark.column, mark.words, mark.reset)).collect();
        assert_eq!(
            found,
            [
                (1, Some("Medium bought, Small bought".into()), false),
                (3, None, false),
                (14, Some("Plan reset".into()), true),
                (28, Some("Medium added".into()), false),
            ]
        );
    }
}
