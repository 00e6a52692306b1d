//! What a transaction changed and what it left, as lists show it: one line for each kind of balance that it touched.

use leptos::either::Either;
use leptos::prelude::*;

use super::Source;
use crate::app::pay_numbers::Unpaid;
use crate::app::transactions::{Transaction, TransactionType, call_title, number_title};
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
        // What money paid is told in money.
        let of_money = matches!(transaction.kind, TransactionType::TopUp | TransactionType::Debt);
        let has_units = !of_money && units_left(transaction, plan, plan) > 0;
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
fn address(transaction: &Transaction) -> Option<String> {
    let id = &transaction.reference.id;
    match transaction.kind {
        TransactionType::Period => None,
        TransactionType::Call => Some(receipt_address(id)),
        TransactionType::Pack => Some("/billing/packages".to_owned()),
        // Everything that belongs to the same message, number or payment.
        _ => Some(same_reference(id)),
    }
}

/// Where everything that belongs to the same thing stands.
fn same_reference(id: &str) -> String {
    format!("/billing/transactions?reference={}", encoded(id))
}

/// Where a call's receipt stands.
pub fn receipt_address(call: &str) -> String {
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
            <td role="cell" class="amount held">
                {hold_words(call, standing)}
            </td>
            <td role="cell" class="balance-after">
                "–"
            </td>
        </tr>
    }
}

/// The row of a number whose month could not be paid, since `time`.
pub fn unpaid_row(unpaid: &Unpaid, time: String) -> impl IntoView + use<> {
    let months = if unpaid.months == 1 { "1 month".to_owned() } else { format!("{} months", unpaid.months) };
    let detail = format!("{months} due, tried again every day");
    view! {
        <tr role="row">
            <td role="cell" class="time">
                {time.clone()}
            </td>
            <What title=number_title(&unpaid.number) href=Some(same_reference(&unpaid.id)) time=time detail=detail />
            <td role="cell" class="kind">"Unpaid"</td>
            <td role="cell" class="amount held">
                {MilliCents::from_cents(unpaid.owed.cents_up()).to_string()}
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
    view! { <What title=title href=address(transaction) time=time detail=detail /> }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Seconds;
    use crate::web::pages::fixtures::{charged_call, harbor, northwind, open_call};

    fn lines(transaction: &Transaction, plan: Meter) -> Vec<String> {
        changes(transaction, plan).into_iter().map(|it| format!("{} -> {}", it.amount, it.balance)).collect()
    }

    #[test]
    fn each_kind_of_balance_that_was_touched_has_a_line() {
        let both = charged_call(-20_493, -342);
        assert_eq!(lines(&both, Meter::Minutes), ["−5 min 42 s -> 158 min 00 s", "−$0.21 -> $47.23"]);
        let top_up = charged_call(5_000_000, 0);
        assert_eq!(lines(&top_up, Meter::Minutes), ["+$50.00 -> $47.23"]);
        assert!(changes(&top_up, Meter::Minutes)[0].incoming && !changes(&both, Meter::Minutes)[1].incoming);
        let billed = Transaction { excess: MilliCents(35_001), ..charged_call(0, -60) };
        assert_eq!(lines(&billed, Meter::Minutes), ["−1 min 00 s -> 158 min 00 s", "$0.36 -> billable"]);
        let pack = charged_call(0, 6_000);
        assert_eq!(lines(&pack, Meter::Minutes), ["+100 min -> 158 min 00 s"]);
    }

    #[test]
    fn a_charge_of_nothing_shows_what_it_would_have_come_from() {
        let nothing = charged_call(0, 0);
        assert_eq!(lines(&nothing, Meter::Minutes), ["0 min -> 158 min 00 s"]);
        assert_eq!(lines(&nothing, Meter::Calls), ["0 calls -> 1,020 calls"]);
        let money = Transaction { allowance_units: 0, packs_secs: 0, ..nothing };
        assert_eq!(lines(&money, Meter::Minutes), ["$0.00 -> $47.23"]);
        let of_debt = Transaction { kind: TransactionType::TopUp, ..charged_call(0, 0) };
        assert_eq!(lines(&of_debt, Meter::Minutes), ["$0.00 -> $47.23"], "also where minutes are left");
    }

    #[test]
    fn an_allowance_counts_what_the_plan_counted_then() {
        let call = Transaction { amount_calls: -1, allowance_units: 63, packs_secs: 0, ..charged_call(0, 0) };
        assert_eq!(lines(&call, Meter::Calls), ["−1 call -> 63 calls"]);
        assert_eq!(lines(&call, Meter::Minutes), ["−1 call -> 63 calls"], "the plan has changed since");
        let changed = Transaction { amount_calls: 200, allowance_units: 200, ..charged_call(0, -1_020) };
        assert_eq!(lines(&changed, Meter::Calls), ["−17 min 00 s -> 141 min 00 s", "+200 calls -> 200 calls"]);
    }

    #[test]
    fn a_day_is_summed_kind_by_kind() {
        let day = [charged_call(-20_493, -342), charged_call(0, -18), charged_call(-33_000, 0)];
        assert_eq!(sum(&day), "−6 min 00 s, −$0.54");
        assert_eq!(sum(&[charged_call(0, -60), charged_call(0, 60)]), "0 min");
        assert_eq!(sum(&[charged_call(0, 0)]), "");
    }

    #[test]
    fn what_is_held_reads_in_what_calls_run_on() {
        let (call, mut minutes) = (open_call(), harbor(0, 0).standing);
        minutes.held = 480;
        assert_eq!((hold_words(&call, &minutes), held_words(&minutes)), ("8 min".into(), "8 min held".into()));
        let paid = Call { hold_mc: Some(MilliCents(60_001)), ..call.clone() };
        let mut money = northwind(MilliCents(100_000)).standing;
        money.held = 721;
        assert_eq!((hold_words(&paid, &money), held_words(&money)), ("$0.61".into(), "$0.61 held".into()));
        let postpaid = Call { held_units: 0, ..call.clone() };
        assert_eq!(hold_words(&postpaid, &minutes), "–");
        assert_eq!(progress_words(&call), "In progress, 6 min 12 s so far");
        assert_eq!(progress_words(&Call { connected: Some(Seconds(0)), ..call }), "In progress");
    }

    #[test]
    fn a_row_leads_to_what_it_belongs_to() {
        let leads = |kind, id: &str| {
            let mut transaction = Transaction { kind, ..charged_call(0, 0) };
            transaction.reference.id = id.into();
            address(&transaction)
        };
        assert_eq!(leads(TransactionType::Call, "a:b").as_deref(), Some("/billing/calls/a%3Ab"));
        assert_eq!(leads(TransactionType::Pack, "cs_1").as_deref(), Some("/billing/packages"));
        assert_eq!(leads(TransactionType::Message, "m 1").as_deref(), Some("/billing/transactions?reference=m+1"));
        assert_eq!(leads(TransactionType::Period, "1:2"), None);
    }
}
