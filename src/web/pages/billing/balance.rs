//! Balance: what is available, what pays for it, what running calls hold, and how many more fit.

use leptos::prelude::*;

use crate::app::overview::Overview;
use crate::pricing::{Shortfall, Standing};
use crate::units::{Meter, MilliCents, grouped};
use crate::web::components::{Bar, Key, Pill, Segment, Source};

#[component]
pub(super) fn BalanceCard(overview: Overview) -> impl IntoView {
    let standing = overview.standing;
    let fit = standing.fit();
    view! {
        <section aria-labelledby="balance">
            <div class="title">
                <h2 id="balance">"Balance"</h2>
                <Pill tone=fit.into() words=fit.more_words() />
            </div>
            <Figures standing=standing />
            <Sources standing=standing />
            <dl class="rows">
                <dt>"Posted"</dt>
                <dd>{posted(&standing)}</dd>
                <dt>{held_by(overview.calls_in_progress)}</dt>
                <dd>{held(&standing)}</dd>
                <dt>{hold_label(&standing)}</dt>
                <dd>{hold(&standing)}</dd>
            </dl>
        </section>
    }
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
fn Sources(standing: Standing) -> impl IntoView {
    let meter = standing.meter;
    let credits = standing.prepaid() - standing.allowance - standing.lots;
    let missing = standing.shortfall();
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
            {missing.map(|missing| view! { <li class="missing">{short_of(missing, meter)}</li> })}
        </ul>
    }
}

/// `$1.12 short of one call`, `48 min short of one call`.
fn short_of(missing: Shortfall, meter: Meter) -> String {
    let amount = match missing {
        Shortfall::Money(money) => MilliCents::from_cents(money.cents_up()).to_string(),
        Shortfall::Units(units) => meter.exact(units),
    };
    format!("{amount} short of one call")
}

fn posted(standing: &Standing) -> String {
    let units = meter_words(standing);
    match (units, standing.posted.0 > 0 || standing.sigma.0 > 0) {
        (Some(units), true) => format!("{units}, {}", standing.posted),
        (Some(units), false) => units,
        (None, _) => standing.posted.to_string(),
    }
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
    if standing.runs_on_money() {
        MilliCents::from_cents(standing.held_mc().cents_up()).to_string()
    } else {
        standing.meter.exact(standing.held)
    }
}

fn hold_label(standing: &Standing) -> String {
    if standing.runs_on_money() && standing.meter == Meter::Minutes {
        format!("Hold per call, up to {}", standing.meter.exact(standing.hold))
    } else {
        "Hold per call".to_owned()
    }
}

fn hold(standing: &Standing) -> String {
    match standing.hold {
        0 => "–".to_owned(),
        _ if standing.runs_on_money() => MilliCents::from_cents(standing.hold_mc().cents_up()).to_string(),
        hold => standing.meter.exact(hold),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_balance_in_minutes_reads_in_minutes() {
        let standing = Standing { allowance: 1_080, lots: 8_460, held: 300, hold: 60, ..Standing::default() };
        assert_eq!(posted(&standing), "159 min");
        assert_eq!(held(&standing), "5 min");
        assert_eq!((hold_label(&standing), hold(&standing)), ("Hold per call".into(), "1 min".into()));
    }

    #[test]
    fn a_balance_in_money_reads_in_money_and_says_what_is_missing() {
        let rate = MilliCents(5_000);
        let standing =
            Standing { posted: MilliCents(188_000), sigma: rate, sigma_max: rate, hold: 3_600, ..Standing::default() };
        assert_eq!(posted(&standing), "$1.88");
        assert_eq!(held(&standing), "$0.00");
        assert_eq!((hold_label(&standing), hold(&standing)), ("Hold per call, up to 60 min".into(), "$3.00".into()));
        let missing = standing.shortfall().map(|missing| short_of(missing, standing.meter));
        assert_eq!(missing.as_deref(), Some("$1.12 short of one call"));
    }

    #[test]
    fn calls_in_progress_agree_in_number() {
        assert_eq!(held_by(0), "Held by calls in progress");
        assert_eq!(held_by(1), "Held by 1 call in progress");
        assert_eq!(held_by(1_200), "Held by 1,200 calls in progress");
    }
}
