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
    view! {
        <a class="balance" href="/billing">
            <StandingPill overview=overview />
        </a>
    }
}

/// The same where it leads nowhere.
#[component]
pub fn StandingPill(overview: Overview) -> impl IntoView {
    let (figure, beside) = balance_words(&overview.standing);
    let state = calls_state(&overview, Fit::words);
    let tone = state.as_ref().map_or(PillTone::Neutral, |(tone, _)| *tone);
    view! {
        <span class=tone.class()>
            <span class="sum">{figure}{beside.map(|money| view! { <span class="beside">" · "{money}</span> })}</span>
            {state.map(|(_, words)| view! { " " <span class="fit">{words}</span> })}
        </span>
    }
}

/// Whether calls go out, with `words` for how many fit; `None` where none is counted, because use is billed afterwards.
pub fn calls_state(overview: &Overview, words: fn(Fit) -> String) -> Option<(PillTone, String)> {
    if overview.is_blocked() {
        return Some((PillTone::Red, "Blocked".to_owned()));
    }
    let fit = if overview.is_ending() { Fit::Paused } else { overview.standing.fit() };
    let counted = fit == Fit::Paused || !overview.standing.postpaid;
    counted.then(|| (fit.into(), words(fit)))
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
    use crate::app::overview::{PaymentState, SubscriptionState};
    use crate::units::MilliCents;
    use crate::web::pages::fixtures::{harbor, in_state, northwind};

    #[test]
    fn the_state_turns_amber_at_one_call_and_red_at_none() {
        let state = |cents| {
            let (tone, words) = calls_state(&northwind(MilliCents::from_cents(cents)), Fit::words).unwrap();
            (tone, words)
        };
        assert_eq!(state(3_250), (PillTone::Neutral, "10 calls fit".into()));
        assert_eq!(state(600), (PillTone::Neutral, "2 calls fit".into()));
        assert_eq!(state(599), (PillTone::Amber, "1 call fits".into()));
        assert_eq!(state(300), (PillTone::Amber, "1 call fits".into()));
        assert_eq!(state(299), (PillTone::Red, "Calls paused".into()));
        assert_eq!(state(6_299), (PillTone::Neutral, "20 calls fit".into()));
        assert_eq!(state(6_300), (PillTone::Neutral, "Calls on".into()));
    }

    #[test]
    fn the_state_of_the_subscription_outweighs_what_is_left() {
        let words = |overview: &Overview| calls_state(overview, Fit::words).unwrap().1;
        assert_eq!(words(&in_state(harbor(0, 10), SubscriptionState::Ending)), "Calls paused");
        assert_eq!(words(&Overview { payment: PaymentState::Unpaid, ..harbor(0, 10) }), "Blocked");
        assert_eq!(words(&Overview { payment: PaymentState::PastDue, ..harbor(0, 10) }), "Calls on");
        let mut postpaid = northwind(MilliCents(0));
        postpaid.standing.postpaid = true;
        assert_eq!(calls_state(&postpaid, Fit::words), None, "the balance alone");
        postpaid.standing.limit_reached = true;
        assert_eq!(calls_state(&postpaid, Fit::words).unwrap().1, "Calls paused");
    }

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
