//! What the wallet alone decides: the alert, the three cards in one panel, and the shell's pill.

use leptos::prelude::*;

use crate::app::overview::{Frozen, Overview};
use crate::islands::WalletSection;
use crate::payments::request::PaymentRequest;
use crate::web::components::{Alert, BalancePill, PayButton, Paying, Tone, request_title};
use crate::web::dates::Calendar;
use crate::web::document::fragment;

use super::balance::BalanceCard;
use super::extra::ExtraCard;
use super::plan::PlanCard;
use super::warning::{self, Warning};
use super::{May, Notice, RechargeTrouble};

/// A payment that failed or is overdue.
#[derive(Clone, Debug)]
pub struct Urgent {
    /// What is to be paid.
    pub request: PaymentRequest,
    /// For who may pay.
    pub paying: Option<Paying>,
}

/// The section, as HTML. `notice` is what just happened; it stands in place of any warning. `trouble` is what
/// auto-recharge waits for.
pub fn wallet_section(
    overview: &Overview,
    notice: Option<Notice>,
    may: May,
    urgent: Option<Urgent>,
    trouble: Option<RechargeTrouble>,
) -> WalletSection {
    let calendar = Calendar::new(&overview.time_zone, overview.read_at);
    let request = urgent.as_ref().map(|urgent| &urgent.request);
    let alert = warning::choose(overview, notice, may, request, trouble, &calendar);
    WalletSection {
        read_at: calendar.read_at(),
        pill: fragment(|| view! { <BalancePill overview=overview.clone() /> }),
        cards: fragment(|| {
            view! { <Cards overview=overview.clone() calendar=calendar alert=alert may=may urgent=urgent /> }
        }),
    }
}

#[component]
fn Cards(
    overview: Overview,
    calendar: Calendar,
    alert: Option<Warning>,
    may: May,
    urgent: Option<Urgent>,
) -> impl IntoView {
    let with_extra = overview.active_packages > 0
        || overview.frozen != Frozen::default()
        || overview.running().is_some_and(|subscription| subscription.addons);
    view! {
        {alert
            .map(|alert| {
                let pay = urgent.filter(|_| alert.pay).and_then(|urgent| pay_button(urgent, alert.tone));
                view! {
                    <Alert tone=alert.tone title=alert.title sentence=alert.sentence action=alert.action>
                        {pay}
                    </Alert>
                }
            })}
        <div class="panel">
            <BalanceCard overview=overview.clone() may=may />
            <PlanCard overview=overview.clone() calendar=calendar />
            {with_extra.then(|| view! { <ExtraCard overview=overview can_buy=may.buy /> })}
        </div>
    }
}

/// The way out of an alert about a payment, for who may pay.
fn pay_button(urgent: Urgent, tone: Tone) -> Option<impl IntoView> {
    let Urgent { request, paying } = urgent;
    let title = request_title(request.kind(), &request.asked);
    let (id, amount, class) = (request.id, request.amount, tone.button());
    paying.map(|paying| view! { <PayButton paying=paying request=id title=title amount=amount class=class /> })
}
