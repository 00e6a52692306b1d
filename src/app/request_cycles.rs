//! Cycle requests: each period asks once for its price and for the billable usage of the one before (SPEC §3). Less than
//! $0.50 is carried over to the next one. A row lock keeps instances apart, UNIQUE decides that a period asks once.

use jiff::Timestamp;
use sqlx::{Acquire as _, PgConnection};

use crate::ids;
use crate::notify::live;
use crate::payments::request::{Cause, LEAST_REQUEST, NewRequest, repo};
use crate::state::AppState;
use crate::units::{MilliCents, WorkspaceId};

/// Workspaces of one look.
const BATCH: i64 = 500;

/// Bills every period that is open and not billed, a batch of workspaces at most. Answers how many periods that were.
///
/// # Errors
/// Where the database failed; what was billed until then stays.
pub async fn request_cycles(state: &AppState) -> sqlx::Result<usize> {
    let mut db = state.db.acquire().await?;
    let workspaces = repo::workspaces_to_bill(&mut db, BATCH).await?;
    let mut billed = 0;
    for workspace in workspaces {
        let before = billed;
        while bill_next(&mut db, workspace, |_| state.clock.now()).await? {
            billed += 1;
        }
        if billed > before {
            live::announce(&mut db, workspace).await?;
        }
    }
    Ok(billed)
}

/// Bills the oldest period of a workspace that is not billed, at the instant that `when` makes of its first one. False
/// where there is none.
///
/// # Errors
/// Where the database failed; nothing was billed.
pub async fn bill_next(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    when: impl FnOnce(Timestamp) -> Timestamp,
) -> sqlx::Result<bool> {
    let mut transaction = db.begin().await?;
    let Some(period) = repo::lock_unbilled(&mut transaction, workspace).await? else {
        return Ok(false);
    };
    let now = when(period.starts_at);
    let asked = period.asked();
    let is_enough = asked.amount() >= LEAST_REQUEST;
    let carried = if is_enough { MilliCents(0) } else { MilliCents(asked.price.0 + asked.excess.0 + asked.carried.0) };
    if is_enough {
        let id = ids::fresh("req");
        let cause = Cause::Period(period.seq);
        let request = NewRequest { workspace, id: &id, cause, asked: &asked, due: period.due(), created_at: now };
        repo::insert(&mut transaction, &request).await?;
    }
    repo::mark_billed(&mut transaction, workspace, period.seq, carried, now).await?;
    transaction.commit().await?;
    Ok(true)
}
