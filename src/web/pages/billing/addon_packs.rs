//! Add-on packs: what the agency assigned to this client (SPEC §2.1, 6). Hidden where the plan has packs Off.

use leptos::either::Either;
use leptos::prelude::*;

use crate::app::overview::{Offers, Overview};
use crate::pricing::{PackOffer, PurchaseMode, per_piece_label};
use crate::web::components::SectionError;
use crate::web::document::fragment;

/// The section, as HTML; empty where packs are Off. `overview` is `None` where the wallet could not be read: packs on
/// offer are still shown then, and nothing is said about who sells them. `may_buy`: the person's role allows it.
///
/// # Errors
/// The packs could not be read.
pub fn addon_packs_section(
    overview: Option<Overview>,
    offers: Result<Offers, SectionError>,
    may_buy: bool,
) -> Result<String, SectionError> {
    let (agency, via_provider) = match &overview {
        Some(overview) => match overview.running().filter(|subscription| subscription.addons) {
            Some(running) => (overview.agency_name.clone(), running.purchase_mode == PurchaseMode::ViaProvider),
            None => return Ok(String::new()),
        },
        None => (String::new(), false),
    };
    let packs = offers?.packs;
    if overview.is_none() && packs.is_empty() {
        return Ok(String::new());
    }
    let buy = may_buy && overview.is_some_and(|overview| overview.self_service());
    Ok(fragment(|| view! { <AddonPacks packs=packs agency=agency via_provider=via_provider buy=buy /> }))
}

#[component]
fn AddonPacks(packs: Vec<PackOffer>, agency: String, via_provider: bool, buy: bool) -> impl IntoView {
    let list = if packs.is_empty() {
        Either::Left(view! { <NoPacks agency=agency /> })
    } else {
        let rows = packs.into_iter().map(|pack| view! { <PackRow pack=pack buy=buy /> }).collect_view();
        let contact = via_provider.then(|| {
            view! { <p class="contact">"Contact your provider to purchase any of these add-on packs."</p> }
        });
        Either::Right(view! {
            <ul>{rows}</ul>
            {contact}
        })
    };
    view! {
        <section class="card packs" aria-labelledby="addon-packs">
            <div class="card-title">
                <h2 id="addon-packs">"Add-on packs"</h2>
                <h3>"Available Add-On Packs"</h3>
            </div>
            {list}
        </section>
    }
}

#[component]
fn PackRow(pack: PackOffer, buy: bool) -> impl IntoView {
    let pieces = pack.pieces();
    let all = pack.meter.pieces(pieces);
    // On a phone the button says the figure only; the unit stays for screen readers.
    let (figure, noun) =
        all.split_once(' ').map(|(figure, noun)| (figure.to_owned(), noun.to_owned())).unwrap_or_default();
    let href = format!("/billing?buy=minutes&pack={}", pack.id);
    let described = (!pack.description.is_empty()).then(|| view! { <small>{pack.description.clone()}</small> });
    view! {
        <li>
            <div class="what">
                <strong>{pack.name.clone()}</strong>
                " "
                {(all != pack.name).then(|| view! { <span>{all}</span> })}
                {described}
            </div>
            <span class="each">{per_piece_label(&pack)}</span>
            <span class="price">{pack.price.to_string()}</span>
            {buy
                .then(|| {
                    view! {
                        <a class="button small" href=href>
                            <span>{format!("Buy {figure}")} <span class="wide">{format!(" {noun}")}</span></span>
                        </a>
                    }
                })}
        </li>
    }
}

#[component]
fn NoPacks(agency: String) -> impl IntoView {
    view! {
        <div class="empty">
            <strong>"No packs yet"</strong>
            <p>{format!("{agency} has not assigned any packs to you. Ask them to, and they appear here.")}</p>
        </div>
    }
}
