//! What the sandbox keeps of ways to pay, and of money that moved. Amounts are whole cents, times are Unix seconds.

use serde::{Deserialize, Serialize};

use super::cards::Card;
use super::conduct::{Conduct, Decline};
use super::model::{Metadata, Payer};

/// A way to pay.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PaymentMethod {
    /// `pm_…`
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// The card, without its number; none of a bank account.
    pub card: Option<Card>,
    /// How it behaves.
    pub conduct: Conduct,
    /// Whose it is, as typed.
    pub payer: Payer,
    /// The customer it is saved for.
    pub customer: Option<String>,
    /// Whether it was authenticated for use while nobody is there.
    pub set_up: bool,
    /// Used without a customer, or detached: it may never be used again.
    pub spent: bool,
    /// The client's own data.
    pub metadata: Metadata,
}

impl PaymentMethod {
    /// The card of a charge that nothing else was kept of.
    pub fn once_used(charge: &Charge) -> Self {
        Self {
            id: charge.payment_method.clone(),
            created: charge.created,
            card: charge.card.clone(),
            conduct: Conduct::default(),
            payer: charge.payer.clone(),
            customer: None,
            set_up: false,
            spent: true,
            metadata: Metadata::new(),
        }
    }
}

/// Where an intent stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "WordOrFlag")]
pub enum IntentStatus {
    /// Nothing to pay with, or the last attempt failed.
    RequiresPaymentMethod,
    /// Ready to be confirmed.
    RequiresConfirmation,
    /// The customer is to authenticate.
    RequiresAction,
    /// The money is on its way.
    Processing,
    /// Done.
    Succeeded,
    /// Given up.
    Canceled,
}

impl IntentStatus {
    const ALL: [Self; 6] = [
        Self::RequiresPaymentMethod,
        Self::RequiresConfirmation,
        Self::RequiresAction,
        Self::Processing,
        Self::Succeeded,
        Self::Canceled,
    ];

    /// Stripe's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

impl From<IntentStatus> for &'static str {
    fn from(status: IntentStatus) -> Self {
        status.word()
    }
}

/// Older journals say of an intent only whether it succeeded.
#[derive(Deserialize)]
#[serde(untagged)]
enum WordOrFlag {
    Word(String),
    Flag(bool),
}

impl TryFrom<WordOrFlag> for IntentStatus {
    type Error = String;

    fn try_from(kept: WordOrFlag) -> Result<Self, String> {
        match kept {
            WordOrFlag::Flag(true) => Ok(Self::Succeeded),
            WordOrFlag::Flag(false) => Ok(Self::RequiresPaymentMethod),
            WordOrFlag::Word(word) => {
                Self::ALL.into_iter().find(|status| status.word() == word).ok_or(format!("no status: {word}"))
            }
        }
    }
}

/// What an intent is to carry; of a session, `payment_intent_data`.
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
    /// `off_session` or `on_session`: the card is saved for the customer when it has paid.
    #[serde(default)]
    pub setup_future_usage: Option<String>,
}

/// A PaymentIntent.
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
    /// Who pays.
    pub customer: Option<String>,
    /// What it was asked to carry.
    pub data: IntentData,
    /// The last attempt.
    pub latest_charge: Option<String>,
    /// Where it stands.
    #[serde(alias = "succeeded")]
    pub status: IntentStatus,
    /// `pm_…` of the last attempt, or of the next.
    #[serde(default)]
    pub payment_method: Option<String>,
    /// Why the customer's authentication did not come about.
    #[serde(default)]
    pub unauthenticated: Option<Unauthenticated>,
    /// Where the customer goes after authenticating; none inside Checkout.
    #[serde(default)]
    pub return_url: Option<String>,
    /// `always` or `never`, where methods are chosen automatically.
    #[serde(default)]
    pub allow_redirects: Option<String>,
    /// Kinds it may be paid with.
    #[serde(default = "cards_only")]
    pub kinds: Vec<String>,
    /// When the bank answers, of a debit on its way.
    #[serde(default)]
    pub settles_at: Option<i64>,
    /// When it was canceled, and why.
    #[serde(default)]
    pub canceled: Option<(i64, Option<String>)>,
}

/// Kinds of paying where nothing else is said.
pub fn cards_only() -> Vec<String> {
    vec!["card".to_owned()]
}

/// An attempt that ended before there was a charge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unauthenticated {
    /// The customer failed.
    Failed,
    /// `error_on_requires_action` was set.
    NotHandled,
}

/// A SetupIntent: a card being saved without a payment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SetupIntent {
    /// `seti_…`
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// What the client secret ends with.
    pub secret: String,
    /// For whom the card is saved.
    pub customer: Option<String>,
    /// Free text.
    pub description: Option<String>,
    /// The client's own data.
    pub metadata: Metadata,
    /// Where it stands.
    pub status: IntentStatus,
    /// `pm_…` of the last attempt.
    pub payment_method: Option<String>,
    /// Why the last attempt failed.
    pub failure: Option<SetupFailure>,
}

/// Why a card could not be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetupFailure {
    /// The bank refused.
    Declined(Decline),
    /// The customer failed to authenticate.
    Unauthenticated,
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
    /// The card, without its number; none of a bank account.
    pub card: Option<Card>,
    /// Who paid.
    pub payer: Payer,
    /// Why it was declined; none if it went through.
    pub decline: Option<Decline>,
    /// Whether the money is still on its way.
    #[serde(default)]
    pub pending: bool,
    /// Cents sent back, or on their way.
    #[serde(default)]
    pub refunded: i64,
    /// Whether it was ever disputed.
    #[serde(default)]
    pub disputed: bool,
    /// When its owner disputes it.
    #[serde(default)]
    pub disputes_at: Option<i64>,
}

impl Charge {
    /// Whether the shop has, or had, the money.
    pub const fn went_through(&self) -> bool {
        self.decline.is_none() && !self.pending
    }
}
