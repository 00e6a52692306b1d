//! Auto-recharge: off, on, paused after declines or a charge that does not match, waiting for the bank's customer
//! (SPEC §2.1, 7).

use leptos::either::{Either, EitherOf5};
use leptos::prelude::*;

use super::card::{CardForms, SaveButton};
use super::recharge_form::{Fields, Typed};
use crate::app::set_recharge::RechargeView;
use crate::payments::recharge::{Pause, Recharge};
use crate::payments::topup::{Topup, TopupStatus, Why};
use crate::units::MilliCents;
use crate::web::components::{Bar, Icon, Pill, PillTone, Segment, Source};
use crate::web::dates::Calendar;
use crate::web::document::fragment;

/// How the section was asked for.
#[derive(Clone, Debug, Default)]
pub struct AskedRecharge {
    /// The form is open.
    pub setting_up: bool,
    /// What was typed into it, where that was not taken.
    pub typed: Option<Typed>,
}

/// What auto-recharge waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RechargeTrouble {
    /// Every attempt was declined.
    Declined,
    /// The bank asks to confirm a charge of so much.
    Confirm(MilliCents),
    /// What was taken for a charge of so much does not match it.
    Unmatched(MilliCents),
    /// There is no card to charge.
    NoCard,
    /// The month's cap leaves no room.
    Capped,
}

impl RechargeTrouble {
    /// The trouble, if there is any.
    pub fn of(view: &RechargeView) -> Option<Self> {
        let recharge = view.recharge.as_ref().filter(|recharge| recharge.enabled)?;
        match recharge.paused {
            Some((Pause::Declined, _)) => Some(Self::Declined),
            Some((Pause::AuthenticationRequired, _)) => Some(Self::Confirm(failed_amount(view, recharge))),
            Some((Pause::Unmatched, _)) => Some(Self::Unmatched(failed_amount(view, recharge))),
            None if view.card.is_none() => Some(Self::NoCard),
            None if view.is_low && recharge.room(view.charged) < recharge.amounts.topup => Some(Self::Capped),
            None => None,
        }
    }
}

/// What the charge was for that led to the pause.
fn failed_amount(view: &RechargeView, recharge: &Recharge) -> MilliCents {
    view.latest.first().map_or(recharge.amounts.topup, |topup| topup.amount)
}

/// The section, as HTML; empty where nothing is paid with credits. `forms`: for whoever may change it.
pub fn recharge_section(
    view: &RechargeView,
    asked: AskedRecharge,
    forms: Option<CardForms>,
    calendar: &Calendar,
) -> String {
    if !view.has_rates {
        return String::new();
    }
    let trouble = RechargeTrouble::of(view);
    let (tone, words) = match (trouble, &view.recharge) {
        (Some(RechargeTrouble::Confirm(_)), _) => (PillTone::Amber, "Waiting for you"),
        (Some(RechargeTrouble::Capped), _) => (PillTone::Amber, "Cap reached"),
        (Some(_), _) => (PillTone::Red, "Paused"),
        (None, Some(recharge)) if recharge.enabled => (PillTone::On, "On"),
        (None, _) => (PillTone::Neutral, "Off"),
    };
    let is_on = view.recharge.as_ref().is_some_and(|recharge| recharge.enabled);
    let turn_off = forms.clone().filter(|_| is_on).map(|forms| view! { <TurnOff csrf=forms.csrf /> });
    let body = body(view, trouble, asked, forms, calendar);
    fragment(|| {
        view! {
            <section class="card settled" aria-labelledby="auto-recharge">
                <div class="row">
                    <h2 id="auto-recharge">"Auto-recharge"</h2>
                    <Pill tone=tone words=words />
                    {turn_off}
                </div>
                {body}
            </section>
        }
    })
}

fn body(
    view: &RechargeView,
    trouble: Option<RechargeTrouble>,
    asked: AskedRecharge,
    forms: Option<CardForms>,
    calendar: &Calendar,
) -> impl IntoView + use<> {
    let card = view.card.as_ref().map_or_else(|| "your card".to_owned(), |card| card.name());
    match (trouble, &view.recharge) {
        (Some(RechargeTrouble::Declined), Some(recharge)) => EitherOf5::A(
            view! { <Declined view=view.clone() recharge=recharge.clone() card=card forms=forms calendar=calendar.clone() /> },
        ),
        (Some(RechargeTrouble::Confirm(amount)), _) => {
            EitherOf5::B(view! { <Confirm amount=amount card=card forms=forms /> })
        }
        (Some(RechargeTrouble::Unmatched(amount)), Some(recharge)) => {
            EitherOf5::E(view! { <Unmatched amount=amount recharge=recharge.clone() forms=forms /> })
        }
        (trouble, Some(recharge)) if recharge.enabled => {
            let alert = trouble.map(|trouble| view! { <Standstill trouble=trouble view=view.clone() forms=forms.clone() calendar=calendar.clone() /> });
            EitherOf5::C(view! {
                {alert}
                <On view=view.clone() recharge=recharge.clone() typed=asked.typed forms=forms calendar=calendar.clone() />
            })
        }
        _ => EitherOf5::D(view! { <Off view=view.clone() asked=asked forms=forms /> }),
    }
}

#[component]
fn TurnOff(csrf: String) -> impl IntoView {
    view! {
        <form class="end" method="post" action="/billing/recharge">
            <input type="hidden" name="csrf" value=csrf />
            <button class="button small" type="submit" name="switch" value="off">"Turn off"</button>
        </form>
    }
}

#[component]
fn Off(view: RechargeView, asked: AskedRecharge, forms: Option<CardForms>) -> impl IntoView {
    let about = view! {
        <p>
            "Adds credits from your card when the balance falls below an amount you choose. Never more than your \
             monthly cap, and you can turn it off at any time."
        </p>
    };
    let next = forms.map(|forms| match view.card {
        None => Either::Left(view! {
            <p>"It charges a saved card, and there is none yet."</p>
            <SaveButton forms=forms words="Add card" />
        }),
        Some(_) if asked.setting_up => Either::Right(Either::Left(view! {
            <Fields view=view typed=asked.typed csrf=forms.csrf words="Turn on auto-recharge" />
        })),
        Some(_) => Either::Right(Either::Right(view! {
            <a class="button" href="/billing?recharge=set-up#auto-recharge">"Set up auto-recharge"</a>
        })),
    });
    view! {
        {about}
        {next}
    }
}

#[component]
fn On(
    view: RechargeView,
    recharge: Recharge,
    typed: Option<Typed>,
    forms: Option<CardForms>,
    calendar: Calendar,
) -> impl IntoView {
    let cap = recharge.amounts.monthly_cap;
    let charged_part = vec![Segment::of(Source::Plan, view.charged.0)];
    let month = view.month.strftime("Charged in %B").to_string();
    let (charged, of_cap) = (view.charged.to_string(), format!(" of {cap} cap"));
    let last = view.latest.first().map(|topup| last_words(topup, &recharge, &calendar));
    let card = view.card.as_ref().map(|card| card.name());
    let amounts = match forms {
        Some(forms) => Either::Left(view! {
            <Fields view=view typed=typed csrf=forms.csrf words="Save changes" />
        }),
        None => Either::Right(view! {
            <p>{format!("Adds {} when the balance is below {}.", recharge.amounts.topup, recharge.amounts.threshold)}</p>
        }),
    };
    view! {
        <dl>
            <dt>{month}</dt>
            <dd>
                <strong>{charged}</strong>
                {of_cap}
            </dd>
        </dl>
        <Bar segments=charged_part whole=cap.0 />
        <dl>
            {last
                .map(|last| {
                    view! {
                        <dt>"Last recharge"</dt>
                        <dd>{last}</dd>
                    }
                })}
            {card
                .map(|card| {
                    view! {
                        <dt>"Card"</dt>
                        <dd>{card} " " <a href="#saved-card">"Replace"</a></dd>
                    }
                })}
        </dl>
        {amounts}
    }
}

/// `$50.00 on Nov 19, 10:12, succeeded`
fn last_words(topup: &Topup, recharge: &Recharge, calendar: &Calendar) -> String {
    let begun = format!("{} on {}", topup.amount, calendar.moment(topup.created_at));
    match (&topup.status, recharge.retry_at) {
        (TopupStatus::Pending, _) => format!("{begun}, in progress"),
        (TopupStatus::Succeeded, _) => format!("{begun}, succeeded"),
        (TopupStatus::Failed(why), Some(at)) if recharge.declines > 0 => {
            format!("{begun}. {}. Next try {}", why.sentence(), calendar.moment(at))
        }
        (TopupStatus::Failed(why), _) => format!("{begun}. {}", why.sentence()),
    }
}

#[component]
fn Declined(
    view: RechargeView,
    recharge: Recharge,
    card: String,
    forms: Option<CardForms>,
    calendar: Calendar,
) -> impl IntoView {
    let last = view.latest.first().map(|topup| calendar.moment(topup.created_at)).unwrap_or_default();
    let sentence = format!(
        "Your bank declined {card} {}, last on {last}. There are no more tries until you replace the card or switch it \
         on again.",
        times(recharge.declines)
    );
    let declined = |topup: &&Topup| matches!(topup.status, TopupStatus::Failed(Why::Declined(_) | Why::Refused));
    let mut tries: Vec<Topup> = view.latest.iter().filter(declined).cloned().collect();
    tries.reverse();
    let after = ["next try in 1 h", "next try in 6 h", "next try in 24 h", "paused"];
    let skipped = after.len().saturating_sub(tries.len());
    let rows = tries
        .into_iter()
        .zip(after.into_iter().skip(skipped))
        .map(|(topup, then)| {
            let why = match &topup.status {
                TopupStatus::Failed(why) => why.sentence(),
                _ => String::new(),
            };
            view! {
                <li>
                    <span>{calendar.moment(topup.created_at)}</span>
                    " "
                    <span>{why}</span>
                    " "
                    <span>{then}</span>
                </li>
            }
        })
        .collect_view();
    let again = forms.clone().map(|forms| view! { <SwitchOnAgain recharge=recharge csrf=forms.csrf /> });
    let replace = forms.map(|forms| view! { <SaveButton forms=forms words="Replace card" /> });
    view! {
        <Paused sentence=sentence>{replace}</Paused>
        <ul class="tries">{rows}</ul>
        {again}
    }
}

/// `children` are what helps.
#[component]
fn Paused(sentence: String, children: Children) -> impl IntoView {
    view! {
        <div class="alert red inside">
            {Icon::Pause.svg()}
            <div class="words">
                <strong>"Auto-recharge is paused"</strong>
                <p>{sentence}</p>
            </div>
            {children()}
        </div>
    }
}

fn times(declines: i32) -> String {
    match declines {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        3 => "three times".to_owned(),
        4 => "four times".to_owned(),
        more => format!("{more} times"),
    }
}

#[component]
fn SwitchOnAgain(recharge: Recharge, csrf: String) -> impl IntoView {
    let typed = Typed::from(&recharge.amounts);
    view! {
        <form method="post" action="/billing/recharge">
            <input type="hidden" name="csrf" value=csrf />
            <input type="hidden" name="threshold" value=typed.threshold />
            <input type="hidden" name="topup" value=typed.topup />
            <input type="hidden" name="cap" value=typed.cap />
            <button class="button" type="submit" name="switch" value="on">"Switch on again"</button>
        </form>
    }
}

#[component]
fn Unmatched(amount: MilliCents, recharge: Recharge, forms: Option<CardForms>) -> impl IntoView {
    let sentence = format!(
        "What was taken for a charge of {amount} does not match it. Your provider has that payment, and nothing was \
         added for it. There are no more charges until you switch it on again."
    );
    let again = forms.map(|forms| view! { <SwitchOnAgain recharge=recharge csrf=forms.csrf /> });
    view! {
        <Paused sentence=sentence>""</Paused>
        {again}
    }
}

#[component]
fn Confirm(amount: MilliCents, card: String, forms: Option<CardForms>) -> impl IntoView {
    let sentence = format!("Your bank wants you to confirm this charge on {card}. Nothing has been charged yet.");
    let typed = super::recharge_form::typed(amount);
    view! {
        <div class="alert amber inside">
            {Icon::Warning.svg()}
            <div class="words">
                <strong>{format!("Confirm a charge of {amount}")}</strong>
                <p>{sentence}</p>
            </div>
            {forms
                .map(|forms| {
                    view! {
                        <form method="post" action="/billing/credits">
                            <input type="hidden" name="csrf" value=forms.csrf />
                            <input type="hidden" name="purchase_key" value=forms.purchase_key />
                            <input type="hidden" name="choice" value="other" />
                            <input type="hidden" name="amount" value=typed />
                            <input type="hidden" name="save_card" value="1" />
                            <button class="button" type="submit">"Confirm with bank"</button>
                        </form>
                    }
                })}
        </div>
    }
}

/// Why an auto-recharge that is on charges nothing now.
#[component]
fn Standstill(
    trouble: RechargeTrouble,
    view: RechargeView,
    forms: Option<CardForms>,
    calendar: Calendar,
) -> impl IntoView {
    let next_month = view.month.saturating_add(jiff::Span::new().months(1));
    let (class, title, sentence) = match trouble {
        RechargeTrouble::Capped => (
            "alert amber inside",
            "Monthly cap reached",
            format!("There are no more charges until {}, unless you raise the cap.", calendar.date_words(next_month)),
        ),
        _ => ("alert red inside", "There is no card to charge", "Add a card, and it goes on.".to_owned()),
    };
    let add = forms.filter(|_| trouble == RechargeTrouble::NoCard);
    view! {
        <div class=class>
            {Icon::Warning.svg()}
            <div class="words">
                <strong>{title}</strong>
                <p>{sentence}</p>
            </div>
            {add.map(|forms| view! { <SaveButton forms=forms words="Add card" /> })}
        </div>
    }
}

#[cfg(test)]
#[path = "recharge_tests.rs"]
mod tests;
