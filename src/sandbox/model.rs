//! What the sandbox keeps. Amounts are whole cents, times are Unix seconds, unless a name says otherwise.

use std::collections::BTreeMap;

use rand::Rng;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::cards::{Card, Decline};

/// Metadata of any object.
pub type Metadata = BTreeMap<String, String>;

/// A new id as long and as unguessable as Stripe's.
pub fn new_id(prefix: &str, length: usize) -> String {
    let tail = rand::rng().sample_iter(Alphanumeric).take(length).map(char::from);
    prefix.chars().chain(tail).collect()
}

/// A customer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Customer {
    /// `cus_…`
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// E-mail address, shown on the hosted page.
    pub email: Option<String>,
    /// Full name, proposed as the name on the card.
    pub name: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// Phone number.
    pub phone: Option<String>,
    /// The client's own data.
    pub metadata: Metadata,
}

/// Where a Checkout session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// Can be paid.
    Open,
    /// Was paid.
    Complete,
    /// Ran out, or was expired by the client.
    Expired,
}

impl SessionStatus {
    /// Stripe's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

/// A Checkout session in payment mode.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// `cs_test_…`
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// When it can no longer be paid.
    pub expires_at: i64,
    /// Where it stands; complete means paid.
    pub status: SessionStatus,
    /// Lower-case ISO code.
    pub currency: String,
    /// What is bought; at least one.
    pub items: Vec<LineItem>,
    /// The customer it was made for.
    pub customer: Option<String>,
    /// The address it was made with, where there is no customer.
    pub customer_email: Option<String>,
    /// Who paid, as typed on the hosted page.
    pub payer: Option<Payer>,
    /// The client's own reference.
    pub client_reference_id: Option<String>,
    /// The client's own data.
    pub metadata: Metadata,
    /// Where a paid session leads, with its template unfilled.
    pub success_url: String,
    /// Where `Cancel and go back` leads.
    pub cancel_url: Option<String>,
    /// Language wish; kept, not followed.
    pub locale: Option<String>,
    /// `auto` or `pay`.
    pub submit_type: Option<String>,
    /// Made with the first attempt to pay, as Stripe does.
    pub payment_intent: Option<String>,
    /// What that intent is to carry.
    pub intent_data: IntentData,
}

impl Session {
    /// The sum in cents.
    pub fn total(&self) -> i64 {
        self.items.iter().map(|item| item.unit_amount * item.quantity).sum()
    }

    /// `success_url` with `{CHECKOUT_SESSION_ID}` filled in.
    pub fn success_address(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }
}

/// One line of a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LineItem {
    /// `li_…`
    pub id: String,
    /// `price_…`, made with the line.
    pub price: String,
    /// `prod_…`, made with the line.
    pub product: String,
    /// Name of the product.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Cents for one.
    pub unit_amount: i64,
    /// How many.
    pub quantity: i64,
    /// Metadata of the product.
    pub product_metadata: Metadata,
}

/// Who paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Payer {
    /// Address for the receipt.
    pub email: Option<String>,
    /// Name on the card, if it was given.
    pub name: Option<String>,
}

/// `payment_intent_data` of a session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct IntentData {
    /// Free text.
    pub description: Option<String>,
    /// Address for the receipt.
    pub receipt_email: Option<String>,
    /// End of the line on the card's statement.
    pub statement_descriptor_suffix: Option<String>,
    /// Metadata of intent and charge.
    pub metadata: Metadata,
}

/// A PaymentIntent as Checkout makes it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Intent {
    /// `pi_…`
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// What the client secret ends with.
    pub secret: String,
    /// Cents.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// The session's customer.
    pub customer: Option<String>,
    /// What the session asked it to carry.
    pub data: IntentData,
    /// The last attempt.
    pub latest_charge: Option<String>,
    /// Whether that attempt went through.
    pub succeeded: bool,
}

/// One attempt to pay.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Charge {
    /// `ch_…`
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// The intent it belongs to.
    pub intent: String,
    /// `pm_…` of the card used.
    pub payment_method: String,
    /// The card, without its number.
    pub card: Card,
    /// Who paid.
    pub payer: Payer,
    /// Why it was declined; none if it went through.
    pub decline: Option<Decline>,
}

/// Something that happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// When it happened.
    pub created: i64,
    /// Stripe's name for it: `checkout.session.completed`.
    pub kind: String,
    /// The object as it was then.
    pub object: Value,
    /// The API request that caused it, if any.
    pub request: Option<String>,
    /// The idempotency key of that request.
    pub idempotency_key: Option<String>,
}

/// The delivery of one event to the webhook endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Delivery {
    /// The event.
    pub event: String,
    /// Attempts made so far.
    pub attempts: u32,
    /// When the next attempt is due, in Unix milliseconds; none when delivered or given up.
    pub next_at_ms: Option<i64>,
    /// Whether an attempt was answered with 2xx.
    pub delivered: bool,
}

/// The answer kept under an idempotency key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The key.
    pub key: String,
    /// Method and path.
    pub endpoint: String,
    /// Canonical parameters.
    pub parameters: String,
    /// HTTP status.
    pub status: u16,
    /// Body, byte for byte.
    pub body: String,
    /// `Request-Id` of the first request.
    pub request: String,
    /// When it was kept.
    pub created: i64,
}

/// Where events are sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// Address.
    pub url: String,
    /// `whsec_…`, the key of the signature.
    pub secret: String,
}
