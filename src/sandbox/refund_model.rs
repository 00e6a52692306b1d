//! What the sandbox keeps of money that goes back: refunds, and disputes of the card's owner with their bank. Amounts
//! are whole cents, times are Unix seconds.

use serde::{Deserialize, Serialize};

use super::model::Metadata;

/// Where a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefundStatus {
    /// On its way.
    Pending,
    /// Sent back; it may still fail.
    Succeeded,
    /// It came back.
    Failed,
}

impl RefundStatus {
    /// Stripe's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
        }
    }
}

/// Money sent back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// When it was made.
    pub created: i64,
    /// What it sends back.
    pub charge: String,
    /// The intent of that charge.
    pub intent: String,
    /// Cents.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// Stripe's word for why it was asked for.
    pub reason: Option<String>,
    /// The client's own data.
    pub metadata: Metadata,
    /// Where it stands.
    pub status: RefundStatus,
    /// Stripe's word for why it failed.
    pub failure_reason: Option<String>,
    /// When it turns out otherwise than it began.
    pub turns_at: Option<i64>,
}

/// Where a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeStatus {
    /// An inquiry: no money was taken.
    WarningNeedsResponse,
    /// The inquiry led to nothing.
    WarningClosed,
    /// The money was taken, and the shop can object.
    NeedsResponse,
    /// The shop has it back.
    Won,
    /// It is gone.
    Lost,
}

impl DisputeStatus {
    /// Stripe's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::WarningNeedsResponse => "warning_needs_response",
            Self::WarningClosed => "warning_closed",
            Self::NeedsResponse => "needs_response",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }
}

/// A charge disputed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dispute {
    /// `du_…`
    pub id: String,
    /// When it was opened.
    pub created: i64,
    /// What is disputed.
    pub charge: String,
    /// The intent of that charge.
    pub intent: String,
    /// Cents.
    pub amount: i64,
    /// Lower-case ISO code.
    pub currency: String,
    /// Brand of the card.
    pub brand: String,
    /// Stripe's word for what the card's owner says.
    pub reason: String,
    /// Where it stands.
    pub status: DisputeStatus,
}

impl Dispute {
    /// Whether the money is with the bank.
    pub const fn holds_money(&self) -> bool {
        matches!(self.status, DisputeStatus::NeedsResponse | DisputeStatus::Lost)
    }

    /// Whether it can still be closed.
    pub const fn is_open(&self) -> bool {
        matches!(self.status, DisputeStatus::NeedsResponse | DisputeStatus::WarningNeedsResponse)
    }
}
