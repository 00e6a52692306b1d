//! The four figures of the client's wallet that matter when packs are sold.

use leptos::prelude::*;

use super::Scene;
use crate::app::agency::client::ClientDetail;
use crate::units::grouped;
use crate::web::pages::billing::left_and_used;

/// A figure, and the smaller words behind it.
type Figure = (String, String);

/// `Add-on minutes (wallet)`, plan minutes used, `Excess minutes (billable)`, open payment requests.
#[component]
pub(super) fn Figures(scene: Scene) -> impl IntoView {
    let client = &scene.client;
    let noun = client.overview.standing.meter.noun();
    let figures = [
        (format!("Add-on {noun} (wallet)"), wallet(client)),
        (format!("Plan {noun} used"), used(client)),
        (format!("Excess {noun} (billable)"), excess(client)),
        ("Open payment requests".to_owned(), (client.owed.to_string(), String::new())),
    ];
    view! {
        <dl class="panel totals">
            {figures
                .map(|(label, (figure, unit))| {
                    view! {
                        <div>
                            <dt>{label}</dt>
                            <dd>{figure}" "<span>{unit}</span></dd>
                        </div>
                    }
                })
                .collect_view()}
        </dl>
    }
}

fn wallet(client: &ClientDetail) -> Figure {
    let meter = client.overview.standing.meter;
    let left = meter.pieces_down(client.addon_units);
    (grouped(left), meter.unit(left).to_owned())
}

/// `83 of 100`; what has ended includes nothing.
fn used(client: &ClientDetail) -> Figure {
    match client.overview.running() {
        Some(subscription) => {
            let (_, used) = left_and_used(subscription);
            (grouped(used), format!("of {}", grouped(subscription.meter.pieces_down(subscription.included))))
        }
        None => ("–".to_owned(), String::new()),
    }
}

/// Usage past every prepaid source, with what it comes to: `40` `min, $2.00`; `0` `calls`.
fn excess(client: &ClientDetail) -> Figure {
    let (meter, billable) = (client.overview.standing.meter, client.overview.billable);
    let pieces = -meter.pieces_down(-billable.units);
    let sum = if billable.amount.0 > 0 { format!(", {}", billable.amount) } else { String::new() };
    (grouped(pieces), format!("{}{sum}", meter.unit(pieces)))
}
