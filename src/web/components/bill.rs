//! Bills as lists show them: what each is for, how it stands, and the way to pay or to its receipt.

use leptos::either::EitherOf3;
use leptos::prelude::*;

use super::{Pill, PillTone};
use crate::app::packages::package_title;
use crate::ids;
use crate::payments::bill::{Bill, Billed};
use crate::payments::request::{Asked, RequestKind, RequestStatus};
use crate::payments::topup::Cause;
use crate::units::MilliCents;
use crate::web::dates::Calendar;

const TODAY: &str = "Today";

/// What forms that pay a request need; only who may pay has it.
#[derive(Clone, Debug)]
pub struct Paying {
    csrf: String,
    /// A request and the key of the form whose attempt is repeated.
    repeated: Option<(String, String)>,
}

impl Paying {
    /// Forms of this session; `repeated` names a request whose form keeps its key.
    pub fn new(csrf: &str, repeated: Option<(String, String)>) -> Self {
        Self { csrf: csrf.to_owned(), repeated }
    }

    /// A form's one-use key: a new one, except where an attempt is repeated.
    fn key(&self, request: &str) -> String {
        let repeated = self.repeated.as_ref().filter(|(of, _)| of == request);
        repeated.map_or_else(|| ids::fresh("form"), |(_, key)| key.clone())
    }
}

/// A button that leads to Checkout: `Pay $10.00`.
#[component]
pub fn PayButton(
    paying: Paying,
    /// `req_…`
    request: String,
    /// What it is for.
    title: String,
    amount: MilliCents,
    /// Classes of the button.
    class: &'static str,
) -> impl IntoView {
    let key = paying.key(&request);
    view! {
        <form class="pay" method="post" action="/billing/pay">
            <input type="hidden" name="csrf" value=paying.csrf />
            <input type="hidden" name="purchase_key" value=key />
            <input type="hidden" name="request" value=request />
            <button class=class type="submit" aria-label=format!("Pay {amount} for {title}")>
                {format!("Pay {amount}")}
            </button>
        </form>
    }
}

/// The list. `paying` is for who may pay.
pub fn bill_table(
    bills: Vec<Bill>,
    label: &'static str,
    calendar: &Calendar,
    agency: &str,
    paying: Option<&Paying>,
) -> impl IntoView + use<> {
    let rows = bills.into_iter().map(|bill| row(bill, calendar, agency, paying)).collect_view();
    view! {
        <table class="table transactions payments" aria-label=label>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Issued"</th>
                    <th role="columnheader" scope="col">"For"</th>
                    <th role="columnheader" scope="col">"Due"</th>
                    <th role="columnheader" scope="col">"State"</th>
                    <th role="columnheader" scope="col" class="amount">"Amount"</th>
                    <th role="columnheader" scope="col" aria-label="Pay or receipt"></th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

fn row(bill: Bill, calendar: &Calendar, agency: &str, paying: Option<&Paying>) -> impl IntoView + use<> {
    let (title, detail) = (bill_title(&bill), detail(&bill, agency, calendar));
    let due = due(&bill, calendar);
    let when = due
        .as_ref()
        .filter(|_| bill.is_owed())
        .map(|due| format!(" · due {}", if due == TODAY { "today" } else { due }));
    let (tone, state) = state(&bill, calendar);
    let paying = paying.filter(|_| bill.is_owed()).cloned();
    let act = match (paying, bill.receipt_url) {
        (Some(paying), _) => EitherOf3::A(view! {
            <PayButton paying=paying request=bill.id title=title.clone() amount=bill.amount class="button small" />
        }),
        (None, Some(url)) => EitherOf3::B(view! {
            <a href=url rel="noreferrer" aria-label=format!("Receipt for {title}")>
                "Receipt"
            </a>
        }),
        (None, None) => EitherOf3::C(()),
    };
    view! {
        <tr role="row">
            <td role="cell" class="time">
                {calendar.day(bill.issued_at)}
            </td>
            <td role="cell" class="what">
                <strong>{title}</strong>
                <small>{detail} <span class="phone">{when}</span></small>
            </td>
            <td role="cell" class="due">
                {due.unwrap_or_else(|| "–".to_owned())}
            </td>
            <td role="cell" class="state">
                <Pill tone=tone words=state />
            </td>
            <td role="cell" class="amount">
                {bill.amount.to_string()}
            </td>
            <td role="cell" class="act">
                {act}
            </td>
        </tr>
    }
}

/// `Medium`, `Starter plan`, `Billable usage`, `3 × Medium 100`, `Credits`.
fn bill_title(bill: &Bill) -> String {
    match &bill.what {
        Billed::Request { kind, asked, .. } => request_title(*kind, asked),
        Billed::Packs { name, meter, units_each, quantity } => {
            let title = package_title(name, *meter, *units_each, false);
            if *quantity == 1 { title } else { format!("{quantity} × {title}") }
        }
        Billed::Credits | Billed::Charge { .. } => "Credits".to_owned(),
    }
}

/// What a request is for: `Medium`, `Starter plan`, `Billable usage`.
pub fn request_title(kind: RequestKind, asked: &Asked) -> String {
    match kind {
        RequestKind::Pack => asked.title.clone(),
        RequestKind::Plan | RequestKind::PlanAndUsage => format!("{} plan", asked.title),
        RequestKind::Usage => "Billable usage".to_owned(),
    }
}

/// `Pack, from Brightline Voice`, `Nov 6 to Dec 6, billable usage $3.20`, `Bought by Dana Whitfield`,
/// `Auto-recharge, Visa ending 4242`.
fn detail(bill: &Bill, agency: &str, calendar: &Calendar) -> String {
    let by = bill.paid_by.as_deref();
    let (kind, asked, period) = match &bill.what {
        Billed::Request { kind, asked, period, .. } => (kind, asked, period),
        Billed::Packs { .. } | Billed::Credits => {
            return by.map(|name| format!("Bought by {name}")).unwrap_or_default();
        }
        Billed::Charge { cause, card, failed } => {
            let charged = match cause {
                Cause::Api => format!("Through the API, {card}"),
                Cause::AutoRecharge => format!("Auto-recharge, {card}"),
            };
            return failed.as_ref().map_or_else(|| charged.clone(), |why| format!("{charged}. {}", why.sentence()));
        }
    };
    let mut parts = match (kind, period) {
        (RequestKind::Pack, _) if agency.is_empty() => vec!["Pack".to_owned()],
        (RequestKind::Pack, _) => vec!["Pack".to_owned(), format!("from {agency}")],
        (RequestKind::Usage, Some((until, _))) => {
            vec![format!("{} plan", asked.title), format!("until {}", calendar.day(*until))]
        }
        (_, Some((from, Some(to)))) => vec![format!("{} to {}", calendar.day(*from), calendar.day(*to))],
        _ => Vec::new(),
    };
    if *kind == RequestKind::PlanAndUsage {
        parts.push(format!("billable usage {}", asked.excess));
    }
    if asked.carried.0 > 0 {
        parts.push(format!("{} from before", asked.carried));
    }
    parts.extend(by.map(|name| format!("paid by {name}")));
    parts.join(", ")
}

/// `Today`, `Nov 7`; nothing where nothing falls due.
fn due(bill: &Bill, calendar: &Calendar) -> Option<String> {
    let Billed::Request { due, .. } = &bill.what else {
        return None;
    };
    let today = calendar.date(due.at) == calendar.today();
    Some(if today { TODAY.to_owned() } else { calendar.day(due.at) })
}

fn state(bill: &Bill, calendar: &Calendar) -> (PillTone, String) {
    match bill.status {
        RequestStatus::Pending => (PillTone::Amber, "Pending".to_owned()),
        RequestStatus::Overdue => (PillTone::Red, "Overdue".to_owned()),
        RequestStatus::Failed => (PillTone::Red, "Failed".to_owned()),
        RequestStatus::Canceled => (PillTone::Neutral, "Canceled".to_owned()),
        RequestStatus::Paid if bill.returned.disputed.0 > 0 => (PillTone::Amber, "Disputed".to_owned()),
        RequestStatus::Paid if bill.returned.refunded >= bill.amount => (PillTone::Neutral, "Refunded".to_owned()),
        RequestStatus::Paid if bill.returned.refunded.0 > 0 => {
            (PillTone::Neutral, format!("{} refunded", bill.returned.refunded))
        }
        RequestStatus::Paid => {
            let day = bill.closed_at.map(|at| format!(" {}", calendar.day(at))).unwrap_or_default();
            (PillTone::Neutral, format!("Paid{day}"))
        }
    }
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
