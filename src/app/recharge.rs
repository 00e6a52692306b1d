//! Auto-recharge: whether a charge is due is asked by level, whenever a posting or a hold has changed a wallet and again
//! and again besides; the answer is a pure rule (`payments::recharge`). Any number of instances may ask at once: the row
//! lock of the settings lets one decide, and a UNIQUE index keeps one charge in flight.

use std::collections::HashSet;
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde_json::json;
use sqlx::PgConnection;
use tokio::sync::broadcast::{self, error::RecvError};

use super::alert_members::{News, tell};
use super::fulfil_purchase::FulfilError;
use super::top_up::{BEGINNERS_OWN, new_topup, pursue};
use super::{ReadError, current_wallet};
use crate::ids;
use crate::ledger::{Changed, Wallet};
use crate::notify::live;
use crate::payments::card::repo as cards;
use crate::payments::recharge::{Recharge, Situation, Verdict, month, repo};
use crate::payments::topup::{Cause, Topup, repo as topups};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// Pause between two looks at everybody: for other instances' changes, retries that fall due, and new settings.
const PAUSE: Duration = Duration::from_secs(5);
/// Workspaces looked at in parallel; each may wait for Stripe.
const PARALLEL: usize = 4;
/// A busy wallet changes all the time; it is looked at no more often than this.
const SELDOM: Duration = Duration::from_millis(100);

/// Why it could not be told whether a charge is due, or what became of it; the next look goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum RechargeError {
    /// The wallet could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The charge is begun, and its outcome could not be dealt with.
    #[error(transparent)]
    Unsettled(#[from] FulfilError),
}

impl From<sqlx::Error> for RechargeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Read(error.into())
    }
}

/// Follows the ledger, and looks at everybody again and again, until the ledger ends.
pub async fn keep_recharging(state: AppState, mut changes: broadcast::Receiver<Changed>) {
    let mut ticks = tokio::time::interval(PAUSE);
    // Those who would be charged, those to look at, and those looked at now.
    let (mut armed, mut due, mut busy) = (HashSet::new(), HashSet::new(), HashSet::new());
    let mut looks = FuturesUnordered::new();
    loop {
        tokio::select! {
            told = changes.recv() => match told {
                Ok(changed) => due.extend(changed.iter().filter(|workspace| armed.contains(*workspace))),
                Err(RecvError::Lagged(_)) => due.extend(&armed),
                Err(RecvError::Closed) => return,
            },
            _ = ticks.tick() => match everybody(&state).await {
                Ok(all) => {
                    due.extend(all.iter().filter(|(_, low)| *low).map(|(workspace, _)| *workspace));
                    armed = all.into_iter().map(|(workspace, _)| workspace).collect();
                }
                Err(error) => tracing::warn!(%error, "who has auto-recharge on could not be read"),
            },
            Some(workspace) = looks.next() => {
                busy.remove(&workspace);
            }
        }
        let free: Vec<WorkspaceId> = due.difference(&busy).copied().take(PARALLEL.saturating_sub(busy.len())).collect();
        for workspace in free {
            due.remove(&workspace);
            busy.insert(workspace);
            looks.push(look_at(&state, workspace));
        }
    }
}

async fn everybody(state: &AppState) -> sqlx::Result<Vec<(WorkspaceId, bool)>> {
    repo::armed(&mut *state.db.acquire().await?, state.clock.now()).await
}

async fn look_at(state: &AppState, workspace: WorkspaceId) -> WorkspaceId {
    if let Err(error) = recharge_if_due(state, workspace).await {
        tracing::warn!(%error, "auto-recharge could not be looked at");
    }
    tokio::time::sleep(SELDOM).await;
    workspace
}

/// Looks at everybody who may have run low, once.
///
/// # Errors
/// Where the list could not be read.
pub async fn recharge_all(state: &AppState) -> sqlx::Result<()> {
    let low = everybody(state).await?.into_iter().filter(|(_, low)| *low);
    let mut looks =
        futures::stream::iter(low).map(|(workspace, _)| look_at(state, workspace)).buffer_unordered(PARALLEL);
    while looks.next().await.is_some() {}
    Ok(())
}

/// Charges a workspace's card, if that is due; answers the charge as it stands then.
///
/// # Errors
/// See [`RechargeError`].
pub async fn recharge_if_due(state: &AppState, workspace: WorkspaceId) -> Result<Option<Topup>, RechargeError> {
    match begin(state, workspace).await? {
        Some(topup) => Ok(Some(pursue(state, topup).await?)),
        None => Ok(None),
    }
}

/// Stores a charge that is due.
async fn begin(state: &AppState, workspace: WorkspaceId) -> Result<Option<Topup>, RechargeError> {
    let mut transaction = state.db.begin().await?;
    // Nobody waits for whoever decides or sends a charge: it is asked again soon.
    let Some(recharge) = repo::try_lock(&mut transaction, workspace).await? else {
        return Ok(None);
    };
    // Whoever has settled a charge has posted its credit before: what is not in flight any more is in the wallet, which
    // is therefore read after that.
    let in_flight = topups::is_recharging(&mut transaction, workspace).await?;
    let card = cards::current(&mut transaction, workspace).await?;
    let wallet = current_wallet(state, workspace).await?;
    let now = state.clock.now();
    let (first_day, begins_at) = month(&wallet.zone, now);
    let charged = topups::recharged_since(&mut transaction, workspace, begins_at).await?;
    let situation = Situation {
        available: wallet.standing().available_mc(),
        has_rates: has_rates(&wallet),
        has_card: card.is_some(),
        in_flight,
        charged,
    };
    match (recharge.verdict(&situation, now), card) {
        (Verdict::Charge(amount), Some(card)) => {
            let id = ids::fresh("pur");
            let topup = new_topup(state, &mut transaction, id, Cause::AutoRecharge, amount, &card).await?;
            let stored = topups::insert(&mut transaction, &topup, now + BEGINNERS_OWN).await?;
            live::announce(&mut transaction, workspace).await?;
            transaction.commit().await?;
            Ok(stored.then_some(topup))
        }
        (Verdict::Capped, _) => {
            if repo::note_cap(&mut transaction, workspace, first_day).await? {
                tell_cap(&mut transaction, state, &recharge).await?;
            }
            transaction.commit().await?;
            Ok(None)
        }
        _ => Ok(None),
    }
}

/// Something of the plan, or of the last one, is paid with credits.
fn has_rates(wallet: &Wallet) -> bool {
    wallet.subscription.as_ref().is_some_and(|it| it.snapshot.terms.rates.any())
}

/// Members and programs hear once a month that the cap is reached; Billing says so as long as it is.
async fn tell_cap(db: &mut PgConnection, state: &AppState, recharge: &Recharge) -> sqlx::Result<()> {
    let cap = recharge.amounts.monthly_cap;
    let sentence = format!("The monthly cap of {cap} is reached: nothing more is charged in this month.");
    tell(state, db, recharge.workspace, &News::RechargeFailed(sentence)).await?;
    let data = json!({
        "reason": "monthly_cap_reached",
        "decline_code": null,
        "amount_milli_cents": recharge.amounts.topup.0,
        "topup": null,
    });
    repo::tell_failed(db, recharge.workspace, &data, state.clock.now()).await
}
