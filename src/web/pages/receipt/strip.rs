//! The picture of a receipt: the whole hold on top, and below it the used part drawn out to the full width.
//!
//! One SVG with positions in percent and heights in pixels, so that text and gaps never scale and no style attribute is
//! needed. The table below says the same, so the picture is hidden from screen readers.

use leptos::prelude::*;

use crate::app::receipt::{CallReceipt, PaidSegment};
use crate::ledger::{CallStatus, Source};
use crate::units::{Meter, Seconds};
use crate::web::components::{self, percent};

/// Pixels of the hold, of the wedge below it, and of the used part.
const HOLD: i64 = 10;
const WEDGE: i64 = 36;
const USED: i64 = 44;
/// Pixels of the words below.
const WORDS: i64 = 84;

#[component]
pub(super) fn Strip(receipt: CallReceipt) -> impl IntoView {
    let hold = Hold::of(&receipt);
    let used: Vec<PaidSegment> =
        receipt.segments.into_iter().filter(|segment| segment.to_second > segment.from_second).collect();
    let whole_used = used.last().map_or(0, |segment| segment.to_second);
    let top = hold.as_ref().map_or(0, |_| if used.is_empty() { HOLD } else { HOLD + WEDGE });
    let height = if used.is_empty() { top } else { top + USED + WORDS };
    let captions = hold.as_ref().map(|hold| {
        view! {
            <p class="captions">
                <span>{hold.words.clone()}</span>
                <span>{hold.rest_words.clone()}</span>
            </p>
        }
    });
    let picture = (height > 0).then(|| {
        view! {
            <svg width="100%" height=height>
                <Patterns />
                {hold.map(|hold| view! { <HoldBar hold=hold used=used.clone() whole_used=whole_used /> })}
                {(!used.is_empty()).then(|| view! { <UsedBar used=used top=top /> })}
            </svg>
        }
    });
    view! {
        <div class="strip" aria-hidden="true">
            {captions}
            {picture}
        </div>
    }
}

/// What was kept for the call, as far as it can be drawn in seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hold {
    /// Seconds from end to end: the hold, or the call where that was longer.
    whole: i64,
    /// `Hold of 8 min`
    words: String,
    /// `54 s released`
    rest_words: String,
}

impl Hold {
    /// None where nothing was held, and where what was held are not seconds but a call that was used.
    fn of(receipt: &CallReceipt) -> Option<Self> {
        let call = &receipt.call;
        let used = receipt.segments.last().map_or(0, |segment| segment.to_second);
        let charged = receipt.segments.iter().filter(|it| it.source != Source::Overrun).map(|it| it.to_second).max();
        let charged = charged.unwrap_or(0);
        if call.held_units == 0 || (call.meter == Meter::Calls && !receipt.segments.is_empty()) {
            return None;
        }
        let held = call.held_units;
        let rest_words = match call.status {
            CallStatus::Reserved => String::new(),
            _ if call.meter == Meter::Calls => "Released".to_owned(),
            _ if used > charged => format!("{} not charged", Seconds(used - charged)),
            _ if held > used => format!("{} released", call.meter.exact(held - used)),
            _ if used > held => format!("{} longer than the hold", Seconds(used - held)),
            _ => String::new(),
        };
        Some(Self { whole: held.max(used), words: format!("Hold of {}", call.meter.exact(held)), rest_words })
    }
}

/// Hatches: what is held or released, and what is billed afterwards.
#[component]
fn Patterns() -> impl IntoView {
    view! {
        <defs>
            <pattern id="released" width="6" height="6" patternUnits="userSpaceOnUse">
                <path d="M-1 7 7-1M-4 4 4-4M2 10 10 2" />
            </pattern>
            <pattern id="excess" width="6" height="6" patternUnits="userSpaceOnUse">
                <rect width="6" height="6" />
                <path d="M-1-1 7 7M-4 2l6 6M4-2l6 6" />
            </pattern>
            <clipPath id="hold-ends">
                <rect width="100%" height=HOLD rx="5" />
            </clipPath>
            <clipPath id="used-ends">
                <rect width="100%" height=USED rx="6" />
            </clipPath>
        </defs>
    }
}

/// The whole hold, and the wedge from its used part down to the full width.
#[component]
fn HoldBar(hold: Hold, used: Vec<PaidSegment>, whole_used: i64) -> impl IntoView {
    let rest = hold.whole - whole_used;
    let end = percent(whole_used, hold.whole);
    let wedge = (!used.is_empty()).then(|| {
        let permille = i128::from(whole_used) * 1_000 / i128::from(hold.whole);
        let path = format!("M0 0H{permille}L1000 1H0z");
        view! {
            <svg class="wedge" y=HOLD width="100%" height=WEDGE viewBox="0 0 1000 1" preserveAspectRatio="none">
                <path d=path />
            </svg>
        }
    });
    let gap = (rest > 0 && whole_used > 0).then(|| view! { <Gap at=end.clone() top=0 height=HOLD /> });
    view! {
        <g clip-path="url(#hold-ends)">
            {(rest > 0)
                .then(|| {
                    view! { <rect class="released" x=end.clone() width=percent(rest, hold.whole) height=HOLD rx="4" /> }
                })} {bars(&used, hold.whole, 0, HOLD)} {gap}
        </g>
        {wedge}
    }
}

/// The used part with the times of its boundaries and the names of what paid.
#[component]
fn UsedBar(used: Vec<PaidSegment>, top: i64) -> impl IntoView {
    let whole = used.last().map_or(0, |segment| segment.to_second);
    let last = used.len() - 1;
    let words = used
        .iter()
        .enumerate()
        .map(|(place, segment)| {
            let (from, width) = (segment.from_second, segment.to_second - segment.from_second);
            let end = (place == last).then(|| view! { <span>{clock(segment.to_second)}</span> });
            view! {
                <foreignObject x=percent(from, whole) y=top + USED width=percent(width, whole) height=WORDS>
                    <div class="boundary">
                        <div class="times">
                            <span>{clock(from)}</span>
                            {end}
                        </div>
                        <strong>{name(segment)}</strong>
                        <small>{Seconds(width).to_string()}</small>
                    </div>
                </foreignObject>
            }
        })
        .collect_view();
    view! {
        <svg y=top width="100%" height=USED>
            <g clip-path="url(#used-ends)">{bars(&used, whole, 0, USED)}</g>
        </svg>
        {words}
    }
}

/// Segments side by side, with a gap between those that touch.
fn bars(segments: &[PaidSegment], whole: i64, top: i64, height: i64) -> impl IntoView + use<> {
    let bars = segments.iter().map(|segment| {
        let width = percent(segment.to_second - segment.from_second, whole);
        let class = components::Source::from(segment.source).class();
        view! { <rect class=class x=percent(segment.from_second, whole) y=top width=width height=height /> }
    });
    let gaps = segments.iter().skip(1).map(|segment| {
        view! { <Gap at=percent(segment.from_second, whole) top=top height=height /> }
    });
    (bars.collect_view(), gaps.collect_view())
}

#[component]
fn Gap(at: String, top: i64, height: i64) -> impl IntoView {
    view! { <line class="gap" x1=at.clone() x2=at y1=top y2=top + height /> }
}

/// The source by its name; a package by its own.
pub(super) fn name(segment: &PaidSegment) -> String {
    match &segment.package {
        Some(package) => package.name.clone(),
        None => components::Source::from(segment.source).words(Meter::Minutes).to_owned(),
    }
}

/// A second of a call as a clock shows it: `2:30`, `1:02:05`.
pub(super) fn clock(second: i64) -> String {
    let (hours, minutes, seconds) = (second / 3_600, second / 60 % 60, second % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}
