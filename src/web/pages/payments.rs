//! `/billing/payments`: every payment request and receipt, newest first.

use leptos::either::EitherOf3;
use leptos::prelude::*;

use crate::payments::bill::Bill;
use crate::payments::request::Place as Below;
use crate::web::components::{Broken, Paying, SectionError, bill_table};
use crate::web::pages::billing::NoPayments;
use crate::web::shell::{Frame, PageHead, Place, Shell};

const TITLE: &str = "Payments";

/// What the page shows.
#[derive(Clone, Debug)]
pub struct PaymentsView {
    /// Bills, newest first, and where the next page begins.
    pub listed: Result<(Vec<Bill>, Option<Below>), SectionError>,
    /// It is the first page.
    pub is_first: bool,
}

/// The page.
pub fn payments_page(frame: Frame, view: PaymentsView) -> impl IntoView {
    let PaymentsView { listed, is_first } = view;
    let agency = frame.overview.as_ref().map(|overview| overview.agency_name.clone()).unwrap_or_default();
    let calendar = frame.calendar();
    let paying = frame.may_buy.then(|| Paying::new(&frame.csrf, None));
    let list = match (listed, calendar) {
        (Ok((bills, None)), _) if bills.is_empty() && is_first => {
            EitherOf3::A(view! { <NoPayments agency=agency.clone() /> })
        }
        (Ok((bills, next)), Some(calendar)) => EitherOf3::B(view! {
            {bill_table(bills, TITLE, &calendar, &agency, paying.as_ref())}
            <Turns is_first=is_first next=next />
        }),
        _ => EitherOf3::C(view! { <Broken what="The payments" retry="/billing/payments" /> }),
    };
    view! {
        <Shell frame=frame place=Place::Billing dialog=None title=TITLE>
            <PageHead title=TITLE line="Payment requests and receipts" trail=(Place::Billing, TITLE.to_owned())>
                <a href="/billing">"Wallet"</a>
            </PageHead>
            <section class="card" aria-label=TITLE>
                {list}
            </section>
        </Shell>
    }
}

/// The ways to the other pages; without any, nothing.
#[component]
fn Turns(is_first: bool, next: Option<Below>) -> impl IntoView {
    let older = next.map(|place| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("before", &place.created_at.to_string()).append_pair("id", &place.id);
        format!("/billing/payments?{}", query.finish())
    });
    (!is_first || older.is_some()).then(|| {
        view! {
            <nav class="turns" aria-label="Pages">
                <span>"Newest first"</span>
                {(!is_first)
                    .then(|| {
                        view! {
                            <a class="button small" href="/billing/payments">
                                "Newest"
                            </a>
                        }
                    })}
                {older
                    .map(|href| {
                        view! {
                            <a class="button small" href=href>
                                "Older"
                            </a>
                        }
                    })}
            </nav>
        }
    })
}
