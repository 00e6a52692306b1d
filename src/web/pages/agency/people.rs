//! `/agency/settings?tab=people`: who administrates the agency, and who has not answered an invitation.

use leptos::prelude::*;

use super::settings::{DeskSettings, Said, Tab};
use crate::app::invite_admin::Colleagues;
use crate::tenants::UserId;
use crate::tenants::admin::Colleague;
use crate::tenants::invite::Waiting;
use crate::web::components::{Broken, Field, FieldKind, Pill, PillTone, SectionError};
use crate::web::dates::Calendar;
use crate::web::shell::Desk;

/// What the tab shows.
#[derive(Clone, Debug)]
pub struct PeopleView {
    /// Administrators and invitations.
    pub people: Result<Colleagues, SectionError>,
    /// Who looks.
    pub own: UserId,
    /// What the form before has led to.
    pub said: Said,
    /// What was typed as address.
    pub email: String,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// Makes a one-use key for each form.
    pub fresh_key: fn() -> String,
}

/// The tab.
pub fn people_page(desk: Desk, view: PeopleView) -> impl IntoView {
    let PeopleView { people, own, said, email, wrong, fresh_key } = view;
    let (csrf, calendar, agency) = (desk.csrf.clone(), desk.calendar(), desk.agency_name.clone());
    let lists = match people {
        Ok(Colleagues { administrators, waiting }) => {
            let carried = Carried { csrf: csrf.clone(), fresh_key };
            view! {
                <Administrators administrators=administrators own=own calendar=calendar.clone() />
                {(!waiting.is_empty())
                    .then(|| view! { <Invitations waiting=waiting agency=agency carried=carried calendar=calendar /> })}
            }
            .into_any()
        }
        Err(SectionError) => view! {
            <section class="card" aria-label="Administrators">
                <Broken what="The people" retry="/agency/settings?tab=people" />
            </section>
        }
        .into_any(),
    };
    view! {
        <DeskSettings desk=desk tab=Tab::People said=said dialog=None>
            {lists}
            <section class="card" aria-labelledby="invite">
                <div class="card-title">
                    <h2 id="invite">"Invite an administrator"</h2>
                    <h3>"They may do all that you may"</h3>
                </div>
                <form class="card-form" method="post" action="/agency/settings/invite">
                    <input type="hidden" name="csrf" value=csrf />
                    <input type="hidden" name="key" value=fresh_key() />
                    <Field
                        kind=FieldKind::Address
                        name="email"
                        label="Email"
                        help="A link is sent there. It works once, for 7 days."
                        value=email
                        wrong=wrong
                    />
                    <button class="button primary" type="submit">
                        "Send invitation"
                    </button>
                </form>
            </section>
        </DeskSettings>
    }
}

#[component]
fn Administrators(administrators: Vec<Colleague>, own: UserId, calendar: Calendar) -> impl IntoView {
    let rows = administrators.into_iter().map(|it| {
        view! {
            <tr role="row">
                <td role="cell" class="what">
                    <strong>{it.name}</strong>
                    {(it.user == own).then(|| view! { " " <Pill tone=PillTone::On words="You" /> })}
                    <small>{it.email}</small>
                </td>
                <td role="cell" class="since amount">{format!("Since {}", calendar.day(it.since))}</td>
            </tr>
        }
    });
    view! {
        <section class="card" aria-labelledby="administrators">
            <div class="card-title">
                <h2 id="administrators">"Administrators"</h2>
            </div>
            <table class="table people" aria-labelledby="administrators">
                <thead role="rowgroup" class="unseen">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Administrator"</th>
                        <th role="columnheader" scope="col">"Since"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows.collect_view()}</tbody>
            </table>
        </section>
    }
}

/// What the forms of the invitations carry.
#[derive(Clone, Debug)]
struct Carried {
    csrf: String,
    fresh_key: fn() -> String,
}

#[component]
fn Invitations(waiting: Vec<Waiting>, agency: String, carried: Carried, calendar: Calendar) -> impl IntoView {
    let rows = waiting.into_iter().map(|it| invitation(it, &agency, &carried, &calendar)).collect_view();
    view! {
        <section class="card" aria-labelledby="invitations">
            <div class="card-title">
                <h2 id="invitations">"Open invitations"</h2>
                <h3>{format!("Times in {}", calendar.zone())}</h3>
            </div>
            <ul class="invitations">{rows}</ul>
        </section>
    }
}

fn invitation(waiting: Waiting, agency: &str, carried: &Carried, calendar: &Calendar) -> impl IntoView + use<> {
    let ended = calendar.is_past(waiting.expires_at);
    let role = match &waiting.client {
        Some((_, name)) => format!("Owner of {name}"),
        None => format!("Administrator of {agency}"),
    };
    let (tone, words) = if ended { (PillTone::Neutral, "Ended") } else { (PillTone::Amber, "Waiting") };
    let when = format!("Sent {}, ends {}", calendar.moment(waiting.sent_at), calendar.moment(waiting.expires_at));
    let when = if ended { format!("Sent {}, the link has ended", calendar.moment(waiting.sent_at)) } else { when };
    let client = waiting.client.map(|(id, _)| id).unwrap_or_default();
    let form = |verb: &'static str, words: &'static str| {
        let label = format!("{words}: the invitation of {}", waiting.email);
        view! {
            <form method="post" action=format!("/agency/settings/invite/{verb}")>
                <input type="hidden" name="csrf" value=carried.csrf.clone() />
                <input type="hidden" name="key" value=(carried.fresh_key)() />
                <input type="hidden" name="client" value=client.clone() />
                <input type="hidden" name="email" value=waiting.email.clone() />
                <button class="button small" type="submit" aria-label=label>
                    {words}
                </button>
            </form>
        }
    };
    view! {
        <li>
            <div>
                <strong>{waiting.email.clone()}</strong>
                <small>{role}</small>
                <small>{when}</small>
            </div>
            <Pill tone=tone words=words />
            <div class="verbs">
                {form("resend", "Send again")} {(!ended).then(|| form("withdraw", "Withdraw"))}
            </div>
        </li>
    }
}
