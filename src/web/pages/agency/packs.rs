//! `/agency/packs`: what can be bought on top of a plan, the smallest first.

use leptos::prelude::*;

use super::plans::Archived;
use super::{DeskNotice, Toast};
use crate::catalog::Pack;
use crate::pricing::per_piece_label;
use crate::units::grouped;
use crate::web::components::{Broken, SectionError};
use crate::web::shell::{Corner, Desk, DeskHead, DeskShell};

/// The page; `notice` says what was done a moment ago.
pub fn packs_page(desk: Desk, packs: Result<Vec<Pack>, SectionError>, notice: Option<DeskNotice>) -> impl IntoView {
    let line = match &packs {
        Ok(packs) => format!("{} on offer", packs.iter().filter(|pack| !pack.archived).count()),
        Err(SectionError) => "What your clients buy on top of a plan".to_owned(),
    };
    let list = match packs {
        Ok(packs) if packs.is_empty() => view! { <NoPacks /> }.into_any(),
        Ok(packs) => view! { <Table packs=packs /> }.into_any(),
        Err(SectionError) => view! { <Broken what="The packs" retry="/agency/packs" /> }.into_any(),
    };
    view! {
        <DeskShell desk=desk corner=Corner::Packs title="Packs" dialog=None>
            <DeskHead title="Packs" line=line>
                <a class="button primary" href="/agency/packs/new">
                    "Add pack"
                </a>
            </DeskHead>
            <section class="card" aria-label="Packs">
                {list}
            </section>
            {notice.map(|notice| view! { <Toast notice=notice /> })}
        </DeskShell>
    }
}

#[component]
fn NoPacks() -> impl IntoView {
    view! {
        <div class="empty">
            <strong>"No packs yet"</strong>
            <p>"A pack adds minutes or calls on top of a plan. You assign it to the clients who may buy it."</p>
            <a class="button" href="/agency/packs/new">
                "Add pack"
            </a>
        </div>
    }
}

#[component]
fn Table(packs: Vec<Pack>) -> impl IntoView {
    let (archived, offered): (Vec<Pack>, Vec<Pack>) = packs.into_iter().partition(|pack| pack.archived);
    view! {
        <table class="table catalogue" aria-label="Packs">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col">"Pack"</th>
                    <th role="columnheader" scope="col" class="amount">"Price"</th>
                    <th role="columnheader" scope="col" class="amount">"Units"</th>
                    <th role="columnheader" scope="col" class="amount">"Each"</th>
                    <th role="columnheader" scope="col" class="amount">"Assigned to"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{offered.into_iter().map(row).collect_view()}</tbody>
            {(!archived.is_empty())
                .then(|| view! { <Archived rows=archived.into_iter().map(row).collect_view().into_any() /> })}
        </table>
    }
}

fn row(pack: Pack) -> impl IntoView {
    let Pack { offer, clients, .. } = pack;
    let units = offer.meter.pieces(offer.pieces());
    let clients = if clients == 1 { "1 client".to_owned() } else { format!("{} clients", grouped(clients)) };
    view! {
        <tr role="row">
            <td role="cell" class="what">
                <a href=format!("/agency/packs/{}", offer.id)>{offer.name.clone()}</a>
                " "
                {offer.popular.then(|| view! { <span class="tag popular">"Popular"</span> })}
                <small>{offer.description.clone()}</small>
            </td>
            <td role="cell" class="amount price">{offer.price.to_string()}</td>
            <td role="cell" class="amount">{units}</td>
            <td role="cell" class="amount each">{per_piece_label(&offer)}</td>
            <td role="cell" class="amount clients">{clients}</td>
        </tr>
    }
}
