//! Payment requests of a client: what is asked for, how it stands, and what the agency does about it.

use leptos::prelude::*;

use super::{ClientTab, Scene, Turned, Turns};
use crate::payments::inbox::Item;
use crate::payments::request::PaymentRequest;
use crate::web::components::{Broken, Pill, PillTone, SectionError};
use crate::web::dates::Calendar;
use crate::web::pages::agency::request_words::{about, paid_by, status_words, type_words};

/// The tab.
#[component]
pub(super) fn Requests(
    scene: Scene,
    requests: Result<Turned<PaymentRequest>, SectionError>,
    overpaid: Result<Vec<Item>, SectionError>,
) -> impl IntoView {
    view! {
        <RequestsCard scene=scene.clone() requests=requests recent=false />
        {match overpaid {
            Ok(items) if items.is_empty() => ().into_any(),
            Ok(items) => view! { <Overpaid items=items calendar=scene.calendar /> }.into_any(),
            Err(SectionError) => {
                view! {
                    <section class="card" aria-label="Overpayments">
                        <Broken what="The overpayments" retry=scene.here() />
                    </section>
                }
                    .into_any()
            }
        }}
    }
}

/// The list; `recent`: it stands on another tab and shows the newest.
#[component]
pub(super) fn RequestsCard(
    scene: Scene,
    requests: Result<Turned<PaymentRequest>, SectionError>,
    recent: bool,
) -> impl IntoView {
    let zone = format!("Times in {}", scene.calendar.zone());
    let all = recent.then(|| {
        let to = ClientTab::Requests.address(&scene.client.client.public_id);
        view! { <a class="end" href=to>"View all"</a> }
    });
    let list = match requests {
        Err(SectionError) => view! { <Broken what="The requests" retry=scene.here() /> }.into_any(),
        Ok(page) if page.items.is_empty() && !page.later => view! { <NoRequests /> }.into_any(),
        Ok(Turned { items, older, later }) => {
            let here = scene.here();
            let rows = items.iter().map(|request| row(&scene, request)).collect_view();
            view! {
                <Table rows=rows.into_any() />
                {(!recent).then(|| view! { <Turns here=here older=older later=later /> })}
            }
            .into_any()
        }
    };
    view! {
        <section class="card" aria-labelledby="requests">
            <div class="card-title">
                <h2 id="requests">"Payment requests"</h2>
                <h3>{zone}</h3>
                {all}
            </div>
            {list}
        </section>
    }
}

#[component]
fn NoRequests() -> impl IntoView {
    view! {
        <div class="empty">
            <strong>"No payment requests yet"</strong>
            <p>"One appears when a period with a price begins, and when you apply a pack."</p>
        </div>
    }
}

#[component]
fn Table(rows: AnyView) -> impl IntoView {
    view! {
        <table class="table deeds requests" aria-labelledby="requests">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Issued"</th>
                    <th role="columnheader" scope="col">"Type"</th>
                    <th role="columnheader" scope="col">"For"</th>
                    <th role="columnheader" scope="col">"Due"</th>
                    <th role="columnheader" scope="col">"Status"</th>
                    <th role="columnheader" scope="col" class="amount">"Amount"</th>
                    <th role="columnheader" scope="col">
                        <span class="unseen">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

fn row(scene: &Scene, request: &PaymentRequest) -> impl IntoView + use<> {
    let calendar = &scene.calendar;
    let (tone, words) = status_words(request, calendar);
    let due = if calendar.date(request.due.at) == calendar.today() {
        "Today".to_owned()
    } else {
        calendar.day(request.due.at)
    };
    let title = request.asked.title.clone();
    let actions = request.status.is_owed().then(|| {
        view! {
            <a
                class="button small danger"
                href=scene.with("waive", &request.id)
                aria-label=format!("Cancel, {title}")
            >
                "Cancel"
            </a>
            <a class="button small" href=scene.with("paid", &request.id) aria-label=format!("Mark paid, {title}")>
                "Mark paid"
            </a>
        }
    });
    view! {
        <tr role="row">
            <td role="cell" class="issued">{calendar.day(request.created_at)}</td>
            <td role="cell" class="type">{type_words(request.type_)}</td>
            <td role="cell" class="what">
                <strong>{title.clone()}</strong>
                <small>{about(request, calendar)}</small>
            </td>
            <td role="cell" class="due">
                <span class="phone">"Due "</span>
                {due}
            </td>
            <td role="cell" class="state">
                <Pill tone=tone words=words />
                <small>{paid_by(request)}</small>
            </td>
            <td role="cell" class="amount sum">{request.amount.to_string()}</td>
            <td role="cell" class="act">
                <div>{actions}</div>
            </td>
        </tr>
    }
}

/// Payments of requests that were settled otherwise: the money lies in the inbox.
#[component]
fn Overpaid(items: Vec<Item>, calendar: Calendar) -> impl IntoView {
    let rows = items.into_iter().map(|item| {
        let amount = item.amount.map(|amount| amount.to_string());
        let state = match item.resolved {
            None => (PillTone::Amber, "Waiting".to_owned()),
            Some((how, at)) => (PillTone::Neutral, format!("{} {}", resolution(how.as_str()), calendar.day(at))),
        };
        view! {
            <li>
                <span>
                    <strong>{item.detail}</strong>
                    <small>{calendar.moment(item.created_at)}</small>
                </span>
                <Pill tone=state.0 words=state.1 />
                <strong>{amount}</strong>
            </li>
        }
    });
    view! {
        <section class="card" aria-labelledby="overpaid">
            <div class="card-title">
                <h2 id="overpaid">"Overpayments"</h2>
                <h3>"Settled otherwise, and paid as well"</h3>
                <a class="end" href="/agency/inbox">
                    "Open inbox"
                </a>
            </div>
            <ul class="overpaid">{rows.collect_view()}</ul>
        </section>
    }
}

/// A word with a capital.
fn resolution(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
