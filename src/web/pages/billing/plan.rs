//! Plan: the period's allowance, how much of it is used, and when it is reset.

use leptos::either::EitherOf3;
use leptos::prelude::*;

use crate::app::overview::{Overview, Subscription};
use crate::pricing::Standing;
use crate::units::grouped;
use crate::web::components::{Bar, Segment};
use crate::web::dates::Calendar;

use super::warning::{Usage, left_and_used, usage};

/// The page's line under its title: `Starter plan, renews Dec 6`.
pub(super) fn line(overview: &Overview, calendar: &Calendar) -> String {
    match &overview.subscription {
        None => "No active plan".to_owned(),
        Some(sub) if sub.included == 0 && overview.standing.sigma.0 > 0 => {
            format!("{} plan, {} per connected minute", sub.plan_name, overview.standing.sigma.as_rate())
        }
        Some(sub) => format!("{} plan, renews {}", sub.plan_name, calendar.day(sub.resets_at)),
    }
}

#[component]
pub(super) fn PlanCard(overview: Overview, calendar: Calendar) -> impl IntoView {
    let Overview { subscription, standing, agency_name, .. } = overview;
    let name = subscription.as_ref().map(|sub| sub.plan_name.clone());
    view! {
        <section aria-labelledby="plan">
            <div class="title">
                <h2 id="plan">"Plan"</h2>
                <span>{name}</span>
            </div>
            {match subscription {
                None => {
                    EitherOf3::A(
                        view! {
                            <p class="figures small-figures">
                                <strong class="large-figure">"None"</strong>
                            </p>
                            <p>{format!("Ask {agency_name} to start a plan. What you bought stays yours.")}</p>
                        },
                    )
                }
                Some(sub) if sub.included > 0 => {
                    EitherOf3::B(view! { <Allowance subscription=sub calendar=calendar /> })
                }
                Some(_) => EitherOf3::C(view! { <Rate standing=standing /> }),
            }}
        </section>
    }
}

#[component]
fn Allowance(subscription: Subscription, calendar: Calendar) -> impl IntoView {
    let meter = subscription.meter;
    let (left, used) = left_and_used(&subscription);
    let included = meter.pieces_down(subscription.included);
    let class = match usage(&subscription) {
        Usage::Calm => "plan",
        Usage::Amber => "amber",
        Usage::Red | Usage::Exhausted => "red",
    };
    let next = meter.pieces(meter.pieces_down(subscription.next_included));
    view! {
        <p class="figures small-figures">
            <strong class="large-figure">{grouped(used)}</strong>
            " "
            <span class="unit">{format!("of {} {} used", grouped(included), meter.unit(included))}</span>
        </p>
        <Bar segments=vec![Segment { class, share: subscription.used }] whole=subscription.included />
        <p class="strong">{format!("{} {} left", grouped(left), meter.unit(left))}</p>
        <p>{format!("Resets {} with {next}", calendar.day(subscription.resets_at))}</p>
    }
}

#[component]
fn Rate(standing: Standing) -> impl IntoView {
    view! {
        <p class="figures small-figures">
            <strong class="large-figure">{standing.sigma.as_rate()}</strong>
            " "
            <span class="unit">"per min"</span>
        </p>
        <p>
            "Only connected time is charged, by the second. Ringing, voicemail, busy and failed calls are free."
        </p>
    }
}
