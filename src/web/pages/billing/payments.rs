//! Payment requests and receipts: what is to be paid first, then the newest of what was (SPEC §2.1, 9).

use leptos::either::Either;
use leptos::prelude::*;

use crate::app::bills::SomeBills;
use crate::web::components::{Paying, bill_table};
use crate::web::dates::Calendar;
use crate::web::document::fragment;

/// Rows of the section.
pub const PRESSING: usize = 6;
/// The section's heading.
pub(super) const TITLE: &str = "Payment requests and receipts";

/// The section, as HTML. `agency` may be unknown; `paying` is for who may pay.
pub fn payments_section(bills: SomeBills, calendar: &Calendar, agency: &str, paying: Option<&Paying>) -> String {
    let SomeBills { bills, more } = bills;
    fragment(|| {
        let list = if bills.is_empty() {
            Either::Left(view! { <NoPayments agency=agency.to_owned() /> })
        } else {
            Either::Right(bill_table(bills, TITLE, calendar, agency, paying))
        };
        view! {
            <section class="card" aria-labelledby="payments">
                <div class="card-title spread">
                    <h2 id="payments">{TITLE}</h2>
                    {more.then(|| view! { <a href="/billing/payments">"View all"</a> })}
                </div>
                {list}
            </section>
        }
    })
}

/// What stands in place of an empty list.
#[component]
pub(in crate::web::pages) fn NoPayments(agency: String) -> impl IntoView {
    let asks = if agency.is_empty() { "your provider asks" } else { &format!("{agency} asks") };
    view! {
        <div class="empty">
            <strong>"No payments yet"</strong>
            <p>{format!("What {asks} you to pay, and receipts of what you buy, appear here.")}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::bill::Bill;
    use crate::web::pages::fixtures::{bill, calendar};

    #[test]
    fn the_rest_is_a_link_away_and_emptiness_says_what_will_be_here() {
        let section =
            |bills: Vec<Bill>, more| payments_section(SomeBills { bills, more }, &calendar(), "Brightline Voice", None);
        let few = section(vec![bill()], false);
        assert!(few.contains("Medium") && few.contains(TITLE) && !few.contains("View all"), "{few}");
        assert!(section(vec![bill()], true).contains("href=\"/billing/payments\">View all<"));
        assert!(section(Vec::new(), false).contains("What Brightline Voice asks you to pay, and receipts"));
        let nameless = payments_section(SomeBills::default(), &calendar(), "", None);
        assert!(nameless.contains("What your provider asks you to pay"), "{nameless}");
    }
}
