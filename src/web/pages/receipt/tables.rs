//! A receipt in words and figures: which source paid and why, how the charge adds up, and what is known of the call.

use leptos::either::Either;
use leptos::prelude::*;

use crate::app::receipt::{CallReceipt, PaidSegment};
use crate::ledger::{Call, CallStatus, Source};
use crate::pricing::Charge;
use crate::units::{MilliCents, Seconds, grouped};
use crate::web::components;
use crate::web::dates::Calendar;

use super::strip::{clock, name};
use super::{answered_at, outcome_words, total};

/// Which source paid for which seconds, and why.
#[component]
pub(super) fn SegmentTable(receipt: CallReceipt) -> impl IntoView {
    let connected = receipt.segments.last().map_or(0, |segment| segment.to_second);
    let total = total(&receipt);
    view! {
        <table class="table segments" aria-labelledby="who-paid">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Source"</th>
                    <th role="columnheader" scope="col">"Seconds"</th>
                    <th role="columnheader" scope="col">"Why this source"</th>
                    <th role="columnheader" scope="col" class="amount">"Time"</th>
                    <th role="columnheader" scope="col" class="amount">"Charge"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{receipt.segments.into_iter().map(segment_row).collect_view()}</tbody>
            <tfoot role="rowgroup">
                <tr role="row">
                    <th role="rowheader" scope="row" colspan="3">
                        "Total"
                    </th>
                    <td role="cell" class="amount">
                        {Seconds(connected).to_string()}
                    </td>
                    <td role="cell" class="amount charge">
                        {total.as_rate()}
                    </td>
                </tr>
            </tfoot>
        </table>
    }
}

fn segment_row(segment: PaidSegment) -> impl IntoView {
    let class = format!("key {}", components::Source::from(segment.source).class());
    let (from, to) = (segment.from_second, segment.to_second);
    view! {
        <tr role="row">
            <td role="cell" class="source">
                <strong class=class>{name(&segment)}</strong>
            </td>
            <td role="cell" class="seconds">
                {format!("{} to {}", clock(from), clock(to))}
            </td>
            <td role="cell" class="why">
                {segment.why.clone()}
            </td>
            <td role="cell" class="amount">
                {Seconds(to - from).to_string()}
            </td>
            <td role="cell" class="amount charge">
                {charge_words(&segment)}
            </td>
        </tr>
    }
}

fn charge_words(segment: &PaidSegment) -> String {
    match segment.source {
        Source::Allowance => "Included".to_owned(),
        Source::Lot => "Prepaid".to_owned(),
        Source::Credits | Source::Excess => segment.cost.as_rate(),
        Source::Overrun => "Not charged".to_owned(),
    }
}

/// How the charge adds up, part by part; nothing where money paid for none of it, or for the call as a whole.
#[component]
pub(super) fn Parts(receipt: CallReceipt) -> impl IntoView {
    let paid: Vec<&PaidSegment> = receipt.segments.iter().filter(|segment| segment.cost.0 > 0).collect();
    let charges: Vec<Charge> = paid.iter().filter_map(|segment| segment.components).collect();
    if charges.is_empty() {
        return None;
    }
    let secs: i64 = paid.iter().map(|segment| segment.to_second - segment.from_second).sum();
    let rates = receipt.terms.rates;
    let part = |of: fn(&Charge) -> MilliCents| MilliCents(charges.iter().map(|charge| of(charge).0).sum());
    let parts = [
        ("Voice", rates.voice, part(|charge| charge.voice)),
        ("Telephony", rates.telephony, part(|charge| charge.telephony)),
        ("Recording", rates.recording, part(|charge| charge.recording)),
    ];
    let total = total(&receipt).as_rate();
    let rows = parts.into_iter().filter(|(_, _, charge)| charge.0 > 0).map(|(name, rate, charge)| {
        view! {
            <tr>
                <td>{name}</td>
                <td class="amount">{format!("{} s", grouped(secs))}</td>
                <td class="amount rate">{format!("{} per min", rate.as_rate())}</td>
                <td class="amount charge">{charge.as_rate()}</td>
            </tr>
        }
    });
    Some(view! {
        <section class="card" aria-labelledby="adds-up">
            <div class="card-title">
                <h2 id="adds-up">{format!("How the {total} adds up")}</h2>
            </div>
            <table class="table parts" aria-labelledby="adds-up">
                <thead>
                    <tr>
                        <th scope="col">"Part"</th>
                        <th scope="col" class="amount">
                            "Time"
                        </th>
                        <th scope="col" class="amount rate">
                            "Rate"
                        </th>
                        <th scope="col" class="amount">
                            "Charge"
                        </th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
                <tfoot>
                    <tr>
                        <th scope="row" colspan="2">
                            "Total"
                        </th>
                        <td class="rate"></td>
                        <td class="amount charge">{total.clone()}</td>
                    </tr>
                </tfoot>
            </table>
        </section>
    })
}

/// What is known of the call.
#[component]
pub(super) fn Facts(call: Call, calendar: Calendar) -> impl IntoView {
    let facts = facts(&call, &calendar).into_iter().map(|(name, value)| {
        let value = match name {
            "Reference" => Either::Left(view! { <code>{value}</code> }),
            _ => Either::Right(value),
        };
        view! {
            <dt>{name}</dt>
            <dd>{value}</dd>
        }
    });
    view! {
        <section class="card facts" aria-labelledby="call">
            <div class="card-title">
                <h2 id="call">"Call"</h2>
            </div>
            <dl>{facts.collect_view()}</dl>
        </section>
    }
}

fn facts(call: &Call, calendar: &Calendar) -> Vec<(&'static str, String)> {
    let placed_on = calendar.date(call.created_at);
    let time = |at| match calendar.date(at) == placed_on {
        true => calendar.time_to_second(at),
        false => format!("{}, {}", calendar.day(at), calendar.time_to_second(at)),
    };
    let mut facts = vec![("Hold placed", time(call.created_at))];
    facts.extend(answered_at(call).map(|at| ("Answered", time(at))));
    if let Some(end) = &call.end {
        let ended = if call.status == CallStatus::Released { "Ended and released" } else { "Ended and settled" };
        facts.push((ended, time(end.ended_at)));
        facts.push(("Outcome", if end.lapsed { "Not reported" } else { outcome_words(end.outcome) }.to_owned()));
    }
    facts.extend(call.placement.agent.clone().map(|agent| ("Agent", agent)));
    facts.extend(call.placement.recording.then(|| ("Recording", "On".to_owned())));
    facts.push(("Reference", call.placement.id.clone()));
    facts.extend(call.end.as_ref().and_then(|end| end.seq).map(|seq| ("Posting", grouped(seq))));
    facts
}
