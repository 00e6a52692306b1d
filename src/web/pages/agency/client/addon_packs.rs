//! Addon Packs: which packs the client sees, packs that the agency applies (SPEC §3, word for word), and what is left
//! of those that the client has.

use leptos::either::Either;
use leptos::prelude::*;

use super::figures::Figures;
use super::in_wallet::InWallet;
use super::requests::RequestsCard;
use super::{ClientTab, Scene, Turned};
use crate::app::overview::Package;
use crate::payments::request::PaymentRequest;
use crate::pricing::{PackOffer, Tag, per_piece_label, tags};
use crate::units::Meter;
use crate::web::components::{Alert, Icon, Pill, PillTone, SectionError, Tone};
use crate::web::pages::agency::form::FormKeys;
use crate::web::pages::agency::outcome::ADDONS_OFF;

#[component]
pub(super) fn AddonPacks(
    scene: Scene,
    editing: bool,
    packages: Result<Vec<Package>, SectionError>,
    requests: Result<Turned<PaymentRequest>, SectionError>,
) -> impl IntoView {
    let (takes_packs, has_any) = (scene.client.takes_packs(), !scene.client.assigned.is_empty());
    let choosing = takes_packs && (editing || !has_any);
    let packs = match (choosing, has_any) {
        (true, _) => Some(view! { <Choose scene=scene.clone() open=editing /> }.into_any()),
        (false, true) => Some(view! { <Assigned scene=scene.clone() /> }.into_any()),
        (false, false) => None,
    };
    view! {
        <Figures scene=scene.clone() />
        <section class="alert" aria-label="Addon Pack Requirements">
            {Icon::Info.svg()}
            <div class="words">
                <strong>"Addon Pack Requirements"</strong>
                <p>
                    "Your client can purchase addon packs when their subscription product has addon packs enabled. The client will only see addon packs that you assign here."
                </p>
            </div>
        </section>
        {(!takes_packs).then(|| view! { <WhyNot scene=scene.clone() /> })}
        {packs}
        <InWallet scene=scene.clone() packages=packages />
        <RequestsCard scene=scene requests=requests recent=true />
    }
}

/// Why nothing can be assigned or applied now, and where that is changed.
#[component]
fn WhyNot(scene: Scene) -> impl IntoView {
    let (title, sentence) = match scene.client.overview.running() {
        Some(_) => ("Add-on packs · Off", format!("{} {}", ADDONS_OFF.0, ADDONS_OFF.1)),
        None => {
            let words = "Packs are assigned and applied while a subscription is active. Start one first.";
            ("No active subscription", words.to_owned())
        }
    };
    let to = ClientTab::Subscription.address(&scene.client.client.public_id);
    view! { <Alert tone=Tone::Amber title=title sentence=sentence action=Some(("Open subscription".to_owned(), to)) /> }
}

/// The plan's setting; with what is Off the whole tab is amber already.
#[component]
fn Setting(on: bool) -> impl IntoView {
    on.then(|| view! { <Pill tone=PillTone::On words="Add-on packs · On" /> })
}

/// The choice of packs: check boxes behind a summary, so that it needs no script.
#[component]
fn Choose(scene: Scene, open: bool) -> impl IntoView {
    let client = &scene.client;
    let before: Vec<String> = client.assigned.iter().map(|pack| pack.offer.id.clone()).collect();
    let mut packs: Vec<PackOffer> =
        client.assigned.iter().chain(&client.assignable).map(|it| it.offer.clone()).collect();
    packs.sort_by_key(|pack| pack.units);
    let none = packs.is_empty();
    let wrong = scene.form.wrong(&["packs"]);
    let chosen = if wrong.is_some() { scene.form.all("pack") } else { before.clone() };
    let line = if before.is_empty() {
        "The client sees no packs yet. Choose the ones they may buy."
    } else {
        "The client sees what is chosen here. Minutes and calls that they have already stay."
    };
    let keep = (!before.is_empty()).then(|| view! { <a class="button" href=scene.here()>"Keep as it is"</a> });
    let form = view! {
        <form class="choose-packs" method="post" action=scene.action("packs")>
            <FormKeys csrf=scene.csrf.clone() key=scene.form.key("assign") />
            {before.into_iter().map(|id| view! { <input type="hidden" name="before" value=id /> }).collect_view()}
            <p>{line}</p>
            <details open=open>
                <summary>"Select addon packs…" {Icon::Choose.svg()}</summary>
                <fieldset aria-describedby=wrong.is_some().then_some("packs-wrong")>
                    <legend class="unseen">"Addon packs"</legend>
                    {packs.into_iter().map(|pack| option(&pack, &chosen)).collect_view()}
                </fieldset>
            </details>
            <div class="confirm">
                <button class="button primary" type="submit">
                    "Assign Addon Packs"
                </button>
                {keep}
            </div>
            {wrong.map(|wrong| view! { <p class="wrong" id="packs-wrong" role="alert">{wrong}</p> })}
        </form>
    };
    let noun = client.overview.standing.meter.noun();
    view! {
        <section class="card" aria-labelledby="assign">
            <div class="card-title">
                <h2 id="assign">"Assign Addon Packs"</h2>
                <Setting on=true />
            </div>
            {if none { Either::Left(view! { <NoPacks noun=noun /> }) } else { Either::Right(form) }}
        </section>
    }
}

#[component]
fn NoPacks(noun: &'static str) -> impl IntoView {
    view! {
        <div class="empty">
            <strong>"No packs to assign"</strong>
            <p>{format!("Packs of {noun} that you offer appear here.")}</p>
            <a class="button" href="/agency/packs">
                "Open packs"
            </a>
        </div>
    }
}

/// `Medium - $10.00 (100 minutes)`
fn option(pack: &PackOffer, chosen: &[String]) -> impl IntoView + use<> {
    let words = format!("{} - {} ({})", pack.name, pack.price, pack.meter.pieces(pack.pieces()));
    view! {
        <label class="check">
            <input type="checkbox" name="pack" value=pack.id.clone() checked=chosen.contains(&pack.id) />
            <span>{words}</span>
        </label>
    }
}

#[component]
fn Assigned(scene: Scene) -> impl IntoView {
    let packs: Vec<PackOffer> = scene.client.assigned.iter().map(|pack| pack.offer.clone()).collect();
    let takes_packs = scene.client.takes_packs();
    let meter = scene.client.overview.standing.meter;
    let units = if meter == Meter::Minutes { "Minutes" } else { "Calls" };
    let edit = takes_packs.then(|| {
        let address = format!("{}&edit", scene.here());
        view! { <a class="button small" href=address>"Edit"</a> }
    });
    let rows = tags(&packs).into_iter().zip(packs).map(|(tag, pack)| row(&scene, &pack, tag, takes_packs));
    view! {
        <section class="card" aria-labelledby="assigned">
            <div class="card-title assigned-title">
                <h2 id="assigned">"Currently assigned to client"</h2>
                <Setting on=takes_packs />
                {edit}
            </div>
            <table class="table deeds assigned" aria-labelledby="assigned">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Pack"</th>
                        <th role="columnheader" scope="col" class="amount">{units}</th>
                        <th role="columnheader" scope="col" class="amount">"Unit price"</th>
                        <th role="columnheader" scope="col" class="amount">"Price"</th>
                        <th role="columnheader" scope="col">
                            <span class="unseen">"Actions"</span>
                        </th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows.collect_view()}</tbody>
            </table>
        </section>
    }
}

fn row(scene: &Scene, pack: &PackOffer, tag: Option<Tag>, takes_packs: bool) -> impl IntoView + use<> {
    let name = pack.name.clone();
    let popular = (tag == Some(Tag::Popular)).then(|| view! { <span class="tag popular">"Popular"</span> });
    let apply = takes_packs.then(|| {
        let label = format!("Apply Addon Pack, {name}");
        view! {
            <a class="button small" href=scene.with("apply", &pack.id) aria-label=label>
                "Apply Addon Pack"
            </a>
        }
    });
    view! {
        <tr role="row">
            <td role="cell" class="what">
                <strong>{name.clone()}</strong>
                " "
                {popular}
                <small>{pack.description.clone()}</small>
            </td>
            <td role="cell" class="amount units">{pack.meter.short(pack.units)}</td>
            <td role="cell" class="amount each">{per_piece_label(pack)}</td>
            <td role="cell" class="amount sum">{pack.price.to_string()}</td>
            <td role="cell" class="act">
                <div>
                    <a
                        class="button small danger"
                        href=scene.with("remove", &pack.id)
                        aria-label=format!("Remove Assignment, {name}")
                    >
                        "Remove Assignment"
                    </a>
                    {apply}
                </div>
            </td>
        </tr>
    }
}
