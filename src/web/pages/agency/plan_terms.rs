//! `/agency/plans/{id}/apply`: whom an edit would touch, and the step that does.

use leptos::prelude::*;

use super::fields::Filled;
use super::plans::{included_words, rates_words};
use super::{DeskRefusal, RefusalAlert};
use crate::catalog::{Behind, Plan};
use crate::pricing::Terms;
use crate::web::components::{Broken, SectionError};
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct TermsView {
    /// The plan as it is offered now.
    pub plan: Plan,
    /// Clients on earlier terms of it.
    pub behind: Result<Vec<Behind>, SectionError>,
    /// Public ids of the clients that are chosen.
    pub chosen: Vec<String>,
    /// When it happens, and what is wrong.
    pub form: Filled,
    /// Clients that were not moved a moment ago, by public id, and why.
    pub left: Vec<(String, DeskRefusal)>,
    /// Why nothing was done at all.
    pub refusal: Option<DeskRefusal>,
}

/// The page.
pub fn plan_terms_page(desk: Desk, view: TermsView) -> impl IntoView {
    let csrf = desk.csrf.clone();
    let line = format!("Put clients on {} as it is offered now", view.plan.draft.terms.name);
    let refusal = view.refusal;
    let body = match &view.behind {
        Err(SectionError) => view! { <Broken what="The clients" retry="/agency/plans" /> }.into_any(),
        Ok(behind) if behind.is_empty() => view! { <Nobody plan=view.plan.id.clone() /> }.into_any(),
        Ok(_) => view! { <Choose view=view csrf=csrf /> }.into_any(),
    };
    view! {
        <DeskShell desk=desk corner=Corner::Plans title="Apply to existing clients" dialog=None>
            <DeskHead title="Apply to existing clients" line=line trail=Corner::Plans>
                ""
            </DeskHead>
            {refusal.map(|refusal| view! { <RefusalAlert refusal=refusal /> })}
            {body}
        </DeskShell>
    }
}

#[component]
fn Nobody(plan: String) -> impl IntoView {
    view! {
        <section class="card" aria-label="Clients">
            <div class="empty">
                <strong>"Every client has these terms"</strong>
                <p>"Clients appear here once the plan is edited, until its new terms are applied to them."</p>
                <a class="button" href=format!("/agency/plans/{plan}")>
                    "Back to the plan"
                </a>
            </div>
        </section>
    }
}

#[component]
fn Choose(view: TermsView, csrf: String) -> impl IntoView {
    let TermsView { plan, behind, chosen, form, left, .. } = view;
    let terms = &plan.draft.terms;
    let rows = behind.unwrap_or_default().into_iter().map(|client| {
        let why = left.iter().find(|(left, _)| *left == client.client).map(|(_, why)| *why);
        client_row(&client, terms, chosen.contains(&client.client), why)
    });
    let rows = rows.collect_view();
    let when = form.choice(
        "effective",
        "When",
        &[
            ("period_end", "At the end of each client's period", "Nobody's current period changes."),
            ("now", "Now", "What the period has used stays used. Refused while open calls would not be covered."),
        ],
    );
    let none = form.faults.iter().find(|fault| fault.field == "client").map(|fault| fault.message);
    let place = format!("/agency/plans/{}", plan.id);
    let action = format!("{place}/apply");
    view! {
        <form class="desk-form" method="post" action=action>
            <input type="hidden" name="csrf" value=csrf />
            <input type="hidden" name="form_key" value=form.key />
            <section class="card" aria-labelledby="clients">
                <div class="card-title">
                    <h2 id="clients">"Clients on earlier terms"</h2>
                </div>
                <fieldset class="field pick" aria-describedby=none.map(|_| "client-wrong")>
                    <legend class="unseen">"Clients"</legend>
                    {rows}
                    {none.map(|none| view! { <p class="wrong" id="client-wrong" role="alert">{none}</p> })}
                </fieldset>
                <div class="fields">{when}</div>
            </section>
            <div class="form-end">
                <button class="button primary" type="submit">
                    "Apply to selected clients"
                </button>
                <a class="button" href=place>
                    "Cancel"
                </a>
            </div>
        </form>
    }
}

fn client_row(client: &Behind, now: &Terms, chosen: bool, why: Option<DeskRefusal>) -> impl IntoView + use<> {
    let changes = changes(&client.terms, now).join(", ");
    view! {
        <label class="check">
            <input type="checkbox" name="client" value=client.client.clone() checked=chosen />
            <span>
                <strong>{client.name.clone()}</strong>
                <small>{changes}</small>
                {why.map(|why| view! { <span class="wrong" role="alert">{format!("Not moved: {}", why.sentence())}</span> })}
            </span>
        </label>
    }
}

/// What becomes different: `price $29.00 → $39.00, add-on packs Off → On`.
fn changes(before: &Terms, now: &Terms) -> Vec<String> {
    let on = |terms: &Terms| if terms.addons { "On" } else { "Off" }.to_owned();
    let rates = |terms: &Terms| rates_words(terms).0;
    let figures = [
        ("name", before.name.clone(), now.name.clone()),
        ("price", before.price.to_string(), now.price.to_string()),
        ("included", included_words(before), included_words(now)),
        ("rates", rates(before), rates(now)),
        ("add-on packs", on(before), on(now)),
    ];
    let mut changes: Vec<String> = figures
        .into_iter()
        .filter(|(_, before, now)| before != now)
        .map(|(what, before, now)| format!("{what} {before} → {now}"))
        .collect();
    // What has no figure to show is named.
    let others = [
        ("rates of components", before.rates != now.rates && rates(before) == rates(now)),
        ("who buys packs", before.purchase_mode != now.purchase_mode),
        ("maximum call duration", before.max_call != now.max_call),
        ("hold", before.hold != now.hold),
        ("billable usage", before.excess != now.excess),
        ("free credits", before.free_credits != now.free_credits),
        ("due days", before.due_days != now.due_days),
        ("days of grace", before.grace_days != now.grace_days),
    ];
    changes.extend(others.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what.to_owned()));
    changes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::MilliCents;
    use crate::web::pages::fixtures::starter_terms;

    #[test]
    fn what_becomes_different_is_named() {
        let before = starter_terms();
        let now =
            Terms { price: MilliCents(3_900_000), included: 7_200, addons: false, due_days: 30, ..before.clone() };
        let words = ["price $29.00 → $39.00", "included 100 min → 120 min", "add-on packs On → Off", "due days"];
        assert_eq!(changes(&before, &now), words);
        assert_eq!(changes(&before, &before), [""; 0]);
    }
}
