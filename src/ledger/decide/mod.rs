//! `decide`: a pure, deterministic function of a wallet, a command and the time. All of SPEC §1 meets here.
//!
//! `subscription` begins, changes and ends plans and opens periods; `credit` adds; `call` holds, extends, settles and
//! releases; `message` and `number` charge; `reverse` takes back.

mod call;
mod credit;
mod message;
mod number;
mod reverse;
mod subscription;

use jiff::Timestamp;

pub use call::accepts_call;
pub use message::MOST as MOST_MESSAGES;

use super::command::{Answer, Command, Refusal};
use super::event::{self, Level};
use super::outcome::Outcome;
use super::wallet::Wallet;
use crate::units::MilliCents;

/// What a command comes to, before it is carried out.
type Decision = Result<Outcome, Refusal>;

/// Opens every period that is due, then decides the command and carries it out in memory. `now` never runs back
/// behind the last posting. What changed stands in `wallet.changes`, also after a refusal.
///
/// # Errors
/// The [`Refusal`].
pub fn decide(wallet: &mut Wallet, command: &Command, now: Timestamp) -> Result<Answer, Refusal> {
    let now = now.max(wallet.last_posted_at);
    let (before, first_seq) = (Level::of(wallet), wallet.seq + 1);
    let answer = carry_out(wallet, command, now);
    let settled = match &answer {
        Ok(Answer::Ended { call, repeated: false }) => Some(call.as_ref()),
        _ => None,
    };
    event::note(wallet, before, first_seq, settled, now);
    answer
}

fn carry_out(wallet: &mut Wallet, command: &Command, now: Timestamp) -> Result<Answer, Refusal> {
    while let Some(outcome) = subscription::period_end(wallet, now) {
        wallet.apply(outcome, now)?;
    }
    collect(wallet, now)?;
    let outcome = match command {
        Command::Subscribe { snapshot, anchor_at } => subscription::subscribe(wallet, snapshot, *anchor_at, now),
        Command::OpenPeriods => Ok(Outcome::unchanged(Answer::PeriodsOpen)),
        Command::ChangePlan { snapshot, effective } => subscription::change_plan(wallet, snapshot, *effective, now),
        Command::Cancel(effective) => subscription::cancel(wallet, *effective, now),
        Command::SetPaymentState(state) => Ok(subscription::set_payment_state(wallet, *state)),
        Command::CreditLots { key, lots } => credit::lots(wallet, key, lots, MilliCents(0), now),
        Command::CreditLotsAndDebt { key, lots, balance } => credit::lots(wallet, key, lots, *balance, now),
        Command::CreditMoney { key, amount } => credit::money(wallet, key, *amount, now),
        Command::GrantMoney { key, amount } => credit::grant(wallet, key, *amount, now),
        Command::TakeBack(reversal) => reverse::take_back(wallet, reversal, now),
        Command::TakeUnused { credit, id, paid } => reverse::take_unused(wallet, credit, id, *paid, now),
        Command::GiveBack(reversal) => reverse::give_back(wallet, reversal, now),
        Command::PlaceHold(placement) => call::place(wallet, placement, now),
        Command::Heartbeat { id, connected } => call::heartbeat(wallet, id, *connected),
        Command::ExpireCall { id } => call::expire(wallet, id, now),
        Command::ChargeMessages { id, count } => message::charge(wallet, id, *count, now),
        Command::PayNumber { key, begins } => number::pay(wallet, key, *begins, now),
        Command::EndCall { id, outcome, duration, billed } => {
            let figures = call::Figures { outcome: *outcome, duration: *duration, billed: *billed };
            call::complete(wallet, id, figures, now)
        }
    }?;
    let answer = wallet.apply(outcome, now);
    collect(wallet, now)?;
    answer
}

/// Takes what waits to be taken back, as far as open holds allow: before any new hold, and as soon as one ends.
fn collect(wallet: &mut Wallet, now: Timestamp) -> Result<(), Refusal> {
    while let Some(outcome) = reverse::collect(wallet, now) {
        wallet.apply(outcome, now)?;
    }
    Ok(())
}
