//! The figures of the chart as a table: to the second and, for charges, to the cent.

use leptos::prelude::*;

use crate::app::usage::UsageDay;
use crate::units::{Meter, Seconds, grouped};
use crate::web::components::Source;

use super::{connected, shares, sources_used};

/// One row a day and a row of sums; a column for each source that paid for anything. An island reads the rows, too: they
/// are what the chart says of a day.
#[component]
pub(super) fn DayTable(days: Vec<UsageDay>, meter: Meter) -> impl IntoView {
    let sources: Vec<Source> = sources_used(&days).into_iter().map(|(source, _)| source).collect();
    let heads = sources.iter().map(|source| {
        view! {
            <th scope="col" class=format!("key {}", source.class())>
                {source.words(meter)}
            </th>
        }
    });
    let rows = days.iter().map(|day| row(day.date.strftime("%a, %b %-d").to_string(), day, &sources).into_any());
    let sum = row("All days".to_owned(), &sum(&days), &sources).into_any();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label="Usage by day">
            <table class="days">
                <thead>
                    <tr>
                        <th scope="col">"Day"</th>
                        {heads.collect_view()}
                        <th scope="col">"Total"</th>
                        <th scope="col">"Calls"</th>
                        <th scope="col">"Charge"</th>
                    </tr>
                </thead>
                <tbody>{rows.collect_view()}</tbody>
                <tfoot>{sum}</tfoot>
            </table>
        </div>
    }
}

fn row(name: String, day: &UsageDay, sources: &[Source]) -> impl IntoView + use<> {
    let shares = shares(day).into_iter().filter(|(source, _)| sources.contains(source));
    let cells = shares.map(|(_, secs)| view! { <td>{if secs > 0 { length(secs) } else { "–".to_owned() }}</td> });
    view! {
        <tr>
            <th scope="row">{name}</th>
            {cells.collect_view()}
            <td class="strong">{length(connected(day))}</td>
            <td>{grouped(day.calls)}</td>
            <td>{if day.charged.0 > 0 { day.charged.to_string() } else { "–".to_owned() }}</td>
        </tr>
    }
}

fn sum(days: &[UsageDay]) -> UsageDay {
    let mut sum = UsageDay::default();
    for day in days {
        sum.calls += day.calls;
        sum.allowance_secs += day.allowance_secs;
        sum.packs_secs += day.packs_secs;
        sum.credits_secs += day.credits_secs;
        sum.excess_secs += day.excess_secs;
        sum.charged.0 += day.charged.0;
    }
    sum
}

/// Minutes and seconds, `0 min` where there are none.
fn length(secs: i64) -> String {
    match secs {
        0 => "0 min".to_owned(),
        secs if secs % 60 == 0 => format!("{} min", grouped(secs / 60)),
        secs => Seconds(secs).in_minutes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_keep_their_seconds() {
        assert_eq!([0, 45, 276, 540, 4_980].map(length), ["0 min", "0 min 45 s", "4 min 36 s", "9 min", "83 min"]);
    }
}
