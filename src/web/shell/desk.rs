//! What surrounds every page of an agency.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use leptos::prelude::*;

use super::{DemoStrip, Menu, NavLink, Switcher, Viewer};
use crate::tenants::Membership;
use crate::web::components::{Icon, Mark};
use crate::web::dates::Calendar;
use crate::web::document::Html;

/// What the shell needs to know about the request.
#[derive(Clone, Debug)]
pub struct Desk {
    /// The administrator's name.
    pub viewer_name: String,
    /// Their address.
    pub viewer_email: String,
    /// The agency's name.
    pub agency_name: String,
    /// Token of the session's forms.
    pub csrf: String,
    /// Demo mode, which every page says.
    pub demo: bool,
    /// Workspaces that the administrator belongs to themselves, by name.
    pub workspaces: Vec<Membership>,
    /// How many items of the inbox are open.
    pub waiting: i64,
    /// Zone of the dates that belong to no single client.
    pub time_zone: TimeZone,
    /// When the page was read.
    pub read_at: Timestamp,
}

impl Desk {
    /// Dates in the agency's zone as of when the page was read.
    pub fn calendar(&self) -> Calendar {
        Calendar::new(&self.time_zone, self.read_at)
    }
}

/// Pages in the agency's navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corner {
    /// `/agency/clients`
    Clients,
    /// `/agency/plans`
    Plans,
    /// `/agency/packs`
    Packs,
    /// `/agency/requests`
    Requests,
    /// `/agency/inbox`
    Inbox,
    /// `/agency/settings`
    Settings,
}

impl Corner {
    const ALL: [Corner; 6] =
        [Corner::Clients, Corner::Plans, Corner::Packs, Corner::Requests, Corner::Inbox, Corner::Settings];

    const fn href(self) -> &'static str {
        match self {
            Corner::Clients => "/agency/clients",
            Corner::Plans => "/agency/plans",
            Corner::Packs => "/agency/packs",
            Corner::Requests => "/agency/requests",
            Corner::Inbox => "/agency/inbox",
            Corner::Settings => "/agency/settings",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Corner::Clients => "Clients",
            Corner::Plans => "Plans",
            Corner::Packs => "Packs",
            Corner::Requests => "Requests",
            Corner::Inbox => "Inbox",
            Corner::Settings => "Settings",
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Corner::Clients => Icon::People,
            Corner::Plans => Icon::Sheet,
            Corner::Packs => Icon::Layers,
            Corner::Requests => Icon::Card,
            Corner::Inbox => Icon::Flag,
            Corner::Settings => Icon::Key,
        }
    }
}

/// A page of an agency, called `title` in the browser's tab. While `dialog` stands over it, the page behind takes no
/// input. No page of an agency loads the browser's part.
#[component]
pub(crate) fn DeskShell(
    desk: Desk,
    corner: Corner,
    #[prop(into)] title: String,
    dialog: Option<AnyView>,
    children: Children,
) -> impl IntoView {
    let covered = dialog.is_some();
    view! {
        <Html title=title islands=false sheets=&["account", "desk"]>
            <div class="frame" inert=covered>
                <a class="skip" href="#main">
                    "Skip to content"
                </a>
                {desk.demo.then(|| view! { <DemoStrip /> })}
                <Side desk=desk corner=corner />
                <main id="main" tabindex="-1">
                    {children()}
                </main>
            </div>
            {dialog}
        </Html>
    }
}

#[component]
fn Side(desk: Desk, corner: Corner) -> impl IntoView {
    let links = Corner::ALL.into_iter().map(|to| {
        let waiting = if to == Corner::Inbox { desk.waiting } else { 0 };
        view! { <NavLink href=to.href() title=to.title() icon=to.icon() current=to == corner waiting=waiting /> }
    });
    let title = view! {
        <Mark />
        <div>
            <strong>{desk.agency_name}</strong>
            <span>"Agency"</span>
        </div>
    };
    let top = if desk.workspaces.is_empty() {
        view! { <div class="workspace">{title}</div> }.into_any()
    } else {
        let csrf = desk.csrf.clone();
        view! { <Switcher title=title.into_any() workspaces=desk.workspaces current=String::new() csrf=csrf /> }
            .into_any()
    };
    view! {
        <header class="side">
            {top}
            <Menu links=links.collect_view().into_any()>
                <Viewer name=desk.viewer_name email=desk.viewer_email csrf=desk.csrf />
            </Menu>
        </header>
    }
    .into_any()
}

/// Title of a page of an agency, one line under it, and what stands at its right. `trail` leads back to the list that
/// the page is from.
#[component]
pub(crate) fn DeskHead(
    #[prop(into)] title: String,
    #[prop(into)] line: String,
    #[prop(optional)] trail: Option<Corner>,
    children: Children,
) -> impl IntoView {
    let here = title.clone();
    view! {
        <div class="head">
            <div>
                {trail.map(|from| {
                    view! {
                        <nav class="trail" aria-label="Breadcrumb">
                            <ol>
                                <li>
                                    <a href=from.href()>{from.title()}</a>
                                </li>
                                <li aria-current="page">{here}</li>
                            </ol>
                        </nav>
                    }
                })}
                <h1>{title}</h1>
                <p>{line}</p>
            </div>
            <div class="aside">
                {children()}
            </div>
        </div>
    }
}
