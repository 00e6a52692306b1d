//! `/settings`: what belongs to the person, and what belongs to the workspace.

mod alerts;
mod events;
mod keys;
mod members;
mod profile;

use leptos::prelude::*;

use crate::web::shell::{Frame, PageHead, Place, Shell};

pub use alerts::{AlertsForm, AlertsView, MemberRow, alerts_page};
pub use events::{EndpointForm, EventsView, ShownDelivery};
pub(super) use keys::{Create, Fresh, Keys, Revoke};
pub use keys::{KeyForm, KeysView, ShownKey, keys_page, keys_withheld_page};
pub use members::{InviteForm, MembersView, members_page};
pub(super) use profile::{Account, You};
pub use profile::{PasswordFaults, ProfileView, SessionRow, profile_page};

/// Whose settings a part stands in: the parts are the same, their addresses are not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of somebody who looks at a workspace.
    Workspace,
    /// Of an administrator at their agency's desk.
    Agency,
}

impl Whose {
    /// The tab of password and sessions.
    pub(super) const fn profile(self) -> &'static str {
        match self {
            Whose::Workspace => "/settings?tab=profile",
            Whose::Agency => "/agency/settings?tab=profile",
        }
    }

    /// The tab of keys.
    pub(super) const fn keys(self) -> &'static str {
        match self {
            Whose::Workspace => "/settings?tab=api",
            Whose::Agency => "/agency/settings?tab=api",
        }
    }

    /// Where a form of the settings is sent.
    pub(super) fn form(self, name: &str) -> String {
        match self {
            Whose::Workspace => format!("/settings/{name}"),
            Whose::Agency => format!("/agency/settings/{name}"),
        }
    }
}

/// The tabs that there are; Billing is a page of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tab {
    Profile,
    Members,
    Api,
    Alerts,
}

impl Tab {
    const ALL: [Tab; 4] = [Tab::Profile, Tab::Members, Tab::Api, Tab::Alerts];

    const fn title(self) -> &'static str {
        match self {
            Tab::Profile => "Profile",
            Tab::Members => "Members",
            Tab::Api => "API and events",
            Tab::Alerts => "Alerts",
        }
    }

    const fn href(self) -> &'static str {
        match self {
            Tab::Profile => "/settings?tab=profile",
            Tab::Members => "/settings?tab=members",
            Tab::Api => "/settings?tab=api",
            Tab::Alerts => "/settings?tab=alerts",
        }
    }
}

/// A page of the settings.
#[component]
fn Settings(frame: Frame, tab: Tab, dialog: Option<AnyView>, children: Children) -> impl IntoView {
    let line = match &frame.overview {
        Ok(overview) => format!("Your account, and the people and keys of {}", overview.workspace_name),
        Err(_) => "Your account, and the people and keys of your workspace".to_owned(),
    };
    view! {
        <Shell frame=frame place=Place::Settings dialog=dialog>
            <PageHead title="Settings" line=line>
                <a href="/billing">"Wallet"</a>
            </PageHead>
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
                <a href="/settings?tab=billing">"Billing"</a>
            </nav>
            {children()}
        </Shell>
    }
}
