//! `/billing`: what is left, what to look at, and how to get more (SPEC §2.1). Each section fails alone.

mod addon_packs;
mod balance;
mod buy;
mod credits;
mod dialog;
mod extra;
mod plan;
mod rates;
mod refused;
mod warning;

use leptos::either::Either;
use leptos::prelude::*;

use crate::app::overview::{Frozen, Offers, Overview};
use crate::pricing::{AmountError, PackOffer};
use crate::units::{Meter, MilliCents};
use crate::web::components::{Alert, Broken, SectionError};
use crate::web::dates::Calendar;
use crate::web::shell::{Frame, PageHead, Place, Shell};

use addon_packs::AddonPacks;
use balance::BalanceCard;
use buy::BuyDialog;
use credits::CreditsDialog;
use extra::ExtraCard;
use plan::PlanCard;

pub use refused::Refused;

/// What the page shows besides the wallet.
#[derive(Clone, Debug)]
pub struct BillingView {
    /// The packs assigned to the client, smallest first.
    pub offers: Result<Offers, SectionError>,
    /// What just happened; stands in place of any warning.
    pub notice: Option<Notice>,
    /// The Buy Minutes dialog is open.
    pub buying: Option<Buying>,
    /// The Add credits dialog is open.
    pub crediting: Option<Crediting>,
}

/// What just happened to a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Packs are posted.
    Added {
        /// What was bought.
        meter: Meter,
        /// Minutes or calls added, all packs of the purchase together.
        pieces: i64,
    },
    /// Credits are posted.
    CreditsAdded {
        /// How much.
        amount: MilliCents,
    },
    /// A payment request is paid.
    RequestPaid {
        /// Whole cents.
        amount: MilliCents,
    },
    /// Paid or about to be, but not posted yet.
    Processing,
    /// The Checkout session ended without a payment.
    NotPaid,
    /// Nothing was bought, and there is no form that could say so.
    Refused(Refused),
}

/// The Buy Minutes dialog as it was left or asked for. `pack` and `quantity` are as they came in the address or the
/// form; what is wrong with them is said beside the field.
#[derive(Clone, Debug, Default)]
pub struct Buying {
    /// One-use key of the form; the same one again where an attempt is repeated.
    pub purchase_key: String,
    /// Public id of the chosen pack; none: the popular one.
    pub pack: Option<String>,
    /// The typed quantity; none: 1.
    pub quantity: Option<String>,
    /// Why the attempt before bought nothing.
    pub refused: Option<Refused>,
}

/// The Add credits dialog as it was left or asked for. `choice` and `amount` are as they came in the address or the form.
#[derive(Clone, Debug, Default)]
pub struct Crediting {
    /// One-use key of the form; the same one again where an attempt is repeated.
    pub purchase_key: String,
    /// Dollars of the chosen preset, or `other`; none: the preselected one.
    pub choice: Option<String>,
    /// The typed amount.
    pub amount: Option<String>,
    /// What is wrong.
    pub error: Option<CreditingError>,
}

/// Why the attempt before added no credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreditingError {
    /// The amount; said beside its field.
    Amount(AmountError),
    /// Anything else; said above the form.
    Refused(Refused),
}

impl BillingView {
    /// Why the attempt before bought nothing, except where a field is to blame.
    fn refused(&self) -> Option<Refused> {
        let crediting = self.crediting.as_ref().and_then(|crediting| crediting.error);
        match (self.buying.as_ref().and_then(|buying| buying.refused), crediting) {
            (Some(refused), _) | (None, Some(CreditingError::Refused(refused))) => Some(refused),
            (None, _) => None,
        }
    }
}

/// What this person can pay for on this page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct May {
    /// Packs.
    buy: bool,
    /// Credits.
    add_credits: bool,
}

/// The page.
pub fn billing_page(frame: Frame, view: BillingView) -> impl IntoView {
    let refused = view.refused();
    let BillingView { offers, notice, buying, crediting } = view;
    let self_service = frame.self_service();
    let on_sale: &[PackOffer] = offers.as_ref().map_or(&[], |offers| &offers.packs);
    let may = May { buy: self_service && !on_sale.is_empty(), add_credits: frame.may_add_credits() };
    let dialog = frame.overview.as_ref().ok().and_then(|overview| {
        let csrf = frame.csrf.clone();
        if let Some(crediting) = crediting.filter(|_| may.add_credits) {
            let overview = overview.clone();
            return Some(view! { <CreditsDialog overview=overview crediting=crediting csrf=csrf /> }.into_any());
        }
        let (packs, standing) = (on_sale.to_vec(), overview.standing);
        let buying = buying.filter(|_| may.buy)?;
        Some(view! { <BuyDialog packs=packs standing=standing buying=buying csrf=csrf /> }.into_any())
    });
    let notice = notice.or(refused.filter(|_| dialog.is_none()).map(Notice::Refused));
    let calendar = frame.calendar();
    let overview = frame.overview.clone();
    view! {
        <Shell frame=frame place=Place::Billing dialog=dialog>
            {match overview.clone().ok().zip(calendar) {
                Some((overview, calendar)) => {
                    Either::Left(view! { <Wallet overview=overview calendar=calendar notice=notice may=may /> })
                }
                None => {
                    Either::Right(
                        view! {
                            <PageHead title="Billing" line="">
                                <a href="/billing">"Wallet"</a>
                            </PageHead>
                            <section class="card" aria-label="Balance">
                                <Broken what="The balance" retry="/billing" />
                            </section>
                        },
                    )
                }
            }}
            <AddonPacks overview=overview.ok() offers=offers self_service=self_service />
        </Shell>
    }
}

/// Head, alert and the three cards that the wallet alone decides.
#[component]
fn Wallet(overview: Overview, calendar: Calendar, notice: Option<Notice>, may: May) -> impl IntoView {
    let alert = warning::choose(&overview, notice, may, &calendar);
    let line = plan::line(&overview, &calendar);
    let read_at = calendar.read_at();
    let with_extra = overview.active_packages > 0
        || overview.frozen != Frozen::default()
        || overview.running().is_some_and(|subscription| subscription.addons);
    view! {
        <PageHead title="Billing" line=line>
            <span>"As of "{read_at}</span>
            <a href="/billing">"Wallet"</a>
        </PageHead>
        {alert
            .map(|alert| {
                view! { <Alert tone=alert.tone title=alert.title sentence=alert.sentence action=alert.action /> }
            })}
        <div class="panel">
            <BalanceCard overview=overview.clone() may=may />
            <PlanCard overview=overview.clone() calendar=calendar />
            {with_extra.then(|| view! { <ExtraCard overview=overview can_buy=may.buy /> })}
        </div>
    }
}
