//! Money that is sent back through Stripe, for an item of the inbox or for the unused part of a purchase: one attempt after
//! the other, each stored before it is sent (SPEC §5).

pub mod repo;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use stripe::StripeRequest as _;
use stripe_core::refund::{CreateRefund, CreateRefundReason};

use super::attempt::Attempt;
use super::topup::IN_TRANSIT;
use crate::units::{MilliCents, WorkspaceId, words};

/// How long the same bytes and key may be sent again; Stripe keeps a key for 24 hours.
const REPLAYED_WITHIN: SignedDuration = SignedDuration::from_hours(23);
/// Under this name Stripe keeps the id of a refund that was asked for here.
const OWN_ID: &str = "refund";

/// A refund that was asked for here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// Whose.
    pub workspace: WorkspaceId,
    /// `ref_…`
    pub id: String,
    /// What for.
    pub cause: RefundCause,
    /// `pi_…`: what is sent back.
    pub payment_intent: String,
    /// How much; `None`: all of it, or not decided yet.
    pub amount: Option<MilliCents>,
    /// What is asked of Stripe; without a body until it is decided.
    pub attempt: Attempt,
    /// When it was first asked.
    pub asked_at: Timestamp,
    /// How far it is.
    pub status: RefundStatus,
}

/// What money is sent back for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefundCause {
    /// A payment that lies in the inbox: this item.
    Item(i64),
    /// The unused part of a purchase.
    Unused {
        /// `pur_…`
        purchase: String,
        /// One-use key of the form.
        form_key: String,
    },
}

/// How far a refund is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefundStatus {
    /// The unused units are being taken.
    Taking,
    /// Stripe is asked.
    Open,
    /// It is on its way.
    Succeeded,
    /// It is known that Stripe sent nothing: the units come back.
    Returning,
    /// Nothing was sent back.
    Failed,
}

words!(RefundStatus {
    Taking = "taking",
    Open = "open",
    Succeeded = "succeeded",
    Returning = "returning",
    Failed = "failed",
});

impl Refund {
    /// Whether the attempt may still be sent again; later its outcome can only be read back.
    pub fn may_send(&self, now: Timestamp) -> bool {
        now.duration_since(self.asked_at) < REPLAYED_WITHIN
    }

    /// Whether an attempt that Stripe knows nothing of is known to have made nothing.
    pub fn is_lost(&self, now: Timestamp) -> bool {
        now.duration_since(self.asked_at) >= REPLAYED_WITHIN + IN_TRANSIT
    }

    /// True while its outcome is not known.
    pub fn is_open(&self) -> bool {
        !matches!(self.status, RefundStatus::Succeeded | RefundStatus::Failed)
    }

    /// Whether this is what it made at Stripe: that names its id. Others of the same payment are somebody's in Stripe's
    /// dashboard, whatever their amount.
    pub fn is(&self, made: &Refunded) -> bool {
        made.asked.as_ref() == Some(&self.id)
    }

    /// The body that asks for it.
    pub fn request(&self) -> String {
        let mut request = CreateRefund::new()
            .payment_intent(self.payment_intent.as_str())
            .reason(CreateRefundReason::RequestedByCustomer)
            .metadata(HashMap::from([(OWN_ID.to_owned(), self.id.clone())]));
        if let Some(amount) = self.amount {
            request = request.amount(amount.cents_down());
        }
        request.build().body.unwrap_or_default()
    }
}

/// What Stripe says of a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refunded {
    /// `re_…`
    pub id: String,
    /// `ref_…`, where it was asked for here.
    pub asked: Option<String>,
    /// How much.
    pub amount: MilliCents,
    /// It failed or was canceled: the money did not go back.
    pub failed: bool,
}

impl From<stripe_shared::Refund> for Refunded {
    fn from(refund: stripe_shared::Refund) -> Self {
        let failed = matches!(refund.status.as_deref(), Some("failed" | "canceled"));
        let asked = refund.metadata.and_then(|data| data.get(OWN_ID).cloned());
        Self { id: refund.id.to_string(), asked, amount: MilliCents::from_cents(refund.amount), failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refund(amount: Option<MilliCents>) -> Refund {
        Refund {
            workspace: WorkspaceId(1),
            id: "ref_1".into(),
            cause: RefundCause::Item(1),
            payment_intent: "pi_1".into(),
            amount,
            attempt: Attempt { key: "key".into(), body: String::new() },
            asked_at: Timestamp::UNIX_EPOCH,
            status: RefundStatus::Open,
        }
    }

    #[test]
    fn a_refund_names_itself_and_its_whole_cents() {
        let whole = "payment_intent=pi_1&reason=requested_by_customer";
        let own = "metadata[refund]=ref_1";
        let of = |amount| {
            let body = refund(amount).request();
            let mut fields: Vec<(String, String)> = url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
            fields.sort();
            fields.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
        };
        assert_eq!(of(None), format!("{own}&{whole}"));
        assert_eq!(of(Some(MilliCents::from_cents(500))), format!("amount=500&{own}&{whole}"));
    }

    #[test]
    fn what_stripe_made_is_known_by_its_own_id() {
        let made = |asked: Option<&str>, failed| Refunded {
            id: "re_1".into(),
            asked: asked.map(str::to_owned),
            amount: MilliCents(1_000),
            failed,
        };
        for asked in [refund(Some(MilliCents(1_000))), refund(None)] {
            assert!(asked.is(&made(Some("ref_1"), true)));
            assert!(!asked.is(&made(Some("ref_2"), false)));
            assert!(!asked.is(&made(None, false)), "somebody else's refund of the same payment");
        }
    }
}
