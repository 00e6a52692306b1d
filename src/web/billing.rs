//! `/billing`: what is left, and how to get more.

use std::collections::HashMap;

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::answer::{framed, page, section};
use super::document::render;
use super::pages::{Asked, BillingView, Buying, CardForms, Crediting, CreditingError, Notice, Refused, billing_page};
use super::sections::Asking;
use super::session::Viewer;
use crate::app::find_purchase::{debt_paid_by, find_purchase};
use crate::app::upgrade_advice::upgrade_advice;
use crate::ids;
use crate::islands::{addon_packs, auto_recharge, payments, recent_transactions, saved_card, usage, wallet};
use crate::payments::{Bought, Purchase, PurchaseStatus};
use crate::pricing::chosen_amount;
use crate::state::AppState;
use crate::units::MilliCents;

/// What stands in an address after its `?`.
pub(super) type Parameters = HashMap<String, String>;

/// `GET /billing?buy=minutes&pack&quantity&key&error` or `?buy=credits&choice&amount&key&error` with a dialog open;
/// `?added=`, `?pending=` or `?unpaid=` with a purchase's id after Checkout; `?welcome` after signing up.
pub async fn show(State(state): State<AppState>, viewer: Viewer, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let asking = Asking::new(state.clone(), viewer.clone());
    let shown = || viewer.workspace_public_id.clone();
    // On the heap: together they are large, and are moved several times before they run.
    let read = async {
        tokio::join!(
            Box::pin(wallet(shown(), query.clone())),
            Box::pin(usage(shown(), query.clone())),
            Box::pin(addon_packs(shown())),
            Box::pin(auto_recharge(shown(), query.clone())),
            Box::pin(recent_transactions(shown())),
            Box::pin(payments(shown(), query.clone())),
            Box::pin(saved_card(shown(), query.clone())),
        )
    };
    let (wallet, usage, addon_packs, recharge, transactions, payments, card) = asking.behind(read).await;
    let (overview, offers) = (asking.overview().await, asking.offers().await);
    let asked = asked(&parameters(&query));
    let advice = match asked.buying {
        // Without it the dialog is whole.
        Some(_) => section("the upgrade advice", upgrade_advice(&state, viewer.workspace).await).ok().flatten(),
        None => None,
    };
    let view =
        BillingView { wallet, usage, addon_packs, recharge, transactions, payments, card, offers, asked, advice };
    let frame = framed(&state, &viewer, overview).await;
    page(&state.config, render(|| billing_page(frame, view)))
}

/// Reads a query as forms write it; where a name stands twice, the last one counts.
pub(super) fn parameters(query: &str) -> Parameters {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// What became of the purchase that the address names, as it stands now. The address itself proves nothing.
pub(super) async fn notice(state: &AppState, viewer: &Viewer, query: &Parameters) -> Option<Notice> {
    if query.contains_key("welcome") {
        return Some(Notice::Welcome);
    }
    let id = ["added", "pending", "unpaid"].iter().find_map(|name| query.get(*name))?;
    let purchase = section("the purchase", find_purchase(state, viewer.workspace, id).await).ok()??;
    let on_debt = section("the outstanding balance", debt_paid_by(state, &purchase).await).unwrap_or_default();
    Some(became(&purchase, on_debt))
}

/// `on_debt` of its money has paid debt.
fn became(purchase: &Purchase, on_debt: MilliCents) -> Notice {
    match (purchase.status, &purchase.bought) {
        (PurchaseStatus::Credited, Bought::Packs(packs)) => {
            Notice::Added { meter: packs.meter, pieces: packs.pieces() }
        }
        (PurchaseStatus::Credited, Bought::Credits { amount }) => Notice::CreditsAdded { amount: *amount, on_debt },
        (PurchaseStatus::Credited, Bought::Request(payment)) => Notice::RequestPaid { amount: payment.amount },
        (PurchaseStatus::Credited, Bought::Card) => Notice::CardSaved,
        (PurchaseStatus::Unmatched, Bought::Request(payment)) => Notice::PaidTwice { amount: payment.amount },
        (PurchaseStatus::Open | PurchaseStatus::Unmatched, _) => Notice::Processing,
        (PurchaseStatus::Expired | PurchaseStatus::Failed, _) => Notice::NotPaid,
    }
}

/// The dialog that the address asks for.
pub(super) fn asked(query: &Parameters) -> Asked {
    Asked { buying: buying(query), crediting: crediting(query), unpaid: unpaid(query) }
}

/// Why the request that the address names was not paid.
fn unpaid(query: &Parameters) -> Option<Refused> {
    query.get("request")?;
    query.get("error").and_then(|word| Refused::parse(word))
}

/// The request that the address names, and the key of the form that pays it where an attempt is repeated.
pub(super) fn repeated(query: &Parameters) -> Option<(String, String)> {
    let key = query.get("key").filter(|key| ids::is_given_id(key))?;
    Some((query.get("request")?.clone(), key.clone()))
}

/// The Buy Minutes dialog as the address describes it.
fn buying(query: &Parameters) -> Option<Buying> {
    query.get("buy").filter(|what| *what == "minutes")?;
    Some(Buying {
        purchase_key: purchase_key(query),
        pack: query.get("pack").cloned(),
        quantity: query.get("quantity").cloned(),
        save_card: query.contains_key("save_card"),
        refused: query.get("error").and_then(|word| Refused::parse(word)),
    })
}

/// The Add credits dialog as the address describes it.
fn crediting(query: &Parameters) -> Option<Crediting> {
    query.get("buy").filter(|what| *what == "credits")?;
    let typed = |name| query.get(name).map_or("", String::as_str);
    let error = match typed("error") {
        "amount" => chosen_amount(typed("choice"), typed("amount")).err().map(CreditingError::Amount),
        word => Refused::parse(word).map(CreditingError::Refused),
    };
    Some(Crediting {
        purchase_key: purchase_key(query),
        choice: query.get("choice").cloned(),
        amount: query.get("amount").cloned(),
        save_card: query.contains_key("save_card"),
        error,
    })
}

/// Tokens of forms outside of dialogs, for whoever may use them.
pub(super) fn card_forms(viewer: &Viewer) -> Option<CardForms> {
    let forms = || CardForms { csrf: viewer.csrf.clone(), purchase_key: ids::fresh("form") };
    viewer.role.may_buy().then(forms)
}

/// A form's one-use key: a new one, except where an attempt is repeated.
fn purchase_key(query: &Parameters) -> String {
    let repeated = query.get("key").filter(|key| ids::is_given_id(key));
    repeated.cloned().unwrap_or_else(|| ids::fresh("form"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pricing::AmountError;

    #[test]
    fn the_address_says_how_a_dialog_was_left() {
        let left = crediting(&parameters("buy=credits&choice=other&amount=0.1&key=k&error=amount")).unwrap();
        assert_eq!((left.choice.as_deref(), left.amount.as_deref()), (Some("other"), Some("0.1")));
        assert_eq!(
            (left.purchase_key.as_str(), left.error),
            ("k", Some(CreditingError::Amount(AmountError::TooLittle)))
        );
        let error = |address: &str| crediting(&parameters(address)).unwrap().error;
        assert_eq!(error("buy=credits&error=form_used"), Some(CreditingError::Refused(Refused::FormUsed)));
        assert_eq!(error("buy=credits&choice=25&error=amount"), None, "what is right is not called wrong");
        assert_eq!(error("buy=credits&error=nonsense"), None);
        let packs = buying(&parameters("buy=minutes&pack=pack_a&error=via_provider")).unwrap();
        assert_eq!((packs.pack.as_deref(), packs.refused), (Some("pack_a"), Some(Refused::ViaProvider)));
        assert!(crediting(&parameters("buy=minutes")).is_none() && buying(&parameters("buy=credits")).is_none());
    }
}
