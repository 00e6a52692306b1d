//! Tells members by mail what they want to know of their wallet: each crossing once, on whichever instance sees it
//! first (SPEC §2.3).

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use sqlx::{Acquire as _, PgConnection};
use tokio::sync::broadcast::{Receiver, error::RecvError};
use url::Url;

use crate::ledger::history::repo::debts_paid;
use crate::ledger::{Changed, Level, PaymentState, SubscriptionState, Wallet, survey, unheld};
use crate::notify::alert::{Alert, Levels, Thresholds, repo};
use crate::notify::mail::{self, Mail};
use crate::payments::Bought;
use crate::state::AppState;
use crate::tenants;
use crate::units::{MilliCents, WorkspaceId};

/// News are gathered for this long: nobody reads mail within the second.
const GATHER: Duration = Duration::from_secs(1);
/// Wallets that changed unheard, before a start or on another instance, are found this often.
const SWEEP: Duration = Duration::from_secs(60);
/// Wallets of one look.
const BATCH: usize = 500;

/// Looks at what changes until it is dropped; at everything that has changed unheard at first and every minute.
pub async fn keep_alerting(state: AppState, mut changes: Receiver<Changed>) {
    let mut sweep = tokio::time::interval(SWEEP);
    loop {
        let looked = tokio::select! {
            _ = sweep.tick() => look_at_unseen(&state).await,
            heard = hear(&mut changes) => match heard {
                Heard::Some(workspaces) => look_at(&state, &workspaces).await,
                Heard::Anything => look_at_unseen(&state).await,
                Heard::Over => return,
            },
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "wallets could not be looked at for alerts");
        }
    }
}

/// What has changed.
enum Heard {
    Some(Vec<WorkspaceId>),
    Anything,
    Over,
}

/// Waits for news, and then a moment for more.
async fn hear(changes: &mut Receiver<Changed>) -> Heard {
    let first = match changes.recv().await {
        Ok(changed) => changed,
        Err(RecvError::Lagged(_)) => return Heard::Anything,
        Err(RecvError::Closed) => return Heard::Over,
    };
    tokio::time::sleep(GATHER).await;
    let mut workspaces: HashSet<WorkspaceId> = first.iter().copied().collect();
    while let Ok(changed) = changes.try_recv() {
        workspaces.extend(changed.iter().copied());
    }
    Heard::Some(workspaces.into_iter().collect())
}

/// Looks at every wallet that has changed since it was looked at.
///
/// # Errors
/// Where the database failed.
pub async fn look_at_unseen(state: &AppState) -> sqlx::Result<()> {
    let mut above = 0;
    loop {
        let mut db = state.db.acquire().await?;
        let found = repo::unseen(&mut db, above, BATCH as i64).await?;
        let Some((last, _)) = found.last() else { return Ok(()) };
        above = last.0;
        look(state, &mut db, &found).await?;
    }
}

async fn look_at(state: &AppState, workspaces: &[WorkspaceId]) -> sqlx::Result<()> {
    let mut db = state.db.acquire().await?;
    for some in workspaces.chunks(BATCH) {
        let found = repo::versions(&mut db, some).await?;
        look(state, &mut db, &found).await?;
    }
    Ok(())
}

/// Notes how these wallets stand; what has crossed a level is told. The versions are older than what is read of the
/// wallets, so at worst a wallet is looked at once more.
async fn look(state: &AppState, db: &mut PgConnection, found: &[(WorkspaceId, i64)]) -> sqlx::Result<()> {
    let workspaces: Vec<WorkspaceId> = found.iter().map(|(workspace, _)| *workspace).collect();
    let thresholds: HashMap<_, _> = repo::thresholds_of(db, &workspaces).await?.into_iter().collect();
    let wallets = survey::repo::wallets(db, &workspaces).await?;
    let versions: HashMap<_, _> = found.iter().copied().collect();
    let seen = wallets.iter().filter_map(|wallet| {
        let thresholds = thresholds.get(&wallet.workspace).copied().unwrap_or_default();
        Some((wallet.workspace, *versions.get(&wallet.workspace)?, levels(wallet, thresholds)))
    });
    let seen: Vec<_> = seen.collect();
    for workspace in repo::note(db, &seen).await? {
        tell_crossing(state, db, workspace, thresholds.get(&workspace).copied().unwrap_or_default()).await?;
    }
    Ok(())
}

fn levels(wallet: &Wallet, thresholds: Thresholds) -> Levels {
    let Some(level) = Level::of(wallet) else { return Levels::default() };
    Levels { low: thresholds.is_low(&unheld(wallet)), paused: level == Level::Paused }
}

/// Of several instances that see a crossing, the first one to hold the row tells it.
async fn tell_crossing(
    state: &AppState,
    db: &mut PgConnection,
    workspace: WorkspaceId,
    thresholds: Thresholds,
) -> sqlx::Result<()> {
    let mut transaction = db.begin().await?;
    let Some((noted, before)) = repo::locked(&mut transaction, workspace).await? else { return Ok(()) };
    let versions = repo::versions(&mut transaction, &[workspace]).await?;
    let wallets = survey::repo::wallets(&mut transaction, &[workspace]).await?;
    let (Some((_, version)), Some(wallet)) = (versions.first(), wallets.first()) else { return Ok(()) };
    if *version <= noted {
        return Ok(());
    }
    let after = levels(wallet, thresholds);
    repo::cross(&mut transaction, workspace, *version, after).await?;
    if let Some(alert) = after.crossed(before) {
        let words = match alert {
            Alert::Paused => why_paused(wallet),
            _ => left(wallet),
        };
        tell(state, &mut transaction, workspace, &News::Crossing(alert, words)).await?;
    }
    transaction.commit().await
}

/// Why no call is accepted, in a sentence.
fn why_paused(wallet: &Wallet) -> String {
    let active = wallet.subscription.as_ref().is_some_and(|it| it.state == SubscriptionState::Active);
    if wallet.payment == PaymentState::Unpaid {
        return "A payment is overdue for too long.".to_owned();
    }
    match unheld(wallet).paused_message() {
        Some(message) if active => message,
        _ => "The subscription has ended.".to_owned(),
    }
}

/// What is left: `$6.00, 2 calls fit`.
fn left(wallet: &Wallet) -> String {
    let standing = unheld(wallet);
    let units = standing.allowance + standing.lots;
    let mut parts = Vec::new();
    if units > 0 || standing.sigma.0 == 0 {
        parts.push(standing.meter.short(units));
    }
    if standing.sigma.0 > 0 {
        parts.push(standing.posted.to_string());
    }
    parts.push(standing.fit().words());
    parts.join(", ")
}

/// What is told.
#[derive(Clone, Debug)]
pub(super) enum News {
    /// A wallet is low or paused, in these words.
    Crossing(Alert, String),
    /// An auto-recharge has failed, and why, in a sentence.
    RechargeFailed(String),
    /// Something was paid.
    Paid {
        /// What, e.g. `Medium, 100 minutes`.
        bought: String,
        /// For how much.
        amount: MilliCents,
    },
}

impl News {
    /// What was bought under the ledger's `key`, with what of the money has paid debt.
    ///
    /// # Errors
    /// Where the database failed.
    pub(super) async fn paid(
        db: &mut PgConnection,
        workspace: WorkspaceId,
        bought: &Bought,
        key: &str,
    ) -> sqlx::Result<Self> {
        let debts = debts_paid(db, workspace, &[key.to_owned()]).await?;
        let debt_paid = debts.get(key).copied().unwrap_or_default();
        Ok(Self::Paid { bought: bought.words_beside(debt_paid), amount: bought.total() })
    }
}

/// Writes a mail to everybody who wants to know, in the caller's transaction: who marks a thing as told there tells it
/// once.
pub(super) async fn tell(
    state: &AppState,
    db: &mut PgConnection,
    workspace: WorkspaceId,
    news: &News,
) -> sqlx::Result<()> {
    let alert = match news {
        News::Crossing(alert, _) => *alert,
        News::RechargeFailed(_) => Alert::RechargeFailed,
        News::Paid { .. } => Alert::Receipt,
    };
    let Some(there) = tenants::repo::workspace(db, workspace).await? else { return Ok(()) };
    let at = |path: &str, query: Option<&str>| -> Url {
        let mut url = state.config.public_url.clone();
        url.set_path(path);
        url.set_query(query);
        url
    };
    let (billing, settings) = (at("/billing", None), at("/settings", Some("tab=alerts")));
    for to in repo::addressees(db, workspace, alert).await? {
        let mail = match news {
            News::Crossing(Alert::Paused, why) => Mail::calls_paused(&to, &there.name, why, &billing, &settings),
            News::Crossing(_, left) => Mail::low_balance(&to, &there.name, left, &billing, &settings),
            News::RechargeFailed(why) => Mail::recharge_failed(&to, &there.name, why, &billing, &settings),
            News::Paid { bought, amount } => Mail::receipt(&to, &there.name, bought, *amount, &billing, &settings),
        };
        mail::repo::write(db, &mail, state.clock.now()).await?;
    }
    Ok(())
}
