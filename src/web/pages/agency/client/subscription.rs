//! Subscription: how it stands, and what changes it.

use leptos::prelude::*;

use super::dialogs::{Dialog, DialogHead};
use super::figures::Figures;
use super::grant::Grant;
use super::plans::PlanForm;
use super::{Scene, status_words};
use crate::app::overview::Subscription;
use crate::catalog::Plan;
use crate::web::components::{Bar, Pill, SectionError, Segment};
use crate::web::pages::agency::form::FormKeys;
use crate::web::pages::agency::outcome::DeskRefusal;
use crate::web::pages::billing::{Usage, left_and_used};

#[component]
pub(super) fn SubscriptionTab(scene: Scene, plans: Result<Vec<Plan>, SectionError>) -> impl IntoView {
    let running = scene.client.overview.running().is_some();
    let subscribed = scene.client.overview.subscription.clone();
    view! {
        <Figures scene=scene.clone() />
        {subscribed.map(|subscription| view! { <Card scene=scene.clone() subscription=subscription /> })}
        <div class="side-by-side">
            <PlanForm scene=scene.clone() plans=plans />
            <Grant scene=scene.clone() />
        </div>
        {running.then(|| view! { <End scene=scene /> })}
    }
}

/// Status, plan, period, allowance.
#[component]
fn Card(scene: Scene, subscription: Subscription) -> impl IntoView {
    let (tone, words) = status_words(scene.client.status);
    let price = scene.client.terms.as_ref().map(|terms| format!("{} a period", terms.price)).unwrap_or_default();
    let facts = [
        ("Plan", subscription.plan_name.clone()),
        ("Price", price),
        ("Period", period(&scene)),
        ("Then", then(&scene, &subscription)),
        ("Add-on packs", if subscription.addons { "On" } else { "Off" }.to_owned()),
    ];
    let running = scene.client.overview.running().is_some();
    view! {
        <section class="card" aria-labelledby="subscription">
            <div class="card-title">
                <h2 id="subscription">"Subscription"</h2>
                <Pill tone=tone words=words />
            </div>
            {(running && subscription.included > 0).then(|| view! { <Allowance subscription=subscription /> })}
            <dl class="client-facts">
                {facts
                    .map(|(name, value)| {
                        view! {
                            <div>
                                <dt>{name}</dt>
                                <dd>{value}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </section>
    }
}

#[component]
fn Allowance(subscription: Subscription) -> impl IntoView {
    let (meter, (left, used)) = (subscription.meter, left_and_used(&subscription));
    let included = meter.pieces_down(subscription.included);
    let class = Usage::of(subscription.used, subscription.included).class();
    let words = format!("{used} of {} used, {left} left", meter.pieces(included));
    view! {
        <div class="client-allowance">
            <Bar segments=vec![Segment { class, share: subscription.used }] whole=subscription.included />
            <p>{words}</p>
        </div>
    }
}

/// `Nov 6 to Dec 6`
fn period(scene: &Scene) -> String {
    let day = |at| scene.calendar.day(at);
    scene.client.period.map_or_else(|| "–".to_owned(), |(from, to)| format!("{} to {}", day(from), day(to)))
}

/// What the end of the period brings.
fn then(scene: &Scene, subscription: &Subscription) -> String {
    let day = scene.calendar.day(subscription.resets_at);
    if scene.client.overview.running().is_none() {
        return if scene.client.overview.is_ending() { "Ends with the calls in progress" } else { "Ended" }.to_owned();
    }
    match (&subscription.ends_at, &subscription.next_plan) {
        (Some(_), _) => format!("Ends {day}"),
        (None, Some(plan)) => format!("Changes to {plan} on {day}"),
        (None, None) => format!("Renews {day}"),
    }
}

/// What is lost with a cancellation, in a sentence.
fn lost(scene: &Scene) -> String {
    let meter = scene.client.overview.standing.meter;
    let noun = meter.noun();
    let packs = match scene.client.addon_units {
        0 => String::new(),
        left => format!(" {} of add-on packs freeze and come back with a new subscription.", meter.short(left)),
    };
    format!(
        "New calls are refused from then on, and the plan's {noun} end with the calls in progress.{packs} Credits go on."
    )
}

#[component]
fn End(scene: Scene) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="end">
            <div class="card-title">
                <h2 id="end">"Cancel subscription"</h2>
            </div>
            <div class="card-end">
                <p>{lost(&scene)}</p>
                <a class="button danger" href=format!("{}&end", scene.here())>
                    "Cancel subscription"
                </a>
            </div>
        </section>
    }
}

/// The dialog before a subscription is canceled.
#[component]
pub(super) fn EndDialog(scene: Scene, refused: Option<DeskRefusal>) -> impl IntoView {
    let overview = &scene.client.overview;
    let day = overview.subscription.as_ref().map(|it| scene.calendar.day(it.resets_at)).unwrap_or_default();
    let ends_anyway = overview.subscription.as_ref().is_some_and(|it| it.ends_at.is_some());
    let title = format!("Cancel the subscription of {}?", scene.name());
    view! {
        <Dialog>
            <form method="post" action=scene.action("end")>
                <DialogHead title=title line=lost(&scene) back=scene.here() refused=refused />
                <FormKeys csrf=scene.csrf.clone() key=scene.form.key("end") />
                <fieldset>
                    <legend>"When"</legend>
                    {(!ends_anyway)
                        .then(|| {
                            view! {
                                <label class="choice">
                                    <input type="radio" name="when" value="end" checked required />
                                    <span class="what">
                                        <strong>"At the end of the period"</strong>
                                        <span class="count">{format!("On {day}; until then everything works.")}</span>
                                    </span>
                                </label>
                            }
                        })}
                    <label class="choice">
                        <input type="radio" name="when" value="now" checked=ends_anyway required />
                        <span class="what">
                            <strong>"Now"</strong>
                            <span class="count">"What is left of the period is lost."</span>
                        </span>
                    </label>
                </fieldset>
                <div class="dialog-end">
                    <a class="button" href=scene.here() autofocus>
                        "Keep subscription"
                    </a>
                    <button class="button danger" type="submit">
                        "Cancel subscription"
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
