//! `/agency/clients/{id}`: one client as its agency sees it. The tab Billing has sub-tabs; SPEC §3 has the words of
//! the one with the add-on packs.

mod activity;
mod addon_packs;
mod apply;
mod dialogs;
mod figures;
mod grant;
mod in_wallet;
mod overview;
mod plans;
mod refund;
mod requests;
mod subscription;
#[cfg(test)]
mod tests;

use leptos::prelude::*;

use super::turns::{Turned, Turns};
use super::{DeskForm, DeskNotice, DeskRefusal, RefusalAlert, Toast};
use crate::app::agency::client::ClientDetail;
use crate::app::overview::{Package, SubscriptionState};
use crate::app::refund_unused::Quote;
use crate::catalog::Plan;
use crate::ledger::survey::SubscriptionStatus;
use crate::payments::inbox::Item;
use crate::payments::request::PaymentRequest;
use crate::pricing::PackOffer;
use crate::tenants::audit::Record;
use crate::units::words;
use crate::web::components::{PillTone, SectionError, StandingPill};
use crate::web::dates::Calendar;
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

use activity::Activity;
use addon_packs::AddonPacks;
use overview::ClientFacts;
use requests::Requests;
use subscription::SubscriptionTab;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct ClientView {
    /// The client.
    pub client: ClientDetail,
    /// What the tab shows besides.
    pub content: Content,
    /// The dialog over the page.
    pub dialog: Option<ClientDialog>,
    /// What was just done.
    pub notice: Option<DeskNotice>,
    /// Why the form that was just sent was refused.
    pub refusal: Option<DeskRefusal>,
    /// The page's forms.
    pub form: DeskForm,
}

/// A tab, with what it shows besides the client.
#[derive(Clone, Debug)]
pub enum Content {
    /// Nothing.
    Overview,
    /// Plans to change to.
    Subscription {
        /// The agency's plans.
        plans: Result<Vec<Plan>, SectionError>,
    },
    /// Packs and the last requests.
    AddonPacks {
        /// Assigned packs are chosen anew.
        editing: bool,
        /// Every package of the client, oldest first.
        packages: Result<Vec<Package>, SectionError>,
        /// Newest first.
        requests: Result<Turned<PaymentRequest>, SectionError>,
    },
    /// Every request.
    Requests {
        /// Newest first.
        requests: Result<Turned<PaymentRequest>, SectionError>,
        /// Requests that were settled otherwise and paid as well.
        overpaid: Result<Vec<Item>, SectionError>,
    },
    /// Who did what.
    Activity {
        /// Newest first.
        records: Result<Turned<Record>, SectionError>,
    },
}

impl Content {
    const fn tab(&self) -> ClientTab {
        match self {
            Content::Overview => ClientTab::Overview,
            Content::Subscription { .. } => ClientTab::Subscription,
            Content::AddonPacks { .. } => ClientTab::AddonPacks,
            Content::Requests { .. } => ClientTab::Requests,
            Content::Activity { .. } => ClientTab::Activity,
        }
    }
}

/// A dialog over the page.
#[derive(Clone, Debug)]
pub enum ClientDialog {
    /// A pack is about to be applied.
    Apply(PackOffer),
    /// The client is about to lose sight of a pack.
    Remove(PackOffer),
    /// A request is about to be marked paid.
    MarkPaid(PaymentRequest),
    /// A request is about to be waived.
    CancelRequest(PaymentRequest),
    /// What is unused of a purchase is about to be refunded; `None` where nothing is.
    Refund(Option<Quote>),
    /// The subscription is about to be canceled.
    End,
}

/// The tabs; all but the first belong to Billing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientTab {
    /// Who the client is.
    #[default]
    Overview,
    /// Plan, period and what changes them.
    Subscription,
    /// Packs that the client sees.
    AddonPacks,
    /// What the client owes and has paid.
    Requests,
    /// Who of the agency did what.
    Activity,
}

words!(ClientTab {
    Overview = "overview",
    Subscription = "subscription",
    AddonPacks = "addon-packs",
    Requests = "requests",
    Activity = "activity",
});

impl ClientTab {
    const BILLING: [ClientTab; 4] =
        [ClientTab::Subscription, ClientTab::AddonPacks, ClientTab::Requests, ClientTab::Activity];

    const fn title(self) -> &'static str {
        match self {
            ClientTab::Overview => "Overview",
            ClientTab::Subscription => "Subscription",
            ClientTab::AddonPacks => "Addon Packs",
            ClientTab::Requests => "Payment requests",
            ClientTab::Activity => "Activity",
        }
    }

    /// Its address on the page of the client with this public id.
    pub fn address(self, client: &str) -> String {
        match self {
            ClientTab::Overview => format!("/agency/clients/{client}"),
            tab => format!("/agency/clients/{client}?tab=billing&sub={}", tab.as_str()),
        }
    }
}

/// What every part of the page needs: the client, its calendar, and the forms.
#[derive(Clone, Debug)]
struct Scene {
    client: ClientDetail,
    calendar: Calendar,
    tab: ClientTab,
    csrf: String,
    form: DeskForm,
}

impl Scene {
    /// Address of the tab that is shown.
    fn here(&self) -> String {
        self.tab.address(&self.client.client.public_id)
    }

    /// The same with a dialog over it.
    fn with(&self, name: &str, id: &str) -> String {
        format!("{}&{name}={id}", self.here())
    }

    /// Where a form is sent.
    fn action(&self, path: &str) -> String {
        format!("/agency/clients/{}/{path}", self.client.client.public_id)
    }

    fn name(&self) -> &str {
        &self.client.client.name
    }
}

/// The page.
pub fn client_page(desk: Desk, view: ClientView) -> impl IntoView {
    let ClientView { client, content, dialog, notice, refusal, form } = view;
    let calendar = Calendar::new(&client.overview.time_zone, client.overview.read_at);
    let (tab, csrf) = (content.tab(), desk.csrf.clone());
    let line = line(&client, &calendar);
    let scene = Scene { client, calendar, tab, csrf, form };
    let overview = scene.client.overview.clone();
    let (name, id) = (scene.name().to_owned(), scene.client.client.public_id.clone());
    // What was refused stands where the form is; the page behind a dialog takes no input. That packs are Off, the tab
    // says by itself.
    let told = refusal.filter(|it| tab != ClientTab::AddonPacks || *it != DeskRefusal::AddonsDisabled);
    let (inside, outside) = if dialog.is_some() { (told, None) } else { (None, told) };
    let demo = desk.demo;
    let dialog = dialog.map(|dialog| dialogs::dialog(&scene, dialog, inside));
    let content = match content {
        Content::Overview => view! { <ClientFacts scene=scene /> }.into_any(),
        Content::Subscription { plans } => view! { <SubscriptionTab scene=scene plans=plans /> }.into_any(),
        Content::AddonPacks { editing, packages, requests } => {
            view! { <AddonPacks scene=scene editing=editing packages=packages requests=requests /> }.into_any()
        }
        Content::Requests { requests, overpaid } => {
            view! { <Requests scene=scene requests=requests overpaid=overpaid /> }.into_any()
        }
        Content::Activity { records } => view! { <Activity scene=scene records=records /> }.into_any(),
    };
    view! {
        <DeskShell desk=desk corner=Corner::Clients title=format!("{name}, {}", tab.title()) dialog=dialog>
            <DeskHead title=name line=line trail=Corner::Clients>
                <StandingPill overview=overview />
            </DeskHead>
            <Tabs tab=tab id=id />
            {outside.map(|refusal| view! { <RefusalAlert refusal=refusal /> })}
            {content}
            {notice.map(|notice| view! { <Toast notice=notice demo=demo /> })}
        </DeskShell>
    }
}

#[component]
fn Tabs(tab: ClientTab, id: String) -> impl IntoView {
    let billing = tab != ClientTab::Overview;
    let current = |it: bool| it.then_some("page");
    let subs = ClientTab::BILLING
        .map(|to| view! { <a href=to.address(&id) aria-current=current(to == tab)>{to.title()}</a> })
        .collect_view();
    view! {
        <nav class="tabs" aria-label="Client">
            <a href=ClientTab::Overview.address(&id) aria-current=current(!billing)>
                "Overview"
            </a>
            <a href=ClientTab::Subscription.address(&id) aria-current=billing.then_some("true")>
                "Billing"
            </a>
        </nav>
        {billing.then(|| view! { <nav class="sub-tabs" aria-label="Billing">{subs}</nav> })}
    }
}

/// The line under the client's name: `Starter plan, subscription active since Sep 6`.
fn line(client: &ClientDetail, calendar: &Calendar) -> String {
    let Some(subscription) = &client.overview.subscription else {
        return "No subscription yet".to_owned();
    };
    let since = client.since.map(|at| format!(" since {}", calendar.day(at))).unwrap_or_default();
    let then = match client.status {
        SubscriptionStatus::Active => format!("subscription active{since}"),
        SubscriptionStatus::PastDue => "a payment is overdue".to_owned(),
        SubscriptionStatus::Blocked if client.overview.is_blocked() => "blocked, a payment is overdue".to_owned(),
        SubscriptionStatus::Blocked => "blocked, nothing is left".to_owned(),
        _ if subscription.state == SubscriptionState::Ending => "ends with the calls in progress".to_owned(),
        _ => "subscription ended".to_owned(),
    };
    format!("{} plan, {then}", subscription.plan_name)
}

/// How the subscription stands, as its pill says it.
const fn status_words(status: SubscriptionStatus) -> (PillTone, &'static str) {
    match status {
        SubscriptionStatus::None => (PillTone::Neutral, "No subscription"),
        SubscriptionStatus::Active => (PillTone::On, "Active"),
        SubscriptionStatus::PastDue => (PillTone::Amber, "Past due"),
        SubscriptionStatus::Blocked => (PillTone::Red, "Blocked"),
        SubscriptionStatus::Canceled => (PillTone::Neutral, "Canceled"),
    }
}
