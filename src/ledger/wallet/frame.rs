//! The part of a wallet's row that calls leave as it is.

use super::{Changes, PaymentState, Subscription, Wallet};

/// The part of a wallet's row that calls leave as it is; it is saved only where it changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The current subscription, or the last one.
    pub subscription: Option<Subscription>,
    /// How the agency's payment requests stand.
    pub payment: PaymentState,
    /// Number of the newest lot.
    pub lots_created: i64,
    /// The part of the excess that belongs to earlier periods.
    pub excess_before_mc: i64,
    /// How many credits wait to be taken back further.
    pub waiting: i64,
}

impl Wallet {
    /// The frame as it is now.
    pub fn frame(&self) -> Frame {
        Frame {
            subscription: self.subscription.clone(),
            payment: self.payment,
            lots_created: self.lots_created,
            excess_before_mc: self.excess_before_mc,
            waiting: self.waiting(),
        }
    }

    /// Forgets what only the commands at hand were about: what is left is as it would be loaded now, with the open calls
    /// that are known.
    pub fn begin_anew(&mut self) {
        self.version += i64::from(!self.changes.is_empty());
        self.changes = Changes::default();
        self.posted.clear();
        self.credited.clear();
        self.take_backs.clear();
        self.calls.retain(|_, call| call.end.is_none());
        self.loaded = self.frame();
    }
}
