//! `/agency/inbox`: what somebody must look at. Payments that match nothing are accepted or sent back.

use leptos::prelude::*;

use super::fields::Confirm;
use super::inbox_top::words;
use super::requests::OpenOrSettled;
use super::turns::{Turned, Turns};
use super::{DeskNotice, DeskRefusal, RefusalAlert, Toast};
use crate::payments::inbox::{Item, ItemKind, Resolution};
use crate::payments::{Bought, Purchase};
use crate::web::components::{Broken, Pill, PillTone, SectionError};
use crate::web::dates::Calendar;
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct InboxView {
    /// Only what is settled; else only what is open.
    pub settled: bool,
    /// A page of it, newest first.
    pub items: Result<Turned<Item>, SectionError>,
    /// The dialog over the page: what is about to be done, to what, and the purchase that a payment was meant for.
    pub dialog: Option<(Verdict, Item, Option<Purchase>)>,
    /// One-use key of the dialog's form.
    pub key: String,
    /// Why the form was refused.
    pub refusal: Option<DeskRefusal>,
    /// What was done a moment ago.
    pub notice: Option<DeskNotice>,
}

/// What can be done about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The payment counts as what it was meant for.
    Accept,
    /// The money goes back.
    Refund,
    /// Somebody has looked at it.
    Dismiss,
}

impl Verdict {
    /// Every verdict, in the order of its buttons.
    pub const ALL: [Verdict; 3] = [Verdict::Accept, Verdict::Refund, Verdict::Dismiss];

    /// Its word in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Verdict::Accept => "accept",
            Verdict::Refund => "refund",
            Verdict::Dismiss => "dismiss",
        }
    }

    const fn button(self) -> &'static str {
        match self {
            Verdict::Accept => "Accept",
            Verdict::Refund => "Refund",
            Verdict::Dismiss => "Settle",
        }
    }

    /// Whether it can be done to an item: money that came in is never only looked at, unless it was meant for something
    /// that is settled already.
    pub const fn fits(self, item: &Item) -> bool {
        if item.resolved.is_some() || item.refunding {
            return false;
        }
        match self {
            Verdict::Accept => matches!(item.kind, ItemKind::UnmatchedPayment),
            Verdict::Refund => item.kind.is_payment(),
            Verdict::Dismiss => !matches!(item.kind, ItemKind::UnmatchedPayment),
        }
    }
}

impl InboxView {
    /// The address of the list's first page.
    const fn here(&self) -> &'static str {
        if self.settled { "/agency/inbox?show=settled" } else { "/agency/inbox?show=open" }
    }
}

/// The page.
pub fn inbox_page(desk: Desk, view: InboxView) -> impl IntoView {
    let (calendar, here) = (desk.calendar(), view.here());
    let line = match desk.waiting {
        0 => format!("Nothing waits for you, times in {}", calendar.zone()),
        waiting => format!("{waiting} open, times in {}", calendar.zone()),
    };
    let InboxView { settled, items, dialog, key, refusal, notice } = view;
    let csrf = desk.csrf.clone();
    let dialog = dialog.map(|(verdict, item, meant)| {
        view! { <Ask verdict=verdict item=item meant=meant csrf=csrf.clone() key=key here=here /> }.into_any()
    });
    let list = match items {
        Err(SectionError) => view! { <Broken what="The inbox" retry=here /> }.into_any(),
        Ok(page) if page.items.is_empty() && !page.later => view! { <Nothing settled=settled /> }.into_any(),
        Ok(Turned { items, older, later }) => {
            let rows = items.into_iter().map(|item| row(item, &calendar, here, &csrf)).collect_view();
            view! {
                <ul class="items">{rows}</ul>
                <Turns here=here.to_owned() older=older later=later />
            }
            .into_any()
        }
    };
    view! {
        <DeskShell desk=desk corner=Corner::Inbox title="Inbox" dialog=dialog>
            <DeskHead title="Inbox" line=line>
                ""
            </DeskHead>
            {refusal.map(|refusal| view! { <RefusalAlert refusal=refusal /> })}
            <section class="card inbox" aria-label="Inbox">
                <div class="card-title shown">
                    <h2>"What to look at"</h2>
                    <OpenOrSettled path="/agency/inbox" settled=settled />
                </div>
                {list}
            </section>
            {notice.map(|notice| view! { <Toast notice=notice /> })}
        </DeskShell>
    }
}

#[component]
fn Nothing(settled: bool) -> impl IntoView {
    let (title, sentence, words, href) = match settled {
        false => (
            "Nothing waits for you",
            "Overruns, disputes, failed recharges and payments that match nothing come here.",
            "Go to clients",
            "/agency/clients",
        ),
        true => {
            ("Nothing settled yet", "What you accept, refund or settle is kept here.", "Show open", "/agency/inbox")
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

fn row(item: Item, calendar: &Calendar, here: &str, csrf: &str) -> impl IntoView + use<> {
    let (tone, title) = words(item.kind);
    let tone = if item.resolved.is_some() { PillTone::Neutral } else { tone };
    let became = match item.resolved {
        Some((how, at)) => Some(format!("{} {}", resolution_words(how), calendar.day(at))),
        None => item.refunding.then(|| "Refund on its way".to_owned()),
    };
    let buttons = Verdict::ALL.into_iter().filter(|verdict| verdict.fits(&item)).map(|verdict| {
        let label = format!("{}, {title}, {}", verdict.button(), item.workspace_name);
        view! {
            <a class="button small" href=format!("{here}&{}={}", verdict.as_str(), item.id) aria-label=label>
                {verdict.button()}
            </a>
        }
    });
    let buttons = buttons.collect_view();
    let receipt = (item.kind == ItemKind::Overrun).then(|| {
        let label = format!("Receipt of the call, {}", item.workspace_name);
        view! {
            <form method="post" action="/workspace">
                <input type="hidden" name="csrf" value=csrf.to_owned() />
                <input type="hidden" name="workspace" value=item.workspace_public_id.clone() />
                <input type="hidden" name="call" value=item.reference.clone() />
                <button class="button small" type="submit" aria-label=label>
                    "Receipt"
                </button>
            </form>
        }
    });
    view! {
        <li>
            <Pill tone=tone words=title />
            <p>
                <a href=format!("/agency/clients/{}", item.workspace_public_id)>{item.workspace_name}</a>
                ", "
                {item.detail}
                {item.amount.map(|amount| view! { <small>{amount.to_string()}</small> })}
            </p>
            <time datetime=item.created_at.to_string()>{calendar.recent(item.created_at)}</time>
            <div class="act">
                {receipt}
                {buttons}
                {became}
            </div>
        </li>
    }
}

const fn resolution_words(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::Accepted => "Accepted",
        Resolution::Refunded => "Refunded",
        Resolution::Dismissed => "Settled",
    }
}

/// Says what happens before it does.
#[component]
fn Ask(
    verdict: Verdict,
    item: Item,
    meant: Option<Purchase>,
    csrf: String,
    key: String,
    here: &'static str,
) -> impl IntoView {
    let client = &item.workspace_name;
    let sum = item.amount.map_or_else(|| "the payment".to_owned(), |amount| amount.to_string());
    let (title, sentence, stay) = match verdict {
        Verdict::Accept => {
            let gets = meant.as_ref().map_or_else(|| "what it was meant for".to_owned(), |it| meant_words(&it.bought));
            let sentence =
                format!("{client} gets {gets} at once. The money that was paid stays with you, whatever it is.");
            ("Accept this payment?".to_owned(), sentence, "Leave open")
        }
        Verdict::Refund => {
            let sentence = format!("{sum} goes back to how {client} paid. Nothing is credited. It cannot be undone.");
            ("Refund this payment?".to_owned(), sentence, "Leave open")
        }
        Verdict::Dismiss => {
            let kept = if item.kind.is_payment() { " The money stays with you." } else { "" };
            let sentence = format!("{client}, {}. It leaves the inbox; nothing else changes.{kept}", item.detail);
            ("Settle this item?".to_owned(), sentence, "Leave open")
        }
    };
    let go = match verdict {
        Verdict::Accept => "Accept payment",
        Verdict::Refund => "Refund payment",
        Verdict::Dismiss => "Settle item",
    };
    view! {
        <Confirm
            title=title
            sentence=sentence
            action=format!("/agency/inbox/{}/{}", item.id, verdict.as_str())
            back=here
            words=(stay, go)
            danger=verdict == Verdict::Refund
            csrf=csrf
            key=key
        />
    }
}

/// What a purchase gives: `100 minutes`, `$25.00 of credits`.
fn meant_words(bought: &Bought) -> String {
    match bought {
        Bought::Packs(packs) => packs.meter.pieces(packs.pieces()),
        Bought::Credits { amount } => format!("{amount} of credits"),
        Bought::Request(payment) => format!("its payment request of {} marked as paid", payment.amount),
        Bought::Card => "nothing".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{MilliCents, WorkspaceId};

    #[test]
    fn money_is_accepted_or_sent_back_and_everything_else_is_looked_at() {
        let item = |kind| Item {
            id: 1,
            workspace: WorkspaceId(1),
            workspace_public_id: "ws_1".into(),
            workspace_name: "Harbor Dental".into(),
            kind,
            reference: "cs_1".into(),
            detail: String::new(),
            amount: Some(MilliCents(1)),
            created_at: "2026-11-20T15:42:18Z".parse().unwrap(),
            resolved: None,
            refunding: false,
        };
        let fitting = |item: Item| Verdict::ALL.into_iter().filter(|it| it.fits(&item)).collect::<Vec<_>>();
        assert_eq!(fitting(item(ItemKind::UnmatchedPayment)), [Verdict::Accept, Verdict::Refund]);
        assert_eq!(fitting(item(ItemKind::Overpayment)), [Verdict::Refund, Verdict::Dismiss]);
        assert_eq!(fitting(item(ItemKind::Overrun)), [Verdict::Dismiss]);
        assert_eq!(fitting(Item { refunding: true, ..item(ItemKind::UnmatchedPayment) }), []);
        let settled = Some((Resolution::Dismissed, "2026-11-20T15:42:18Z".parse().unwrap()));
        assert_eq!(fitting(Item { resolved: settled, ..item(ItemKind::Overrun) }), []);
    }
}
