//! `/settings`: what belongs to the person, and what belongs to the workspace.

mod alerts;
mod keys;
mod members;
mod profile;

use leptos::prelude::*;

use crate::web::shell::{Frame, PageHead, Place, Shell};

pub use alerts::{AlertsForm, AlertsView, MemberRow, alerts_page};
pub use keys::{KeyForm, KeysView, ShownKey, keys_page, keys_withheld_page};
pub use members::{InviteForm, MembersView, members_page};
pub use profile::{PasswordFaults, ProfileView, SessionRow, profile_page};

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
            Tab::Api => "API keys",
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
