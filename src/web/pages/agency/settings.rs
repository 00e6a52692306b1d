//! `/agency/settings`: what belongs to the administrator, and the agency's keys. Who else there is: `people`; how newcomers come: `sign_up`.

use leptos::prelude::*;

use super::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
use crate::web::components::SectionError;
use crate::web::pages::settings::{Account, Create, Fresh, Keys, KeysView, PasswordFaults, Revoke};
use crate::web::pages::settings::{SessionRow, Whose, You};
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// The tabs that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    /// Password and sessions.
    Profile,
    /// Administrators and invitations.
    People,
    /// How newcomers become clients.
    SignUp,
    /// Keys of the agency.
    Api,
}

impl Tab {
    const ALL: [Tab; 4] = [Tab::Profile, Tab::People, Tab::SignUp, Tab::Api];

    const fn title(self) -> &'static str {
        match self {
            Tab::Profile => "Profile",
            Tab::People => "People",
            Tab::SignUp => "Sign-up",
            Tab::Api => "API keys",
        }
    }

    const fn href(self) -> &'static str {
        match self {
            Tab::Profile => Whose::Agency.profile(),
            Tab::People => "/agency/settings?tab=people",
            Tab::SignUp => "/agency/settings?tab=sign-up",
            Tab::Api => Whose::Agency.keys(),
        }
    }
}

/// What a form of the settings has led to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// What was done.
    pub notice: Option<DeskNotice>,
    /// Why nothing was.
    pub refusal: Option<DeskRefusal>,
}

/// A page of the settings.
#[component]
pub(super) fn DeskSettings(
    desk: Desk,
    tab: Tab,
    said: Said,
    dialog: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let line = format!("Your account, and the people and keys of {}", desk.agency_name);
    let demo = desk.demo;
    view! {
        <DeskShell desk=desk corner=Corner::Settings title="Settings" dialog=dialog>
            <DeskHead title="Settings" line=line>
                ""
            </DeskHead>
            <nav class="tabs" aria-label="Settings">
                {Tab::ALL
                    .map(|to| {
                        view! {
                            <a href=to.href() aria-current=(to == tab).then_some("page")>
                                {to.title()}
                            </a>
                        }
                    })
                    .collect_view()}
            </nav>
            {said.refusal.map(|refusal| view! { <RefusalAlert refusal=refusal /> })}
            {children()}
            {said.notice.map(|notice| view! { <Toast notice=notice demo=demo /> })}
        </DeskShell>
    }
}

/// What the tab of the administrator shows.
#[derive(Clone, Debug)]
pub struct DeskProfileView {
    /// Where they are signed in, last used first.
    pub sessions: Result<Vec<SessionRow>, SectionError>,
    /// What was wrong with the passwords that were sent.
    pub faults: PasswordFaults,
    /// The password has just been changed.
    pub changed: bool,
}

/// `?tab=profile`
pub fn desk_profile_page(desk: Desk, view: DeskProfileView) -> impl IntoView {
    let DeskProfileView { sessions, faults, changed } = view;
    let (csrf, calendar) = (desk.csrf.clone(), desk.calendar());
    let you = You {
        name: desk.viewer_name.clone(),
        email: desk.viewer_email.clone(),
        part: format!("Role at {}", desk.agency_name),
        role: "Administrator",
    };
    view! {
        <DeskSettings desk=desk tab=Tab::Profile said=Said::default() dialog=None>
            <Account
                whose=Whose::Agency
                you=you
                sessions=sessions
                calendar=Some(calendar)
                faults=faults
                changed=changed
                csrf=csrf
            />
        </DeskSettings>
    }
}

/// `?tab=api`; `revoke_key` is the one-use key of the dialog's form.
pub fn desk_keys_page(desk: Desk, view: KeysView, said: Said, revoke_key: String) -> impl IntoView {
    let KeysView { keys, fresh, form, revoking } = view;
    let (csrf, calendar) = (desk.csrf.clone(), desk.calendar());
    let whose = Whose::Agency;
    let dialog =
        revoking.map(|key| view! { <Revoke whose=whose key=key csrf=csrf.clone() form_key=revoke_key /> }.into_any());
    view! {
        <DeskSettings desk=desk tab=Tab::Api said=said dialog=dialog>
            {fresh.map(|text| view! { <Fresh text=text /> })}
            <Keys whose=whose keys=keys calendar=Some(calendar) />
            <Create whose=whose form=form csrf=csrf />
        </DeskSettings>
    }
}
