//! Add-on packs: what the agency assigned to this client (SPEC §2.1, 6). Hidden where the plan has packs Off.

use leptos::either::EitherOf3;
use leptos::prelude::*;

use crate::app::overview::{Offers, Overview};
use crate::pricing::{PackOffer, PurchaseMode, per_piece_label};
use crate::web::components::{Broken, SectionError};

#[component]
pub(super) fn AddonPacks(
    overview: Option<Overview>,
    offers: Result<Offers, SectionError>,
    self_service: bool,
) -> impl IntoView {
    let (agency, via_provider) = match overview {
        Some(overview) => {
            let subscription = overview.running().filter(|sub| sub.addons)?;
            (overview.agency_name.clone(), subscription.purchase_mode == PurchaseMode::ViaProvider)
        }
        // The wallet could not be read: packs on offer are still shown, and nothing is said about who sells them.
        None if offers.as_ref().is_ok_and(|offers| !offers.packs.is_empty()) => (String::new(), false),
        None => return None,
    };
    Some(view! {
        <section class="card packs" aria-labelledby="addon-packs">
            <div class="card-title">
                <h2 id="addon-packs">"Add-on packs"</h2>
                <h3>"Available Add-On Packs"</h3>
            </div>
            {match offers {
                Err(SectionError) => EitherOf3::A(view! { <Broken what="The add-on packs" retry="/billing" /> }),
                Ok(offers) if offers.packs.is_empty() => EitherOf3::B(view! { <NoPacks agency=agency /> }),
                Ok(offers) => {
                    EitherOf3::C(
                        view! {
                            <ul>
                                {offers
                                    .packs
                                    .into_iter()
                                    .map(|pack| view! { <PackRow pack=pack buy=self_service /> })
                                    .collect_view()}
                            </ul>
                            {via_provider
                                .then(|| {
                                    view! {
                                        <p class="contact">
                                            "Contact your provider to purchase any of these add-on packs."
                                        </p>
                                    }
                                })}
                        },
                    )
                }
            }}
        </section>
    })
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
