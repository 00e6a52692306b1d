//! The newest open items of the inbox, below the clients.

use leptos::prelude::*;

use crate::payments::inbox::{Item, ItemKind};
use crate::web::components::{Broken, Pill, PillTone, SectionError};
use crate::web::dates::Calendar;

/// The top of the inbox; `waiting` counts all that is open there.
#[component]
pub(super) fn InboxTop(items: Result<Vec<Item>, SectionError>, waiting: i64, calendar: Calendar) -> impl IntoView {
    let body = match items {
        Ok(items) if items.is_empty() => view! {
            <div class="empty">
                <strong>"Nothing waits for you"</strong>
                <p>"Overruns, disputes and payments that match nothing come here."</p>
            </div>
        }
        .into_any(),
        Ok(items) => {
            let rows = items.into_iter().map(|item| line(item, &calendar)).collect_view();
            view! { <ul>{rows}</ul> }.into_any()
        }
        Err(SectionError) => view! { <Broken what="The inbox" retry="/agency/clients" /> }.into_any(),
    };
    view! {
        <section class="card inbox-top" aria-labelledby="inbox">
            <div class="card-title spread">
                <div>
                    <h2 id="inbox">"Inbox"</h2>
                    {(waiting > 0).then(|| view! { <span class="tag">{waiting}</span> })}
                </div>
                <a href="/agency/inbox">"View all"</a>
            </div>
            {body}
        </section>
    }
}

fn line(item: Item, calendar: &Calendar) -> impl IntoView + use<> {
    let (tone, title) = words(item.kind);
    view! {
        <li>
            <Pill tone=tone words=title />
            <p>{item.workspace_name}", "{item.detail}</p>
            <time datetime=item.created_at.to_string()>{calendar.recent(item.created_at)}</time>
        </li>
    }
}

/// What an item is about, in words.
pub(super) const fn words(kind: ItemKind) -> (PillTone, &'static str) {
    match kind {
        ItemKind::UnmatchedPayment => (PillTone::Amber, "Unmatched payment"),
        ItemKind::Overpayment => (PillTone::Amber, "Overpayment"),
        ItemKind::Overrun => (PillTone::Neutral, "Overrun"),
        ItemKind::Dispute => (PillTone::Red, "Dispute"),
        ItemKind::FailedRecharge => (PillTone::Red, "Recharge failed"),
        ItemKind::FailedDelivery => (PillTone::Red, "Delivery gave up"),
        ItemKind::UnpaidNumber => (PillTone::Amber, "Number not paid"),
    }
}
