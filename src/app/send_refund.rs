//! The one way in which money is sent back: a refund is stored before anything is done about it, and brought to its end
//! step by step. Stopped between any two of them, the next one who comes by goes on: the same form, sent again, or the
//! sweep. Units are taken before Stripe is asked, and come back where it is known that nothing was sent.

use jiff::SignedDuration;
use sqlx::Acquire as _;

use crate::ledger::{self, Answer, Cause, Command, Credit, LedgerError, Refusal};
use crate::payments::inbox::{self, Resolution};
use crate::payments::refund::{Refund, RefundCause, RefundStatus, repo};
use crate::payments::reversal::{self, Reversal};
use crate::payments::{self, Bought, Failure};
use crate::state::AppState;
use crate::units::MilliCents;

/// The sweep leaves a new refund to whoever asked for it for so long.
pub const ASKERS_OWN: SignedDuration = SignedDuration::from_mins(1);
/// Refunds of one look.
const BATCH: i64 = 100;

/// Why nothing was sent back, or why that is not known.
#[derive(Debug, thiserror::Error)]
pub enum RefundError {
    /// Every unit is used, or kept by an open call.
    #[error("nothing of the purchase is unused")]
    NothingUnused,
    /// The outcome at Stripe is not known; it is asked again by itself.
    #[error("Stripe gave no answer")]
    StripeUnreachable,
    /// Stripe refused; a new form begins a new attempt.
    #[error("Stripe refused: {0}")]
    StripeRefused(String),
    /// The ledger did not answer; it is asked again by itself.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The database failed; the same form may be sent again.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<Failure> for RefundError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { message, .. } => Self::StripeRefused(message),
            Failure::Unknown(words) | Failure::Stuck(words) => {
                tracing::warn!(words, "the outcome of a refund is not known");
                Self::StripeUnreachable
            }
        }
    }
}

/// Brings a refund to its end. Safe any number of times, in parallel. Answers what was sent back; `None`: the whole
/// payment.
///
/// # Errors
/// See [`RefundError`].
pub(super) async fn send_refund(state: &AppState, refund: Refund) -> Result<Option<MilliCents>, RefundError> {
    let (mut refund, mut refused) = (refund, None);
    loop {
        match refund.status {
            RefundStatus::Taking => take(state, &refund).await?,
            RefundStatus::Open => refused = ask(state, &refund).await?,
            RefundStatus::Returning => give_back(state, &refund).await?,
            RefundStatus::Succeeded => return Ok(refund.amount),
            RefundStatus::Failed => return Err(failed(&refund, refused)),
        }
        let mut db = state.db.acquire().await?;
        let found = repo::find(&mut db, refund.workspace, &refund.id).await?;
        refund = found.ok_or(sqlx::Error::RowNotFound)?;
    }
}

/// Asks again for every refund that was cut off or whose outcome is not known, `left_alone` after it was asked for.
///
/// # Errors
/// Where the database failed; Stripe's failures only put things off.
pub async fn sweep_refunds(state: &AppState, left_alone: SignedDuration) -> sqlx::Result<()> {
    let mut db = state.db.acquire().await?;
    let unfinished = repo::unfinished(&mut db, state.clock.now() - left_alone, BATCH).await?;
    drop(db);
    for refund in unfinished {
        let id = refund.id.clone();
        match send_refund(state, refund).await {
            Err(RefundError::Database(error)) => return Err(error),
            Err(error) => tracing::warn!(refund = id, %error, "a refund was not sent"),
            Ok(_) => {}
        }
    }
    Ok(())
}

fn failed(refund: &Refund, refused: Option<String>) -> RefundError {
    if refund.attempt.body.is_empty() {
        return RefundError::NothingUnused;
    }
    RefundError::StripeRefused(refused.unwrap_or_else(|| "the refund failed".to_owned()))
}

/// What the ledger knows as bought: the packs of this refund's purchase, and what was paid for them.
async fn credit_of(state: &AppState, refund: &Refund) -> Result<Option<(Credit, MilliCents)>, RefundError> {
    let RefundCause::Unused { purchase, .. } = &refund.cause else {
        return Ok(None);
    };
    let mut db = state.db.acquire().await?;
    let purchase = payments::repo::purchase(&mut db, purchase).await?.ok_or(sqlx::Error::RowNotFound)?;
    let session = purchase.session.map(|(session, _)| session).ok_or(sqlx::Error::RowNotFound)?;
    Ok(match &purchase.bought {
        Bought::Packs(packs) => Some((Credit::Lots(session), packs.price())),
        _ => None,
    })
}

/// Takes the unused units, and fixes what Stripe is asked for.
async fn take(state: &AppState, refund: &Refund) -> Result<(), RefundError> {
    let Some((credit, paid)) = credit_of(state, refund).await? else {
        return Err(sqlx::Error::RowNotFound.into());
    };
    let command = Command::TakeUnused { credit, id: refund.id.clone(), paid };
    let amount = match state.ledger.submit(refund.workspace, command).await {
        Ok(Answer::Reversed { amount, .. }) => Some(amount),
        Err(LedgerError::Refused(Refusal::NothingUnused)) => None,
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(LedgerError::Unavailable.into()),
    };
    let now = state.clock.now();
    let mut db = state.db.acquire().await?;
    let mut transaction = db.begin().await?;
    match amount {
        Some(amount) => {
            if repo::open(&mut transaction, refund, amount, now).await? {
                let taken = Reversal {
                    workspace: refund.workspace,
                    id: refund.id.clone(),
                    payment_intent: refund.payment_intent.clone(),
                    cause: Cause::Refund,
                    bought: amount,
                    balance: MilliCents(0),
                    stands: true,
                    followed: true,
                };
                reversal::repo::insert(&mut transaction, &taken, now).await?;
            }
        }
        None => _ = repo::advance(&mut transaction, refund, RefundStatus::Failed, None).await?,
    }
    transaction.commit().await?;
    Ok(())
}

/// Sends the stored attempt, or reads back what became of it, and settles its item once the money is on its way back.
/// Answers why Stripe refused.
async fn ask(state: &AppState, refund: &Refund) -> Result<Option<String>, RefundError> {
    let now = state.clock.now();
    let may_send = refund.may_send(now);
    let outcome = if may_send {
        state.stripe.create_refund(&refund.attempt).await
    } else {
        Err(Failure::Stuck("sent too long ago".to_owned()))
    };
    let (made, refused) = match outcome {
        Err(Failure::Stuck(words)) => match state.stripe.find_refund(refund).await? {
            // Sent a moment before it was too late, it may still arrive.
            None if !may_send && !refund.is_lost(now) => return Err(Failure::Unknown(words).into()),
            found => (found, None),
        },
        Err(Failure::Refused { message, .. }) => (None, Some(message)),
        outcome => (Some(outcome?), None),
    };
    let made = made.filter(|made| !made.failed);
    let mut transaction = state.db.begin().await?;
    let to = match (&made, &refund.cause) {
        (Some(_), _) => RefundStatus::Succeeded,
        (None, RefundCause::Unused { .. }) => RefundStatus::Returning,
        (None, RefundCause::Item(_)) => RefundStatus::Failed,
    };
    let moved = repo::advance(&mut transaction, refund, to, made.as_ref().map(|made| made.id.as_str())).await?;
    if let (true, Some(_), RefundCause::Item(item)) = (moved, &made, &refund.cause) {
        inbox::repo::resolve(&mut transaction, refund.workspace, *item, Resolution::Refunded, now).await?;
    }
    transaction.commit().await?;
    Ok(refused)
}

/// The units come back, because it is known that nothing was sent.
async fn give_back(state: &AppState, refund: &Refund) -> Result<(), RefundError> {
    let workspace = refund.workspace;
    if let (Some((credit, paid)), Some(amount)) = (credit_of(state, refund).await?, refund.amount) {
        let reversal = ledger::Reversal { credit, id: refund.id.clone(), cause: Cause::Refund, amount, paid };
        state.ledger.submit(workspace, Command::GiveBack(reversal)).await?;
    }
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    reversal::repo::fall(&mut transaction, workspace, &refund.id).await?;
    if let Some(fallen) = reversal::repo::find(&mut transaction, workspace, &refund.id).await? {
        reversal::repo::mark_followed(&mut transaction, &fallen, now).await?;
    }
    repo::advance(&mut transaction, refund, RefundStatus::Failed, None).await?;
    transaction.commit().await?;
    Ok(())
}
