//! `/billing/calls/{id}`: the minute receipt: what paid for which second of a call, and why (SPEC §2.3).

mod strip;
mod tables;
#[cfg(test)]
mod tests;

use leptos::either::Either;
use leptos::prelude::*;

use crate::app::receipt::CallReceipt;
use crate::app::transactions::call_title;
use crate::ledger::{Call, CallEnd, CallOutcome, CallStatus, Direction, Source};
use crate::units::{Meter, MilliCents, Seconds};
use crate::web::components::{Broken, Pill, PillTone, SectionError};
use crate::web::dates::Calendar;
use crate::web::shell::{Frame, PageHead, Place, Shell};

use strip::Strip;
use tables::{Facts, Parts, SegmentTable};

/// What the page shows.
#[derive(Clone, Debug)]
pub struct ReceiptView {
    /// The call and what paid for it.
    pub receipt: Result<CallReceipt, SectionError>,
}

/// The page.
pub fn receipt_page(frame: Frame, view: ReceiptView) -> impl IntoView {
    let found = view.receipt.ok().zip(frame.calendar());
    let (line, here) = match &found {
        Some((receipt, calendar)) => (line(&receipt.call, calendar), call_title(&receipt.call)),
        None => (String::new(), "Call".to_owned()),
    };
    view! {
        <Shell frame=frame place=Place::Transactions dialog=None title="Minute receipt">
            <PageHead title="Minute receipt" line=line trail=(Place::Transactions, here)>
                <a href="/billing">"Wallet"</a>
            </PageHead>
            {match found {
                Some((receipt, calendar)) => {
                    Either::Left(view! { <Receipt receipt=receipt calendar=calendar /> })
                }
                None => {
                    Either::Right(
                        view! {
                            <section class="card" aria-label="Minute receipt">
                                <Broken what="The receipt" retry="/billing/transactions" />
                            </section>
                        },
                    )
                }
            }}
        </Shell>
    }
}

#[component]
fn Receipt(receipt: CallReceipt, calendar: Calendar) -> impl IntoView {
    let note = note(&receipt.call);
    let with_table = !receipt.segments.is_empty();
    view! {
        <Figures receipt=receipt.clone() calendar=calendar.clone() />
        <section class="card" aria-labelledby="who-paid">
            <div class="card-title">
                <h2 id="who-paid">"Who paid for which second"</h2>
            </div>
            <Strip receipt=receipt.clone() />
            {note.map(|note| view! { <p class="note">{note}</p> })}
            {with_table.then(|| view! { <SegmentTable receipt=receipt.clone() /> })}
        </section>
        <div class="receipt-foot">
            <Parts receipt=receipt.clone() />
            <Facts call=receipt.call calendar=calendar />
        </div>
    }
}

/// The four figures above.
#[component]
fn Figures(receipt: CallReceipt, calendar: Calendar) -> impl IntoView {
    let call = &receipt.call;
    let end = call.end.as_ref();
    let connected = end.map(|end| end.billed).or(call.connected);
    let rang = end.map(|end| Seconds(end.duration.0 - end.billed.0));
    let (tone, state) = state_words(call, &calendar);
    let (label, charged) = charged(&receipt);
    view! {
        <dl class="panel totals">
            <div>
                <dt>{if end.is_some() { "Connected" } else { "Connected so far" }}</dt>
                <dd class="length">{length(connected)}</dd>
            </div>
            <div>
                <dt>{label}</dt>
                <dd>{charged}</dd>
                {end.map(exactly).map(|more| view! { <dd class="more">{more}</dd> })}
            </div>
            <div>
                <dt>"Rang, not charged"</dt>
                <dd class="length">{length(rang)}</dd>
            </div>
            <div>
                <dt>"State"</dt>
                <dd class="state">
                    <Pill tone=tone words=state />
                </dd>
            </div>
        </dl>
    }
}

/// A length as a figure with small units: `7 min 06 s`; an en dash where it is not known yet.
fn length(secs: Option<Seconds>) -> impl IntoView {
    let Some(secs) = secs else { return Either::Left("–") };
    let words = secs.to_string();
    let parts: Vec<String> = words.split(' ').map(str::to_owned).collect();
    let pairs = parts.chunks(2).map(|pair| {
        let unit = pair.get(1).cloned().unwrap_or_default();
        view! { {pair[0].clone()}" "<span>{unit}</span>" " }
    });
    Either::Right(pairs.collect_view())
}

/// What the call cost: credits; on the calls meter the call itself where a quota paid it.
fn charged(receipt: &CallReceipt) -> (&'static str, String) {
    let Some(end) = &receipt.call.end else {
        return ("Charged", "–".to_owned());
    };
    let by_quota = receipt.segments.iter().any(|it| matches!(it.source, Source::Allowance | Source::Lot));
    match receipt.call.meter {
        Meter::Calls if by_quota => ("Charged to your calls", "1 call".to_owned()),
        Meter::Calls | Meter::Minutes => ("Charged to credits", in_cents(end.credits)),
    }
}

/// A charge as lists show it: in whole cents, rounded up.
fn in_cents(charge: MilliCents) -> String {
    MilliCents::from_cents(charge.cents_up()).to_string()
}

/// What the figure leaves out: fractions of a cent, and what is billed afterwards.
fn exactly(end: &CallEnd) -> String {
    let fraction = end.credits.0 % MilliCents::PER_CENT != 0;
    let exact = fraction.then(|| format!("exactly {}", end.credits.as_rate()));
    let billable = (end.excess.0 > 0).then(|| format!("{} billed afterwards", end.excess.as_rate()));
    exact.into_iter().chain(billable).collect::<Vec<_>>().join(", ")
}

fn state_words(call: &Call, calendar: &Calendar) -> (PillTone, String) {
    let Some(end) = &call.end else {
        return (PillTone::On, "In progress".to_owned());
    };
    let state = if call.status == CallStatus::Released { "Released" } else { "Settled" };
    (PillTone::Neutral, format!("{state} {}", calendar.time_to_second(end.ended_at)))
}

/// `Call from (312) 555-0176, answered by Front desk on Thursday, Oct 22, 14:32 EDT`
fn line(call: &Call, calendar: &Calendar) -> String {
    let title = call_title(call);
    let answered = answered_at(call);
    let at = calendar.moment_in_full(answered.unwrap_or(call.created_at));
    let agent = call.placement.agent.as_deref();
    match (&call.end, agent, call.placement.direction) {
        (None, ..) => format!("{title}, in progress since {at}"),
        (Some(end), ..) if end.outcome != CallOutcome::Answered => {
            format!("{title}, {} on {at}", outcome_words(end.outcome).to_lowercase())
        }
        (_, Some(agent), Direction::Inbound) => format!("{title}, answered by {agent} on {at}"),
        (_, Some(agent), Direction::Outbound) => format!("{title} by {agent} on {at}"),
        (_, None, _) => format!("{title}, answered on {at}"),
    }
}

/// When the call was answered, as far as its lengths tell: ringing begins with the hold.
fn answered_at(call: &Call) -> Option<jiff::Timestamp> {
    let end = call.end.as_ref().filter(|end| end.outcome == CallOutcome::Answered)?;
    let rang = jiff::SignedDuration::from_secs(end.duration.0 - end.billed.0);
    // A platform may report a call all at once, long after; then the hold says nothing about it.
    call.created_at.checked_add(rang).ok().filter(|at| *at <= end.ended_at)
}

const fn outcome_words(outcome: CallOutcome) -> &'static str {
    match outcome {
        CallOutcome::Answered => "Answered",
        CallOutcome::NoAnswer => "No answer",
        CallOutcome::Busy => "Busy",
        CallOutcome::Failed => "Failed",
        CallOutcome::Voicemail => "Voicemail",
        CallOutcome::Canceled => "Canceled",
    }
}

/// What the segments do not say by themselves.
fn note(call: &Call) -> Option<String> {
    let Some(end) = &call.end else {
        return Some("This call is in progress. What pays for it is decided when it ends.".to_owned());
    };
    if end.lapsed {
        return Some(lapsed_words(end));
    }
    if call.status == CallStatus::Released {
        let why = outcome_words(end.outcome);
        return Some(format!("{why}. Nothing is charged, and the whole hold is released."));
    }
    let is_free = end.billed.0 == 0 && end.seq.is_none();
    is_free.then(|| "The call was answered without connected time. Nothing is charged.".to_owned())
}

/// The sweep ended the call, because nobody else did.
fn lapsed_words(end: &CallEnd) -> String {
    let ended = match end.billed.0 {
        0 => "Nobody reported this call's end or a sign of life, so its hold was released.",
        _ => "Nobody reported this call's end in time, so it ended at its last sign of life.",
    };
    match end.late.0 {
        0 => ended.to_owned(),
        _ => format!("{ended} {} that were reported later are not charged.", end.late),
    }
}

/// Money that credits and excess paid together.
fn total(receipt: &CallReceipt) -> MilliCents {
    MilliCents(receipt.segments.iter().map(|segment| segment.cost.0).sum())
}
