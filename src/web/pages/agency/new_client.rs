//! `/agency/clients/new`: a workspace, its plan, and whom to invite as its owner.

use leptos::prelude::*;

use super::{DeskRefusal, RefusalAlert};
use crate::app::create_client::NewClient;
use crate::catalog::{FieldError, Plan};
use crate::units::MilliCents;
use crate::web::components::{Field, FieldKind, Select};
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct NewClientView {
    /// One-use key of the form.
    pub key: String,
    /// What was typed.
    pub typed: NewClient,
    /// Why it was refused.
    pub refusal: Option<DeskRefusal>,
    /// Which fields are wrong.
    pub faults: Vec<FieldError>,
    /// What is on offer.
    pub plans: Vec<Plan>,
    /// Zones to choose from.
    pub zones: Vec<String>,
}

/// The page.
pub fn new_client_page(desk: Desk, view: NewClientView) -> impl IntoView {
    let NewClientView { key, typed, refusal, faults, plans, zones } = view;
    let csrf = desk.csrf.clone();
    let wrong = move |field| {
        let fault = faults.iter().find(|fault: &&FieldError| fault.field == field);
        fault.map(|fault| fault.message.to_owned())
    };
    let plans: Vec<_> = plans.iter().map(|plan| (plan.id.clone(), offer(plan))).collect();
    let plans = [(String::new(), "No plan yet".to_owned())].into_iter().chain(plans).collect();
    let zones = zones.into_iter().map(|zone| (zone.clone(), zone.replace('_', " "))).collect();
    view! {
        <DeskShell desk=desk corner=Corner::Clients title="Add client" dialog=None>
            <DeskHead
                title="Add client"
                line="A workspace with its plan, and an owner who gets an invitation by mail"
                trail=Corner::Clients
            >
                ""
            </DeskHead>
            {refusal.map(|refusal| view! { <RefusalAlert refusal=refusal /> })}
            <section class="card" aria-label="Client">
                <form class="card-form new-client" method="post" action="/agency/clients/new">
                    <input type="hidden" name="csrf" value=csrf />
                    <input type="hidden" name="key" value=key />
                    <Field kind=FieldKind::Text name="name" label="Name" value=typed.name wrong=wrong("name") />
                    <Select
                        name="time_zone"
                        label="Time zone"
                        help="Days and periods of this client begin and end in it."
                        options=zones
                        chosen=typed.time_zone
                        wrong=wrong("time_zone")
                    />
                    <Select
                        name="plan"
                        label="Plan"
                        help="The first period begins now. Without a plan no call goes out."
                        options=plans
                        chosen=typed.plan.unwrap_or_default()
                        wrong=wrong("plan")
                    />
                    <Field
                        kind=FieldKind::Address
                        name="owner_email"
                        label="Email of the owner"
                        help="Gets a link, good for 7 days, to set a name and a password."
                        value=typed.owner_email
                        wrong=wrong("owner_email")
                    />
                    <Field
                        kind=FieldKind::Text
                        name="owner_name"
                        label="Name of the owner (optional)"
                        optional=true
                        help="Stands in the invitation. They can change it when they accept."
                        value=typed.owner_name
                        wrong=wrong("owner_name")
                    />
                    <div class="form-end">
                        <button class="button primary" type="submit">
                            "Create client"
                        </button>
                        <a class="button" href="/agency/clients">
                            "Cancel"
                        </a>
                    </div>
                </form>
            </section>
        </DeskShell>
    }
}

/// `Starter, $29.00 a month, 100 min`
pub(super) fn offer(plan: &Plan) -> String {
    let terms = &plan.draft.terms;
    let price = if terms.price == MilliCents(0) { "no fee".to_owned() } else { format!("{} a month", terms.price) };
    let included = (terms.included > 0).then(|| format!(", {}", terms.meter.short(terms.included)));
    format!("{}, {price}{}", terms.name, included.unwrap_or_default())
}
