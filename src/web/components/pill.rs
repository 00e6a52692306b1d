//! Pills: a state in words; a mark before them changes shape with the colour, which never stands alone.

use leptos::prelude::*;

use crate::app::overview::Overview;
use crate::pricing::{Fit, Standing};

/// How a state is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PillTone {
    /// All well, or over: grey, round mark.
    Neutral,
    /// In use: tinted, round mark.
    On,
    /// Look at it: amber, diamond.
    Amber,
    /// Act on it: red, square.
    Red,
}

impl PillTone {
    pub(super) const fn class(self) -> &'static str {
        match self {
            PillTone::Neutral => "pill",
            PillTone::On => "pill on",
            PillTone::Amber => "pill amber",
            PillTone::Red => "pill red",
        }
    }
}

impl From<Fit> for PillTone {
    fn from(fit: Fit) -> Self {
        match fit {
            Fit::Paused => PillTone::Red,
            Fit::One => PillTone::Amber,
            Fit::Many(_) => PillTone::Neutral,
        }
    }
}

/// A state.
#[component]
pub fn Pill(tone: PillTone, #[prop(into)] words: String) -> impl IntoView {
    view! { <span class=tone.class()>{words}</span> }
}

/// The balance pill of the shell: what is left, and how many calls fit. Leads to Billing.
#[component]
pub fn BalancePill(overview: Overview) -> impl IntoView {
    let standing = overview.standing;
    let (figure, beside) = balance_words(&standing);
    let fit = standing.fit();
    view! {
        <a class="balance" href="/billing">
            <span class=PillTone::from(fit).class()>
                <span class="sum">{figure}{beside.map(|money| view! { <span class="beside">" · "{money}</span> })}</span>
                " "
                <span class="fit">{fit.words()}</span>
            </span>
        </a>
    }
}

/// What is available: money where nothing else is left and use has a rate; else minutes (calls), with the money
/// beside it where there is any (SPEC §1.2).
pub fn balance_words(standing: &Standing) -> (String, Option<String>) {
    if standing.runs_on_money() {
        return (standing.available_mc().to_string(), None);
    }
    let money = (standing.posted.0 > 0).then(|| standing.available_mc().to_string());
    (standing.meter.short(standing.available_units()), money)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::MilliCents;

    #[test]
    fn the_pill_shows_what_carries_the_next_call() {
        let minutes = Standing { allowance: 1_080, held: 60, hold: 60, ..Standing::default() };
        assert_eq!(balance_words(&minutes), ("17 min".into(), None));
        let both = Standing { posted: MilliCents(380_000), sigma: MilliCents(15_000), ..minutes };
        assert_eq!(balance_words(&both), ("17 min".into(), Some("$3.80".into())));
        let money = Standing { allowance: 0, held: 0, ..both };
        assert_eq!(balance_words(&money), ("$3.80".into(), None));
    }
}
