//! Bars: lengths in SVG attributes, since a strict content policy blocks style attributes. The words beside a bar
//! always say the same, so it is hidden from screen readers.

use leptos::prelude::*;

use crate::ledger;
use crate::units::Meter;

/// What pays for use; always in this order and these colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The period's allowance.
    Plan,
    /// Lots.
    Packs,
    /// Money.
    Credits,
    /// Billed afterwards.
    Excess,
    /// Nothing: it is not charged.
    Overrun,
}

impl Source {
    /// CSS class that colours it.
    pub const fn class(self) -> &'static str {
        match self {
            Source::Plan => "plan",
            Source::Packs => "packs",
            Source::Credits => "credits",
            Source::Excess => "excess",
            Source::Overrun => "overrun",
        }
    }

    /// Its name where it stands alone; `meter` is the plan's.
    pub const fn words(self, meter: Meter) -> &'static str {
        match self {
            Source::Plan => "Plan",
            Source::Packs if matches!(meter, Meter::Calls) => "Extra calls",
            Source::Packs => "Extra minutes",
            Source::Credits => "Credits",
            Source::Excess => "Billable usage",
            Source::Overrun => "Not covered",
        }
    }
}

impl From<ledger::Source> for Source {
    fn from(source: ledger::Source) -> Self {
        match source {
            ledger::Source::Allowance => Source::Plan,
            ledger::Source::Lot => Source::Packs,
            ledger::Source::Credits => Source::Credits,
            ledger::Source::Excess => Source::Excess,
            ledger::Source::Overrun => Source::Overrun,
        }
    }
}

/// One stretch of a bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// CSS class that colours it.
    pub class: &'static str,
    /// Its share; shares are compared with the bar's `whole`.
    pub share: i64,
}

impl Segment {
    const MISSING: &'static str = "missing";

    /// The stretch of a source.
    pub const fn of(source: Source, share: i64) -> Self {
        Self { class: source.class(), share }
    }

    /// What is missing: outlined and hatched.
    pub const fn missing(share: i64) -> Self {
        Self { class: "missing", share }
    }
}

/// A horizontal bar of `segments`, in order, over a track of length `whole`; touching segments have a gap.
#[component]
pub fn Bar(segments: Vec<Segment>, whole: i64) -> impl IntoView {
    let mut from = 0;
    let filled: Vec<_> = segments.into_iter().filter(|segment| segment.share > 0).collect();
    let parts: Vec<_> = filled
        .iter()
        .map(|segment| {
            let start = from;
            from += segment.share;
            (start, *segment)
        })
        .collect();
    let gaps: Vec<_> = parts.iter().skip(1).map(|(start, _)| percent(*start, whole)).collect();
    let hatch = parts.iter().any(|(_, segment)| segment.class == Segment::MISSING).then(|| {
        view! {
            <defs>
                <pattern id="hatch" width="6" height="8" patternUnits="userSpaceOnUse">
                    <path d="M-1 9 7-1M-4 6 2-2M4 10l6-8" />
                </pattern>
            </defs>
        }
    });
    view! {
        <svg class="bar" aria-hidden="true">
            {hatch}
            {parts
                .into_iter()
                .map(|(start, segment)| {
                    view! {
                        <rect
                            class=segment.class
                            x=percent(start, whole)
                            width=percent(segment.share, whole)
                            height="100%"
                        />
                    }
                })
                .collect_view()}
            {gaps
                .into_iter()
                .map(|at| view! { <line class="gap" x1=at.clone() x2=at y2="100%" /> })
                .collect_view()}
        </svg>
    }
}

/// A source's key in a legend.
#[component]
pub fn Key(source: Source, #[prop(into)] words: String) -> impl IntoView {
    view! { <li class=format!("key {}", source.class())>{words}</li> }
}

/// A share of `whole` as an SVG length: `83.0%`.
pub fn percent(share: i64, whole: i64) -> String {
    let permille = if whole > 0 { i128::from(share.max(0)) * 1_000 / i128::from(whole) } else { 0 };
    let permille = permille.min(1_000);
    format!("{}.{}%", permille / 10, permille % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_percentages_without_fractions_of_a_float() {
        assert_eq!(percent(83, 100), "83.0%");
        assert_eq!(percent(1, 3), "33.3%");
        assert_eq!(percent(5, 0), "0.0%");
        assert_eq!(percent(7, 5), "100.0%");
    }
}
