//! The daily chart under the pointer, a finger or the keyboard: the column of one day lights up, and the row of that day
//! in the table beside it is read out.
//!
//! Everything listens at the window, so it goes on when the chart is replaced by a newer one.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement, MouseEvent};

use super::morph::OWN;

/// Height of the plot, pixels; as the server draws it.
const HEIGHT: &str = "162";
const SVG: &str = "http://www.w3.org/2000/svg";
/// Room that the tip needs, pixels.
const TIP: &str = "216px";

/// Begins to listen.
pub(super) fn wake() {
    for event in ["pointermove", "pointerdown"] {
        _ = window_event_listener_untyped(event, |event| {
            let Some(at) = event.dyn_ref::<MouseEvent>() else {
                return;
            };
            match event.target().and_then(chart_around) {
                Some(chart) => show(&chart, chart.day_at(at.client_x())),
                None => hide(),
            }
        });
    }
    _ = window_event_listener_untyped("focusin", |event| {
        if let Some(chart) = event.target().and_then(chart_around)
            && chart.figure.matches(":focus-visible").unwrap_or(false)
        {
            show(&chart, chart.days.checked_sub(1));
        }
    });
    _ = window_event_listener_untyped("focusout", |_| hide());
    _ = window_event_listener_untyped("keydown", |event| {
        if let (Some(chart), Some(key)) = (event.target().and_then(chart_around), event.dyn_ref::<KeyboardEvent>()) {
            press(&chart, key);
        }
    });
}

/// Says again what the shown day has used by now.
pub(super) fn refresh() {
    let found = document().query_selector(".chart").ok().flatten();
    if let Some(chart) = found.and_then(Chart::of) {
        show(&chart, chart.shown());
    }
}

/// A chart on the page.
struct Chart {
    figure: Element,
    days: usize,
    columns: usize,
}

fn chart_around(target: leptos::web_sys::EventTarget) -> Option<Chart> {
    Chart::of(target.dyn_ref::<Element>()?.closest(".chart").ok()??)
}

impl Chart {
    fn of(figure: Element) -> Option<Self> {
        let number = |name: &str| figure.get_attribute(name)?.parse().ok();
        let (days, columns) = (number("data-days")?, number("data-columns")?);
        Some(Self { figure, days, columns })
    }

    /// The day at this place, if there is one.
    fn day_at(&self, client_x: i32) -> Option<usize> {
        let plot = self.figure.query_selector("svg").ok()??.get_bounding_client_rect();
        let (across, wide) = (i64::from(client_x) - plot.left() as i64, plot.width() as i64);
        let column = usize::try_from(across * self.columns as i64 / wide.max(1)).ok()?;
        (across >= 0 && column < self.days).then_some(column)
    }

    fn shown(&self) -> Option<usize> {
        self.own("rect")?.get_attribute("data-day")?.parse().ok()
    }

    /// An element that was added here.
    fn own(&self, tag: &str) -> Option<Element> {
        self.figure.query_selector(&format!("{tag}[{OWN}]")).ok()?
    }

    /// The same, added now if it is not there yet.
    fn add(&self, tag: &str) -> Option<Element> {
        if let Some(there) = self.own(tag) {
            return Some(there);
        }
        let added = match tag {
            "rect" => {
                let plot = self.figure.query_selector("svg").ok()??;
                let lit = document().create_element_ns(Some(SVG), tag).ok()?;
                // Behind everything else.
                plot.insert_before(&lit, plot.first_child().as_ref()).ok()?;
                lit.set_attribute("class", "lit").ok()?;
                lit.set_attribute("height", HEIGHT).ok()?;
                lit
            }
            _ => {
                let tip = document().create_element(tag).ok()?;
                self.figure.append_child(&tip).ok()?;
                tip.set_attribute("class", "tip").ok()?;
                tip.set_attribute("role", "status").ok()?;
                tip
            }
        };
        added.set_attribute(OWN, "").ok()?;
        Some(added)
    }
}

fn press(chart: &Chart, key: &KeyboardEvent) {
    let last = chart.days.saturating_sub(1);
    let shown = chart.shown();
    let next = match key.key().as_str() {
        "ArrowLeft" => shown.map_or(last, |day| day.saturating_sub(1)),
        "ArrowRight" => shown.map_or(0, |day| (day + 1).min(last)),
        "Home" => 0,
        "End" => last,
        "Escape" => return hide(),
        _ => return,
    };
    key.prevent_default();
    show(chart, Some(next));
}

/// Lights up a day, or none.
fn show(chart: &Chart, day: Option<usize>) {
    let Some(day) = day.filter(|day| *day < chart.days) else {
        return hide();
    };
    let (Some(lit), Some(tip), Some(row)) = (chart.add("rect"), chart.add("div"), Row::of(chart, day)) else {
        return;
    };
    let percent = |columns: usize| format!("{}%", columns * 10_000 / chart.columns / 100);
    let exact =
        |columns: usize| format!("{}.{:02}%", columns * 100 / chart.columns, columns * 10_000 / chart.columns % 100);
    for (name, value) in [("x", exact(day)), ("width", exact(1)), ("data-day", day.to_string())] {
        _ = lit.set_attribute(name, &value);
    }
    let words = row.html();
    if tip.inner_html() != words {
        tip.set_inner_html(&words);
    }
    if let Some(tip) = tip.dyn_ref::<HtmlElement>() {
        let (near, far, across) = match day * 2 < chart.columns {
            true => ("left", "right", day + 1),
            false => ("right", "left", chart.columns - day),
        };
        _ = tip.style().set_property(near, &format!("min({} + 8px, 100% - {TIP})", percent(across)));
        _ = tip.style().set_property(far, "auto");
    }
}

fn hide() {
    let Ok(own) = document().query_selector_all(&format!(".chart [{OWN}]")) else {
        return;
    };
    for at in 0..own.length() {
        if let Some(element) = own.item(at).and_then(|node| node.dyn_into::<Element>().ok()) {
            element.remove();
        }
    }
}

/// What the table says of a day: a head and a cell for each column.
struct Row {
    day: String,
    /// Class and name of each source with what it paid, from the top of the stack.
    shares: Vec<(String, String, String)>,
    total: String,
    calls: String,
}

impl Row {
    fn of(chart: &Chart, day: usize) -> Option<Self> {
        let table = chart.figure.closest("section").ok()??.query_selector(".days").ok()??;
        let heads = table.query_selector("thead tr").ok()??.children();
        let cells = table.query_selector("tbody").ok()??.children().item(day as u32)?.children();
        let text = |at: u32| cells.item(at).and_then(|cell| cell.text_content()).unwrap_or_default();
        // The day comes first; total, calls and charge last.
        let sources = 1..heads.length().checked_sub(3)?;
        let share = |at: u32| {
            let head = heads.item(at)?;
            Some((head.class_name(), head.text_content()?, text(at))).filter(|(_, _, paid)| paid != "–")
        };
        Some(Self {
            day: text(0),
            shares: sources.clone().rev().filter_map(share).collect(),
            total: text(sources.end),
            calls: text(sources.end + 1),
        })
    }

    /// All words come from the table, where the server put them.
    fn html(&self) -> String {
        let shares: String = self
            .shares
            .iter()
            .map(|(class, name, paid)| format!("<dt class=\"{class}\">{name}</dt><dd>{paid}</dd>"))
            .collect();
        let noun = if self.calls == "1" { "call" } else { "calls" };
        let Self { day, total, calls, .. } = self;
        format!(
            "<strong>{day}</strong><dl>{shares}<dt class=\"sum\">{calls} {noun}</dt><dd class=\"sum\">{total}</dd></dl>"
        )
    }
}
