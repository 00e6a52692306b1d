//! `/agency/plans`: what is on offer, the smallest plan first.

use leptos::prelude::*;

use super::{DeskNotice, Toast};
use crate::catalog::Plan;
use crate::pricing::{PurchaseMode, Terms};
use crate::units::grouped;
use crate::web::components::{Broken, Pill, PillTone, SectionError};
use crate::web::pages::billing::rates;
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// The page; `notice` says what was done a moment ago.
pub fn plans_page(desk: Desk, plans: Result<Vec<Plan>, SectionError>, notice: Option<DeskNotice>) -> impl IntoView {
    let line = match &plans {
        Ok(plans) => format!("{} on offer", plans.iter().filter(|plan| !plan.archived).count()),
        Err(SectionError) => "What your clients subscribe to".to_owned(),
    };
    let list = match plans {
        Ok(plans) if plans.is_empty() => view! { <NoPlans /> }.into_any(),
        Ok(plans) => view! { <Table plans=plans /> }.into_any(),
        Err(SectionError) => view! { <Broken what="The plans" retry="/agency/plans" /> }.into_any(),
    };
    view! {
        <DeskShell desk=desk corner=Corner::Plans title="Plans" dialog=None>
            <DeskHead title="Plans" line=line>
                <a class="button primary" href="/agency/plans/new">
                    "Add plan"
                </a>
            </DeskHead>
            <section class="card" aria-label="Plans">
                {list}
            </section>
            {notice.map(|notice| view! { <Toast notice=notice /> })}
        </DeskShell>
    }
}

#[component]
fn NoPlans() -> impl IntoView {
    view! {
        <div class="empty">
            <strong>"No plans yet"</strong>
            <p>"A plan says what a period includes and what use costs. Clients subscribe to it."</p>
            <a class="button" href="/agency/plans/new">
                "Add plan"
            </a>
        </div>
    }
}

#[component]
fn Table(plans: Vec<Plan>) -> impl IntoView {
    let (archived, offered): (Vec<Plan>, Vec<Plan>) = plans.into_iter().partition(|plan| plan.archived);
    view! {
        <table class="table catalogue" aria-label="Plans">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Plan"</th>
                    <th role="columnheader" scope="col" class="amount">"Price"</th>
                    <th role="columnheader" scope="col" class="amount">"Included"</th>
                    <th role="columnheader" scope="col">"Rates"</th>
                    <th role="columnheader" scope="col">"Add-on packs"</th>
                    <th role="columnheader" scope="col" class="amount">"Clients"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{offered.into_iter().map(row).collect_view()}</tbody>
            {(!archived.is_empty()).then(|| view! { <Archived rows=archived.into_iter().map(row).collect_view().into_any() /> })}
        </table>
    }
}

/// What is no longer offered, below everything else.
#[component]
pub(super) fn Archived(rows: AnyView) -> impl IntoView {
    view! {
        <tbody role="rowgroup" class="archived">
            <tr role="row" class="group">
                <th role="rowheader" scope="rowgroup" colspan="6">
                    "Archived "
                    <span>"No longer offered"</span>
                </th>
            </tr>
            {rows}
        </tbody>
    }
}

fn row(plan: Plan) -> impl IntoView {
    let (href, terms) = (format!("/agency/plans/{}", plan.id), plan.draft.terms);
    let (price_of_use, more) = rates_words(&terms);
    let is_free = !terms.rates.any();
    let sold = match terms.purchase_mode {
        PurchaseMode::SelfService => "Clients buy",
        PurchaseMode::ViaProvider => "Through you",
    };
    let rank = format!("Rank {}{}", plan.draft.rank, if plan.draft.public { "" } else { ", not public" });
    view! {
        <tr role="row">
            <td role="cell" class="what">
                <a href=href>{terms.name.clone()}</a>
                {plan.sign_up.then(|| view! { " " <Pill tone=PillTone::On words="Sign-up" /> })}
                <small>{rank}</small>
            </td>
            <td role="cell" class="amount price">{terms.price.to_string()}</td>
            <td role="cell" class="amount included">{included_words(&terms)}</td>
            <td role="cell" class="rates" class:none=is_free>
                {price_of_use}
                <small>{more}</small>
            </td>
            <td role="cell" class="packs-on">
                <AddonPill on=terms.addons />
                <small>{terms.addons.then_some(sold)}</small>
            </td>
            <td role="cell" class="amount clients">
                {grouped(plan.clients)} <span class="phone">{if plan.clients == 1 { " client" } else { " clients" }}</span>
            </td>
        </tr>
    }
}

/// `Add-on packs · On` (SPEC §3).
#[component]
pub(super) fn AddonPill(on: bool) -> impl IntoView {
    match on {
        true => view! { <Pill tone=PillTone::On words="Add-on packs · On" /> },
        false => view! { <Pill tone=PillTone::Neutral words="Add-on packs · Off" /> },
    }
}

/// `100 min`; an en dash where nothing is included.
pub(super) fn included_words(terms: &Terms) -> String {
    if terms.included == 0 { "–".to_owned() } else { terms.meter.short(terms.included) }
}

/// `$0.20 per min` and what it is made of; an en dash where use costs nothing.
pub(super) fn rates_words(terms: &Terms) -> (String, String) {
    let headline = rates::headline(&terms.rates, terms.meter).map(|(rate, unit)| format!("{rate} {unit}"));
    let details = rates::details(&terms.rates, terms.meter);
    match (headline, details) {
        (Some(headline), details) => (headline, details.unwrap_or_default()),
        (None, Some(details)) => (details, String::new()),
        (None, None) => ("–".to_owned(), String::new()),
    }
}
