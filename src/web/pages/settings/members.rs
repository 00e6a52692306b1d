//! `/settings?tab=members`: who belongs to the workspace, and who is invited.

use leptos::prelude::*;

use super::{Settings, Tab};
use crate::app::members::People;
use crate::tenants::members::{Invited, ListedMember};
use crate::tenants::{Role, UserId};
use crate::web::components::{Alert, Broken, Field, FieldKind, Icon, Pill, PillTone, SectionError, Tone};
use crate::web::dates::Calendar;
use crate::web::shell::Frame;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct MembersView {
    /// Members and open invitations.
    pub people: Result<People, SectionError>,
    /// Who looks.
    pub own: UserId,
    /// They may change it.
    pub may_manage: bool,
    /// The form for another one.
    pub form: InviteForm,
    /// The member who is about to be removed.
    pub removing: Option<ListedMember>,
    /// Why nothing was changed.
    pub refused: Option<String>,
}

/// The form for an invitation, as it was typed.
#[derive(Clone, Debug)]
pub struct InviteForm {
    /// One-use key of the form.
    pub form_key: String,
    /// Whom to invite.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// What is wrong.
    pub wrong: Option<String>,
}

impl Default for InviteForm {
    fn default() -> Self {
        Self { form_key: String::new(), email: String::new(), role: Role::Viewer, wrong: None }
    }
}

const ROLES: [Role; 3] = [Role::Owner, Role::Billing, Role::Viewer];

const fn title(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Billing => "Billing",
        Role::Viewer => "Viewer",
    }
}

/// What a role may do, as the form says it (SPEC §2.4).
const fn may(role: Role) -> &'static str {
    match role {
        Role::Owner => "Everything, with members, keys and refunds",
        Role::Billing => "Reads, buys, keeps the card, auto-recharge and alerts",
        Role::Viewer => "Reads",
    }
}

/// The page.
pub fn members_page(frame: Frame, view: MembersView) -> impl IntoView {
    let calendar = frame.calendar();
    let csrf = frame.csrf.clone();
    let MembersView { people, own, may_manage, form, removing, refused } = view;
    let dialog = removing.map(|member| {
        let itself = member.user == own;
        view! { <Remove id=member.user.public_id() member=member itself=itself csrf=csrf.clone() /> }.into_any()
    });
    let list = match (people, calendar) {
        (Ok(people), Some(calendar)) => {
            let manager = may_manage.then(|| csrf.clone());
            view! { <List people=people own=own manager=manager calendar=calendar /> }.into_any()
        }
        _ => view! {
            <section class="card" aria-label="Members">
                <Broken what="The members" retry="/settings?tab=members" />
            </section>
        }
        .into_any(),
    };
    view! {
        <Settings frame=frame tab=Tab::Members dialog=dialog>
            {refused.map(|sentence| view! { <Alert tone=Tone::Amber title="Nothing changed" sentence=sentence action=None /> })}
            {list}
            {may_manage.then(|| view! { <Invite form=form csrf=csrf /> })}
        </Settings>
    }
}

/// `manager` is the token for the forms of somebody who may change the members.
#[component]
fn List(people: People, own: UserId, manager: Option<String>, calendar: Calendar) -> impl IntoView {
    let zone = format!("Times in {}", calendar.zone());
    let members = people.members.into_iter().map(|member| member_row(member, own, manager.as_deref(), &calendar));
    let members = members.collect_view();
    let invited = people.invited.into_iter().map(|invited| invited_row(invited, manager.as_deref(), &calendar));
    let invited = invited.collect_view();
    view! {
        <section class="card" aria-labelledby="members">
            <div class="card-title">
                <h2 id="members">"Members"</h2>
                <h3>{zone}</h3>
            </div>
            <table class="table members" aria-labelledby="members">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Member"</th>
                        <th role="columnheader" scope="col">"Role"</th>
                        <th role="columnheader" scope="col">"Since"</th>
                        <th role="columnheader" scope="col">
                            <span class="unseen">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{members} {invited}</tbody>
            </table>
        </section>
    }
}

fn member_row(member: ListedMember, own: UserId, manager: Option<&str>, calendar: &Calendar) -> AnyView {
    let id = manager.map(|_| member.user.public_id());
    let role = match (manager, id.clone()) {
        (Some(csrf), Some(id)) => {
            view! { <RoleForm id=id name=member.name.clone() role=member.role csrf=csrf.to_owned() /> }.into_any()
        }
        _ => title(member.role).into_any(),
    };
    let end = id.map(|id| {
        let label = format!("Remove {}", member.name);
        view! {
            <a class="button small danger" href=format!("/settings?tab=members&remove={id}") aria-label=label>
                "Remove"
            </a>
        }
    });
    let you = (member.user == own).then(|| view! { " " <Pill tone=PillTone::On words="You" /> });
    view! {
        <tr role="row">
            <td role="cell" class="what">
                <strong>{member.name}</strong>
                {you}
                <small>{member.email}</small>
            </td>
            <td role="cell" class="role">{role}</td>
            <td role="cell" class="since">
                <span class="phone">"Since "</span>
                {calendar.day(member.since)}
            </td>
            <td role="cell" class="end">{end}</td>
        </tr>
    }
    .into_any()
}

/// Another role for a member.
#[component]
fn RoleForm(id: String, name: String, role: Role, csrf: String) -> impl IntoView {
    view! {
        <form method="post" action="/settings/members/role">
            <input type="hidden" name="csrf" value=csrf />
            <input type="hidden" name="member" value=id />
            <select name="role" aria-label=format!("Role of {name}")>
                {ROLES
                    .map(|it| {
                        view! {
                            <option value=it.as_str() selected=it == role>
                                {title(it)}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
            <button class="button small" type="submit" aria-label=format!("Change the role of {name}")>
                "Change"
            </button>
        </form>
    }
}

fn invited_row(invited: Invited, manager: Option<&str>, calendar: &Calendar) -> AnyView {
    let Invited { email, role, sent_at, expires_at } = invited;
    let end = manager.map(|csrf| {
        view! {
            <form method="post" action="/settings/members/withdraw">
                <input type="hidden" name="csrf" value=csrf.to_owned() />
                <input type="hidden" name="email" value=email.clone() />
                <button class="button small" type="submit" aria-label=format!("Withdraw the invitation of {email}")>
                    "Withdraw"
                </button>
            </form>
        }
    });
    let line = format!("Invited {}, the link ends {}", calendar.day(sent_at), calendar.day(expires_at));
    view! {
        <tr role="row">
            <td role="cell" class="what">
                <strong>{email.clone()}</strong>
                <small>{line}</small>
            </td>
            <td role="cell" class="role">{title(role)}</td>
            <td role="cell" class="since">
                <Pill tone=PillTone::Amber words="Invited" />
            </td>
            <td role="cell" class="end">{end}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Invite(form: InviteForm, csrf: String) -> impl IntoView {
    let chosen = form.role;
    let roles = ROLES.map(|role| {
        view! {
            <label class="check">
                <input type="radio" name="role" value=role.as_str() checked=role == chosen />
                <span>
                    <strong>{title(role)}</strong>
                    <small>{may(role)}</small>
                </span>
            </label>
        }
    });
    view! {
        <section class="card" aria-labelledby="invite">
            <div class="card-title">
                <h2 id="invite">"Invite a member"</h2>
            </div>
            <form class="card-form" method="post" action="/settings/members/invite">
                <input type="hidden" name="csrf" value=csrf />
                <input type="hidden" name="form_key" value=form.form_key />
                <Field
                    kind=FieldKind::Email
                    name="email"
                    label="Email"
                    help="A link is sent there. It works once, for 7 days."
                    value=form.email
                    wrong=form.wrong
                />
                <fieldset class="field">
                    <legend>"Role"</legend>
                    {roles.collect_view()}
                </fieldset>
                <button class="button primary" type="submit">
                    "Send invitation"
                </button>
            </form>
        </section>
    }
}

/// Says what is lost before it is.
#[component]
fn Remove(id: String, member: ListedMember, itself: bool, csrf: String) -> impl IntoView {
    let (heading, sentence, stay, go) = if itself {
        let sentence = "You lose access at once. Somebody else has to invite you again.";
        ("Leave this workspace?".to_owned(), sentence, "Stay", "Leave workspace")
    } else {
        let sentence = "They lose access at once, in every browser. Calls, packages and API keys stay as they are.";
        (format!("Remove {}?", member.name), sentence, "Keep member", "Remove member")
    };
    view! {
        <dialog class="dialog" open aria-labelledby="dialog-title">
            <div class="dialog-title">
                <h2 id="dialog-title">{heading}</h2>
                <a class="close" href="/settings?tab=members" aria-label="Close">
                    {Icon::Close.svg()}
                </a>
            </div>
            <p class="dialog-line">{sentence}</p>
            <form class="choose" method="post" action="/settings/members/remove">
                <input type="hidden" name="csrf" value=csrf />
                <input type="hidden" name="member" value=id />
                <a class="button" href="/settings?tab=members" autofocus>
                    {stay}
                </a>
                <button class="button danger" type="submit">
                    {go}
                </button>
            </form>
        </dialog>
    }
}
