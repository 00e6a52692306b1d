//! What the sandbox keeps. Amounts are whole cents, times are Unix seconds, unless a name says otherwise.

use std::collections::BTreeMap;

use rand::Rng;
use rand::distr::Alphanumeric;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::payment_model::{IntentData, cards_only};

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
    /// `pm_…` meant where nothing else is said.
    #[serde(default)]
    pub default_payment_method: Option<String>,
}

/// What a Checkout session is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Money now.
    #[default]
    Payment,
    /// A card saved for later.
    Setup,
}

impl Mode {
    /// Stripe's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Setup => "setup",
        }
    }
}

/// Where a Checkout session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionStatus {
    /// Waits for the customer.
    Open,
    /// The customer has done their part.
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

/// A Checkout session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// `cs_test_…`
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// When it is over, done or not.
    pub expires_at: i64,
    /// What it is for.
    #[serde(default)]
    pub mode: Mode,
    /// Where it stands.
    pub status: SessionStatus,
    /// Lower-case ISO code; in setup mode it may be empty.
    pub currency: String,
    /// What is bought; at least one in payment mode, none in setup mode.
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
    /// Where a completed session leads, with its template unfilled.
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
    /// Kinds it may be paid with.
    #[serde(default = "cards_only")]
    pub kinds: Vec<String>,
    /// Complete, but the money has not come, or will not.
    #[serde(default)]
    pub unpaid: bool,
    /// Of setup mode, made with the session.
    #[serde(default)]
    pub setup_intent: Option<String>,
}

impl Session {
    /// The sum in cents.
    pub fn total(&self) -> i64 {
        self.items.iter().map(|item| item.unit_amount * item.quantity).sum()
    }

    /// Stripe's word for whether the money is there.
    pub const fn payment_status(&self) -> &'static str {
        match (self.mode, self.status) {
            (Mode::Setup, _) => "no_payment_required",
            (Mode::Payment, SessionStatus::Complete) if !self.unpaid => "paid",
            (Mode::Payment, _) => "unpaid",
        }
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
    /// What changed in it, as it was before; null where Stripe does not say.
    #[serde(default)]
    pub previous: Value,
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
