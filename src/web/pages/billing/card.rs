//! Saved card: what auto-recharge and programs may charge (SPEC §2.1, 10).

use leptos::either::Either;
use leptos::prelude::*;

use super::refused::{Refused, RefusedAlert};
use crate::payments::card::SavedCard;
use crate::web::components::Icon;
use crate::web::document::fragment;

/// The section as it was asked for.
#[derive(Clone, Debug)]
pub struct CardView {
    /// The current card.
    pub card: Option<SavedCard>,
    /// What a member who may change it needs for that.
    pub forms: Option<CardForms>,
    /// Asked whether it is to be removed.
    pub removing: bool,
    /// Why the attempt before saved nothing.
    pub refused: Option<Refused>,
}

/// Tokens of the section's forms.
#[derive(Clone, Debug)]
pub struct CardForms {
    /// Token of the session.
    pub csrf: String,
    /// One-use key.
    pub purchase_key: String,
}

/// The section, as HTML.
pub fn card_section(view: CardView) -> String {
    fragment(|| {
        let CardView { card, forms, removing, refused } = view;
        let removing = removing && forms.is_some();
        let body = match card {
            Some(card) if removing => Either::Left(Either::Left(view! { <Removing card=card forms=forms /> })),
            Some(card) => Either::Left(Either::Right(view! { <Current card=card forms=forms /> })),
            None => Either::Right(view! { <NoCard forms=forms /> }),
        };
        view! {
            <section class="card settled" aria-labelledby="saved-card">
                <h2 id="saved-card">"Saved card"</h2>
                {refused.map(|refused| view! { <RefusedAlert refused=refused /> })}
                {body}
            </section>
        }
    })
}

#[component]
fn Current(card: SavedCard, forms: Option<CardForms>) -> impl IntoView {
    let expires = format!("Expires {:02} / {}", card.exp_month, card.exp_year);
    view! {
        <p class="lead">{Icon::Card.svg()} <strong>{card.name()}</strong> <small>{expires}</small></p>
        {forms
            .map(|forms| {
                view! {
                    <div class="row">
                        <SaveButton forms=forms words="Replace" />
                        <a class="button small danger" href="/billing?card=remove#saved-card">"Remove"</a>
                    </div>
                }
            })}
    }
}

#[component]
fn NoCard(forms: Option<CardForms>) -> impl IntoView {
    view! {
        <p>"No card is saved. Auto-recharge and your programs can charge one that you add here."</p>
        {forms.map(|forms| view! { <SaveButton forms=forms words="Add card" /> })}
    }
}

#[component]
fn Removing(card: SavedCard, forms: Option<CardForms>) -> impl IntoView {
    view! {
        <p>
            {format!(
                "Remove {}? Auto-recharge is switched off, and your programs can charge it no more.",
                card.name(),
            )}
        </p>
        {forms
            .map(|forms| {
                view! {
                    <form class="row" method="post" action="/billing/card/remove">
                        <input type="hidden" name="csrf" value=forms.csrf />
                        <input type="hidden" name="payment_method" value=card.payment_method />
                        <button class="button small danger" type="submit">"Remove card"</button>
                        <a class="button small" href="/billing#saved-card">"Keep it"</a>
                    </form>
                }
            })}
    }
}

/// Leads to Checkout, where a card is saved.
#[component]
pub(super) fn SaveButton(forms: CardForms, words: &'static str) -> impl IntoView {
    view! {
        <form method="post" action="/billing/card">
            <input type="hidden" name="csrf" value=forms.csrf />
            <input type="hidden" name="purchase_key" value=forms.purchase_key />
            <button class="button small" type="submit">{words}</button>
        </form>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::fixtures::visa;

    fn shown(card: Option<SavedCard>, may_change: bool, removing: bool) -> String {
        let forms = may_change.then(|| CardForms { csrf: "form_csrf".into(), purchase_key: "form_key".into() });
        card_section(CardView { card, forms, removing, refused: None })
    }

    #[test]
    fn a_card_is_shown_by_brand_last_four_and_expiry() {
        let html = shown(Some(visa()), true, false);
        for words in ["Visa ending 4242", "Expires 08 / 2028", ">Replace<", ">Remove<"] {
            assert!(html.contains(words), "{words} is missing in {html}");
        }
        let read_only = shown(Some(visa()), false, true);
        assert!(
            read_only.contains("Visa ending 4242") && !read_only.contains("<form") && !read_only.contains("Remove")
        );
    }

    #[test]
    fn removing_says_what_is_lost() {
        let html = shown(Some(visa()), true, true);
        assert!(html.contains("Remove Visa ending 4242? Auto-recharge is switched off"), "{html}");
        assert!(html.contains("value=\"pm_visa\"") && html.contains(">Keep it<"));
        let none = shown(None, true, true);
        assert!(none.contains("No card is saved.") && none.contains(">Add card<"), "{none}");
        assert!(!shown(None, false, false).contains("<form"));
    }
}
