//! Plan: the period's allowance, how much of it is used, when it is reset, and what use costs.

use leptos::either::EitherOf4;
use leptos::prelude::*;

use crate::app::overview::{Overview, Subscription, SubscriptionState};
use crate::pricing::Rates;
use crate::units::{Meter, grouped};
use crate::web::components::{Bar, Segment};
use crate::web::dates::Calendar;

use super::rates;
use super::warning::{left_and_used, usage};

/// The page's line under its title: `Starter plan, renews Dec 6`; `Flat plan, $0.05 per connected minute`.
pub(super) fn line(overview: &Overview, calendar: &Calendar) -> String {
    let Some(sub) = &overview.subscription else {
        return "No active plan".to_owned();
    };
    let then = match (sub.state, sub.ends_at.map(|at| calendar.day(at))) {
        (SubscriptionState::Canceled, Some(day)) => format!("ended {day}"),
        (SubscriptionState::Canceled, None) => "ended".to_owned(),
        (SubscriptionState::Ending, _) => "ending".to_owned(),
        (_, Some(day)) => format!("ends {day}"),
        (_, None) => per_minute(sub, overview).unwrap_or_else(|| format!("renews {}", calendar.day(sub.resets_at))),
    };
    format!("{} plan, {then}", sub.plan_name)
}

/// `$0.05 per connected minute`, where credits are what calls run on.
fn per_minute(subscription: &Subscription, overview: &Overview) -> Option<String> {
    let (rate, _) = rates::headline(&overview.rates, subscription.meter).filter(|_| subscription.included == 0)?;
    Some(match subscription.meter {
        Meter::Minutes if overview.rates.recording.0 > 0 => format!("up to {rate} per connected minute"),
        Meter::Minutes => format!("{rate} per connected minute"),
        Meter::Calls => format!("{rate} per answered call"),
    })
}

#[component]
pub(super) fn PlanCard(overview: Overview, calendar: Calendar) -> impl IntoView {
    let rates = overview.rates;
    let subscription = overview.subscription.clone();
    let name = subscription.as_ref().map(|sub| sub.plan_name.clone());
    view! {
        <section aria-labelledby="plan">
            <div class="title">
                <h2 id="plan">"Plan"</h2>
                <span>{name}</span>
            </div>
            {match subscription {
                None => {
                    EitherOf4::A(
                        view! {
                            <p class="figures small-figures">
                                <strong class="large-figure">"None"</strong>
                            </p>
                            <p>{format!("Ask {} to start a plan. What you bought stays yours.", overview.agency_name)}</p>
                        },
                    )
                }
                Some(sub) if sub.state == SubscriptionState::Canceled => {
                    let sentence = ended(&sub, &overview, &calendar);
                    EitherOf4::B(
                        view! {
                            <Prices rates=rates meter=sub.meter otherwise="Ended" />
                            <p>{sentence}</p>
                        },
                    )
                }
                Some(sub) if sub.included > 0 => {
                    EitherOf4::C(view! { <Allowance subscription=sub rates=rates calendar=calendar /> })
                }
                Some(sub) => {
                    let only = only_what_connects(sub.meter);
                    let priced = rates::headline(&rates, sub.meter).is_some();
                    let sentence = if priced { only } else { "Calls use what you buy in packs." };
                    EitherOf4::D(
                        view! {
                            <Prices rates=rates meter=sub.meter otherwise="None included" />
                            <p>{sentence}</p>
                            {then(&sub, &calendar).map(|words| view! { <p>{words}</p> })}
                        },
                    )
                }
            }}
        </section>
    }
}

#[component]
fn Allowance(subscription: Subscription, rates: Rates, calendar: Calendar) -> impl IntoView {
    let meter = subscription.meter;
    let (left, used) = left_and_used(&subscription);
    let included = meter.pieces_down(subscription.included);
    let class = usage(&subscription).class();
    let next = meter.pieces(meter.pieces_down(subscription.next_included));
    let resets = || format!("Resets {} with {next}", calendar.day(subscription.resets_at));
    let after = rates::headline(&rates, meter);
    view! {
        <p class="figures small-figures">
            <strong class="large-figure">{grouped(used)}</strong>
            " "
            <span class="unit">{format!("of {} {} used", grouped(included), meter.unit(included))}</span>
        </p>
        <Bar segments=vec![Segment { class, share: subscription.used }] whole=subscription.included />
        <p class="strong">{format!("{} {} left", grouped(left), meter.unit(left))}</p>
        <p>{then(&subscription, &calendar).unwrap_or_else(resets)}</p>
        {after.map(|(rate, unit)| view! { <p>{format!("Credits pay {rate} {unit}")}</p> })}
        {rates::details(&rates, meter).map(|words| view! { <p>{words}</p> })}
    }
}

/// The rates, with the largest figure first; `otherwise` where calls have none.
#[component]
fn Prices(rates: Rates, meter: Meter, otherwise: &'static str) -> impl IntoView {
    let (figure, unit) = rates::headline(&rates, meter).unwrap_or_else(|| (otherwise.to_owned(), ""));
    view! {
        <p class="figures small-figures">
            <strong class="large-figure">{figure}</strong>
            " "
            <span class="unit">{unit}</span>
        </p>
        {rates::details(&rates, meter).map(|words| view! { <p class="rates">{words}</p> })}
    }
}

const fn only_what_connects(meter: Meter) -> &'static str {
    match meter {
        Meter::Minutes => {
            "Only connected time is charged, by the second. Ringing, voicemail, busy and failed calls are free."
        }
        Meter::Calls => "Only answered calls are charged. Ringing, voicemail, busy and failed calls are free.",
    }
}

/// What the period's end brings, where it is not the same again.
fn then(subscription: &Subscription, calendar: &Calendar) -> Option<String> {
    let resets = calendar.day(subscription.resets_at);
    match (subscription.state, subscription.ends_at, &subscription.next_plan) {
        (SubscriptionState::Ending, _, _) => Some("Ends with the calls in progress".to_owned()),
        (_, Some(at), _) => Some(format!("Ends {}, no further reset", calendar.day(at))),
        (_, None, next) => next.as_ref().map(|name| format!("Changes to {name} on {resets}")),
    }
}

/// What is left of a plan that is over.
pub(super) fn ended(subscription: &Subscription, overview: &Overview, calendar: &Calendar) -> String {
    let ended = match subscription.ends_at {
        Some(at) => format!("Your plan ended on {}", calendar.day(at)),
        None => "Your plan has ended".to_owned(),
    };
    if overview.rates.any() {
        format!("{ended}; credits go on working at its rates.")
    } else {
        format!("{ended}. Ask {} to start a new one.", overview.agency_name)
    }
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
