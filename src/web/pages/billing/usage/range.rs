//! Which days are shown: two fixed ranges, or two typed days.

use jiff::civil::Date;
use leptos::prelude::*;

use super::{AskedRange, RangeKind, WrongRange};

impl RangeKind {
    const ALL: [Self; 3] = [Self::Month, Self::LastDays, Self::Custom];

    const fn word(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::LastDays => "30days",
            Self::Custom => "custom",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Month => "This month",
            Self::LastDays => "Last 30 days",
            Self::Custom => "Custom",
        }
    }
}

impl AskedRange {
    /// The query of an address that asks for the same days.
    pub(super) fn query(&self) -> String {
        match self.kind {
            RangeKind::Custom => format!("range=custom&from={}&to={}", self.from, self.to),
            kind => format!("range={}", kind.word()),
        }
    }
}

impl WrongRange {
    /// The field to blame, and what to do about it.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::From => ("from", "Enter the first day as a date."),
            Self::Future => ("from", "Choose a first day up to today."),
            Self::To => ("to", "Enter the last day as a date."),
            Self::Order => ("to", "Choose a last day that is not before the first."),
            Self::TooLong => ("to", "Choose at most 400 days."),
        }
    }
}

/// The three ways to choose a range.
#[component]
pub(super) fn Ranges(kind: RangeKind) -> impl IntoView {
    let links = RangeKind::ALL.map(|to| {
        let href = format!("/billing?range={}#usage", to.word());
        view! {
            <a href=href aria-current=(to == kind).then_some("true")>
                {to.title()}
            </a>
        }
    });
    view! {
        <nav class="ranges" aria-label="Days shown">
            {links.collect_view()}
        </nav>
    }
}

/// The form of a typed range: what was typed stays, and what is wrong is said beside its field.
#[component]
pub(super) fn RangeForm(range: AskedRange, today: Date) -> impl IntoView {
    let (from, to) = range.typed.clone().unwrap_or((range.from.to_string(), range.to.to_string()));
    let field = |name: &'static str, label: &'static str, value: String| {
        let wrong = range.wrong.map(WrongRange::words).filter(|(field, _)| *field == name).map(|(_, words)| words);
        let described = wrong.map(|_| format!("{name}-wrong"));
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <input
                    id=name
                    name=name
                    type="date"
                    max=today.to_string()
                    required=true
                    value=value
                    aria-invalid=wrong.map(|_| "true")
                    aria-describedby=described.clone()
                />
                {wrong
                    .map(|words| {
                        view! {
                            <p class="wrong" id=described role="alert">
                                {words}
                            </p>
                        }
                    })}
            </div>
        }
    };
    view! {
        <form class="range" method="get" action="/billing#usage">
            <input type="hidden" name="range" value=RangeKind::Custom.word() />
            {field("from", "First day", from)}
            {field("to", "Last day", to)}
            <button class="button" type="submit">
                "Show days"
            </button>
        </form>
    }
}
