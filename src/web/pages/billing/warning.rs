//! The one alert of Billing, worst first (SPEC §2.1, 1).

use crate::app::overview::{Overview, PaymentState, Subscription, SubscriptionState};
use crate::payments::request::{PaymentRequest, RequestStatus};
use crate::pricing::{Fit, PurchaseMode, Shortfall};
use crate::units::{Meter, MilliCents, grouped};
use crate::web::components::{Tone, request_title};
use crate::web::dates::Calendar;

use super::balance::money_up;
use super::{May, Notice, RechargeTrouble, plan};

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
    /// It is about a payment, which stands there to be paid.
    pub(super) pay: bool,
}

/// How far the allowance is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web::pages) enum Usage {
    /// Below 70 %, or nothing is included.
    Calm,
    /// From 70 %.
    Amber,
    /// From 90 %.
    Red,
    /// All of it.
    Exhausted,
}

impl Usage {
    /// Compares used units with the thresholds, without fractions.
    pub(in crate::web::pages) const fn of(used: i64, included: i64) -> Self {
        match used * 100 {
            _ if included <= 0 => Usage::Calm,
            share if share >= included * 100 => Usage::Exhausted,
            share if share >= included * RED_PERCENT => Usage::Red,
            share if share >= included * AMBER_PERCENT => Usage::Amber,
            _ => Usage::Calm,
        }
    }

    /// CSS class of its bar.
    pub(in crate::web::pages) const fn class(self) -> &'static str {
        match self {
            Usage::Calm => "plan",
            Usage::Amber => "amber",
            Usage::Red | Usage::Exhausted => "red",
        }
    }
}

/// How much of a subscription's allowance is used.
pub(super) fn usage(subscription: &Subscription) -> Usage {
    Usage::of(subscription.used, subscription.included)
}

/// Pieces of the allowance left, rounded down, and used: together what is included.
pub(in crate::web::pages) fn left_and_used(subscription: &Subscription) -> (i64, i64) {
    let meter = subscription.meter;
    let left = meter.pieces_down((subscription.included - subscription.used).max(0));
    (left, meter.pieces_down(subscription.included) - left)
}

/// Chooses the alert: what just happened, then a payment that is missing or failed, then calls paused, then the
/// allowance. `urgent` is a payment that failed or is overdue, `trouble` what auto-recharge waits for.
pub(super) fn choose(
    overview: &Overview,
    notice: Option<Notice>,
    may: May,
    urgent: Option<&PaymentRequest>,
    trouble: Option<RechargeTrouble>,
    calendar: &Calendar,
) -> Option<Warning> {
    if let Some(notice) = notice {
        return Some(told(notice, overview, may));
    }
    payment(overview, urgent, calendar)
        .or_else(|| trouble.map(recharge))
        .or_else(|| paused(overview, may, calendar))
        .or_else(|| allowance(overview, may, calendar))
}

/// What auto-recharge waits for; its section says more.
fn recharge(trouble: RechargeTrouble) -> Warning {
    let (tone, title, sentence) = match trouble {
        RechargeTrouble::Declined => (
            Tone::Red,
            "Auto-recharge is paused".to_owned(),
            "Your bank declined every try. Replace the card or switch it on again.",
        ),
        RechargeTrouble::Unmatched(_) => (
            Tone::Red,
            "Auto-recharge is paused".to_owned(),
            "What was taken does not match the charge. Your provider has that payment.",
        ),
        RechargeTrouble::NoCard => {
            (Tone::Red, "Auto-recharge is paused".to_owned(), "There is no card to charge. Add one, and it goes on.")
        }
        RechargeTrouble::Confirm(amount) => (
            Tone::Amber,
            format!("Confirm a charge of {amount}"),
            "Your bank wants you to confirm an auto-recharge. Nothing has been charged yet.",
        ),
        RechargeTrouble::Capped => (
            Tone::Amber,
            "Monthly cap reached".to_owned(),
            "Auto-recharge charges nothing more in this month, unless you raise its cap.",
        ),
    };
    let action = Some(("See auto-recharge".to_owned(), "#auto-recharge".to_owned()));
    Warning { tone, title, sentence: sentence.to_owned(), action, pay: false }
}

/// `Buy more minutes`, `Buy more calls`.
pub(super) fn buy_words(meter: Meter) -> String {
    format!("Buy more {}", meter.noun())
}

type Action = (String, String);

fn buy(overview: &Overview, may: May) -> Option<Action> {
    may.buy.then(|| (buy_words(overview.standing.meter), "/billing?buy=minutes".to_owned()))
}

/// Credits help only where they pay for calls.
fn add_credits(overview: &Overview, may: May) -> Option<Action> {
    let pay_for_calls = overview.standing.sigma.0 > 0;
    (may.add_credits && pay_for_calls).then(|| ("Add credits".to_owned(), "/billing?buy=credits".to_owned()))
}

fn told(notice: Notice, overview: &Overview, may: May) -> Warning {
    let (tone, title, sentence, action) = match notice {
        Notice::Added { meter, pieces } => {
            let lots = meter.pieces_down(overview.standing.lots);
            let extra = format!("{} extra {}", grouped(lots), noun(meter, lots));
            let sentence = format!("You now have {extra}. They never expire.");
            (Tone::Success, format!("{} added", meter.pieces(pieces)), sentence, None)
        }
        Notice::CreditsAdded { amount, on_debt } => {
            let now = format!("You now have {} in credits.", overview.standing.posted);
            let (title, sentence) = match amount.0 - on_debt.0 {
                0 => {
                    let owed = overview.debt;
                    let rest = if owed.0 > 0 { format!("{} is still outstanding.", money_up(owed)) } else { now };
                    (format!("{on_debt} paid toward your outstanding balance"), rest)
                }
                added if on_debt.0 == 0 => {
                    (format!("{} added", MilliCents(added)), format!("{now} They never expire."))
                }
                added => (
                    format!("{} added", MilliCents(added)),
                    format!("{on_debt} more paid toward your outstanding balance. {now} They never expire."),
                ),
            };
            (Tone::Success, title, sentence, None)
        }
        Notice::CardSaved => {
            let sentence = "Auto-recharge and your programs can charge it.".to_owned();
            (Tone::Success, "Card saved".to_owned(), sentence, None)
        }
        Notice::RequestPaid { amount } => {
            let sentence = format!("{} has it.", overview.agency_name);
            (Tone::Success, format!("{amount} paid"), sentence, None)
        }
        Notice::PaidTwice { amount } => {
            let agency = &overview.agency_name;
            let sentence =
                format!("The request was settled before. {agency} has your payment, and keeps or refunds it.");
            (Tone::Neutral, format!("{amount} paid twice"), sentence, None)
        }
        Notice::Welcome => welcome(overview, may),
        Notice::Processing => {
            let sentence = "Stripe has not confirmed it yet. What you bought appears here once it has.".to_owned();
            let again = ("Refresh".to_owned(), "/billing".to_owned());
            (Tone::Neutral, "Payment is being processed".to_owned(), sentence, Some(again))
        }
        Notice::NotPaid => {
            let sentence = "Nothing was charged and nothing was added.".to_owned();
            let again = buy(overview, may).or_else(|| add_credits(overview, may));
            (Tone::Neutral, "Payment not completed".to_owned(), sentence, again)
        }
        Notice::Refused(refused) => (Tone::Red, refused.title().to_owned(), refused.sentence().to_owned(), None),
    };
    Warning { tone, title, sentence, action, pay: false }
}

/// What a new workspace begins with, and what its first call takes where that is nothing.
fn welcome(overview: &Overview, may: May) -> (Tone, String, String, Option<Action>) {
    let title = "Your account is ready".to_owned();
    let Some(subscription) = &overview.subscription else {
        let sentence = format!("{} starts your plan.", overview.agency_name);
        return (Tone::Success, title, sentence, None);
    };
    let standing = &overview.standing;
    let meter = subscription.meter;
    let included = (subscription.included > 0).then(|| meter.pieces(meter.pieces_down(subscription.included)));
    let credits = (standing.posted.0 > 0).then(|| format!("{} in credits", standing.posted));
    let begins: Vec<_> = included.into_iter().chain(credits).collect();
    let plan = &subscription.plan_name;
    let sentence = match (begins.is_empty(), standing.fit()) {
        (false, _) => format!("You are on {plan} and begin with {}.", begins.join(" and ")),
        (true, Fit::Paused) => format!("You are on {plan}. Calls go out once there are credits."),
        (true, _) => format!("You are on {plan}."),
    };
    (Tone::Success, title, sentence, add_credits(overview, may).filter(|_| standing.fit() == Fit::Paused))
}

/// A payment to the agency failed or is overdue. Which one is not said where it could not be read.
fn payment(overview: &Overview, urgent: Option<&PaymentRequest>, calendar: &Calendar) -> Option<Warning> {
    let failed = urgent.is_some_and(|request| request.status == RequestStatus::Failed);
    let (tone, title) = match overview.payment {
        PaymentState::Unpaid => (Tone::Paused, "Calls blocked"),
        _ if failed => (Tone::Red, "Payment failed"),
        PaymentState::PastDue => (Tone::Red, "Payment overdue"),
        PaymentState::Current => return None,
    };
    let which = match urgent {
        None => format!("A payment to {} is overdue.", overview.agency_name),
        Some(request) => {
            let (amount, what) = (request.amount, request_title(request.kind(), &request.asked));
            let due = calendar.day(request.due.at);
            if failed {
                format!("{amount} for {what} could not be charged.")
            } else {
                format!("{amount} for {what} was due {due}.")
            }
        }
    };
    let then = match (tone, urgent) {
        (Tone::Paused, _) => "Calls start again as soon as everything overdue is paid.".to_owned(),
        (_, Some(request)) => format!("Calls go on until {}.", calendar.day(request.due.blocks_at)),
        (_, None) => "Calls go on for now, and pause if it stays unpaid.".to_owned(),
    };
    Some(Warning { tone, title: title.to_owned(), sentence: format!("{which} {then}"), action: None, pay: true })
}

/// No further call goes out. The title says "Calls paused" already, so the sentence does not.
fn paused(overview: &Overview, may: May, calendar: &Calendar) -> Option<Warning> {
    let (sentence, action) = match &overview.subscription {
        None if overview.standing.hold == 0 => {
            (format!("There is no active plan. Ask {} to start one.", overview.agency_name), None)
        }
        Some(sub) if sub.state == SubscriptionState::Ending => {
            ("Your plan is ending. Calls in progress go on, new ones do not start.".to_owned(), None)
        }
        Some(sub) if sub.state == SubscriptionState::Canceled && overview.standing.sigma.0 == 0 => {
            (plan::ended(sub, overview, calendar), None)
        }
        _ => {
            let message = overview.standing.paused_message()?;
            let sentence = message.strip_prefix("Calls paused. ").unwrap_or(&message).to_owned();
            let (buy, add_credits) = (buy(overview, may), add_credits(overview, may));
            let action = match overview.standing.shortfall() {
                Some(Shortfall::Money(_)) => add_credits,
                Some(Shortfall::Units(_)) => buy.or(add_credits),
                None => None,
            };
            (sentence, action)
        }
    };
    Some(Warning { tone: Tone::Paused, title: "Calls paused".into(), sentence, action, pay: false })
}

/// How much of the allowance is used.
fn allowance(overview: &Overview, may: May, calendar: &Calendar) -> Option<Warning> {
    let subscription = overview.running()?;
    let (tone, title, sentence) = match usage(subscription) {
        Usage::Calm => return None,
        Usage::Exhausted => {
            let title = format!("Plan {} exhausted", subscription.meter.noun());
            (Tone::Red, title, exhausted(overview, subscription, calendar))
        }
        Usage::Red => (Tone::Red, "Usage Warning".to_owned(), running_out(overview, subscription)),
        Usage::Amber => (Tone::Amber, "Usage Warning".to_owned(), running_out(overview, subscription)),
    };
    let action = buy(overview, may).or_else(|| add_credits(overview, may));
    Some(Warning { tone, title, sentence, action, pay: false })
}

fn exhausted(overview: &Overview, subscription: &Subscription, calendar: &Calendar) -> String {
    let meter = subscription.meter;
    let included = grouped(meter.pieces_down(subscription.included));
    let resets = calendar.day(subscription.resets_at);
    let sources = match sources(overview) {
        Some(sources) => format!("on your {sources}"),
        None if overview.standing.postpaid => "as billable usage".to_owned(),
        None => format!("on your 0 extra {}", meter.noun()),
    };
    let noun = meter.noun();
    format!("All {included} plan {noun} are used. Calls continue {sources} until the plan resets on {resets}.")
}

fn running_out(overview: &Overview, subscription: &Subscription) -> String {
    let meter = subscription.meter;
    let (left, used) = left_and_used(subscription);
    let included = grouped(meter.pieces_down(subscription.included));
    let then = match sources(overview) {
        Some(sources) => format!("calls continue on your {sources}"),
        None if overview.standing.postpaid => "calls continue as billable usage".to_owned(),
        None => format!("calls pause until {}", way_out(overview, subscription)),
    };
    let (used, noun) = (grouped(used), meter.noun());
    match left {
        0 => format!("{used} of {included} plan {noun} are used. When the rest is gone, {then}."),
        1 => format!("{used} of {included} plan {noun} are used. When the last one is gone, {then}."),
        _ => format!("{used} of {included} plan {noun} are used. When the last {} are gone, {then}.", grouped(left)),
    }
}

/// What gets calls going again: `you buy more minutes`, `your provider adds minutes`, `you add credits`.
fn way_out(overview: &Overview, subscription: &Subscription) -> String {
    let noun = subscription.meter.noun();
    let packs = subscription.addons.then(|| match subscription.purchase_mode {
        PurchaseMode::SelfService => format!("you buy more {noun}"),
        PurchaseMode::ViaProvider => format!("your provider adds {noun}"),
    });
    let credits = (overview.standing.sigma.0 > 0).then(|| "you add credits".to_owned());
    let ways: Vec<_> = packs.into_iter().chain(credits).collect();
    if ways.is_empty() { "the plan resets".to_owned() } else { ways.join(" or ") }
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
