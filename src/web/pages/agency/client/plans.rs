//! The form that begins a subscription, or puts the one that runs on another plan.

use leptos::prelude::*;

use super::Scene;
use crate::catalog::Plan;
use crate::web::components::{Broken, SectionError, Select};
use crate::web::pages::agency::form::FormKeys;

/// Begins a subscription where none runs; else changes its plan.
#[component]
pub(super) fn PlanForm(scene: Scene, plans: Result<Vec<Plan>, SectionError>) -> impl IntoView {
    let overview = &scene.client.overview;
    let (running, ending) = (overview.running().is_some(), overview.is_ending());
    let title = match (running, overview.subscription.is_some()) {
        (true, _) => "Change plan",
        (false, true) => "Re-subscribe",
        (false, false) => "Subscribe",
    };
    let body = match plans {
        Err(SectionError) => view! { <Broken what="The plans" retry=scene.here() /> }.into_any(),
        Ok(_) if ending => {
            let words = "The subscription ends with the calls in progress. Then the client can subscribe again.";
            view! { <p class="card-text">{words}</p> }.into_any()
        }
        Ok(plans) => {
            let options = options(&scene, plans, running);
            if options.is_empty() {
                view! { <NoPlans /> }.into_any()
            } else {
                view! { <Form scene=scene options=options title=title running=running /> }.into_any()
            }
        }
    };
    view! {
        <section class="card" aria-labelledby="plan-title">
            <div class="card-title">
                <h2 id="plan-title">{title}</h2>
            </div>
            {body}
        </section>
    }
}

/// Public ids and words of the plans to choose from. The plan that the client is on is one only with newer terms.
fn options(scene: &Scene, plans: Vec<Plan>, running: bool) -> Vec<(String, String)> {
    let current = scene.client.plan.as_ref().filter(|_| running);
    let offered = plans.into_iter().filter(|plan| !plan.archived);
    let named = offered.filter_map(|plan| match current.filter(|(id, _)| *id == plan.id) {
        Some((_, false)) => None,
        Some((_, true)) => Some((plan.id.clone(), words(&plan, "new terms of "))),
        None => Some((plan.id.clone(), words(&plan, ""))),
    });
    named.collect()
}

/// `Growth - $49.00 (300 minutes)`
fn words(plan: &Plan, before: &str) -> String {
    let terms = &plan.draft.terms;
    let included = terms.meter.pieces(terms.meter.pieces_down(terms.included));
    let addons = if terms.addons { "" } else { ", add-on packs Off" };
    format!("{before}{} - {} ({included}{addons})", terms.name, terms.price)
}

#[component]
fn NoPlans() -> impl IntoView {
    view! {
        <div class="empty">
            <strong>"No other plan"</strong>
            <p>"Create a plan, or edit this one, and it can be chosen here."</p>
            <a class="button" href="/agency/plans">
                "Open plans"
            </a>
        </div>
    }
}

#[component]
fn Form(scene: Scene, options: Vec<(String, String)>, title: &'static str, running: bool) -> impl IntoView {
    let chosen = scene.form.typed("plan").unwrap_or_default();
    let (path, key) = if running { ("plan", "plan") } else { ("subscribe", "subscribe") };
    let keeps = if running {
        "What the period has used stays used. Extra units and credits stay."
    } else {
        "A period begins now. Extra units that are frozen come back."
    };
    view! {
        <form class="card-form" method="post" action=scene.action(path)>
            <FormKeys csrf=scene.csrf.clone() key=scene.form.key(key) />
            <Select name="plan" label="Plan" options=options chosen=chosen help=keeps />
            {running.then(|| view! { <When scene=scene.clone() /> })}
            <button class="button primary" type="submit">
                {title}
            </button>
        </form>
    }
}

/// Now, or at the period's end.
#[component]
fn When(scene: Scene) -> impl IntoView {
    let subscription = scene.client.overview.subscription.as_ref();
    let day = subscription.map(|it| scene.calendar.day(it.resets_at)).unwrap_or_default();
    // What ends with its period has no next one.
    let ends = subscription.is_some_and(|it| it.ends_at.is_some());
    let now = ends || scene.form.typed("when").is_some_and(|when| when == "now");
    view! {
        <fieldset class="field">
            <legend>"When"</legend>
            {(!ends)
                .then(|| {
                    view! {
                        <label class="check">
                            <input type="radio" name="when" value="end" checked=!now required />
                            <span>{format!("At the end of the period, {day}")}</span>
                        </label>
                    }
                })}
            <label class="check">
                <input type="radio" name="when" value="now" checked=now required />
                <span>"Now"</span>
            </label>
        </fieldset>
    }
}
