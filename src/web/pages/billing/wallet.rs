//! What the wallet alone decides: the alert, the three cards in one panel, and the shell's pill.

use leptos::prelude::*;

use crate::app::overview::{Frozen, Overview};
use crate::islands::WalletSection;
use crate::web::components::{Alert, BalancePill};
use crate::web::dates::Calendar;
use crate::web::document::fragment;

use super::balance::BalanceCard;
use super::extra::ExtraCard;
use super::plan::PlanCard;
use super::warning::{self, Warning};
use super::{May, Notice, RechargeTrouble};

/// The section, as HTML. `notice` is what just happened; it stands in place of any warning. `trouble` is what
/// auto-recharge waits for.
pub fn wallet_section(
    overview: &Overview,
    notice: Option<Notice>,
    trouble: Option<RechargeTrouble>,
    may: May,
) -> WalletSection {
    let calendar = Calendar::new(&overview.time_zone, overview.read_at);
    let alert = warning::choose(overview, notice, trouble, may, &calendar);
    WalletSection {
        read_at: calendar.read_at(),
        pill: fragment(|| view! { <BalancePill overview=overview.clone() /> }),
        cards: fragment(|| view! { <Cards overview=overview.clone() calendar=calendar alert=alert may=may /> }),
    }
}

#[component]
fn Cards(overview: Overview, calendar: Calendar, alert: Option<Warning>, may: May) -> impl IntoView {
    let with_extra = overview.active_packages > 0
        || overview.frozen != Frozen::default()
        || overview.running().is_some_and(|subscription| subscription.addons);
    view! {
        {alert
            .map(|alert| {
                view! { <Alert tone=alert.tone title=alert.title sentence=alert.sentence action=alert.action /> }
            })}
        <div class="panel">
            <BalanceCard overview=overview.clone() may=may />
            <PlanCard overview=overview.clone() calendar=calendar />
            {with_extra.then(|| view! { <ExtraCard overview=overview can_buy=may.buy /> })}
        </div>
    }
}
