//! Why nothing was bought, in words: above the form where it opens again, else in the page's alert.

use leptos::prelude::*;

use crate::units::words;
use crate::web::components::Icon;

/// Why nothing was bought. What is wrong with a field is said beside the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The form had begun another purchase, e.g. one whose Checkout was left with the browser's Back.
    FormUsed,
    /// There is no subscription that could use it.
    NoSubscription,
    /// The plan has add-on packs Off.
    AddonsDisabled,
    /// Only the agency sells packs here.
    ViaProvider,
    /// Nothing of the plan is paid with credits.
    NoRates,
    /// The request was paid or waived meanwhile.
    Settled,
    /// Stripe gave no answer; the same form may be sent again.
    StripeUnreachable,
    /// Stripe said no.
    StripeRefused,
}

words!(Refused {
    FormUsed = "form_used",
    NoSubscription = "no_subscription",
    AddonsDisabled = "addons_disabled",
    ViaProvider = "via_provider",
    NoRates = "no_rates",
    Settled = "settled",
    StripeUnreachable = "stripe_unreachable",
    StripeRefused = "stripe_refused",
});

impl Refused {
    /// What happened.
    pub const fn title(self) -> &'static str {
        match self {
            Refused::FormUsed => "This form was used before",
            Refused::NoSubscription => "There is no active plan",
            Refused::AddonsDisabled => "Add-on packs are off",
            Refused::ViaProvider => "Your provider sells these packs",
            Refused::NoRates => "Your plan does not use credits",
            Refused::Settled => "This request is settled",
            Refused::StripeUnreachable => "Stripe could not be reached",
            Refused::StripeRefused => "Stripe refused this purchase",
        }
    }

    /// What it means, and what to do now.
    pub const fn sentence(self) -> &'static str {
        match self {
            Refused::FormUsed => {
                "It belongs to an earlier purchase, so nothing was charged now. Check your choice and pay again."
            }
            Refused::NoSubscription => "Nothing was charged. Ask your provider to start a plan, then buy again.",
            Refused::AddonsDisabled => "Nothing was charged. Ask your provider to turn on add-on packs for your plan.",
            Refused::ViaProvider => "Nothing was charged. Contact your provider to purchase add-on packs.",
            Refused::NoRates => "Nothing was charged: no price of your plan could be paid with credits.",
            Refused::Settled => "Nothing was charged: it was paid or canceled before.",
            Refused::StripeUnreachable => "Nothing was charged and your choice is kept. Try again in a moment.",
            Refused::StripeRefused => {
                "Nothing was charged and your choice is kept. Try again; if it is refused again, tell your provider."
            }
        }
    }
}

/// The alert above a form.
#[component]
pub(super) fn RefusedAlert(refused: Refused) -> impl IntoView {
    view! {
        <div class="alert red inside" role="alert">
            {Icon::Warning.svg()}
            <div class="words">
                <strong>{refused.title()}</strong>
                <p>{refused.sentence()}</p>
            </div>
        </div>
    }
}
