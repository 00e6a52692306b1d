//! Wallets whose frame a batch changed.

use jiff::Timestamp;
use tokio_postgres::types::ToSql;

use crate::ledger::wallet::Wallet;

columns!(
    /// Frames of wallets that changed.
    Frames {
        workspace_id: i64, lots_created: i64, snapshot_id: Option<i64>, subscriptions: i64,
        anchor_at: Option<Timestamp>, period_index: Option<i32>, period_starts_at: Option<Timestamp>,
        period_ends_at: Option<Timestamp>, subscription_status: &'static str, next_snapshot_id: Option<i64>,
        cancel_at_end: bool, payment_state: &'static str, excess_before_mc: i64, waiting: i64, used_before_secs: i64,
        used_before_calls: i64,
    }
);

impl Frames {
    /// Frames of the wallets in which they changed.
    pub fn of(wallets: &[&Wallet]) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            let frame = wallet.frame();
            if frame == wallet.loaded {
                continue;
            }
            let subscription = frame.subscription.as_ref();
            let used_before = subscription.map(|it| it.used_before).unwrap_or_default();
            columns.push(
                wallet.workspace.0,
                frame.lots_created,
                subscription.map(|it| it.snapshot.id),
                subscription.map_or(0, |it| it.number),
                subscription.map(|it| it.anchor_at),
                subscription.map(|it| it.period.index),
                subscription.map(|it| it.period.starts_at),
                subscription.map(|it| it.period.ends_at),
                subscription.map_or("none", |it| it.state.as_str()),
                subscription.and_then(|it| it.next.as_ref()).map(|next| next.id),
                subscription.is_some_and(|it| it.cancel_at_end),
                frame.payment.as_str(),
                frame.excess_before_mc,
                frame.waiting,
                used_before.secs,
                used_before.calls,
            );
        }
        columns
    }
}
