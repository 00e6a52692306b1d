//! Many wallets at a glance, for lists: what each subscription is called, and wallets without their single lots.

pub mod repo;

use super::command::PaymentState;
use super::wallet::{SubscriptionState, Wallet};
use crate::units::words;

/// A subscription in the words of SPEC §1; one that waits for its last calls is canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubscriptionStatus {
    /// There never was one.
    None,
    /// It runs.
    Active,
    /// A request is overdue; calls go on.
    PastDue,
    /// Nothing prepaid is left, or a request is overdue for too long.
    Blocked,
    /// It has ended.
    Canceled,
}

words!(SubscriptionStatus {
    None = "none",
    Active = "active",
    PastDue = "past_due",
    Blocked = "blocked",
    Canceled = "canceled",
});

impl SubscriptionStatus {
    /// How a wallet's subscription stands.
    pub fn of(wallet: &Wallet) -> Self {
        match (wallet.subscription.as_ref().map(|it| it.state), wallet.payment) {
            (None, _) => Self::None,
            (Some(SubscriptionState::Ending | SubscriptionState::Canceled), _) => Self::Canceled,
            (_, PaymentState::Unpaid) => Self::Blocked,
            _ if wallet.standing().is_exhausted() => Self::Blocked,
            (_, PaymentState::PastDue) => Self::PastDue,
            (_, PaymentState::Current) => Self::Active,
        }
    }
}
