//! Refunds and disputes: what Stripe says of them, and what is stored. An event is only a hint; what is true is retrieved,
//! for a whole payment at once, so that order and number of events do not matter (SPEC §5).

pub mod repo;

use jiff::Timestamp;
use stripe_shared::DisputeStatus;

use super::refund::Refunded;
use crate::ledger::Cause;
use crate::units::{MilliCents, WorkspaceId};

/// What Stripe says of a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// `cus_…`
    pub customer: Option<String>,
    /// What came in.
    pub amount: MilliCents,
    /// It charged a saved card for credits.
    pub is_topup: bool,
    /// When it was begun.
    pub created_at: Timestamp,
}

/// What Stripe says of a dispute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disputed {
    /// `du_…`
    pub id: String,
    /// What it is about.
    pub amount: MilliCents,
    /// In Stripe's word, e.g. `fraudulent`.
    pub reason: String,
    /// How it stands.
    pub state: DisputeState,
}

/// How a dispute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisputeState {
    /// The bank asks; no money was taken.
    Inquiry,
    /// The money is taken, and somebody may object.
    Open,
    /// The money is back.
    Won,
    /// The money is gone.
    Lost,
}

impl From<stripe_shared::Dispute> for Disputed {
    fn from(dispute: stripe_shared::Dispute) -> Self {
        let state = match dispute.status {
            DisputeStatus::NeedsResponse | DisputeStatus::UnderReview => DisputeState::Open,
            DisputeStatus::Won => DisputeState::Won,
            DisputeStatus::Lost => DisputeState::Lost,
            // Warnings, one that was prevented, and whatever Stripe may think of: no money has moved.
            _ => DisputeState::Inquiry,
        };
        let amount = MilliCents::from_cents(dispute.amount);
        Self { id: dispute.id.to_string(), amount, reason: dispute.reason, state }
    }
}

/// A refund or dispute that Stripe has told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Its id; of a refund that was asked for here, that of the asking.
    pub id: String,
    /// Why money went back.
    pub cause: Cause,
    /// How much.
    pub amount: MilliCents,
    /// False once it has failed or was won.
    pub stands: bool,
}

impl Told {
    /// A refund.
    pub fn refund(refunded: &Refunded) -> Self {
        let id = refunded.asked.clone().unwrap_or_else(|| refunded.id.clone());
        Self { id, cause: Cause::Refund, amount: refunded.amount, stands: !refunded.failed }
    }

    /// A dispute; `None` where it takes no money.
    pub fn dispute(disputed: &Disputed) -> Option<Self> {
        let stands = match disputed.state {
            DisputeState::Inquiry => return None,
            DisputeState::Open | DisputeState::Lost => true,
            DisputeState::Won => false,
        };
        Some(Self { id: disputed.id.clone(), cause: Cause::Dispute, amount: disputed.amount, stands })
    }
}

/// A refund or dispute as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reversal {
    /// Whose.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: String,
    /// The payment that went back.
    pub payment_intent: String,
    /// Why.
    pub cause: Cause,
    /// How much went back of what was bought.
    pub bought: MilliCents,
    /// How much of the outstanding balance that was paid beside it.
    pub balance: MilliCents,
    /// False once it has failed or was won.
    pub stands: bool,
    /// The wallet, or the request, has followed.
    pub followed: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inquiry_takes_no_money_and_a_won_dispute_gives_it_back() {
        let told = |state| {
            let (id, reason) = ("du_1".to_owned(), "general".to_owned());
            Told::dispute(&Disputed { id, amount: MilliCents(1_000), reason, state }).map(|told| told.stands)
        };
        assert_eq!(told(DisputeState::Inquiry), None);
        assert_eq!(
            [DisputeState::Open, DisputeState::Lost, DisputeState::Won].map(told),
            [Some(true), Some(true), Some(false)]
        );
    }
}
