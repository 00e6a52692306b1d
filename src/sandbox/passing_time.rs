//! What happens by itself as time passes: sessions expire, bank debits settle, refunds turn out, charges are
//! disputed.

use super::state::Transaction;
use super::{bank_debits, checkout, disputes, refunds};

/// Does what is first of what is to happen. Every commit begins with these steps, each written before the next, since
/// two of them may concern one charge.
pub fn step(transaction: &mut Transaction<'_>) {
    checkout::expire_run_out(transaction);
    let Some(id) = transaction.state.timed_out(transaction.now).next() else {
        return;
    };
    if let Some(refund) = transaction.state.refunds.get(id) {
        refunds::turn_due(transaction, refund);
    } else if let Some(intent) = transaction.state.intents.get(id) {
        bank_debits::settle_due(transaction, intent);
    } else if let Some(charge) = transaction.state.charges.get(id) {
        disputes::open_due(transaction, charge);
    }
}
