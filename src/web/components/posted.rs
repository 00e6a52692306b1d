//! What a transaction changed and what it left, as lists show it: one line for each kind of balance that it touched.

use leptos::either::Either;
use leptos::prelude::*;

use super::Source;
use crate::app::transactions::{Reference, Transaction, call_title};
use crate::ledger::Call;
use crate::pricing::Standing;
use crate::units::{Meter, MilliCents};

/// One kind of balance: how a transaction changed it, and what it was afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// `−$0.73`, `+100 min`.
    pub amount: String,
    /// `$47.23`, `158 min 00 s`; an en dash where nothing is kept.
    pub balance: String,
    /// Something came in.
    pub incoming: bool,
}

/// The kinds of balance that a transaction touched, units before money: the order in which calls use them. A charge of
/// nothing shows the balance that it would have come from. `plan` is what the plan counts.
pub fn changes(transaction: &Transaction, plan: Meter) -> Vec<Change> {
    let units = |meter: Meter, amount: i64| {
        let balance = meter.balance(units_left(transaction, meter, plan));
        Change { amount: meter.signed(amount), balance, incoming: amount > 0 }
    };
    let money = |amount: MilliCents| {
        let balance = transaction.balance.to_string();
        Change { amount: amount.signed(), balance, incoming: amount.0 > 0 }
    };
    let mut changes = Vec::new();
    if transaction.amount_secs != 0 {
        changes.push(units(Meter::Minutes, transaction.amount_secs));
    }
    if transaction.amount_calls != 0 {
        changes.push(units(Meter::Calls, transaction.amount_calls));
    }
    if transaction.amount.0 != 0 {
        changes.push(money(transaction.amount));
    }
    if transaction.excess.0 != 0 {
        let billed = MilliCents::from_cents(transaction.excess.cents_up());
        changes.push(Change { amount: billed.to_string(), balance: "billable".to_owned(), incoming: false });
    }
    if changes.is_empty() {
        let has_units = units_left(transaction, plan, plan) > 0;
        changes.push(if has_units { units(plan, 0) } else { money(MilliCents(0)) });
    }
    changes
}

/// Units of this meter after a transaction. The allowance counts what the transaction itself changed; where that is
/// nothing or both, what the plan counts.
fn units_left(transaction: &Transaction, meter: Meter, plan: Meter) -> i64 {
    let counted = match (transaction.amount_secs != 0, transaction.amount_calls != 0) {
        (true, false) => Meter::Minutes,
        (false, true) => Meter::Calls,
        _ => plan,
    };
    let allowance = if counted == meter { transaction.allowance_units } else { 0 };
    match meter {
        Meter::Minutes => transaction.packs_secs + allowance,
        Meter::Calls => transaction.packs_calls + allowance,
    }
}

/// The sum of transactions, kind by kind: `−9 min 30 s, −$0.21`.
pub fn sum(transactions: &[Transaction]) -> String {
    let secs: i64 = transactions.iter().map(|it| it.amount_secs).sum();
    let calls: i64 = transactions.iter().map(|it| it.amount_calls).sum();
    let money = MilliCents(transactions.iter().map(|it| it.amount.0).sum());
    let kinds = [
        (transactions.iter().any(|it| it.amount_secs != 0), Meter::Minutes.signed(secs)),
        (transactions.iter().any(|it| it.amount_calls != 0), Meter::Calls.signed(calls)),
        (transactions.iter().any(|it| it.amount.0 != 0), money.signed()),
    ];
    let touched: Vec<_> = kinds.into_iter().filter(|(touched, _)| *touched).map(|(_, words)| words).collect();
    touched.join(", ")
}

/// What an open call holds: money where calls run on money, else units; an en dash where usage is billed afterwards.
fn hold_words(call: &Call, standing: &Standing) -> String {
    match call.hold_mc.filter(|_| standing.runs_on_money()) {
        _ if call.held_units == 0 => "–".to_owned(),
        Some(money) => MilliCents::from_cents(money.cents_up()).to_string(),
        None => call.meter.exact(call.held_units),
    }
}

/// What all open calls hold: `$2.00 held`, `5 min held`; nothing where nothing is.
pub fn held_words(standing: &Standing) -> String {
    match standing.held {
        0 => String::new(),
        _ if standing.runs_on_money() => {
            format!("{} held", MilliCents::from_cents(standing.held_mc().cents_up()))
        }
        held => format!("{} held", standing.meter.exact(held)),
    }
}

/// How far an open call is: `In progress, 2 min 05 s so far`, once a heartbeat has said so.
fn progress_words(call: &Call) -> String {
    match call.connected {
        Some(connected) if connected.0 > 0 => format!("In progress, {connected} so far"),
        _ => "In progress".to_owned(),
    }
}

/// Where more about a transaction stands; `None` where nothing does.
fn address(reference: &Reference) -> Option<String> {
    match reference.kind {
        "period" => None,
        "call" => Some(receipt_address(&reference.id)),
        _ => Some(format!("/billing/transactions?reference={}", encoded(&reference.id))),
    }
}

/// Where a call's receipt stands.
fn receipt_address(call: &str) -> String {
    format!("/billing/calls/{}", encoded(call))
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// What a row is about: the first line leads to what the row belongs to. `time` stands before the second line on a
/// phone, where it has no column.
#[component]
fn What(
    /// First line.
    title: String,
    /// Where it leads.
    href: Option<String>,
    /// `10:34`
    time: String,
    /// Second line; may be empty.
    detail: String,
) -> impl IntoView {
    let separator = if detail.is_empty() { "" } else { " · " };
    view! {
        <td role="cell" class="what">
            {match href {
                Some(href) => Either::Left(view! { <a href=href>{title}</a> }),
                None => Either::Right(view! { <strong>{title}</strong> }),
            }} <small>
                <span class="phone">{time}{separator}</span>
                {detail}
            </small>
        </td>
    }
}

/// Amount and balance of a transaction, a line for each kind.
#[component]
pub fn Changed(changes: Vec<Change>) -> impl IntoView {
    let balances = changes.iter().map(|change| view! { <div>{change.balance.clone()}</div> }).collect_view();
    let amounts = changes
        .into_iter()
        .map(|change| view! { <div class:incoming=change.incoming>{change.amount}</div> })
        .collect_view();
    view! {
        <td role="cell" class="amount">
            {amounts}
        </td>
        <td role="cell" class="balance-after">
            {balances}
        </td>
    }
}

/// The row of an open call, placed at `time`.
pub fn open_row(call: &Call, time: String, standing: &Standing) -> impl IntoView + use<> {
    let (title, href) = (call_title(call), receipt_address(&call.placement.id));
    let (class, state) = if call.held_units == 0 { ("", "In progress") } else { ("key held", "Held") };
    view! {
        <tr role="row">
            <td role="cell" class="time">
                {time.clone()}
            </td>
            <What title=title href=Some(href) time=time detail=progress_words(call) />
            <td role="cell" class="kind">
                <div class=class>{state}</div>
            </td>
            <td role="cell" class="amount">
                {hold_words(call, standing)}
            </td>
            <td role="cell" class="balance-after">
                "–"
            </td>
        </tr>
    }
}

/// What a transaction is about.
pub fn what_of(transaction: &Transaction, time: String) -> impl IntoView + use<> {
    let (title, detail) = (transaction.description.clone(), transaction.detail.clone());
    view! { <What title=title href=address(&transaction.reference) time=time detail=detail /> }
}

/// What a transaction was paid by or went to, with its colours; an en dash where that is nothing.
#[component]
pub fn PaidBy(sources: Vec<Source>, meter: Meter) -> impl IntoView {
    if sources.is_empty() {
        return Either::Left("–");
    }
    let keys = sources.into_iter().map(|source| {
        view! { <div class=format!("key {}", source.class())>{source.words(meter)}</div> }
    });
    Either::Right(keys.collect_view())
}
