//! `/billing`: what is left, what to look at, and how to get more (SPEC §2.1). Each section fails alone.

mod addon_packs;
mod balance;
mod buy;
mod card;
mod credits;
mod dialog;
mod extra;
mod payments;
mod plan;
pub(super) mod rates;
mod recent;
mod recharge;
mod recharge_form;
mod refused;
mod usage;
mod wallet;
mod warning;

use leptos::prelude::*;

use crate::app::overview::{Offers, Overview};
use crate::islands::{Live, WalletSection};
use crate::pricing::{AmountError, PackOffer, Upgrade};
use crate::units::{Meter, MilliCents};
use crate::web::components::{SectionError, Slot};
use crate::web::shell::{Frame, PageHead, Place, Shell};

use buy::BuyDialog;
use credits::CreditsDialog;

pub use addon_packs::addon_packs_section;
pub use card::{CardForms, CardView, card_section};
pub(super) use payments::NoPayments;
pub use payments::{PRESSING, payments_section};
pub use recent::{RECENT, recent_transactions};
pub use recharge::{AskedRecharge, RechargeTrouble, recharge_section};
pub use recharge_form::Typed;
pub use refused::Refused;
pub use usage::{AskedRange, RangeKind, UsageView, WrongRange, usage_section};
pub use wallet::{Urgent, wallet_section};
pub(super) use warning::{Usage, left_and_used};

/// The page's sections as they were read, and the dialog over them.
#[derive(Clone, Debug)]
pub struct BillingView {
    /// Alert, Balance, Plan, Extra Minutes.
    pub wallet: Result<WalletSection, SectionError>,
    /// The daily chart.
    pub usage: Result<String, SectionError>,
    /// The packs assigned to the client.
    pub addon_packs: Result<String, SectionError>,
    /// Auto-recharge; empty where nothing is paid with credits.
    pub recharge: Result<String, SectionError>,
    /// The newest transactions.
    pub transactions: Result<String, SectionError>,
    /// What is to be paid, and receipts.
    pub payments: Result<String, SectionError>,
    /// The card that may be charged.
    pub card: Result<String, SectionError>,
    /// The packs for the Buy Minutes dialog, smallest first.
    pub offers: Result<Offers, SectionError>,
    /// The dialog.
    pub asked: Asked,
    /// For the Buy Minutes dialog: a larger plan would have been cheaper.
    pub advice: Option<Upgrade>,
}

/// What the address asks for: a dialog, or a word on what became of a form.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Buy Minutes.
    pub buying: Option<Buying>,
    /// Add credits.
    pub crediting: Option<Crediting>,
    /// Why a request was not paid.
    pub unpaid: Option<Refused>,
}

impl Asked {
    /// Why the attempt before bought nothing, where no dialog opens that says it.
    pub fn unsaid(&self, may: May) -> Option<Notice> {
        let opens = self.crediting.is_some() && may.add_credits || self.buying.is_some() && may.buy;
        let crediting = self.crediting.as_ref().and_then(|crediting| crediting.error);
        let buying = self.buying.as_ref().and_then(|buying| buying.refused);
        match (buying.or(self.unpaid), crediting) {
            _ if opens => None,
            (Some(refused), _) | (None, Some(CreditingError::Refused(refused))) => Some(Notice::Refused(refused)),
            // What is wrong with a field is said beside the field.
            (None, _) => None,
        }
    }
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
        /// How much was paid.
        amount: MilliCents,
        /// How much of it has paid debt.
        on_debt: MilliCents,
    },
    /// A card is saved.
    CardSaved,
    /// A payment request is paid.
    RequestPaid {
        /// Whole cents.
        amount: MilliCents,
    },
    /// A payment of a request that was settled before: the agency decides what becomes of it.
    PaidTwice {
        /// Whole cents.
        amount: MilliCents,
    },
    /// Paid or about to be, but not posted yet.
    Processing,
    /// The Checkout session ended without a payment.
    NotPaid,
    /// The workspace was made a moment ago.
    Welcome,
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
    /// The card is to be saved.
    pub save_card: bool,
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
    /// The card is to be saved.
    pub save_card: bool,
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

/// What this person can pay for on this page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct May {
    /// Packs.
    pub buy: bool,
    /// Credits.
    pub add_credits: bool,
}

impl May {
    /// `may_buy`: the person's role allows it. Nobody buys packs that could not be read.
    pub fn of(may_buy: bool, overview: &Overview, offers: &Result<Offers, SectionError>) -> Self {
        let on_sale = offers.as_ref().is_ok_and(|offers| !offers.packs.is_empty());
        Self { buy: may_buy && on_sale && overview.self_service(), add_credits: may_buy && overview.rates.any() }
    }
}

/// The page.
pub fn billing_page(frame: Frame, view: BillingView) -> impl IntoView {
    let BillingView { wallet, usage, addon_packs, recharge, transactions, payments, card, offers, asked, advice } =
        view;
    let line = frame.overview.as_ref().ok().zip(frame.calendar());
    let line = line.map(|(overview, calendar)| plan::line(overview, &calendar)).unwrap_or_default();
    let read_at = wallet.as_ref().ok().map(|wallet| wallet.read_at.clone());
    let workspace = frame.overview.as_ref().map(|overview| overview.workspace.clone()).unwrap_or_default();
    let dialog = dialog(&frame, offers, asked, advice);
    view! {
        <Shell frame=frame place=Place::Billing dialog=dialog live=true>
            <PageHead title="Billing" line=line>
                {read_at.map(|read_at| view! { <Live read_at=read_at workspace=workspace /> })}
                <a href="/billing">"Wallet"</a>
            </PageHead>
            <Slot name="wallet" title="Balance" what="The balance" html=wallet.map(|wallet| wallet.cards) />
            <Slot name="usage" title="Usage" what="The usage" html=usage />
            <Slot name="addon-packs" title="Add-on packs" what="The add-on packs" html=addon_packs />
            <Slot name="auto-recharge" title="Auto-recharge" what="Auto-recharge" html=recharge />
            <Slot
                name="recent-transactions"
                title="Recent transactions"
                what="The transactions"
                html=transactions
            />
            <div class="beside">
                <Slot name="payments" title=payments::TITLE what="The payment requests" html=payments />
                <Slot name="saved-card" title="Saved card" what="The saved card" html=card />
            </div>
        </Shell>
    }
}

/// The dialog that was asked for, if this person may use it.
fn dialog(
    frame: &Frame,
    offers: Result<Offers, SectionError>,
    asked: Asked,
    advice: Option<Upgrade>,
) -> Option<AnyView> {
    let overview = frame.overview.clone().ok()?;
    let may = May::of(frame.may_buy, &overview, &offers);
    let csrf = frame.csrf.clone();
    if let Some(crediting) = asked.crediting.filter(|_| may.add_credits) {
        return Some(view! { <CreditsDialog overview=overview crediting=crediting csrf=csrf /> }.into_any());
    }
    let (packs, standing): (Vec<PackOffer>, _) = (offers.ok()?.packs, overview.standing);
    let debt = overview.debt;
    let buying = asked.buying.filter(|_| may.buy)?;
    Some(
        view! { <BuyDialog packs=packs standing=standing debt=debt buying=buying advice=advice csrf=csrf /> }
            .into_any(),
    )
}
