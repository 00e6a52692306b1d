//! What is frozen, and why, in words.

use crate::app::overview::{Overview, SubscriptionState};
use crate::units::Meter;

/// `41 min frozen until you have an active plan`; `None` where nothing is.
pub(super) fn frozen_words(overview: &Overview) -> Option<String> {
    let left = [(Meter::Minutes, overview.frozen.secs), (Meter::Calls, overview.frozen.calls)];
    let units: Vec<_> = left.into_iter().filter(|(_, left)| *left > 0).map(|(meter, left)| meter.short(left)).collect();
    (!units.is_empty()).then(|| format!("{} frozen {}", units.join(" and "), why_frozen(overview)))
}

/// Why calls may not use them now: `until you have an active plan`, `because your plan counts calls`.
pub(super) fn why_frozen(overview: &Overview) -> String {
    let lasting = overview.subscription.as_ref().filter(|it| it.state != SubscriptionState::Canceled);
    match lasting {
        Some(subscription) => format!("because your plan counts {}", subscription.meter.noun()),
        None => "until you have an active plan".to_owned(),
    }
}
