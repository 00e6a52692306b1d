//! What surrounds every signed-in page: workspace, balance pill, navigation, the viewer, and the demo notice. The
//! agency's pages have a shell of their own, [`Desk`], of the same parts.
//!
//! One list of links serves both layouts: beside the page where there is room, else behind the menu button (a native
//! popover, so it needs no script).

mod desk;

use leptos::prelude::*;

use crate::app::overview::Overview;
use crate::tenants::Membership;
use crate::web::components::{BalancePill, Icon, Mark, SectionError};
use crate::web::dates::Calendar;
use crate::web::document::Html;

pub use desk::{Corner, Desk};
pub(crate) use desk::{DeskHead, DeskShell};

/// What the shell needs to know about the request.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The signed-in person's name.
    pub viewer_name: String,
    /// Their address.
    pub viewer_email: String,
    /// Their role may buy (`owner`, `billing`).
    pub may_buy: bool,
    /// Token of the session's forms.
    pub csrf: String,
    /// Demo mode, which every page says.
    pub demo: bool,
    /// Every workspace that the viewer belongs to, by name.
    pub workspaces: Vec<Membership>,
    /// Public id of the one that is shown.
    pub workspace: String,
    /// An administrator of the client's agency reads its pages.
    pub visiting: bool,
    /// The browser's part (WASM) is built and can be loaded.
    pub islands: bool,
    /// The wallet, for the pill and most of Billing.
    pub overview: Result<Overview, SectionError>,
}

impl Frame {
    /// The viewer may start the purchase of a pack here: their role, the plan's packs and its purchase mode allow it.
    pub fn self_service(&self) -> bool {
        self.may_buy && self.overview.as_ref().is_ok_and(Overview::self_service)
    }

    /// The viewer may add credits: their role allows it, and credits can pay for something.
    pub fn may_add_credits(&self) -> bool {
        self.may_buy && self.overview.as_ref().is_ok_and(|overview| overview.rates.any())
    }

    /// Dates in the workspace's zone as of when it was read.
    pub fn calendar(&self) -> Option<Calendar> {
        let overview = self.overview.as_ref().ok()?;
        Some(Calendar::new(&overview.time_zone, overview.read_at))
    }
}

/// Pages in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// `/billing`
    Billing,
    /// `/billing/packages`
    Packages,
    /// `/billing/transactions`
    Transactions,
    /// `/settings`
    Settings,
}

impl Place {
    const ALL: [Place; 4] = [Place::Billing, Place::Packages, Place::Transactions, Place::Settings];

    const fn href(self) -> &'static str {
        match self {
            Place::Billing => "/billing",
            Place::Packages => "/billing/packages",
            Place::Settings => "/settings?tab=profile",
            Place::Transactions => "/billing/transactions",
        }
    }

    const fn title(self) -> &'static str {
        match self {
            Place::Billing => "Billing",
            Place::Packages => "Packages",
            Place::Settings => "Settings",
            Place::Transactions => "Transactions",
        }
    }

    /// Styles that it has besides those of every page.
    const fn sheets(self) -> &'static [&'static str] {
        match self {
            Place::Settings => &["account"],
            Place::Billing | Place::Packages | Place::Transactions => &[],
        }
    }

    const fn icon(self) -> Icon {
        match self {
            Place::Billing => Icon::Card,
            Place::Packages => Icon::Layers,
            Place::Settings => Icon::Key,
            Place::Transactions => Icon::List,
        }
    }
}

/// A signed-in page. While `dialog` stands over it, the page behind takes no input. `title` names a page that is not
/// in the navigation itself, but below `place`; `live`: it has islands.
#[component]
pub(crate) fn Shell(
    frame: Frame,
    place: Place,
    dialog: Option<AnyView>,
    #[prop(optional)] title: Option<&'static str>,
    #[prop(optional)] live: bool,
    children: Children,
) -> impl IntoView {
    let islands = frame.islands && live;
    let covered = dialog.is_some();
    view! {
        <Html title=title.unwrap_or(place.title()) islands=islands sheets=place.sheets()>
            <div class="frame" inert=covered>
                <a class="skip" href="#main">
                    "Skip to content"
                </a>
                {frame.demo.then(|| view! { <DemoStrip /> })}
                {frame.visiting.then(|| view! { <VisitStrip workspace=frame.workspace.clone() /> })}
                <Side frame=frame place=place />
                <main id="main" tabindex="-1">
                    {children()}
                </main>
            </div>
            {dialog}
        </Html>
    }
}

/// Says that nothing here is real.
#[component]
pub fn DemoStrip() -> impl IntoView {
    view! {
        <aside class="demo" aria-label="Demo mode">
            <strong>"Demo mode"</strong>
            ", example data, no real payments"
        </aside>
    }
}

/// Says whose pages these are, and leads back to the agency's own.
#[component]
fn VisitStrip(workspace: String) -> impl IntoView {
    view! {
        <aside class="visit" aria-label="Read only">
            "You read your client's pages. "
            <a href=format!("/agency/clients/{workspace}")>"Back to your clients' desk"</a>
        </aside>
    }
}

/// Leads to the Add credits dialog.
#[component]
pub(crate) fn AddCreditsLink(class: &'static str) -> impl IntoView {
    view! {
        <a class=class href="/billing?buy=credits">
            "Add credits"
        </a>
    }
}

#[component]
fn Side(frame: Frame, place: Place) -> impl IntoView {
    let add_credits = frame.may_add_credits();
    let links = Place::ALL
        .into_iter()
        .map(|to| view! { <NavLink href=to.href() title=to.title() icon=to.icon() current=to == place /> });
    view! {
        <header class="side">
            <Workspace frame=frame.clone() />
            <div data-section="pill">
                {frame.overview.clone().ok().map(|overview| view! { <BalancePill overview=overview /> })}
            </div>
            <Menu links=links.collect_view().into_any()>
                {add_credits.then(|| view! { <AddCreditsLink class="button" /> })}
                <Viewer name=frame.viewer_name email=frame.viewer_email csrf=frame.csrf />
            </Menu>
        </header>
    }
    .into_any()
}

/// A line of the navigation; `waiting` counts what is to be looked at there.
#[component]
fn NavLink(
    href: &'static str,
    title: &'static str,
    icon: Icon,
    current: bool,
    #[prop(optional)] waiting: i64,
) -> impl IntoView {
    view! {
        <a href=href aria-current=current.then_some("page")>
            {icon.svg()}
            {title}
            {(waiting > 0).then(|| view! { <span class="waiting">{waiting}</span> })}
        </a>
    }
}

/// Navigation and foot: beside the page, or behind the menu button.
#[component]
fn Menu(links: AnyView, children: Children) -> impl IntoView {
    view! {
        <button class="menu-button" type="button" popovertarget="menu" aria-label="Menu">
            {Icon::Menu.svg()}
        </button>
        <div class="menu" id="menu" popover="auto">
            <nav aria-label="Main">{links}</nav>
            <div class="menu-foot">{children()}</div>
        </div>
    }
}

/// Whose wallet this is. Whoever belongs to several workspaces switches here.
#[component]
fn Workspace(frame: Frame) -> impl IntoView {
    let (name, agency) = match &frame.overview {
        Ok(overview) => (overview.workspace_name.clone(), Some(overview.agency_name.clone())),
        Err(SectionError) => ("Minutebank".to_owned(), None),
    };
    let title = view! {
        <Mark />
        <div>
            <strong>{name}</strong>
            {agency.map(|agency| view! { <span>"by "{agency}</span> })}
        </div>
    };
    if frame.workspaces.len() < 2 {
        return view! { <div class="workspace">{title}</div> }.into_any();
    }
    view! { <Switcher title=title.into_any() workspaces=frame.workspaces current=frame.workspace csrf=frame.csrf /> }
        .into_any()
}

/// The workspaces of a person, under the name of what they see; `current` is the public id of that, where it is one.
#[component]
fn Switcher(title: AnyView, workspaces: Vec<Membership>, current: String, csrf: String) -> impl IntoView {
    view! {
        <details class="switcher">
            <summary class="workspace">{title} {Icon::Choose.svg()}</summary>
            <form method="post" action="/workspace" aria-label="Switch workspace">
                <input type="hidden" name="csrf" value=csrf />
                {workspaces
                    .into_iter()
                    .map(|workspace| {
                        let current = (workspace.public_id == current).then_some("true");
                        view! {
                            <button name="workspace" value=workspace.public_id aria-current=current>
                                <strong>{workspace.name}</strong>
                                <span>"by "{workspace.agency_name}</span>
                            </button>
                        }
                    })
                    .collect_view()}
            </form>
        </details>
    }
}

#[component]
fn Viewer(name: String, email: String, csrf: String) -> impl IntoView {
    view! {
        <div class="viewer">
            <span class="monogram" aria-hidden="true">
                {monogram(&name)}
            </span>
            <div>
                <strong>{name}</strong>
                <span>{email}</span>
            </div>
            <form method="post" action="/sign-out">
                <input type="hidden" name="csrf" value=csrf />
                <button class="leave" type="submit">
                    {Icon::Leave.svg()}
                    "Sign out"
                </button>
            </form>
        </div>
    }
    .into_any()
}

/// Title of a page, one line under it, and what stands at its right. `trail` leads back to the list that the page is
/// from, and ends with the words for what it shows.
#[component]
pub(crate) fn PageHead(
    title: &'static str,
    #[prop(into)] line: String,
    #[prop(optional)] trail: Option<(Place, String)>,
    children: Children,
) -> impl IntoView {
    view! {
        <div class="head">
            <div>
                {trail.map(|(from, here)| view! { <Trail from=from here=here /> })}
                <h1>{title}</h1>
                <p>{line}</p>
            </div>
            <div class="aside">
                {children()}
            </div>
        </div>
    }
}

#[component]
fn Trail(from: Place, here: String) -> impl IntoView {
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
}

/// The first letters of the first and the last word: `DW`.
pub(crate) fn monogram(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().next());
    let first = words.next();
    let last = words.next_back();
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monogram_has_at_most_two_letters() {
        assert_eq!(monogram("Dana Whitfield"), "DW");
        assert_eq!(monogram("Ana María del Río"), "AR");
        assert_eq!(monogram("élodie"), "É");
        assert_eq!(monogram(""), "");
    }
}
