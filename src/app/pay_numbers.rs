//! Pays the months of rented numbers as they begin, each once, whatever the number of instances, restarts and days
//! missed. A month that cannot be paid stays due, is tried every day, and is shown to client and agency meanwhile.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

use super::ReadError;
use crate::ledger::{Answer, Command, LedgerError, Refusal};
use crate::payments::inbox::{ItemKind, NewItem, Resolution, repo as inbox};
use crate::rentals::{Rental, repo};
use crate::state::AppState;
use crate::tenants;
use crate::units::{MilliCents, WorkspaceId};

/// Pause between two looks.
const PAUSE: Duration = Duration::from_secs(20);
/// Numbers of one look.
const BATCH: i64 = 500;

/// Looks again and again until it is dropped.
pub async fn keep_paying(state: AppState) {
    loop {
        match pay_due(&state).await {
            Ok(paid) if paid as i64 == BATCH => continue,
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "numbers whose month has begun could not be read"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Pays every month that has begun, of a batch of numbers at most. Answers how many numbers were settled.
///
/// # Errors
/// Where the list could not be read; a number that fails is said and leaves the others alone.
pub async fn pay_due(state: &AppState) -> sqlx::Result<usize> {
    let mut db = state.db.acquire().await?;
    let due = repo::due(&mut db, state.clock.now(), BATCH).await?;
    drop(db);
    let mut settled = 0;
    for (workspace, id) in due {
        match pay_months(state, workspace, &id).await {
            Ok(()) => settled += 1,
            Err(error) => tracing::warn!(%error, "a month of a number could not be settled"),
        }
    }
    Ok(settled)
}

/// Pays the months of one number that have begun, the oldest first, up to one that is refused. Its row is locked
/// meanwhile, so that nobody gives it back in between.
async fn pay_months(state: &AppState, workspace: WorkspaceId, id: &str) -> Result<(), ReadError> {
    let mut transaction = state.db.begin().await?;
    let now = state.clock.now();
    let Some(mut rental) = repo::lock_due(&mut transaction, workspace, id, now).await? else {
        return Ok(());
    };
    let zone = tenants::repo::zone(&mut transaction, workspace).await?.ok_or(ReadError::NoWorkspace)?;
    while rental.due_at(&zone).is_some_and(|due| due <= now) {
        match pay_month(state, &mut rental).await? {
            Ok(_) => resolve(&mut transaction, &rental, now).await?,
            Err(_) if rental.paid_months == 0 => {
                // Ordered and cut off: nobody was told that it began.
                repo::delete(&mut transaction, &rental).await?;
                transaction.commit().await?;
                return Ok(());
            }
            Err(refusal) => {
                rental.refused_at = Some(now);
                tell(&mut transaction, &rental, &refusal, now).await?;
                break;
            }
        }
    }
    repo::save(&mut transaction, &rental, rental.next_attempt_at(&zone)).await?;
    transaction.commit().await?;
    Ok(())
}

/// Pays the oldest month that is not paid, once: the ledger knows its key. True where an earlier attempt had done so.
/// The inner error is the ledger's refusal.
pub(super) async fn pay_month(state: &AppState, rental: &mut Rental) -> Result<Result<bool, Refusal>, LedgerError> {
    let key = rental.month_key(rental.paid_months);
    let command = Command::PayNumber { key, begins: rental.paid_months == 0 };
    match state.ledger.submit(rental.workspace, command).await {
        Ok(Answer::NumberPaid { repeated }) => {
            rental.paid_months += 1;
            rental.refused_at = None;
            Ok(Ok(repeated))
        }
        Ok(other) => Err(LedgerError::Database(format!("a month of a number was answered with {other:?}"))),
        Err(LedgerError::Refused(refusal)) => Ok(Err(refusal)),
        Err(error) => Err(error),
    }
}

/// Puts the month into the agency's inbox, once.
async fn tell(db: &mut PgConnection, rental: &Rental, refusal: &Refusal, now: Timestamp) -> sqlx::Result<()> {
    let amount = match refusal {
        Refusal::InsufficientCredits { required, .. } => Some(*required),
        _ => None,
    };
    let reference = rental.month_key(rental.paid_months);
    let detail = format!(
        "The credits do not cover a month of the number {}. It stays due and is tried every day.",
        rental.number
    );
    let (workspace, kind) = (rental.workspace, ItemKind::UnpaidNumber);
    inbox::insert(db, &NewItem { workspace, kind, reference: &reference, detail: &detail, amount }, now).await
}

/// Settles the inbox's item of the month that was just paid, if there is one.
async fn resolve(db: &mut PgConnection, rental: &Rental, now: Timestamp) -> sqlx::Result<()> {
    let cause = (ItemKind::UnpaidNumber, rental.month_key(rental.paid_months - 1));
    inbox::resolve_cause(db, rental.workspace, cause.0, &cause.1, Resolution::Accepted, now).await
}

/// Months of a number that have begun and could not be paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpaid {
    /// The number's id.
    pub id: String,
    /// As the platform writes it.
    pub number: String,
    /// When the oldest of them began.
    pub since: Timestamp,
    /// How many.
    pub months: i64,
    /// What they cost at the plan's rate.
    pub owed: MilliCents,
}

/// Most numbers shown with unpaid months.
const MOST_SHOWN: i64 = 100;

/// What a workspace's numbers owe, at most a hundred, the oldest first.
///
/// # Errors
/// Where the wallet could not be read.
pub async fn unpaid_numbers(state: &AppState, workspace: WorkspaceId) -> Result<Vec<Unpaid>, ReadError> {
    let mut db = state.db.acquire().await?;
    let refused = repo::refused(&mut db, workspace, MOST_SHOWN).await?;
    drop(db);
    if refused.is_empty() {
        return Ok(Vec::new());
    }
    let wallet = super::current_wallet(state, workspace).await?;
    let rate = wallet.subscription.as_ref().map(|it| it.snapshot.terms.rates.number).unwrap_or_default();
    let now = state.clock.now();
    Ok(refused.into_iter().filter_map(|rental| unpaid(rental, &wallet.zone, rate, now)).collect())
}

fn unpaid(rental: Rental, zone: &TimeZone, rate: MilliCents, now: Timestamp) -> Option<Unpaid> {
    let (since, months) = (rental.due_at(zone)?, rental.unpaid_months(zone, now));
    let Rental { id, number, .. } = rental;
    Some(Unpaid { id, number, since, months, owed: MilliCents(rate.0 * months) })
}
