//! The Buy Minutes dialog's fixed part: head, hidden fields and the packs; the island around it does the counting.

use leptos::prelude::*;

use crate::islands::BuyMinutes;
use crate::pricing::{PackOffer, Standing, Tag, Upgrade, per_piece_label, tags};
use crate::units::{Meter, MilliCents};

use super::Buying;
use super::dialog::DialogHead;

#[component]
pub(super) fn BuyDialog(
    packs: Vec<PackOffer>,
    standing: Standing,
    /// What is owed, which the next purchase pays.
    debt: MilliCents,
    buying: Buying,
    advice: Option<Upgrade>,
    csrf: String,
) -> impl IntoView {
    let meter = standing.meter;
    let (chosen, gone) = preselect(&packs, buying.pack.as_deref());
    let quantity = buying.quantity.clone().unwrap_or_else(|| "1".to_owned());
    let title = match meter {
        Meter::Minutes => "Buy Minutes",
        Meter::Calls => "Buy Calls",
    };
    let noun = meter.noun();
    let balance = MilliCents::from_cents(debt.cents_up());
    let line = format!("Extra {noun} never expire. Calls use them after your plan {noun}.");
    view! {
        <BuyMinutes
            packs=packs.clone()
            remaining=standing.lots
            balance=balance
            pack=chosen.clone()
            quantity=quantity
            advice=advice
            save_card=buying.save_card
        >
            <DialogHead
                title=title
                line=line
                refused=buying.refused
                csrf=csrf
                purchase_key=buying.purchase_key
            />
            <fieldset>
                <legend>"Package"</legend>
                <PackCards packs=packs chosen=chosen />
            </fieldset>
            {gone
                .then(|| {
                    view! {
                        <p class="wrong" role="alert">
                            "The package you chose is no longer offered. Choose another."
                        </p>
                    }
                })}
        </BuyMinutes>
    }
}

/// The pack that is checked at first, and whether the one asked for is gone.
fn preselect(packs: &[PackOffer], asked: Option<&str>) -> (String, bool) {
    let found = asked.and_then(|asked| packs.iter().find(|pack| pack.id == asked));
    let popular = || packs.iter().find(|pack| pack.popular).or(packs.first());
    let id = found.or_else(popular).map(|pack| pack.id.clone()).unwrap_or_default();
    (id, asked.is_some() && found.is_none())
}

#[component]
fn PackCards(packs: Vec<PackOffer>, chosen: String) -> impl IntoView {
    let tags = tags(&packs);
    packs
        .into_iter()
        .zip(tags)
        .map(|(pack, tag)| {
            let count = match pack.meter {
                Meter::Minutes => pack.meter.pieces(pack.pieces()),
                Meter::Calls => format!("({})", pack.meter.pieces(pack.pieces())),
            };
            view! {
                <label class="choice">
                    <input type="radio" name="pack" value=pack.id.clone() checked=pack.id == chosen required=true />
                    <span class="what">
                        <strong>{pack.name.clone()}</strong>
                        " "
                        {tag.map(|tag| view! { <span class=tag_class(tag)>{tag_words(tag)}</span> })}
                        <span class="count">{count}</span>
                    </span>
                    " "
                    <span class="cost">
                        <strong>{pack.price.to_string()}</strong>
                        " "
                        <span>{per_piece_label(&pack)}</span>
                    </span>
                </label>
            }
        })
        .collect_view()
}

const fn tag_words(tag: Tag) -> &'static str {
    match tag {
        Tag::Popular => "Popular",
        Tag::BestValue => "Best value",
        Tag::LeastCommitment => "Least commitment",
    }
}

const fn tag_class(tag: Tag) -> &'static str {
    match tag {
        Tag::Popular => "tag popular",
        Tag::BestValue | Tag::LeastCommitment => "tag",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(id: &str, popular: bool) -> PackOffer {
        PackOffer {
            id: id.into(),
            name: id.into(),
            description: String::new(),
            meter: Meter::Minutes,
            units: 6_000,
            price: MilliCents(1_000_000),
            popular,
        }
    }

    #[test]
    fn the_asked_pack_is_checked_else_the_popular_one() {
        let packs = [pack("pack_a", false), pack("pack_b", true)];
        assert_eq!(preselect(&packs, Some("pack_a")), ("pack_a".into(), false));
        assert_eq!(preselect(&packs, None), ("pack_b".into(), false));
        assert_eq!(preselect(&packs, Some("pack_gone")), ("pack_b".into(), true));
        assert_eq!(preselect(&packs[..1], None), ("pack_a".into(), false));
    }
}
