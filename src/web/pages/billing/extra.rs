//! Extra Minutes: what is left in all packages, and how to get more.

use leptos::either::Either;
use leptos::prelude::*;

use crate::app::overview::Overview;
use crate::units::{Meter, grouped};
use crate::web::pages::frozen::frozen_words;

use super::warning::buy_words;

#[component]
pub(super) fn ExtraCard(overview: Overview, can_buy: bool) -> impl IntoView {
    let standing = overview.standing;
    let meter = standing.meter;
    let left = meter.pieces_down(standing.lots);
    let title = match meter {
        Meter::Minutes => "Extra Minutes",
        Meter::Calls => "Extra Calls",
    };
    let packages = match overview.active_packages {
        1 => "1 active package".to_owned(),
        more => format!("{} active packages", grouped(more)),
    };
    view! {
        <section class="extra" aria-labelledby="extra">
            <div class="title">
                <h2 id="extra">{title}</h2>
                <span class="tag">"Never expires"</span>
            </div>
            <p class="figures small-figures">
                <strong class="large-figure">{grouped(left)}</strong>
                " "
                <span class="unit">{meter.unit(left)}</span>
            </p>
            <p>{format!("Add-on balance, {packages}")}</p>
            {match frozen_words(&overview) {
                Some(frozen) => Either::Left(view! { <p class="strong">{frozen}</p> }),
                None => Either::Right(view! { <p>{format!("Used after your plan {}", meter.noun())}</p> }),
            }}
            <div class="actions">
                {can_buy
                    .then(|| {
                        view! {
                            <a class="button primary" href="/billing?buy=minutes">
                                {buy_words(meter)}
                            </a>
                        }
                    })} <a class="button" href="/billing/packages">
                    "View packages"
                </a>
            </div>
        </section>
    }
}
