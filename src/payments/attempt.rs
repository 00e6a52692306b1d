//! Attempts: what is asked of Stripe, fixed as bytes before it is sent.

use std::collections::HashMap;

use stripe::StripeRequest as _;
use stripe_checkout::CheckoutSessionMode;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAdaptivePricing, CreateCheckoutSessionAutomaticTax,
    CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionPaymentIntentDataSetupFutureUsage, CreateCheckoutSessionSetupIntentData, ProductData,
};
use stripe_core::customer::CreateCustomer;
use stripe_types::Currency;
use url::Url;

use super::purchase::{Bought, Payer, Purchase};
use crate::pricing::{CREDIT_PRESETS, preset_name};
use crate::units::MilliCents;

/// A POST as it is stored and sent. The same key with the same body is answered once, however often it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Idempotency-Key.
    pub key: String,
    /// The form-encoded body.
    pub body: String,
}

/// The body that makes the workspace's Stripe customer.
pub fn customer_request(payer: &Payer) -> String {
    let mut request = CreateCustomer::new()
        .name(payer.name.as_str())
        .metadata(HashMap::from([("workspace".to_owned(), payer.workspace.clone())]));
    if let Some(email) = &payer.email {
        request = request.email(email.as_str());
    }
    request.build().body.unwrap_or_default()
}

/// The body that makes a purchase's Checkout session. Nothing in it lets Stripe change the amount: no adaptive
/// pricing, promotion codes or automatic tax (SPEC §5). Where a card is saved, it is for charges without its owner.
pub fn session_request(purchase: &Purchase, payer: &Payer, public_url: &Url) -> String {
    let base = public_url.as_str().trim_end_matches('/');
    let metadata = HashMap::from([
        ("workspace".to_owned(), payer.workspace.clone()),
        ("purchase".to_owned(), purchase.id.clone()),
    ]);
    let request = CreateCheckoutSession::new()
        .client_reference_id(purchase.id.as_str())
        .customer(purchase.customer.as_str())
        .metadata(metadata.clone())
        .success_url(format!("{base}/billing/return?session_id={{CHECKOUT_SESSION_ID}}"))
        .cancel_url(format!("{base}{}", choice_kept(purchase)));
    let request = match lines(&purchase.bought) {
        Some(lines) => payment(request, lines, metadata, purchase.save_card),
        None => {
            let mut setup = CreateCheckoutSessionSetupIntentData::new();
            setup.metadata = Some(metadata);
            request.mode(CheckoutSessionMode::Setup).currency(Currency::USD).setup_intent_data(setup)
        }
    };
    request.build().body.unwrap_or_default()
}

/// What stands on Checkout's bill; `None` where there is none.
fn lines(bought: &Bought) -> Option<Vec<CreateCheckoutSessionLineItems>> {
    let (name, each, quantity) = match bought {
        Bought::Packs(packs) => {
            let contents = packs.meter.pieces(packs.units_each / packs.meter.per_piece());
            (format!("{}, {contents}", packs.name), packs.price_each, packs.quantity)
        }
        Bought::Credits { amount } => ("Credits".to_owned(), *amount, 1),
        Bought::Request(payment) => (payment.title.clone(), payment.amount, 1),
        Bought::Card => return None,
    };
    let mut lines = vec![line_item(name, each, quantity)];
    if let Bought::Packs(packs) = bought
        && packs.balance.0 > 0
    {
        lines.push(line_item("Outstanding balance".to_owned(), packs.balance, 1));
    }
    Some(lines)
}

fn line_item(name: String, each: MilliCents, quantity: i64) -> CreateCheckoutSessionLineItems {
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(Currency::USD);
    price.unit_amount = Some(each.cents_up());
    price.product_data = Some(ProductData::new(name));
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(price);
    line.quantity = Some(quantity.unsigned_abs());
    line
}

fn payment(
    request: CreateCheckoutSession,
    lines: Vec<CreateCheckoutSessionLineItems>,
    metadata: HashMap<String, String>,
    save_card: bool,
) -> CreateCheckoutSession {
    let mut adaptive = CreateCheckoutSessionAdaptivePricing::new();
    adaptive.enabled = Some(false);
    let mut intent = CreateCheckoutSessionPaymentIntentData::new();
    intent.metadata = Some(metadata);
    intent.setup_future_usage = save_card.then_some(CreateCheckoutSessionPaymentIntentDataSetupFutureUsage::OffSession);
    request
        .mode(CheckoutSessionMode::Payment)
        .adaptive_pricing(adaptive)
        .allow_promotion_codes(false)
        .automatic_tax(CreateCheckoutSessionAutomaticTax::new(false))
        .line_items(lines)
        .payment_intent_data(intent)
}

/// Where Checkout's way back leads: the dialog, as it was left, the list of requests, or the card's section.
fn choice_kept(purchase: &Purchase) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    match &purchase.bought {
        Bought::Packs(packs) => query
            .append_pair("buy", "minutes")
            .append_pair("pack", &packs.pack)
            .append_pair("quantity", &packs.quantity.to_string()),
        Bought::Credits { amount } if CREDIT_PRESETS.contains(amount) => {
            query.append_pair("buy", "credits").append_pair("choice", &preset_name(*amount))
        }
        Bought::Credits { amount } => {
            query.append_pair("buy", "credits").append_pair("choice", "other").append_pair("amount", &typed(*amount))
        }
        Bought::Request(payment) => query.append_pair("request", &payment.request),
        Bought::Card => return "/billing#saved-card".to_owned(),
    };
    format!("/billing?{}", query.finish())
}

/// An amount as somebody would type it: `12.50`.
fn typed(amount: MilliCents) -> String {
    let cents = amount.cents_down();
    format!("{}.{:02}", cents / 100, cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::purchase::sample;

    #[test]
    fn a_session_request_leaves_stripe_no_room_to_change_the_amount() {
        let purchase = sample();
        let payer = Payer { workspace: "ws_harbor".into(), name: "Harbor Dental".into(), email: None };
        let body = session_request(&purchase, &payer, &Url::parse("http://localhost:3000").unwrap());
        let fields: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        let field = |name: &str| fields.get(name).map(String::as_str);
        assert_eq!(field("mode"), Some("payment"));
        assert_eq!(field("adaptive_pricing[enabled]"), Some("false"));
        assert_eq!(field("automatic_tax[enabled]"), Some("false"));
        assert_eq!(field("allow_promotion_codes"), Some("false"));
        assert_eq!(field("client_reference_id"), Some("pur_sample"));
        assert_eq!(field("customer"), Some("cus_sample"));
        assert_eq!(field("line_items[0][quantity]"), Some("3"));
        assert_eq!(field("line_items[0][price_data][unit_amount]"), Some("1000"));
        assert_eq!(field("line_items[0][price_data][currency]"), Some("usd"));
        assert_eq!(field("line_items[0][price_data][product_data][name]"), Some("Medium, 100 minutes"));
        assert_eq!(field("success_url"), Some("http://localhost:3000/billing/return?session_id={CHECKOUT_SESSION_ID}"));
        assert_eq!(field("cancel_url"), Some("http://localhost:3000/billing?buy=minutes&pack=pack_medium&quantity=3"));
        assert_eq!(field("metadata[workspace]"), Some("ws_harbor"));
        assert_eq!(field("metadata[purchase]"), Some("pur_sample"));
        assert_eq!(field("payment_intent_data[metadata][purchase]"), Some("pur_sample"));
        assert_eq!(field("payment_intent_data[setup_future_usage]"), None);
    }

    #[test]
    fn a_card_is_saved_alone_or_beside_a_payment() {
        let payer = Payer { workspace: "ws_harbor".into(), name: "Harbor Dental".into(), email: None };
        let fields = |purchase: &Purchase| -> HashMap<String, String> {
            let body = session_request(purchase, &payer, &Url::parse("http://localhost:3000").unwrap());
            url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
        };
        let alone = fields(&Purchase { bought: Bought::Card, save_card: true, ..sample() });
        assert_eq!((alone["mode"].as_str(), alone["currency"].as_str()), ("setup", "usd"));
        assert_eq!(alone["setup_intent_data[metadata][purchase]"], "pur_sample");
        assert_eq!(alone["cancel_url"], "http://localhost:3000/billing#saved-card");
        assert!(!alone.keys().any(|name| name.starts_with("line_items") || name.starts_with("payment_intent_data")));
        let beside = fields(&Purchase { save_card: true, ..sample() });
        assert_eq!(beside["payment_intent_data[setup_future_usage]"], "off_session");
        assert_eq!(beside["mode"], "payment");
    }

    #[test]
    fn credits_are_one_line_and_their_amount_is_kept() {
        let payer = Payer { workspace: "ws_northwind".into(), name: "Northwind Support".into(), email: None };
        let fields = |cents| -> HashMap<String, String> {
            let bought = Bought::Credits { amount: MilliCents::from_cents(cents) };
            let purchase = Purchase { bought, ..sample() };
            let body = session_request(&purchase, &payer, &Url::parse("http://localhost:3000").unwrap());
            url::form_urlencoded::parse(body.as_bytes()).into_owned().collect()
        };
        let preset = fields(2_500);
        assert_eq!(preset["line_items[0][quantity]"], "1");
        assert_eq!(preset["line_items[0][price_data][unit_amount]"], "2500");
        assert_eq!(preset["line_items[0][price_data][product_data][name]"], "Credits");
        assert_eq!(preset["cancel_url"], "http://localhost:3000/billing?buy=credits&choice=25");
        let typed = fields(1_205);
        assert_eq!(typed["line_items[0][price_data][unit_amount]"], "1205");
        assert_eq!(typed["cancel_url"], "http://localhost:3000/billing?buy=credits&choice=other&amount=12.05");
    }
}
