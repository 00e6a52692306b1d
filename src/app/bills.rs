//! What a client has to pay and has paid, for its own pages.

use jiff::Timestamp;

use super::ReadError;
use crate::payments::bill::{Bill, repo};
use crate::payments::request::{PaymentRequest, Place};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// Some bills, and whether there are others.
#[derive(Clone, Debug, Default)]
pub struct SomeBills {
    /// First what is owed, first what falls due first; then the newest of the rest.
    pub bills: Vec<Bill>,
    /// There are more than these.
    pub more: bool,
}

/// The bills that matter most, `limit` at most.
///
/// # Errors
/// Where the database failed.
pub async fn pressing(state: &AppState, workspace: WorkspaceId, limit: usize) -> Result<SomeBills, ReadError> {
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut db = state.db.acquire().await?;
    let owed = repo::owed(&mut db, workspace, one_more).await?;
    let newest = repo::bills(&mut db, workspace, None, one_more).await?;
    drop(db);
    let mut bills = owed;
    // Whatever was settled between the two looks stands once.
    let settled: Vec<Bill> = newest.into_iter().filter(|bill| bills.iter().all(|owed| owed.id != bill.id)).collect();
    bills.extend(settled.into_iter().filter(|bill| !bill.is_owed()));
    let more = bills.len() > limit;
    bills.truncate(limit);
    Ok(SomeBills { bills, more })
}

/// A page of all bills, newest first, below a place (`None` for the first page), and where the next one begins.
///
/// # Errors
/// Where the database failed.
pub async fn page(
    state: &AppState,
    workspace: WorkspaceId,
    below: Option<&Place>,
    limit: usize,
) -> Result<(Vec<Bill>, Option<Place>), ReadError> {
    let one_more = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let mut db = state.db.acquire().await?;
    let mut bills = repo::bills(&mut db, workspace, below, one_more).await?;
    let more = bills.len() > limit;
    bills.truncate(limit);
    let next = bills.last().filter(|_| more).map(Bill::place);
    Ok((bills, next))
}

/// What must be paid before anything else at this instant: a payment that failed or is overdue.
///
/// # Errors
/// Where the database failed.
pub async fn most_urgent(
    state: &AppState,
    workspace: WorkspaceId,
    now: Timestamp,
) -> Result<Option<PaymentRequest>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(repo::most_urgent(&mut db, workspace, now).await?)
}
