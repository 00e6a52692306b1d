//! `/agency/clients`: the clients, those that run out first on top; below them the top of the inbox.

use leptos::prelude::*;

use super::inbox_top::InboxTop;
use crate::app::agency::clients::{ClientRow, ClientState};
use crate::ledger::PaymentState;
use crate::ledger::survey::SubscriptionStatus;
use crate::payments::inbox::Item;
use crate::units::grouped;
use crate::web::components::{Bar, Broken, Pill, PillTone, SectionError, Segment, balance_words};
use crate::web::dates::Calendar;
use crate::web::pages::billing::Usage;
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell, monogram};

/// Most clients on the page; the others are found by their names.
const MOST: usize = 200;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct ClientsView {
    /// Part of a name that was looked for; empty for all.
    pub search: String,
    /// Which of those are looked at.
    pub state: Option<ClientState>,
    /// Whose name or id it is part of, those that run out first on top.
    pub clients: Result<Vec<ClientRow>, SectionError>,
    /// The newest open items of the inbox.
    pub inbox: Result<Vec<Item>, SectionError>,
}

/// The page.
pub fn clients_page(desk: Desk, view: ClientsView) -> impl IntoView {
    let ClientsView { search, state, clients, inbox } = view;
    let (calendar, waiting) = (desk.calendar(), desk.waiting);
    let count = match (&clients, search.is_empty()) {
        (Ok(clients), true) => workspaces(clients.len()),
        (Ok(clients), false) => format!("{} found", workspaces(clients.len())),
        (Err(SectionError), _) => "Your workspaces".to_owned(),
    };
    let line = format!("{count}, times in {}", calendar.zone());
    view! {
        <DeskShell desk=desk corner=Corner::Clients title="Clients" dialog=None>
            <DeskHead title="Clients" line=line>
                <a class="button primary" href="/agency/clients/new">
                    "Add client"
                </a>
            </DeskHead>
            <section class="card" aria-label="Clients">
                {match clients {
                    Ok(clients) if clients.is_empty() && search.is_empty() => view! { <NoClients /> }.into_any(),
                    Ok(clients) => {
                        view! { <Clients clients=clients search=search state=state calendar=calendar.clone() /> }
                            .into_any()
                    }
                    Err(SectionError) => view! { <Broken what="The clients" retry="/agency/clients" /> }.into_any(),
                }}
            </section>
            <InboxTop items=inbox waiting=waiting calendar=calendar />
        </DeskShell>
    }
}

/// `5 workspaces`
fn workspaces(count: usize) -> String {
    match count {
        1 => "1 workspace".to_owned(),
        count => format!("{} workspaces", grouped(i64::try_from(count).unwrap_or(i64::MAX))),
    }
}

#[component]
fn NoClients() -> impl IntoView {
    view! {
        <div class="empty">
            <strong>"No clients yet"</strong>
            <p>"A client is a workspace with a plan and an owner, who gets an invitation by mail."</p>
            <a class="button" href="/agency/clients/new">
                "Add client"
            </a>
        </div>
    }
}

#[component]
fn Clients(clients: Vec<ClientRow>, search: String, state: Option<ClientState>, calendar: Calendar) -> impl IntoView {
    let tabs = tabs(&clients, &search, state);
    let found: Vec<_> = clients.into_iter().filter(|row| state.is_none_or(|state| row.is(state))).collect();
    let more = found.len() > MOST;
    let chosen = state.map(|state| view! { <input type="hidden" name="state" value=state.as_str() /> });
    view! {
        <div class="client-filter">
            <form class="field" role="search" method="get" action="/agency/clients">
                {chosen}
                <input
                    type="search"
                    name="search"
                    value=search.clone()
                    maxlength="80"
                    placeholder="Search clients"
                    aria-label="Search clients"
                />
            </form>
            <nav class="states" aria-label="State">
                {tabs}
            </nav>
        </div>
        {if found.is_empty() {
            view! { <NothingFound search=search state=state /> }.into_any()
        } else {
            let rows = found.into_iter().take(MOST).map(|row| client_row(row, &calendar)).collect_view();
            view! { <ClientTable rows=rows.into_any() /> }.into_any()
        }}
        {more.then(|| view! { <p class="client-more">{format!("The first {MOST}. Search for the others.")}</p> })}
    }
}

/// All, Paused and Low with their counts; the rarer states only where a client is in them.
fn tabs(clients: &[ClientRow], search: &str, current: Option<ClientState>) -> impl IntoView + use<> {
    let all = [None, Some(ClientState::Paused), Some(ClientState::Low)].map(|state| (state, true));
    let rare = [Some(ClientState::PastDue), Some(ClientState::Canceled)].map(|state| (state, false));
    let tabs = all.into_iter().chain(rare).filter_map(|(state, always)| {
        let count = clients.iter().filter(|row| state.is_none_or(|state| row.is(state))).count();
        (always || count > 0 || current == state).then(|| {
            let here = (current == state).then_some("page");
            view! {
                <a href=address(search, state) aria-current=here>
                    {title(state)}
                    " "
                    <span>{count}</span>
                </a>
            }
        })
    });
    tabs.collect_view()
}

const fn title(state: Option<ClientState>) -> &'static str {
    match state {
        None => "All",
        Some(ClientState::Paused) => "Paused",
        Some(ClientState::Low) => "Low",
        Some(ClientState::PastDue) => "Past due",
        Some(ClientState::Canceled) => "Canceled",
    }
}

/// The list with this search and state.
fn address(search: &str, state: Option<ClientState>) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    if !search.is_empty() {
        query.append_pair("search", search);
    }
    if let Some(state) = state {
        query.append_pair("state", state.as_str());
    }
    match query.finish() {
        query if query.is_empty() => "/agency/clients".to_owned(),
        query => format!("/agency/clients?{query}"),
    }
}

#[component]
fn NothingFound(search: String, state: Option<ClientState>) -> impl IntoView {
    let (words, sentence) = match (search.is_empty(), state) {
        (true, _) => ("No client is in this state", "The others go on as they are."),
        (false, None) => ("Nothing found", "No client has this in its name or id."),
        (false, Some(_)) => ("Nothing found", "No client in this state has this in its name or id."),
    };
    view! {
        <div class="empty">
            <strong>{words}</strong>
            <p>{sentence}</p>
            <a class="button" href="/agency/clients">
                "Show all clients"
            </a>
        </div>
    }
}

#[component]
fn ClientTable(rows: AnyView) -> impl IntoView {
    view! {
        <table class="table clients" aria-label="Clients">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Client"</th>
                    <th role="columnheader" scope="col">"State"</th>
                    <th role="columnheader" scope="col" class="amount">"Available"</th>
                    <th role="columnheader" scope="col">"Plan allowance used"</th>
                    <th role="columnheader" scope="col" class="amount">"Open requests"</th>
                    <th role="columnheader" scope="col" class="amount">"Last call"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

fn client_row(row: ClientRow, calendar: &Calendar) -> impl IntoView + use<> {
    let (tone, words) = pill(&row);
    let available = if row.status == SubscriptionStatus::None { dash() } else { balance_words(&row.standing).0 };
    let owed = if row.owed.0 > 0 { row.owed.to_string() } else { dash() };
    let last_call = row.last_call_at.map_or_else(dash, |at| calendar.recent(at));
    let allowance = allowance(&row);
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="client">
                <span class="monogram" aria-hidden="true">
                    {monogram(&row.name)}
                </span>
                <div>
                    <a href=format!("/agency/clients/{}", row.id)>{row.name.clone()}</a>
                    <small>{plan_words(&row)}</small>
                </div>
            </th>
            <td role="cell" class="state">
                <Pill tone=tone words=words />
            </td>
            <td role="cell" class="amount available">{available}</td>
            <td role="cell" class="allowance">{allowance}</td>
            <td role="cell" class="amount owed">{owed}</td>
            <td role="cell" class="amount last">{last_call}</td>
        </tr>
    }
}

/// What stands where there is nothing.
fn dash() -> String {
    "–".to_owned()
}

/// `Clinic, add-ons off`; where nothing is included, nobody expects packs.
fn plan_words(row: &ClientRow) -> String {
    match &row.plan {
        None => "No plan".to_owned(),
        Some(plan) if row.addons || row.allowance.is_none() => plan.clone(),
        Some(plan) => format!("{plan}, add-ons off"),
    }
}

fn pill(row: &ClientRow) -> (PillTone, String) {
    match row.status {
        SubscriptionStatus::None => (PillTone::Neutral, "No plan".to_owned()),
        SubscriptionStatus::Canceled => (PillTone::Neutral, "Canceled".to_owned()),
        _ if row.payment == PaymentState::Unpaid => (PillTone::Red, "Blocked".to_owned()),
        _ => {
            let fit = row.standing.fit();
            (fit.into(), fit.words())
        }
    }
}

fn allowance(row: &ClientRow) -> AnyView {
    let Some(allowance) = row.allowance else {
        return view! { <span class="none">"No allowance"</span> }.into_any();
    };
    let class = Usage::of(allowance.used, allowance.included).class();
    view! {
        <div>
            <Bar segments=vec![Segment { class, share: allowance.used }] whole=allowance.included />
            <span>{format!("{}%", allowance.used * 100 / allowance.included)}</span>
        </div>
    }
    .into_any()
}
