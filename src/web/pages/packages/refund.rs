//! `Refund unused`: what will be lost and what comes back, before it is done; and what became of it.

use leptos::prelude::*;

use crate::app::packages::package_title;
use crate::app::refund_unused::{Quote, Refunding};
use crate::units::words;
use crate::web::components::{Alert, Icon, Tone};

/// The dialog that asks before units are taken away.
#[derive(Clone, Debug)]
pub struct Asking {
    /// What would be taken and sent back; `None` where nothing is unused.
    pub quote: Option<Quote>,
    /// One-use key of the form.
    pub form_key: String,
}

/// Why nothing was refunded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRefunded {
    /// Every unit is used, or kept by a call.
    NothingUnused,
    /// Stripe said no; the units are back.
    StripeRefused,
    /// The form belongs to something else.
    FormUsed,
}

words!(NotRefunded {
    NothingUnused = "nothing_unused",
    StripeRefused = "stripe_refused",
    FormUsed = "form_used",
});

/// What became of a refund that was asked for.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is on its way, or will be.
    Refunding(Refunding),
    /// Nothing is.
    NotRefunded(NotRefunded),
}

#[component]
pub(super) fn OutcomeAlert(outcome: Outcome) -> impl IntoView {
    let (tone, title, sentence) = match outcome {
        Outcome::Refunding(Refunding { amount: Some(amount), sent: true }) => {
            (Tone::Success, format!("{amount} refunded"), "It goes back to the card that paid, within 5 to 10 days.")
        }
        Outcome::Refunding(Refunding { amount: Some(amount), sent: false }) => (
            Tone::Neutral,
            format!("Refund of {amount} on its way"),
            "Stripe has not answered yet; it is asked again until it does. Nothing is sent twice.",
        ),
        Outcome::Refunding(Refunding { amount: None, .. }) => {
            (Tone::Neutral, "Refund on its way".to_owned(), "The unused part is being taken; it goes on by itself.")
        }
        Outcome::NotRefunded(why) => (
            Tone::Amber,
            "Nothing was refunded".to_owned(),
            match why {
                NotRefunded::NothingUnused => "Everything is used, or kept by a call in progress.",
                NotRefunded::StripeRefused => "Stripe refused the refund, so nothing was taken away.",
                NotRefunded::FormUsed => "This form was sent before. Ask again.",
            },
        ),
    };
    view! { <Alert tone=tone title=title sentence=sentence action=None /> }
}

#[component]
pub(super) fn RefundDialog(asking: Asking, csrf: String) -> impl IntoView {
    let Asking { quote, form_key } = asking;
    let title = "Refund unused?";
    let content = match quote {
        Some(quote) => {
            let lost = lost(&quote);
            let amount = quote.amount.to_string();
            let back = format!(" {amount} goes back to the card that paid for it. It cannot be undone.");
            view! {
                <p class="dialog-line">
                    <strong>{lost}</strong>
                    {back}
                </p>
                <form class="choose" method="post" action="/billing/packages/refund">
                    <input type="hidden" name="csrf" value=csrf />
                    <input type="hidden" name="form_key" value=form_key />
                    <input type="hidden" name="purchase" value=quote.purchase />
                    <a class="button" href="/billing/packages" autofocus>
                        "Keep it"
                    </a>
                    <button class="button danger" type="submit">
                        {format!("Refund {amount}")}
                    </button>
                </form>
            }
            .into_any()
        }
        None => view! {
            <p class="dialog-line">"Nothing can be refunded: everything is used, or kept by a call in progress."</p>
            <div class="choose">
                <a class="button" href="/billing/packages" autofocus>
                    "Close"
                </a>
            </div>
        }
        .into_any(),
    };
    view! {
        <dialog class="dialog" open aria-labelledby="dialog-title">
            <div class="dialog-title">
                <h2 id="dialog-title">{title}</h2>
                <a class="close" href="/billing/packages" aria-label="Close">
                    {Icon::Close.svg()}
                </a>
            </div>
            {content}
        </dialog>
    }
}

/// `You lose 50 min of Medium 100 at once.`
fn lost(quote: &Quote) -> String {
    format!("You lose {} at once.", unused_words(quote))
}

/// `50 min of Medium 100`
pub(in crate::web::pages) fn unused_words(quote: &Quote) -> String {
    let title = package_title(&quote.name, quote.meter, quote.units_each, false);
    let packs = if quote.quantity > 1 { format!("{} × {title}", quote.quantity) } else { title };
    format!("{} of {packs}", quote.meter.exact(quote.units))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Meter, MilliCents};

    #[test]
    fn the_confirmation_says_what_is_lost() {
        let quote = Quote {
            purchase: "pur_1".into(),
            name: "Medium".into(),
            meter: Meter::Minutes,
            units_each: 6_000,
            quantity: 1,
            units: 3_000,
            amount: MilliCents::from_cents(500),
        };
        assert_eq!(lost(&quote), "You lose 50 min of Medium 100 at once.");
        let several = Quote { quantity: 3, units: 9_010, ..quote };
        assert_eq!(lost(&several), "You lose 2 h 30 min of 3 × Medium 100 at once.");
    }
}
