//! `/settings?tab=profile`: the person, their password, and where they are signed in.

use jiff::Timestamp;
use leptos::prelude::*;

use super::{Settings, Tab, Whose};
use crate::tenants::Role;
use crate::web::components::{Alert, Broken, Field, FieldKind, Pill, PillTone, SectionError, Tone};
use crate::web::dates::Calendar;
use crate::web::pages::forgot::NewPassword;
use crate::web::shell::Frame;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct ProfileView {
    /// What the person may do in the workspace.
    pub role: Role,
    /// Where they are signed in, last used first.
    pub sessions: Result<Vec<SessionRow>, SectionError>,
    /// What was wrong with the passwords that were sent.
    pub faults: PasswordFaults,
    /// The password has just been changed.
    pub changed: bool,
}

/// A browser in which the person is signed in.
#[derive(Clone, Debug)]
pub struct SessionRow {
    /// Browser and system in words.
    pub device: String,
    /// When they signed in.
    pub signed_in_at: Timestamp,
    /// When it was last used, to the hour.
    pub seen_at: Timestamp,
    /// It is the one that asks.
    pub own: bool,
}

/// What is wrong with each field of the password's form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PasswordFaults {
    /// The current one.
    pub current: Option<String>,
    /// The new one.
    pub new: Option<String>,
    /// Its repetition.
    pub again: Option<String>,
}

/// The page.
pub fn profile_page(frame: Frame, view: ProfileView) -> impl IntoView {
    let ProfileView { role, sessions, faults, changed } = view;
    let csrf = frame.csrf.clone();
    let calendar = frame.calendar();
    let workspace =
        frame.overview.as_ref().map_or("this workspace".to_owned(), |overview| overview.workspace_name.clone());
    let you = You {
        name: frame.viewer_name.clone(),
        email: frame.viewer_email.clone(),
        part: format!("Role in {workspace}"),
        role: role_words(role),
    };
    view! {
        <Settings frame=frame tab=Tab::Profile dialog=None>
            <Account
                whose=Whose::Workspace
                you=you
                sessions=sessions
                calendar=calendar
                faults=faults
                changed=changed
                csrf=csrf
            />
        </Settings>
    }
}

/// Who a page speaks to.
#[derive(Clone, Debug)]
pub(in crate::web::pages) struct You {
    /// As forms call them.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// Where they have a role: `Role in Harbor Dental`.
    pub part: String,
    /// The role in words.
    pub role: &'static str,
}

/// A person's own page, a member's or an administrator's: who they are, their password, where they are signed in.
#[component]
pub(in crate::web::pages) fn Account(
    whose: Whose,
    you: You,
    sessions: Result<Vec<SessionRow>, SectionError>,
    calendar: Option<Calendar>,
    faults: PasswordFaults,
    changed: bool,
    csrf: String,
) -> impl IntoView {
    view! {
        {changed
            .then(|| {
                let sentence = "Every other browser was signed out.";
                view! { <Alert tone=Tone::Success title="Password changed" sentence=sentence action=None /> }
            })}
        <dl class="panel you" aria-label="You">
            <div>
                <dt>"Name"</dt>
                <dd>{you.name}</dd>
            </div>
            <div>
                <dt>"Email"</dt>
                <dd>{you.email.clone()}</dd>
            </div>
            <div>
                <dt>{you.part}</dt>
                <dd>{you.role}</dd>
            </div>
        </dl>
        <div class="settings">
            <PasswordForm whose=whose csrf=csrf.clone() email=you.email faults=faults />
            <Sessions whose=whose sessions=sessions calendar=calendar csrf=csrf />
        </div>
    }
}

fn role_words(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Billing => "Billing, may buy",
        Role::Viewer => "Viewer, reads only",
    }
}

/// The form for another password.
#[component]
fn PasswordForm(whose: Whose, csrf: String, email: String, faults: PasswordFaults) -> impl IntoView {
    view! {
        <section class="card" aria-labelledby="password">
            <div class="card-title">
                <h2 id="password">"Password"</h2>
            </div>
            <form class="card-form" method="post" action=whose.form("password")>
                <input type="hidden" name="csrf" value=csrf />
                // Password managers look for the account beside the password.
                <input type="hidden" name="email" value=email autocomplete="username" />
                <Field
                    kind=FieldKind::Password
                    name="current"
                    label="Current password"
                    way_out=("Forgot it?", "/forgot")
                    wrong=faults.current
                />
                <NewPassword wrong=faults.new wrong_again=faults.again />
                <button class="button primary" type="submit">
                    "Change password"
                </button>
            </form>
        </section>
    }
}

/// Where the person is signed in, and the end of all of it.
#[component]
fn Sessions(
    whose: Whose,
    sessions: Result<Vec<SessionRow>, SectionError>,
    calendar: Option<Calendar>,
    csrf: String,
) -> impl IntoView {
    let zone = calendar.as_ref().map(Calendar::zone);
    let list = match (sessions, calendar) {
        (Ok(sessions), Some(calendar)) => {
            let rows = sessions.into_iter().map(|row| session_row(row, &calendar)).collect_view();
            view! { <ul class="sessions">{rows}</ul> }.into_any()
        }
        _ => view! { <Broken what="The sessions" retry=whose.profile() /> }.into_any(),
    };
    view! {
        <section class="card" aria-labelledby="sessions">
            <div class="card-title">
                <h2 id="sessions">"Sessions"</h2>
                {zone.map(|zone| view! { <h3>{format!("Times in {zone}")}</h3> })}
            </div>
            {list}
            <form class="card-end" method="post" action=whose.form("sign-out-everywhere")>
                <input type="hidden" name="csrf" value=csrf />
                <p>"Ends every session, this one too. You sign in again; calls and API keys go on."</p>
                <button class="button danger" type="submit">
                    "Sign out everywhere"
                </button>
            </form>
        </section>
    }
}

fn session_row(row: SessionRow, calendar: &Calendar) -> impl IntoView + use<> {
    let since = format!("Signed in {}", calendar.moment(row.signed_in_at));
    let seen = format!("last used {}", calendar.moment(row.seen_at));
    view! {
        <li>
            <div>
                <strong>{row.device}</strong>
                <small>{since}", "{seen}</small>
            </div>
            {row.own.then(|| view! { <Pill tone=PillTone::On words="This browser" /> })}
        </li>
    }
}
