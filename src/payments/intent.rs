//! A payment intent as Stripe tells it: one charge of a saved card, and how it stands.

use std::collections::HashMap;

use stripe::StripeRequest as _;
use stripe_core::payment_intent::{
    CreatePaymentIntent, CreatePaymentIntentAutomaticPaymentMethods,
    CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects, CreatePaymentIntentOffSession,
};
use stripe_shared::{ApiErrors, PaymentIntent, PaymentIntentStatus};
use stripe_types::Currency;
use url::Url;

use super::session::Mismatch;
use super::topup::{Topup, Why};

/// What matters of a payment intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// `pi_…`
    pub id: String,
    /// How it stands.
    pub state: IntentState,
    /// Cents.
    pub amount: i64,
    /// Lower case, `usd`.
    pub currency: String,
    /// `cus_…`
    pub customer: Option<String>,
    /// `pm_…`
    pub payment_method: Option<String>,
    /// Id of the top-up that it was made for; Checkout's have none.
    pub topup: Option<String>,
    /// Where Stripe shows its receipt.
    pub receipt_url: Option<String>,
    /// Real money.
    pub livemode: bool,
}

/// Stripe's name of the charge of an intent; its receipt comes with it where it is asked for.
pub(super) const CHARGE: &str = "latest_charge";

/// How a charge stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IntentState {
    /// The money is there.
    Succeeded,
    /// It is on its way.
    Processing,
    /// It did not come.
    Failed(Why),
}

impl From<PaymentIntent> for Intent {
    fn from(intent: PaymentIntent) -> Self {
        let state = match intent.status {
            PaymentIntentStatus::Succeeded => IntentState::Succeeded,
            PaymentIntentStatus::RequiresAction | PaymentIntentStatus::RequiresConfirmation => {
                IntentState::Failed(Why::AuthenticationRequired)
            }
            PaymentIntentStatus::Canceled => IntentState::Failed(Why::Refused),
            PaymentIntentStatus::RequiresPaymentMethod => {
                IntentState::Failed(intent.last_payment_error.as_deref().map_or(Why::Refused, why))
            }
            // Processing, and whatever Stripe may think of: not known.
            _ => IntentState::Processing,
        };
        Self {
            receipt_url: receipt_url(&intent),
            id: intent.id.to_string(),
            state,
            amount: intent.amount,
            currency: intent.currency.to_string().to_lowercase(),
            customer: intent.customer.map(|customer| customer.id().to_string()),
            payment_method: intent.payment_method.map(|method| method.id().to_string()),
            topup: intent.metadata.get("topup").cloned(),
            livemode: intent.livemode,
        }
    }
}

/// The receipt of a payment that came with its charge. An address that is not of the web is none.
pub(super) fn receipt_url(payment: &PaymentIntent) -> Option<String> {
    let url = payment.latest_charge.as_ref()?.as_object()?.receipt_url.clone()?;
    let parsed = Url::parse(&url).ok()?;
    matches!(parsed.scheme(), "https" | "http").then_some(url)
}

fn why(error: &ApiErrors) -> Why {
    Why::told(error.code.as_ref().map(|code| code.as_str()), error.decline_code.as_deref())
}

impl Intent {
    /// Compares what Stripe says with what was asked: top-up, amount, currency, customer.
    ///
    /// # Errors
    /// The first difference.
    pub fn matches(&self, topup: &Topup, livemode: bool) -> Result<(), Mismatch> {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
        let told_and_asked = [
            ("top-up", text(&self.topup), topup.id.clone()),
            ("amount", format!("{} cents", self.amount), format!("{} cents", topup.amount.cents_up())),
            ("currency", self.currency.clone(), "usd".to_owned()),
            ("customer", text(&self.customer), topup.customer.clone()),
            ("live mode", self.livemode.to_string(), livemode.to_string()),
        ];
        for (field, found, expected) in told_and_asked {
            if found != expected {
                return Err(Mismatch { field, found, expected });
            }
        }
        Ok(())
    }
}

/// The body that charges a saved card without its owner's presence. `workspace` is the public id.
pub fn charge_request(topup: &Topup, workspace: &str) -> String {
    let mut methods = CreatePaymentIntentAutomaticPaymentMethods::new(true);
    // Nobody is there who could be led to another page.
    methods.allow_redirects = Some(CreatePaymentIntentAutomaticPaymentMethodsAllowRedirects::Never);
    let request = CreatePaymentIntent::new(topup.amount.cents_up(), Currency::USD)
        .automatic_payment_methods(methods)
        .confirm(true)
        .customer(topup.customer.as_str())
        .description("Credits")
        .expand([CHARGE.to_owned()])
        .metadata(HashMap::from([
            ("workspace".to_owned(), workspace.to_owned()),
            ("topup".to_owned(), topup.id.clone()),
        ]))
        .off_session(CreatePaymentIntentOffSession::Bool(true))
        .payment_method(topup.payment_method.as_str());
    request.build().body.unwrap_or_default()
}

/// True for what may be the id of a payment intent. Stripe's client does not escape ids, so nothing else may reach it.
pub fn is_intent_id(text: &str) -> bool {
    let tail = text.strip_prefix("pi_");
    tail.is_some_and(|tail| (1..=200).contains(&tail.len()) && tail.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::topup::sample;

    fn intent() -> Intent {
        Intent {
            id: "pi_1".into(),
            state: IntentState::Succeeded,
            amount: 5_000,
            currency: "usd".into(),
            customer: Some("cus_sample".into()),
            payment_method: Some("pm_sample".into()),
            topup: Some("pur_sample".into()),
            receipt_url: None,
            livemode: false,
        }
    }

    #[test]
    fn every_difference_is_found() {
        assert_eq!(intent().matches(&sample(), false), Ok(()));
        type Change = fn(&mut Intent);
        let differing: [(&str, Change); 5] = [
            ("top-up", |intent| intent.topup = None),
            ("amount", |intent| intent.amount = 4_999),
            ("currency", |intent| intent.currency = "eur".into()),
            ("customer", |intent| intent.customer = Some("cus_other".into())),
            ("live mode", |intent| intent.livemode = true),
        ];
        for (field, change) in differing {
            let mut other = intent();
            change(&mut other);
            assert_eq!(other.matches(&sample(), false).unwrap_err().field, field);
        }
    }

    #[test]
    fn a_charge_names_its_card_and_its_top_up() {
        let body = charge_request(&sample(), "ws_central");
        let fields: HashMap<String, String> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        for (name, value) in [
            ("amount", "5000"),
            ("currency", "usd"),
            ("confirm", "true"),
            ("off_session", "true"),
            ("customer", "cus_sample"),
            ("payment_method", "pm_sample"),
            ("automatic_payment_methods[enabled]", "true"),
            ("automatic_payment_methods[allow_redirects]", "never"),
            ("metadata[workspace]", "ws_central"),
            ("metadata[topup]", "pur_sample"),
            ("expand[0]", "latest_charge"),
        ] {
            assert_eq!(fields[name], value, "{name}");
        }
    }
}
