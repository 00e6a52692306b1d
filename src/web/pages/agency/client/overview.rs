//! Overview: who the client is, and the way to its own pages.

use leptos::prelude::*;

use super::{Scene, status_words};
use crate::web::components::Pill;

#[component]
pub(super) fn ClientFacts(scene: Scene) -> impl IntoView {
    let client = &scene.client;
    let overview = &client.overview;
    let (tone, words) = status_words(client.status);
    let plan = overview.subscription.as_ref().map_or_else(|| "None".to_owned(), |it| it.plan_name.clone());
    let facts = [
        ("Client ID", client.client.public_id.clone()),
        ("Time zone", scene.calendar.zone()),
        ("Plan", plan),
        ("Calls in progress", overview.calls_in_progress.to_string()),
        ("Active packages", overview.active_packages.to_string()),
        ("Credits", overview.standing.available_mc().to_string()),
        ("Owed after refunds", overview.debt.to_string()),
        ("Open payment requests", client.owed.to_string()),
    ];
    let read = format!("You see what {} sees. You cannot buy anything there or change its card.", scene.name());
    view! {
        <section class="card" aria-labelledby="facts">
            <div class="card-title">
                <h2 id="facts">"Client"</h2>
                <Pill tone=tone words=words />
            </div>
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
            <form class="card-end" method="post" action="/workspace">
                <input type="hidden" name="csrf" value=scene.csrf.clone() />
                <input type="hidden" name="workspace" value=client.client.public_id.clone() />
                <p>{read}</p>
                <button class="button" type="submit">
                    "Open their Billing page"
                </button>
            </form>
        </section>
    }
}
