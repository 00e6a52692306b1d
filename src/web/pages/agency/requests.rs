//! `/agency/requests`: what all clients owe, and what they paid.

use leptos::prelude::*;

use super::fields::{Confirm, Filled, Line};
use super::request_words::{about, paid_by, status_words, type_words};
use super::turns::{Turned, Turns};
use super::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
use crate::app::agency::lists::ListedRequest;
use crate::payments::request::{RequestStatus, RequestType};
use crate::web::components::{Broken, Pill, SectionError};
use crate::web::dates::Calendar;
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct RequestsView {
    /// Only what is settled; else only what is owed.
    pub settled: bool,
    /// A page of them, newest first.
    pub requests: Result<Turned<ListedRequest>, SectionError>,
    /// The dialog over the page.
    pub dialog: Option<RequestDialog>,
    /// Key and fields of the dialog's form.
    pub form: Filled,
    /// Why the form was refused.
    pub refusal: Option<DeskRefusal>,
    /// What was done a moment ago.
    pub notice: Option<DeskNotice>,
}

/// A dialog about one request.
#[derive(Clone, Debug)]
pub enum RequestDialog {
    /// It is about to be marked paid.
    MarkPaid(ListedRequest),
    /// It is about to be waived.
    Cancel(ListedRequest),
}

impl RequestsView {
    /// The address of the list's first page.
    const fn here(&self) -> &'static str {
        if self.settled { "/agency/requests?show=settled" } else { "/agency/requests?show=open" }
    }
}

/// The page.
pub fn requests_page(desk: Desk, view: RequestsView) -> impl IntoView {
    let (calendar, here) = (desk.calendar(), view.here());
    let line = format!("What your clients owe, times in {}", calendar.zone());
    let RequestsView { settled, requests, dialog, form, refusal, notice } = view;
    let dialog = dialog.map(|dialog| ask(dialog, &form, desk.csrf.clone(), here));
    let list = match requests {
        Err(SectionError) => view! { <Broken what="The requests" retry=here /> }.into_any(),
        Ok(page) if page.items.is_empty() && !page.later => view! { <NoRequests settled=settled /> }.into_any(),
        Ok(page) => view! { <List page=page calendar=calendar here=here /> }.into_any(),
    };
    view! {
        <DeskShell desk=desk corner=Corner::Requests title="Requests" dialog=dialog>
            <DeskHead title="Requests" line=line>
                ""
            </DeskHead>
            {refusal.map(|refusal| view! { <RefusalAlert refusal=refusal /> })}
            <section class="card" aria-label="Payment requests">
                <div class="card-title shown">
                    <h2>"Payment requests"</h2>
                    <OpenOrSettled path="/agency/requests" settled=settled />
                </div>
                {list}
            </section>
            {notice.map(|notice| view! { <Toast notice=notice /> })}
        </DeskShell>
    }
}

/// Which of two lists is shown.
#[component]
pub(super) fn OpenOrSettled(path: &'static str, settled: bool) -> impl IntoView {
    let link = |words: &'static str, show: &str, current: bool| {
        view! {
            <a href=format!("{path}?show={show}") aria-current=current.then_some("true")>
                {words}
            </a>
        }
    };
    view! {
        <nav class="ranges" aria-label="Shown">
            {link("Open", "open", !settled)}
            {link("Settled", "settled", settled)}
        </nav>
    }
}

#[component]
fn NoRequests(settled: bool) -> impl IntoView {
    let (title, sentence, words, href) = match settled {
        false => (
            "No open requests",
            "One appears when a period with a price begins, and when you apply a pack to a client.",
            "Go to clients",
            "/agency/clients",
        ),
        true => {
            ("Nothing settled yet", "Requests that are paid or canceled come here.", "Show open", "/agency/requests")
        }
    };
    view! {
        <div class="empty">
            <strong>{title}</strong>
            <p>{sentence}</p>
            <a class="button" href=href>
                {words}
            </a>
        </div>
    }
}

#[component]
fn List(page: Turned<ListedRequest>, calendar: Calendar, here: &'static str) -> impl IntoView {
    let Turned { items, older, later } = page;
    let rows = items.into_iter().map(|listed| row(listed, &calendar, here)).collect_view();
    view! {
        <table class="table deeds requests" aria-label="Payment requests">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Client"</th>
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
        <Turns here=here.to_owned() older=older later=later />
    }
}

fn row(listed: ListedRequest, calendar: &Calendar, here: &str) -> impl IntoView + use<> {
    let ListedRequest { client, client_name, request } = listed;
    let (tone, words) = status_words(&request, calendar);
    let is_today = calendar.date(request.due.at) == calendar.today();
    let due = if is_today { "Today".to_owned() } else { calendar.day(request.due.at) };
    let whose = format!("{}, {client_name}", request.asked.title);
    let actions = request.status.is_owed().then(|| {
        let to = |deed: &str| format!("{here}&{deed}={}&client={client}", request.id);
        view! {
            <a class="button small danger" href=to("cancel") aria-label=format!("Cancel, {whose}")>
                "Cancel"
            </a>
            <a class="button small" href=to("paid") aria-label=format!("Mark paid, {whose}")>
                "Mark paid"
            </a>
        }
    });
    view! {
        <tr role="row">
            <td role="cell" class="client">
                <a href=format!("/agency/clients/{client}")>{client_name}</a>
            </td>
            <td role="cell" class="issued">{calendar.day(request.created_at)}</td>
            <td role="cell" class="type">{type_words(request.type_)}</td>
            <td role="cell" class="what">
                <strong>{request.asked.title.clone()}</strong>
                <small>{about(&request, calendar)}</small>
            </td>
            <td role="cell" class="due" class:late=request.status == RequestStatus::Overdue>
                <span class="phone">"Due "</span>
                {due}
            </td>
            <td role="cell" class="state">
                <Pill tone=tone words=words />
                <small>{paid_by(&request)}</small>
            </td>
            <td role="cell" class="amount sum">{request.amount.to_string()}</td>
            <td role="cell" class="act">
                <div>{actions}</div>
            </td>
        </tr>
    }
}

fn ask(dialog: RequestDialog, form: &Filled, csrf: String, here: &'static str) -> AnyView {
    let key = form.key.clone();
    match dialog {
        RequestDialog::MarkPaid(ListedRequest { client, client_name, request }) => {
            let note = Line::new("external_reference", "External reference").optional().longest("200");
            let note = form.line(note.help("Where the money can be found: a transfer, an invoice. It may stay empty."));
            let title = format!("Mark {} as paid?", request.amount);
            let sentence = format!(
                "{client_name} owes it for {}. An open Checkout of this request ends. It cannot be undone.",
                request.asked.title
            );
            view! {
                <Confirm
                    title=title
                    sentence=sentence
                    action="/agency/requests/paid"
                    back=here
                    words=("Leave open", "Mark paid")
                    danger=false
                    csrf=csrf
                    key=key
                >
                    <Named client=client request=request.id />
                    {note}
                </Confirm>
            }
            .into_any()
        }
        RequestDialog::Cancel(ListedRequest { client, client_name, request }) => {
            let kept = match request.type_ {
                RequestType::Pack => " The units that were credited stay.",
                RequestType::Cycle => "",
            };
            let title = format!("Cancel {} of {client_name}?", request.amount);
            let sentence = format!(
                "The money is waived: nobody asks for {} any more.{kept} It cannot be undone.",
                request.asked.title
            );
            view! {
                <Confirm
                    title=title
                    sentence=sentence
                    action="/agency/requests/cancel"
                    back=here
                    words=("Keep request", "Cancel request")
                    danger=true
                    csrf=csrf
                    key=key
                >
                    <Named client=client request=request.id />
                </Confirm>
            }
            .into_any()
        }
    }
}

/// Which request a form is about.
#[component]
fn Named(client: String, request: String) -> impl IntoView {
    view! {
        <input type="hidden" name="client" value=client />
        <input type="hidden" name="request" value=request />
    }
}
