//! Recent transactions: the newest few with what paid, open holds first (SPEC §2.1, 8).

use leptos::either::Either;
use leptos::prelude::*;

use crate::app::pay_numbers::Unpaid;
use crate::app::transactions::Transaction;
use crate::ledger::Call;
use crate::pricing::Standing;
use crate::web::components::{Changed, PaidBy, Source, changes, open_row, unpaid_row, what_of};
use crate::web::dates::Calendar;

/// Rows of the section, open holds included.
pub const RECENT: usize = 6;

/// The section: numbers whose month could not be paid, then open calls, newest first, then the newest
/// transactions; [`RECENT`] rows of all.
pub fn recent_transactions(
    unpaid: &[Unpaid],
    pending: &[Call],
    transactions: &[Transaction],
    standing: &Standing,
    calendar: &Calendar,
) -> impl IntoView + use<> {
    let owed = unpaid.iter().map(|unpaid| unpaid_row(unpaid, calendar.moment(unpaid.since)).into_any());
    let calls =
        pending.iter().take(RECENT).map(|call| open_row(call, calendar.moment(call.created_at), standing).into_any());
    let posted = transactions.iter().map(|transaction| row(transaction, standing, calendar).into_any());
    let rows: Vec<AnyView> = owed.chain(calls).chain(posted).take(RECENT).collect();
    let list = match rows.is_empty() {
        true => Either::Left(view! {
            <div class="empty">
                <strong>"No transactions yet"</strong>
                <p>"Calls, packages and credits appear here as soon as they change the balance."</p>
            </div>
        }),
        false => Either::Right(view! {
            <table class="table transactions recent" aria-labelledby="recent">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Date"</th>
                        <th role="columnheader" scope="col">"What"</th>
                        <th role="columnheader" scope="col">"Paid by"</th>
                        <th role="columnheader" scope="col" class="amount">"Amount"</th>
                        <th role="columnheader" scope="col" class="amount">"Balance"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        }),
    };
    view! {
        <section class="card" aria-labelledby="recent">
            <div class="card-title spread">
                <h2 id="recent">"Recent transactions"</h2>
                <a href="/billing/transactions">"View all"</a>
            </div>
            {list}
        </section>
    }
}

fn row(transaction: &Transaction, standing: &Standing, calendar: &Calendar) -> impl IntoView + use<> {
    let time = calendar.moment(transaction.occurred_at);
    let sources: Vec<Source> = transaction.paid_by.iter().map(|source| (*source).into()).collect();
    view! {
        <tr role="row">
            <td role="cell" class="time">
                {time.clone()}
            </td>
            {what_of(transaction, time)}
            <td role="cell" class="kind">
                <PaidBy sources=sources meter=standing.meter />
            </td>
            <Changed changes=changes(transaction, standing.meter) />
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::MilliCents;
    use crate::web::document::fragment;
    use crate::web::pages::fixtures::{calendar, charged_call, harbor, open_call};

    fn section(open: usize, posted: usize) -> String {
        let (calls, transactions) = (vec![open_call(); open], vec![charged_call(0, -151); posted]);
        fragment(|| recent_transactions(&[], &calls, &transactions, &harbor(0, 0).standing, &calendar()))
    }

    #[test]
    fn open_calls_come_first_and_six_rows_are_enough() {
        let html = section(2, 6);
        assert_eq!(html.matches("<tr").count(), 1 + RECENT);
        assert_eq!(html.matches("In progress, 6 min 12 s so far").count(), 2);
        for words in ["Nov 20, 10:36", "Nov 20, 10:34", ">Plan<", "−2 min 31 s", "158 min 00 s", ">View all<"] {
            assert!(html.contains(words), "{words} is missing in {html}");
        }
        assert_eq!(section(9, 6).matches("In progress,").count(), RECENT);
        assert!(section(0, 0).contains("No transactions yet"));
    }

    #[test]
    fn a_number_that_is_not_paid_stands_above_all() {
        let since = "2026-11-20T15:34:00Z".parse().unwrap();
        let (id, number) = ("line:1".to_owned(), "+13125550100".to_owned());
        let unpaid = [Unpaid { id, number, since, months: 2, owed: MilliCents(400_000) }];
        let (standing, calls) = (harbor(0, 0).standing, [open_call()]);
        let html = fragment(|| recent_transactions(&unpaid, &calls, &[], &standing, &calendar()));
        for words in ["(312) 555-0100", "reference=line%3A1", "2 months due, tried again every day", "$4.00", "Unpaid"]
        {
            assert!(html.contains(words), "{words} is missing in {html}");
        }
        assert!(html.find("Unpaid") < html.find("In progress"));
    }
}
