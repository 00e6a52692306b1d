//! The agency's inbox: what somebody must look at. Nothing that cost money is dropped.

pub mod repo;

use jiff::Timestamp;

use crate::units::{MilliCents, WorkspaceId, words};

/// What an item is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// Paid, but not as it was asked; its reference is the Checkout session, or the payment intent of a charge.
    UnmatchedPayment,
    /// A request that was settled otherwise was paid as well; its reference is the Checkout session.
    Overpayment,
    /// Connected time that nothing covered; its reference is the call.
    Overrun,
    /// A bank took a payment back.
    Dispute,
    /// Auto-recharge was paused; its reference is the last charge.
    FailedRecharge,
    /// An event could not be delivered and was given up.
    FailedDelivery,
    /// Credits do not cover a month of a number; its reference is the number's id with the month's index.
    UnpaidNumber,
}

words!(ItemKind {
    UnmatchedPayment = "unmatched_payment",
    Overpayment = "overpayment",
    Overrun = "overrun",
    Dispute = "dispute",
    FailedRecharge = "failed_recharge",
    FailedDelivery = "failed_delivery",
    UnpaidNumber = "unpaid_number",
});

impl ItemKind {
    /// True where money came in that can be sent back.
    pub const fn is_payment(self) -> bool {
        matches!(self, Self::UnmatchedPayment | Self::Overpayment)
    }
}

/// How an item was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The payment counts as what it was meant for.
    Accepted,
    /// The money went back.
    Refunded,
    /// Somebody has looked at it.
    Dismissed,
}

words!(Resolution { Accepted = "accepted", Refunded = "refunded", Dismissed = "dismissed" });

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewItem<'a> {
    /// Whose.
    pub workspace: WorkspaceId,
    /// What it is about.
    pub kind: ItemKind,
    /// What caused it: one item for each cause.
    pub reference: &'a str,
    /// In a sentence.
    pub detail: &'a str,
    /// In money, where it is about money.
    pub amount: Option<MilliCents>,
}

/// An item of the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Its row, also in addresses.
    pub id: i64,
    /// Whose.
    pub workspace: WorkspaceId,
    /// The workspace's public id.
    pub workspace_public_id: String,
    /// The client's name.
    pub workspace_name: String,
    /// What it is about.
    pub kind: ItemKind,
    /// What caused it.
    pub reference: String,
    /// In a sentence.
    pub detail: String,
    /// In money, where it is about money.
    pub amount: Option<MilliCents>,
    /// When it came.
    pub created_at: Timestamp,
    /// How and when it was settled.
    pub resolved: Option<(Resolution, Timestamp)>,
    /// A refund was asked for, and its outcome is not known yet.
    pub refunding: bool,
}
