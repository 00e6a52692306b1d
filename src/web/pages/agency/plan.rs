//! `/agency/plans/new` and `/agency/plans/{id}`: one plan, as it is typed.

use leptos::prelude::*;

use super::fields::{Confirm, Filled, Line, Part};
use super::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
use crate::catalog::{Behind, Plan};
use crate::units::{Meter, grouped};
use crate::web::components::{Alert, SectionError, Tone};
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct PlanView {
    /// The plan as it is offered; `None` for a new one.
    pub plan: Option<Plan>,
    /// What stands in the fields.
    pub form: Filled,
    /// Clients on earlier terms of the plan.
    pub behind: Result<Vec<Behind>, SectionError>,
    /// The dialog that asks before archiving is open, under this one-use key.
    pub archiving: Option<String>,
    /// Why the form was refused.
    pub refusal: Option<DeskRefusal>,
    /// What was done a moment ago.
    pub notice: Option<DeskNotice>,
}

/// The page.
pub fn plan_page(desk: Desk, view: PlanView) -> impl IntoView {
    let PlanView { plan, form, behind, archiving, refusal, notice } = view;
    let csrf = desk.csrf.clone();
    let (title, line) = match &plan {
        None => ("Add plan".to_owned(), "What a period includes, and what use costs".to_owned()),
        Some(plan) => (plan.draft.terms.name.clone(), clients_words(plan)),
    };
    let dialog =
        plan.clone().zip(archiving).map(|(plan, key)| view! { <Archive plan=plan csrf=csrf.clone() key=key /> });
    let locked = plan.as_ref().is_some_and(|plan| plan.archived);
    let behind = match (&plan, behind) {
        (Some(plan), Ok(behind)) if !locked && !behind.is_empty() => {
            Some(view! { <Earlier plan=plan.id.clone() clients=behind.len() /> })
        }
        _ => None,
    };
    view! {
        <DeskShell desk=desk corner=Corner::Plans title=title.clone() dialog=dialog.map(IntoAny::into_any)>
            <DeskHead title=title line=line trail=Corner::Plans>
                ""
            </DeskHead>
            {refusal.map(|refusal| view! { <RefusalAlert refusal=refusal /> })}
            {locked.then(|| view! { <Locked /> })}
            {behind}
            <PlanForm plan=plan form=form csrf=csrf />
            {notice.map(|notice| view! { <Toast notice=notice /> })}
        </DeskShell>
    }
}

/// `2 clients are on it`
fn clients_words(plan: &Plan) -> String {
    let clients = match plan.clients {
        0 => "No client is on it".to_owned(),
        1 => "1 client is on it".to_owned(),
        clients => format!("{} clients are on it", grouped(clients)),
    };
    if plan.sign_up { format!("{clients}, newcomers sign up on it") } else { clients }
}

#[component]
fn Locked() -> impl IntoView {
    let sentence = "It is no longer offered and cannot be edited. Clients who are on it stay on their terms.";
    view! { <Alert tone=Tone::Neutral title="Archived" sentence=sentence action=None /> }
}

/// An edit reaches existing clients only by a step of its own.
#[component]
fn Earlier(plan: String, clients: usize) -> impl IntoView {
    let title = match clients {
        1 => "1 client is on earlier terms".to_owned(),
        clients => format!("{clients} clients are on earlier terms"),
    };
    let sentence = "An edit changes what new clients get. Existing clients keep their terms until you apply these.";
    let action = ("Apply to existing clients".to_owned(), format!("/agency/plans/{plan}/apply"));
    view! { <Alert tone=Tone::Neutral title=title sentence=sentence action=Some(action) /> }
}

#[component]
fn Archive(plan: Plan, csrf: String, key: String) -> impl IntoView {
    let back = format!("/agency/plans/{}", plan.id);
    let stay = match plan.clients {
        0 => "No client is on it.",
        1 => "The client who is on it stays on its terms.",
        _ => "The clients who are on it stay on their terms.",
    };
    let sign_up = if plan.sign_up { " Sign-up is turned off with it." } else { "" };
    view! {
        <Confirm
            title=format!("Archive {}?", plan.draft.terms.name)
            sentence=format!(
                "Nobody can be put on this plan any more, and it cannot be edited.{sign_up} {stay} It cannot be undone.",
            )
            action=format!("{back}/archive")
            back=back
            words=("Keep plan", "Archive plan")
            danger=true
            csrf=csrf
            key=key
        />
    }
}

#[component]
fn PlanForm(plan: Option<Plan>, form: Filled, csrf: String) -> impl IntoView {
    let locked = plan.as_ref().is_some_and(|plan| plan.archived);
    let action = plan.as_ref().map_or("/agency/plans/new".to_owned(), |plan| format!("/agency/plans/{}", plan.id));
    let parts =
        [offer(&form), allowance(&form), rates(&form), addons(&form), calls(&form), excess(&form), payment(&form)];
    view! {
        <form class="desk-form" method="post" action=action novalidate>
            <input type="hidden" name="csrf" value=csrf />
            <input type="hidden" name="form_key" value=form.key />
            <fieldset class="parts" disabled=locked>
                {parts.into_iter().collect_view()}
            </fieldset>
            {(!locked).then(|| view! { <End plan=plan.map(|plan| plan.id) /> })}
        </form>
    }
    .into_any()
}

/// The buttons below the form.
#[component]
fn End(plan: Option<String>) -> impl IntoView {
    let save = if plan.is_some() { "Save plan" } else { "Create plan" };
    view! {
        <div class="form-end">
            <button class="button primary" type="submit">
                {save}
            </button>
            <a class="button" href="/agency/plans">
                "Cancel"
            </a>
            {plan.map(|plan| {
                view! {
                    <a class="button danger" href=format!("/agency/plans/{plan}?archive=1")>
                        "Archive plan"
                    </a>
                }
            })}
        </div>
    }
}

fn offer(form: &Filled) -> AnyView {
    let rank = Line::new("rank", "Rank").help("A higher rank is the larger plan. Clients are advised to go up.");
    let (name, rank) = (form.line(Line::new("name", "Name")), form.line(rank.longest("6")));
    let public = form.tick("public", "Public", "Clients see it as a larger plan to go to.");
    view! { <Part id="offer" title="Plan">{name} {rank} {public}</Part> }.into_any()
}

fn allowance(form: &Filled) -> AnyView {
    let price = form.line(Line::new("price", "Price").unit("a month").longest("20"));
    let meter = form.choice(
        "meter",
        "Counts",
        &[
            (Meter::Minutes.as_str(), "Minutes", "Every connected second is used up."),
            (Meter::Calls.as_str(), "Calls", "Each answered call is one, however long."),
        ],
    );
    let included = Line::new("included", "Included in each period")
        .help("Whole minutes or calls. What is left is not carried over.");
    let included = form.line(included.longest("12"));
    let credits = Line::new("free_credits", "Free credits").help("Granted once, when a client first subscribes.");
    let credits = form.line(credits.optional().longest("20"));
    view! { <Part id="allowance" title="Price and allowance">{price} {included} {credits} {meter}</Part> }.into_any()
}

fn rates(form: &Filled) -> AnyView {
    let rate = |name, label, unit| form.line(Line::new(name, label).unit(unit).optional().longest("20"));
    let (voice, telephony) = (rate("voice", "Voice", "per min"), rate("telephony", "Telephony", "per min"));
    let (recording, message) = (rate("recording", "Recording", "per min"), rate("message", "Message", "each"));
    let (number, call) = (rate("number", "Number", "a month"), rate("call", "Answered call", "each"));
    view! {
        <Part id="rates" title="Rates">
            <p class="about">
                "What credits pay once allowance and packages are used, to five digits after the point. Empty costs nothing."
            </p>
            {voice} {telephony} {recording} {message} {number} {call}
        </Part>
    }
    .into_any()
}

fn addons(form: &Filled) -> AnyView {
    let addons = form.choice(
        "addons",
        "Packs on top of the allowance",
        &[
            ("on", "Add-on packs · On", "You assign packs to each client, and may apply them."),
            ("off", "Add-on packs · Off", "No packs are bought or applied. Units bought before stay usable."),
        ],
    );
    let mode = form.choice(
        "purchase_mode",
        "Who buys",
        &[
            ("self_service", "The client, on its Billing page", "Through Checkout, at once."),
            ("via_provider", "You, for the client", "The client is asked to contact you."),
        ],
    );
    view! { <Part id="addon-packs" title="Add-on packs">{addons} {mode}</Part> }.into_any()
}

fn calls(form: &Filled) -> AnyView {
    let longest = Line::new("max_call", "Maximum call duration").unit("min").help("60, or 7:30 with seconds.");
    let longest = form.line(longest.longest("8"));
    let hold = form.choice(
        "hold",
        "Hold for each call",
        &[
            ("buffer", "A buffer", "Some seconds, extended while the call goes on."),
            ("worst_case", "The worst case", "The maximum call duration, from the start."),
        ],
    );
    let seconds = form.line(Line::new("hold_secs", "Buffer").unit("seconds").longest("6"));
    view! { <Part id="calls" title="Calls">{longest} {hold} {seconds}</Part> }.into_any()
}

fn excess(form: &Filled) -> AnyView {
    let mode = form.choice(
        "excess",
        "Once every prepaid source is empty",
        &[
            ("refuse", "Refuse calls", "Until the next period, or until something is bought."),
            ("postpaid", "Go on and bill afterwards", "Usage is billed with the next period, at the rates above."),
        ],
    );
    let limit = Line::new("excess_limit", "Most in a period").help("Empty for no limit.").optional();
    let limit = form.line(limit.longest("20"));
    view! { <Part id="excess-part" title="Billable usage">{mode} {limit}</Part> }.into_any()
}

fn payment(form: &Filled) -> AnyView {
    let due = Line::new("due_days", "Payment due after period start").unit("days").longest("3");
    let due = form.line(due.help("Applied packs fall due as many days after their application."));
    let grace = Line::new("grace_days", "Days of grace").unit("days").longest("3");
    let grace = form.line(grace.help("Calls are refused once a payment is overdue for longer."));
    view! { <Part id="payment" title="Payment">{due} {grace}</Part> }.into_any()
}
