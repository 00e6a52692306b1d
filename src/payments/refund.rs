//! Money that is sent back through Stripe: one attempt after the other, each stored before it is sent (SPEC §5).

pub mod repo;

use jiff::{SignedDuration, Timestamp};
use stripe::StripeRequest as _;
use stripe_core::refund::{CreateRefund, CreateRefundReason};

use super::attempt::Attempt;
use crate::units::WorkspaceId;

/// How long the same bytes and key may be sent again; Stripe keeps a key for 24 hours.
const REPLAYED_WITHIN: SignedDuration = SignedDuration::from_hours(23);

/// A refund of the payment that an inbox item is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Whose.
    pub workspace: WorkspaceId,
    /// The item.
    pub item: i64,
    /// `pi_…`: what is sent back.
    pub payment_intent: String,
    /// What is asked of Stripe.
    pub attempt: Attempt,
    /// When it was first asked.
    pub asked_at: Timestamp,
    /// False once its outcome is known.
    pub open: bool,
}

impl Refund {
    /// Whether the attempt may still be sent again; later its outcome can only be read back.
    pub fn may_send(&self, now: Timestamp) -> bool {
        now.duration_since(self.asked_at) < REPLAYED_WITHIN
    }
}

/// What Stripe says of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// `re_…`
    pub id: String,
    /// It failed or was canceled: the money did not go back.
    pub failed: bool,
}

impl From<stripe_shared::Refund> for Refunded {
    fn from(refund: stripe_shared::Refund) -> Self {
        let failed = matches!(refund.status.as_deref(), Some("failed" | "canceled"));
        Self { id: refund.id.to_string(), failed }
    }
}

/// The body that sends a whole payment back.
pub fn refund_request(payment_intent: &str) -> String {
    let request = CreateRefund::new().payment_intent(payment_intent).reason(CreateRefundReason::RequestedByCustomer);
    request.build().body.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_payment_goes_back() {
        let body = refund_request("pi_1");
        assert_eq!(body, "payment_intent=pi_1&reason=requested_by_customer");
    }
}
