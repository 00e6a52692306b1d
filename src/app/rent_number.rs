//! Renting a number, giving it back, and reading it.

use jiff::{SignedDuration, Timestamp};
use sqlx::Acquire as _;

use super::pay_numbers::pay_month;
use super::{ReadError, current_wallet};
use crate::ledger::{Refusal, Wallet};
use crate::rentals::{Rental, RentalStatus, repo};
use crate::state::AppState;
use crate::units::{MilliCents, WorkspaceId};

/// How long an order is left to the request that stored it, before the next look at what is due finishes it.
const LEASE: SignedDuration = SignedDuration::from_mins(1);

/// A rented number as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RentedNumber {
    /// What is stored of it.
    pub rental: Rental,
    /// How it stands.
    pub status: RentalStatus,
    /// What a month costs now; `None` without a plan.
    pub fee: Option<MilliCents>,
    /// Months that have begun and are not paid.
    pub unpaid_months: i64,
    /// When the next month begins, or the oldest unpaid one began; `None` once none will be due.
    pub next_fee_at: Option<Timestamp>,
}

/// Rents a number and pays its first month. True beside one that an earlier request with the same id and number had
/// rented. The inner error is the ledger's refusal: then nothing is rented.
///
/// # Errors
/// Where ledger or database failed: repeat it with the same id.
pub async fn rent_number(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
    number: &str,
) -> Result<Result<(RentedNumber, bool), Refusal>, ReadError> {
    let wallet = current_wallet(state, workspace).await?;
    let mut db = state.db.acquire().await?;
    loop {
        // The order stands before it is paid: what is cut off in between is finished by the next look at what is due.
        let now = state.clock.now();
        repo::insert(&mut db, workspace, id, number, now, now + LEASE).await?;
        let mut transaction = db.begin().await?;
        let Some(mut rental) = repo::lock(&mut transaction, workspace, id).await? else {
            // The same request, sent twice at once, was refused meanwhile.
            continue;
        };
        if rental.number != number {
            return Ok(Err(Refusal::IdConflict));
        }
        let repeated = rental.paid_months > 0;
        if !repeated {
            if let Err(refusal) = pay_month(state, &mut rental).await? {
                repo::delete(&mut transaction, &rental).await?;
                transaction.commit().await?;
                return Ok(Err(refusal));
            }
            repo::save(&mut transaction, &rental, rental.next_attempt_at(&wallet.zone)).await?;
        }
        transaction.commit().await?;
        return Ok(Ok((seen(state, &wallet, rental), repeated)));
    }
}

/// Gives a number back: no month that begins from now on is due. Repeating it changes nothing. `None` where the
/// workspace has no such number.
///
/// # Errors
/// Where the database failed.
pub async fn release_number(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
) -> Result<Option<RentedNumber>, ReadError> {
    let wallet = current_wallet(state, workspace).await?;
    let mut transaction = state.db.begin().await?;
    let rental = repo::lock(&mut transaction, workspace, id).await?.filter(|rental| rental.paid_months > 0);
    let Some(mut rental) = rental else {
        return Ok(None);
    };
    if rental.released_at.is_none() {
        let now = state.clock.now();
        rental.released_at = Some(now.max(rental.rented_at));
        repo::save(&mut transaction, &rental, rental.next_attempt_at(&wallet.zone)).await?;
    }
    transaction.commit().await?;
    Ok(Some(seen(state, &wallet, rental)))
}

/// A number of this workspace; `None` where it has none with this id.
///
/// # Errors
/// Where the database failed.
pub async fn find_number(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
) -> Result<Option<RentedNumber>, ReadError> {
    let wallet = current_wallet(state, workspace).await?;
    let mut db = state.db.acquire().await?;
    let rental = repo::find(&mut db, workspace, id).await?.filter(|rental| rental.paid_months > 0);
    Ok(rental.map(|rental| seen(state, &wallet, rental)))
}

fn seen(state: &AppState, wallet: &Wallet, rental: Rental) -> RentedNumber {
    let now = state.clock.now();
    RentedNumber {
        status: rental.status(&wallet.zone, now),
        fee: wallet.subscription.as_ref().map(|it| it.snapshot.terms.rates.number),
        unpaid_months: rental.unpaid_months(&wallet.zone, now),
        next_fee_at: rental.due_at(&wallet.zone),
        rental,
    }
}
