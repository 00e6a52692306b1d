//! The one alert of Billing, worst first (SPEC §2.1, 1).

use crate::app::overview::{Overview, Subscription};
use crate::pricing::PurchaseMode;
use crate::units::{Meter, grouped};
use crate::web::components::Tone;
use crate::web::dates::Calendar;

use super::Notice;

/// From this share of the allowance on, usage is worth a word.
const AMBER_PERCENT: i64 = 70;
/// From this share on, it is urgent.
const RED_PERCENT: i64 = 90;

/// The words of an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Warning {
    pub(super) tone: Tone,
    pub(super) title: String,
    pub(super) sentence: String,
    /// Words of the button and where it leads.
    pub(super) action: Option<(String, String)>,
}

/// How far the allowance is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Usage {
    /// Below 70 %, or nothing is included.
    Calm,
    /// From 70 %.
    Amber,
    /// From 90 %.
    Red,
    /// All of it.
    Exhausted,
}

/// Compares used units with the thresholds, without fractions.
pub(super) fn usage(subscription: &Subscription) -> Usage {
    let Subscription { included, used, .. } = *subscription;
    match used * 100 {
        _ if included <= 0 => Usage::Calm,
        share if share >= included * 100 => Usage::Exhausted,
        share if share >= included * RED_PERCENT => Usage::Red,
        share if share >= included * AMBER_PERCENT => Usage::Amber,
        _ => Usage::Calm,
    }
}

/// Pieces of the allowance left, rounded down, and used: together what is included.
pub(super) fn left_and_used(subscription: &Subscription) -> (i64, i64) {
    let meter = subscription.meter;
    let left = meter.pieces_down((subscription.included - subscription.used).max(0));
    (left, meter.pieces_down(subscription.included) - left)
}

/// Chooses the alert: what just happened, then calls paused, then the allowance.
pub(super) fn choose(
    overview: &Overview,
    notice: Option<Notice>,
    can_buy: bool,
    calendar: &Calendar,
) -> Option<Warning> {
    let action = can_buy.then(|| (buy_words(overview.standing.meter), "/billing?buy=minutes".to_owned()));
    if let Some(notice) = notice {
        return Some(told(notice, overview, action));
    }
    if let Some(sentence) = paused(overview) {
        return Some(Warning { tone: Tone::Paused, title: "Calls paused".into(), sentence, action });
    }
    let subscription = overview.subscription.as_ref()?;
    let (tone, title, sentence) = match usage(subscription) {
        Usage::Calm => return None,
        Usage::Exhausted => {
            let title = format!("Plan {} exhausted", subscription.meter.noun());
            (Tone::Red, title, exhausted(overview, subscription, calendar))
        }
        Usage::Red => (Tone::Red, "Usage Warning".to_owned(), running_out(overview, subscription)),
        Usage::Amber => (Tone::Amber, "Usage Warning".to_owned(), running_out(overview, subscription)),
    };
    Some(Warning { tone, title, sentence, action })
}

/// `Buy more minutes`, `Buy more calls`.
pub(super) fn buy_words(meter: Meter) -> String {
    format!("Buy more {}", meter.noun())
}

fn told(notice: Notice, overview: &Overview, action: Option<(String, String)>) -> Warning {
    let (tone, title, sentence, action) = match notice {
        Notice::Added { meter, pieces } => {
            let lots = meter.pieces_down(overview.standing.lots);
            let extra = format!("{} extra {}", grouped(lots), noun(meter, lots));
            let sentence = format!("You now have {extra}. They never expire.");
            (Tone::Success, format!("{} added", meter.pieces(pieces)), sentence, None)
        }
        Notice::CreditsAdded { amount } => {
            let sentence = format!("You now have {} in credits. They never expire.", overview.standing.posted);
            (Tone::Success, format!("{amount} added"), sentence, None)
        }
        Notice::Processing => {
            let sentence = "Stripe has not confirmed it yet. What you bought appears here once it has.".to_owned();
            let again = ("Refresh".to_owned(), "/billing".to_owned());
            (Tone::Neutral, "Payment is being processed".to_owned(), sentence, Some(again))
        }
        Notice::NotPaid => {
            let sentence = "Nothing was charged and nothing was added.".to_owned();
            (Tone::Neutral, "Payment not completed".to_owned(), sentence, action)
        }
        Notice::Refused(refused) => (Tone::Red, refused.title().to_owned(), refused.sentence().to_owned(), None),
    };
    Warning { tone, title, sentence, action }
}

/// Why calls are paused; `None` where one fits. The title says "Calls paused" already.
fn paused(overview: &Overview) -> Option<String> {
    if overview.subscription.is_none() && overview.standing.hold == 0 {
        return Some(format!("There is no active plan. Ask {} to start one.", overview.agency_name));
    }
    let message = overview.standing.paused_message()?;
    Some(message.strip_prefix("Calls paused. ").unwrap_or(&message).to_owned())
}

fn exhausted(overview: &Overview, subscription: &Subscription, calendar: &Calendar) -> String {
    let meter = subscription.meter;
    let included = grouped(meter.pieces_down(subscription.included));
    let resets = calendar.day(subscription.resets_at);
    let sources = sources(overview).unwrap_or_else(|| format!("0 extra {}", meter.noun()));
    format!(
        "All {included} plan {} are used. Calls continue on your {sources} until the plan resets on {resets}.",
        meter.noun()
    )
}

fn running_out(overview: &Overview, subscription: &Subscription) -> String {
    let meter = subscription.meter;
    let (left, used) = left_and_used(subscription);
    let included = grouped(meter.pieces_down(subscription.included));
    let then = match sources(overview) {
        Some(sources) => format!("calls continue on your {sources}"),
        None if subscription.addons && subscription.purchase_mode == PurchaseMode::SelfService => {
            format!("calls pause until you buy more {}", meter.noun())
        }
        None if subscription.addons => {
            format!("calls pause until your provider adds {}", meter.noun())
        }
        None => "calls pause until the plan resets".to_owned(),
    };
    let (used, noun) = (grouped(used), meter.noun());
    match left {
        0 => format!("{used} of {included} plan {noun} are used. When the rest is gone, {then}."),
        _ => format!("{used} of {included} plan {noun} are used. When the last {} are gone, {then}.", grouped(left)),
    }
}

/// What pays once the allowance is gone: `141 extra minutes`; without any, `$3.80 in credits`.
fn sources(overview: &Overview) -> Option<String> {
    let standing = &overview.standing;
    let lots = standing.meter.pieces_down(standing.lots);
    let extra = (lots > 0).then(|| format!("{} extra {}", grouped(lots), noun(standing.meter, lots)));
    let with_credits = standing.sigma.0 > 0 && standing.posted.0 > 0;
    extra.or_else(|| with_credits.then(|| format!("{} in credits", standing.available_mc())))
}

fn noun(meter: Meter, count: i64) -> &'static str {
    match (meter, count) {
        (Meter::Minutes, 1) => "minute",
        (Meter::Calls, 1) => "call",
        _ => meter.noun(),
    }
}

#[cfg(test)]
#[path = "warning_tests.rs"]
mod tests;
