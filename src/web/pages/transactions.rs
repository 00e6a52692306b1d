//! `/billing/transactions`: every transaction with what it changed and left, open holds apart (SPEC §2.3).

mod filter;
#[cfg(test)]
mod tests;

use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;

use crate::app::overview::Overview;
use crate::app::pay_numbers::Unpaid;
use crate::app::transactions::{Page, Transaction, TransactionType};
use crate::ledger::Call;
use crate::pricing::Standing;
use crate::units::Meter;
use crate::web::components::{
    Broken, Changed, Icon, SectionError, changes, held_words, open_row, sum, unpaid_row, what_of,
};
use crate::web::dates::Calendar;
use crate::web::shell::{Frame, PageHead, Place, Shell};
use crate::web::transactions::{Asked, Wrong};

use filter::FilterForm;

/// What the page shows.
#[derive(Clone, Debug)]
pub struct TransactionsView {
    /// The filter as it was typed.
    pub asked: Asked,
    /// What is wrong with it.
    pub wrong: Wrong,
    /// What it finds; `None` where it is wrong.
    pub listed: Option<Result<Listed, SectionError>>,
}

/// What a filter finds.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Open holds, newest first; on the first page only.
    pub pending: Vec<Call>,
    /// Numbers with months that could not be paid; on the first page only.
    pub unpaid: Vec<Unpaid>,
    /// A page of transactions.
    pub page: Page,
}

/// The page.
pub fn transactions_page(frame: Frame, view: TransactionsView) -> impl IntoView {
    let calendar = frame.calendar();
    let overview = frame.overview.clone().ok();
    let meter = overview.as_ref().map(|overview| overview.standing.meter).filter(|_| frame.self_service());
    let may = May { add_credits: frame.may_add_credits(), buy: meter };
    let line = calendar.as_ref().map(|calendar| format!("Times in {}", calendar.zone())).unwrap_or_default();
    let csv = match view.asked.is_everything() {
        true => "/billing/transactions.csv".to_owned(),
        false => format!("/billing/transactions.csv?{}", view.asked.query(&[])),
    };
    view! {
        <Shell frame=frame place=Place::Transactions dialog=None>
            <PageHead title="Transactions" line=line>
                <a href="/billing">"Wallet"</a>
                <a class="button" href=csv download>
                    {Icon::Download.svg()}
                    "Download CSV"
                </a>
            </PageHead>
            {match overview.zip(calendar) {
                Some((overview, calendar)) => {
                    Either::Left(view! { <Card view=view overview=overview calendar=calendar may=may /> })
                }
                None => {
                    Either::Right(
                        view! {
                            <section class="card" aria-label="Transactions">
                                <Broken what="The transactions" retry="/billing/transactions" />
                            </section>
                        },
                    )
                }
            }}
        </Shell>
    }
}

/// What this person could do to see a first transaction.
#[derive(Clone, Copy)]
struct May {
    add_credits: bool,
    /// What the packs on sale count.
    buy: Option<Meter>,
}

#[component]
fn Card(view: TransactionsView, overview: Overview, calendar: Calendar, may: May) -> impl IntoView {
    let TransactionsView { asked, wrong, listed } = view;
    let form = view! { <FilterForm asked=asked.clone() wrong=wrong calendar=calendar.clone() /> };
    let list = match listed {
        None => EitherOf3::A(view! {
            <div class="empty">
                <strong>"This filter cannot be applied"</strong>
                <p>"Correct what is marked above, then apply it again."</p>
            </div>
        }),
        Some(Err(SectionError)) => {
            EitherOf3::B(view! { <Broken what="The transactions" retry="/billing/transactions" /> })
        }
        Some(Ok(listed)) => {
            EitherOf3::C(view! { <List listed=listed asked=asked overview=overview calendar=calendar may=may /> })
        }
    };
    view! {
        <section class="card" aria-label="Transactions">
            {form}
            {list}
        </section>
    }
}

#[component]
fn List(listed: Listed, asked: Asked, overview: Overview, calendar: Calendar, may: May) -> impl IntoView {
    let Listed { pending, unpaid, page } = listed;
    let is_pending = !pending.is_empty() || !unpaid.is_empty();
    if !is_pending && page.transactions.is_empty() {
        return Either::Left(view! { <Nothing filtered=!asked.is_everything() may=may /> });
    }
    let standing = overview.standing;
    let turns = view! { <Turns asked=asked older=page.older newer=page.newer /> };
    let days = days(page, &calendar, standing.meter);
    let pending = is_pending.then(|| pending_group(&pending, &unpaid, &standing, &calendar));
    Either::Right(view! {
        <table class="table transactions" aria-label="Transactions">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Time"</th>
                    <th role="columnheader" scope="col">"What"</th>
                    <th role="columnheader" scope="col">"Type"</th>
                    <th role="columnheader" scope="col" class="amount">"Amount"</th>
                    <th role="columnheader" scope="col" class="amount">"Balance"</th>
                </tr>
            </thead>
            {pending}
            {days}
        </table>
        {turns}
    })
}

/// Heading of a group with what it comes to.
#[component]
fn GroupRow(#[prop(into)] name: String, sum: String) -> impl IntoView {
    view! {
        <tr role="row" class="group">
            <th role="rowheader" scope="rowgroup" colspan="3">
                {name}
            </th>
            <td role="cell" colspan="2" class="amount">
                {sum}
            </td>
        </tr>
    }
}

fn pending_group(calls: &[Call], unpaid: &[Unpaid], standing: &Standing, calendar: &Calendar) -> impl IntoView + use<> {
    let owed = unpaid.iter().map(|unpaid| unpaid_row(unpaid, calendar.moment(unpaid.since))).collect_view();
    let rows = calls.iter().map(|call| {
        let today = calendar.date(call.created_at) == calendar.today();
        let time = if today { calendar.time(call.created_at) } else { calendar.moment(call.created_at) };
        open_row(call, time, standing)
    });
    view! {
        <tbody role="rowgroup">
            <GroupRow name="Pending" sum=held_words(standing) />
            {owed}
            {rows.collect_view()}
        </tbody>
    }
}

/// A group for each day. A day that may go on beyond the page says that its sum is only the page's.
fn days(page: Page, calendar: &Calendar, meter: Meter) -> impl IntoView + use<> {
    let (newer, older) = (page.newer.is_some(), page.older.is_some());
    let days: Vec<Vec<Transaction>> = page
        .transactions
        .chunk_by(|a, b| calendar.date(a.occurred_at) == calendar.date(b.occurred_at))
        .map(<[Transaction]>::to_vec)
        .collect();
    let last = days.len().saturating_sub(1);
    days.into_iter()
        .enumerate()
        .map(|(place, day)| {
            let is_cut = (place == 0 && newer) || (place == last && older);
            let heading = calendar.heading(calendar.date(day[0].occurred_at));
            let sum = sum(&day);
            let sum = if is_cut && !sum.is_empty() { format!("{sum} on this page") } else { sum };
            let rows = day.into_iter().map(|transaction| row(&transaction, calendar, meter)).collect_view();
            view! {
                <tbody role="rowgroup">
                    <GroupRow name=heading sum=sum />
                    {rows}
                </tbody>
            }
        })
        .collect_view()
}

fn row(transaction: &Transaction, calendar: &Calendar, meter: Meter) -> impl IntoView + use<> {
    let time = calendar.time(transaction.occurred_at);
    view! {
        <tr role="row">
            <td role="cell" class="time">
                {time.clone()}
            </td>
            {what_of(transaction, time)}
            <td role="cell" class="kind">
                {kind_words(transaction.kind)}
            </td>
            <Changed changes=changes(transaction, meter) />
        </tr>
    }
}

/// A type as a row names it.
fn kind_words(kind: TransactionType) -> &'static str {
    match kind {
        TransactionType::Call => "Call",
        TransactionType::Message => "Messages",
        TransactionType::Number => "Number",
        TransactionType::TopUp => "Top-up",
        TransactionType::Pack => "Package",
        TransactionType::Grant => "Grant",
        TransactionType::Refund => "Refund",
        TransactionType::Dispute => "Dispute",
        TransactionType::Debt => "Outstanding balance",
        TransactionType::Period => "Plan",
    }
}

/// The way to newer and older transactions.
#[component]
fn Turns(asked: Asked, older: Option<i64>, newer: Option<i64>) -> impl IntoView {
    let turn = |words: &'static str, name: &str, seq: Option<i64>| {
        let href = seq.map(|seq| format!("/billing/transactions?{}", asked.query(&[(name, &seq.to_string())])));
        let is_end = href.is_none();
        // A link without an address is the disabled one.
        view! {
            <a class="button small" href=href role=is_end.then_some("link") aria-disabled=is_end.then_some("true")>
                {words}
            </a>
        }
    };
    view! {
        <nav class="turns" aria-label="Pages">
            <span>"Newest first"</span>
            {turn("Newer", "after", newer)}
            {turn("Older", "before", older)}
        </nav>
    }
}

#[component]
fn Nothing(filtered: bool, may: May) -> impl IntoView {
    let (title, sentence) = match filtered {
        true => ("No transactions match", "Nothing in this workspace fits all parts of the filter."),
        false => ("No transactions yet", "Calls, packages and credits appear here as soon as they change the balance."),
    };
    let (words, href) = match may {
        _ if filtered => ("Clear filter".to_owned(), "/billing/transactions"),
        May { add_credits: true, .. } => ("Add credits".to_owned(), "/billing?buy=credits"),
        May { buy: Some(meter), .. } => (format!("Buy more {}", meter.noun()), "/billing?buy=minutes"),
        _ => ("Go to Billing".to_owned(), "/billing"),
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
