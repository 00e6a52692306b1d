//! Balance: what is available, what pays for it, what running calls hold, and how many more fit.

use leptos::prelude::*;

use crate::app::overview::{Billable, Overview};
use crate::pricing::{Fit, Shortfall, Standing};
use crate::units::{Meter, MilliCents, grouped};
use crate::web::components::{Bar, Key, Pill, PillTone, Segment, Source, calls_state};
use crate::web::dates::Calendar;
use crate::web::shell::AddCreditsLink;

use super::May;

#[component]
pub(super) fn BalanceCard(overview: Overview, may: May) -> impl IntoView {
    let standing = overview.standing;
    let calls_on = || (PillTone::Neutral, Fit::Many(i64::MAX).words());
    let (tone, words) = calls_state(&overview, Fit::more_words).unwrap_or_else(calls_on);
    view! {
        <section aria-labelledby="balance">
            <div class="title">
                <h2 id="balance">"Balance"</h2>
                <Pill tone=tone words=words />
            </div>
            <div class="figured">
                <Figures standing=standing />
                {may.add_credits.then(|| view! { <AddCreditsLink class="button small" /> })}
            </div>
            <Sources missing=short_of(&overview) standing=standing />
            <dl class="rows">
                {rows(&overview)
                    .into_iter()
                    .map(|(label, value)| {
                        view! {
                            <dt>{label}</dt>
                            <dd>{value}</dd>
                        }
                    })
                    .collect_view()}
            </dl>
        </section>
    }
}

/// What stands below the bar: each figure with its label.
fn rows(overview: &Overview) -> Vec<(String, String)> {
    let standing = &overview.standing;
    let calendar = Calendar::new(&overview.time_zone, overview.read_at);
    let mut rows = vec![("Posted".to_owned(), posted(standing))];
    if standing.postpaid {
        rows.push(("Billable usage".to_owned(), billable(overview)));
        rows.extend(overview.running().map(|it| ("Billed".to_owned(), calendar.day(it.resets_at))));
    } else {
        rows.push((held_by(overview.calls_in_progress), held(standing)));
        rows.push((hold_label(overview), hold(standing)));
    }
    if overview.debt.0 > 0 {
        rows.push(("Outstanding balance".to_owned(), money_up(overview.debt)));
    }
    rows
}

/// The large figures: minutes (calls), money, or both.
#[component]
fn Figures(standing: Standing) -> impl IntoView {
    let meter = standing.meter;
    let units = (!standing.runs_on_money()).then(|| meter.pieces_down(standing.available_units()));
    let money = (units.is_none() || standing.posted.0 > 0).then(|| standing.available_mc().to_string());
    let second = units.is_some();
    view! {
        <p class="figures">
            {units
                .map(|count| {
                    view! {
                        <strong class="huge">{grouped(count)}</strong>
                        " "
                        <span class="unit">{meter.unit(count)}</span>
                        " "
                    }
                })}
            {money
                .map(|money| {
                    view! {
                        <strong class=if second { "large-figure" } else { "huge" }>{money}</strong>
                        " "
                    }
                })} <span class="unit">"available"</span>
        </p>
    }
}

/// The source bar with its keys; what the next call lacks is hatched and said.
#[component]
fn Sources(standing: Standing, missing: Option<String>) -> impl IntoView {
    let meter = standing.meter;
    let credits = standing.prepaid() - standing.allowance - standing.lots;
    let missing_units = if missing.is_some() { (standing.hold - standing.capacity()).max(0) } else { 0 };
    let segments = vec![
        Segment::of(Source::Plan, standing.allowance),
        Segment::of(Source::Packs, standing.lots),
        Segment::of(Source::Credits, credits),
        Segment::missing(missing_units),
    ];
    let whole = standing.prepaid() + missing_units;
    let credits_words = if standing.runs_on_money() { standing.posted.to_string() } else { meter.short(credits) };
    let keys = [
        (Source::Plan, standing.allowance, format!("Plan {}", grouped(meter.pieces_down(standing.allowance)))),
        (Source::Packs, standing.lots, format!("Extra {}", grouped(meter.pieces_down(standing.lots)))),
        (Source::Credits, credits, format!("Credits {credits_words}")),
    ];
    view! {
        <Bar segments=segments whole=whole />
        <ul class="keys">
            {keys
                .into_iter()
                .filter(|(_, share, _)| *share > 0)
                .map(|(source, _, words)| view! { <Key source=source words=words /> })
                .collect_view()}
            {missing.map(|missing| view! { <li class="missing">{missing}</li> })}
        </ul>
    }
}

/// `$1.12 short of one call`, `48 min short of one call`. Less than Stripe's floor may be missing. `None` where more
/// would not help: on a plan that is over, only credits go on.
fn short_of(overview: &Overview) -> Option<String> {
    let standing = &overview.standing;
    if overview.running().is_none() && !standing.runs_on_money() {
        return None;
    }
    let amount = match standing.shortfall()? {
        Shortfall::Money(_) => money_up(MilliCents(standing.hold_mc().0 - standing.available_mc().0)),
        Shortfall::Units(units) => standing.meter.exact(units),
    };
    Some(format!("{amount} short of one call"))
}

fn posted(standing: &Standing) -> String {
    let units = meter_words(standing);
    match (units, standing.posted.0 > 0 || standing.sigma.0 > 0) {
        (Some(units), true) => format!("{units}, {}", standing.posted),
        (Some(units), false) => units,
        (None, _) => standing.posted.to_string(),
    }
}

/// Usage that has accrued past everything prepaid: `12 min, $1.84`; without the time where the plan counts calls.
fn billable(overview: &Overview) -> String {
    let Billable { amount, units } = overview.billable;
    format!("{}, {amount}", overview.standing.meter.short_up(units))
}

fn meter_words(standing: &Standing) -> Option<String> {
    (!standing.runs_on_money()).then(|| standing.meter.short(standing.allowance + standing.lots))
}

fn held_by(calls: i64) -> String {
    match calls {
        0 => "Held by calls in progress".to_owned(),
        1 => "Held by 1 call in progress".to_owned(),
        more => format!("Held by {} calls in progress", grouped(more)),
    }
}

fn held(standing: &Standing) -> String {
    if standing.runs_on_money() { money_up(standing.held_mc()) } else { standing.meter.exact(standing.held) }
}

/// A hold in money says how long a call it covers.
fn hold_label(overview: &Overview) -> String {
    let standing = &overview.standing;
    let length = standing.meter.exact(standing.hold);
    match standing.meter {
        Meter::Minutes if standing.runs_on_money() && overview.holds_longest_call => {
            format!("Hold per call, up to {length}")
        }
        Meter::Minutes if standing.runs_on_money() => format!("Hold per call, {length} at first"),
        Meter::Minutes | Meter::Calls => "Hold per call".to_owned(),
    }
}

/// What is kept or missing, rounded up to the cent.
pub(super) fn money_up(money: MilliCents) -> String {
    MilliCents::from_cents(money.cents_up()).to_string()
}

fn hold(standing: &Standing) -> String {
    match standing.hold {
        0 => "–".to_owned(),
        _ if standing.runs_on_money() => money_up(standing.hold_mc()),
        hold => standing.meter.exact(hold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::fixtures::{harbor, northwind, pipeline};

    fn shown(overview: &Overview) -> Vec<String> {
        rows(overview).into_iter().map(|(label, value)| format!("{label}: {value}")).collect()
    }

    #[test]
    fn a_balance_in_minutes_reads_in_minutes() {
        let mut overview = harbor(4_920, 141);
        (overview.standing.held, overview.calls_in_progress) = (300, 1);
        assert_eq!(shown(&overview), ["Posted: 159 min", "Held by 1 call in progress: 5 min", "Hold per call: 1 min"]);
        overview.standing.posted = MilliCents(380_000);
        assert_eq!(shown(&overview)[0], "Posted: 159 min, $3.80");
    }

    #[test]
    fn a_balance_in_money_reads_in_money_and_says_what_is_missing() {
        let mut overview = northwind(MilliCents(188_000));
        let rows = ["Posted: $1.88", "Held by calls in progress: $0.00", "Hold per call, up to 60 min: $3.00"];
        assert_eq!(shown(&overview), rows);
        assert_eq!(short_of(&overview).as_deref(), Some("$1.12 short of one call"));
        overview.standing.posted = MilliCents(299_000);
        assert_eq!(short_of(&overview).as_deref(), Some("$0.01 short of one call"));
        (overview.holds_longest_call, overview.standing.hold) = (false, 60);
        assert_eq!(shown(&overview)[2], "Hold per call, 1 min at first: $0.05");
    }

    #[test]
    fn a_balance_in_calls_reads_in_calls() {
        let rows = ["Posted: 63 calls", "Held by calls in progress: 0 calls", "Hold per call: 1 call"];
        assert_eq!(shown(&pipeline(137, 0)), rows);
    }

    #[test]
    fn what_is_billed_afterwards_needs_no_hold_and_what_is_owed_is_said() {
        let mut overview = northwind(MilliCents(188_000));
        overview.standing.postpaid = true;
        overview.debt = MilliCents(120_500);
        let rows = ["Posted: $1.88", "Billable usage: 0 min, $0.00", "Billed: Dec 6", "Outstanding balance: $1.21"];
        assert_eq!(shown(&overview), rows);
        overview.billable = Billable { amount: MilliCents(184_900), units: 661 };
        assert_eq!(shown(&overview)[1], "Billable usage: 12 min, $1.84");
        overview.standing.meter = Meter::Calls;
        overview.billable.units = 12;
        assert_eq!(shown(&overview)[1], "Billable usage: 12 calls, $1.84");
    }

    #[test]
    fn calls_in_progress_agree_in_number() {
        assert_eq!(held_by(0), "Held by calls in progress");
        assert_eq!(held_by(1), "Held by 1 call in progress");
        assert_eq!(held_by(1_200), "Held by 1,200 calls in progress");
    }
}
