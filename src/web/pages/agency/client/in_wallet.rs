//! The packages in the client's wallet with something left, and the way to refund what was bought.

use std::collections::HashSet;

use leptos::prelude::*;

use super::Scene;
use crate::app::overview::Package;
use crate::web::components::{Broken, SectionError};
use crate::web::pages::packages::{name, source_words};

/// Nothing where nothing is left: the figures above say so.
#[component]
pub(super) fn InWallet(scene: Scene, packages: Result<Vec<Package>, SectionError>) -> impl IntoView {
    let list = match packages {
        Err(SectionError) => view! { <Broken what="The packages" retry=scene.here() /> }.into_any(),
        Ok(packages) => {
            let left: Vec<Package> = packages.into_iter().filter(|package| package.remaining > 0).collect();
            if left.is_empty() {
                return None;
            }
            table(&scene, left).into_any()
        }
    };
    Some(view! {
        <section class="card" aria-labelledby="in-wallet">
            <div class="card-title">
                <h2 id="in-wallet">"Packages in the wallet"</h2>
                <h3>"Oldest first, as calls use them"</h3>
            </div>
            {list}
        </section>
    })
}

fn table(scene: &Scene, packages: Vec<Package>) -> impl IntoView + use<> {
    // Packages of one purchase are refunded together.
    let mut offered = HashSet::new();
    let rows = packages.into_iter().map(|package| {
        let purchase = package.refundable().filter(|purchase| offered.insert(purchase.clone()));
        row(scene, &package, purchase)
    });
    view! {
        <table class="table deeds assigned" aria-labelledby="in-wallet">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Package"</th>
                    <th role="columnheader" scope="col">"Added"</th>
                    <th role="columnheader" scope="col" class="amount">"Left"</th>
                    <th role="columnheader" scope="col" class="amount">"Price"</th>
                    <th role="columnheader" scope="col">
                        <span class="unseen">"Actions"</span>
                    </th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows.collect_view()}</tbody>
        </table>
    }
}

fn row(scene: &Scene, package: &Package, purchase: Option<String>) -> impl IntoView + use<> {
    let name = name(package);
    let from = source_words(package.source, &scene.client.overview.agency_name);
    let left = format!("{} of {}", package.meter.short(package.remaining), package.meter.short(package.granted));
    let refund = purchase.map(|purchase| {
        let label = format!("Refund unused, {name}");
        view! {
            <div>
                <a class="button small danger" href=scene.with("refund", &purchase) aria-label=label>
                    "Refund unused"
                </a>
            </div>
        }
    });
    view! {
        <tr role="row">
            <td role="cell" class="what">
                <strong>{name.clone()}</strong>
                <small>{from}</small>
            </td>
            <td role="cell" class="issued">{scene.calendar.day(package.added_at)}</td>
            <td role="cell" class="amount units">{left}</td>
            <td role="cell" class="amount sum">{package.price.to_string()}</td>
            <td role="cell" class="act">{refund}</td>
        </tr>
    }
}
