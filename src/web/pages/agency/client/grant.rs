//! The form by which the agency gives something for free (SPEC §2.4).

use leptos::prelude::*;

use super::Scene;
use crate::web::components::{Field, FieldKind};
use crate::web::pages::agency::form::FormKeys;

#[component]
pub(super) fn Grant(scene: Scene) -> impl IntoView {
    let noun = scene.client.overview.standing.meter.noun();
    let units = scene.client.overview.running().map(|_| (noun, if noun == "minutes" { "Minutes" } else { "Calls" }));
    let typed = |name| scene.form.typed(name).unwrap_or_default();
    let chosen = scene.form.typed("gift").unwrap_or_else(|| units.map_or("credits", |(noun, _)| noun).to_owned());
    let help = match units {
        Some(("minutes", _)) => "Whole minutes, or dollars such as 2.50.",
        Some(_) => "Whole calls, or dollars such as 2.50.",
        None => "Dollars, such as 2.50. Units need an active subscription.",
    };
    let gifts = units.into_iter().chain([("credits", "Credits")]).map(|(value, words)| {
        view! {
            <label class="check">
                <input type="radio" name="gift" value=value checked=chosen == value required />
                <span>{words}</span>
            </label>
        }
    });
    view! {
        <section class="card" aria-labelledby="grant">
            <div class="card-title">
                <h2 id="grant">"Grant"</h2>
                <h3>"Free, never expires"</h3>
            </div>
            <form class="card-form" method="post" action=scene.action("grants")>
                <FormKeys csrf=scene.csrf.clone() key=scene.form.key("grant") />
                <fieldset class="field gifts">
                    <legend>"What"</legend>
                    {gifts.collect_view()}
                </fieldset>
                <Field
                    kind=FieldKind::Text
                    name="amount"
                    label="How much"
                    help=help
                    value=typed("amount")
                    wrong=scene.form.wrong(&["amount", "units"])
                />
                <Field
                    kind=FieldKind::Reason
                    name="reason"
                    label="Reason"
                    help="The client sees it, too."
                    value=typed("reason")
                    wrong=scene.form.wrong(&["reason"])
                />
                <button class="button" type="submit">
                    "Grant"
                </button>
            </form>
        </section>
    }
}
