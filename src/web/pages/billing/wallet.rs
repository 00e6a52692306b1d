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
use super::{May, Notice, warning};

/// The section, as HTML. `notice` is what just happened; it stands in place of any warning.
pub fn wallet_section(overview: &Overview, notice: Option<Notice>, may: May) -> WalletSection {
    let calendar = Calendar::new(&overview.time_zone, overview.read_at);
    WalletSection {
        read_at: calendar.read_at(),
        pill: fragment(|| view! { <BalancePill overview=overview.clone() /> }),
        cards: fragment(|| view! { <Cards overview=overview.clone() calendar=calendar notice=notice may=may /> }),
    }
}

#[component]
fn Cards(overview: Overview, calendar: Calendar, notice: Option<Notice>, may: May) -> impl IntoView {
    let alert = warning::choose(&overview, notice, may, &calendar);
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
