//! The filter: an ordinary form whose fields become the page's address. On a phone it opens under its own address
//! (`#filter`), and a summary stands in its place.

use leptos::prelude::*;

use crate::app::transactions::TransactionType;
use crate::web::dates::Calendar;
use crate::web::transactions::{Asked, Wrong};

#[component]
pub(super) fn FilterForm(asked: Asked, wrong: Wrong, calendar: Calendar) -> impl IntoView {
    let open = wrong != Wrong::default();
    let is_filtered = !asked.is_everything();
    let (kinds, days) = summary(&asked, &calendar);
    view! {
        <div class="filter" class:open=open id="filter">
            <div class="summary">
                <div>
                    <strong>{kinds}</strong>
                    <span>{days}</span>
                </div>
                <a class="button" href="#filter">
                    "Change filter"
                </a>
            </div>
            <form method="get" action="/billing/transactions">
                <Kinds asked=asked.kind wrong=wrong.kind />
                <Day name="from" label="From" typed=asked.from wrong=wrong.from />
                <Day name="to" label="To" typed=asked.to wrong=wrong.to />
                <div class="field reference">
                    <label for="reference">"Reference"</label>
                    <input
                        id="reference"
                        name="reference"
                        type="text"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        placeholder="Starts with, for example call_8Kq2"
                        value=asked.reference
                        aria-invalid=wrong.reference.is_some().then_some("true")
                        aria-describedby=wrong.reference.is_some().then_some("reference-wrong")
                    />
                    <p class="wrong" id="reference-wrong">
                        {wrong.reference}
                    </p>
                </div>
                <div class="apply">
                    <button class="button" type="submit">
                        "Apply"
                    </button>
                    {is_filtered.then(|| view! { <a href="/billing/transactions">"Clear"</a> })}
                </div>
            </form>
        </div>
    }
}

#[component]
fn Kinds(asked: String, wrong: Option<String>) -> impl IntoView {
    let options = TransactionType::ALL.map(|kind| {
        let (word, chosen) = (kind.as_str(), kind.as_str() == asked);
        view! { <option value=word selected=chosen>{plural(kind)}</option> }
    });
    // What an address asked for is kept, also where there is no such type.
    let unknown = wrong.is_some().then(|| view! { <option value=asked.clone() selected=true>{asked.clone()}</option> });
    view! {
        <div class="field">
            <label for="type">"Type"</label>
            <select
                id="type"
                name="type"
                aria-invalid=wrong.is_some().then_some("true")
                aria-describedby=wrong.is_some().then_some("type-wrong")
            >
                {unknown}
                <option value="">"All types"</option>
                {options}
            </select>
            <p class="wrong" id="type-wrong">
                {wrong}
            </p>
        </div>
    }
}

/// A date. One that is none is kept as text, because a date field drops it.
#[component]
fn Day(name: &'static str, label: &'static str, typed: String, wrong: Option<String>) -> impl IntoView {
    let kind = if is_date(&typed) { "date" } else { "text" };
    let words = format!("{name}-wrong");
    view! {
        <div class="field day">
            <label for=name>{label}</label>
            <input
                id=name
                name=name
                type=kind
                value=typed
                aria-invalid=wrong.is_some().then_some("true")
                aria-describedby=wrong.is_some().then(|| words.clone())
            />
            <p class="wrong" id=words>
                {wrong}
            </p>
        </div>
    }
}

/// What a date field can show.
fn is_date(typed: &str) -> bool {
    typed.is_empty() || (typed.len() == 10 && typed.parse::<jiff::civil::Date>().is_ok())
}

/// `All types`, and `Nov 1 to Nov 20`: the filter in words.
fn summary(asked: &Asked, calendar: &Calendar) -> (&'static str, String) {
    let kinds = asked.chosen().map_or("All types", plural);
    let day = |day| calendar.date_words(day);
    let days = match asked.days() {
        (Some(first), Some(last)) if first == last => day(first),
        (Some(first), Some(last)) => format!("{} to {}", day(first), day(last)),
        (Some(first), None) => format!("Since {}", day(first)),
        (None, Some(last)) => format!("Until {}", day(last)),
        (None, None) => "All dates".to_owned(),
    };
    let reference = (!asked.reference.is_empty()).then(|| format!(", {}…", asked.reference));
    (kinds, days + &reference.unwrap_or_default())
}

const fn plural(kind: TransactionType) -> &'static str {
    match kind {
        TransactionType::Call => "Calls",
        TransactionType::Message => "Messages",
        TransactionType::Number => "Numbers",
        TransactionType::TopUp => "Top-ups",
        TransactionType::Pack => "Packages",
        TransactionType::Grant => "Grants",
        TransactionType::Refund => "Refunds",
        TransactionType::Dispute => "Disputes",
        TransactionType::Debt => "Outstanding balance",
        TransactionType::Period => "Plan resets",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::fixtures::calendar;

    #[test]
    fn the_filter_reads_as_a_sentence() {
        let words = |kind: &str, from: &str, to: &str, reference: &str| {
            let [kind, from, to, reference] = [kind, from, to, reference].map(str::to_owned);
            let (kinds, days) = summary(&Asked { kind, from, to, reference }, &calendar());
            format!("{kinds}: {days}")
        };
        assert_eq!(words("", "", "", ""), "All types: All dates");
        assert_eq!(words("call", "2026-11-01", "2026-11-20", ""), "Calls: Nov 1 to Nov 20");
        assert_eq!(words("topup", "2026-11-01", "", ""), "Top-ups: Since Nov 1");
        assert_eq!(words("", "", "2025-11-01", ""), "All types: Until Nov 1, 2025");
        assert_eq!(words("", "2026-11-01", "2026-11-01", "call_8K"), "All types: Nov 1, call_8K…");
    }

    #[test]
    fn a_date_field_is_only_for_dates() {
        assert!(is_date("") && is_date("2026-11-01"));
        assert!(!is_date("Nov 1") && !is_date("2026-11-1") && !is_date("2026-02-30"));
    }
}
