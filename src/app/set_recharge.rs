//! Settings of auto-recharge, and everything that its section on Billing shows.

use jiff::Timestamp;
use jiff::civil::Date;
use sqlx::PgConnection;

use super::{ReadError, current_wallet};
use crate::ledger;
use crate::notify::live;
use crate::payments::card::{SavedCard, repo as cards};
use crate::payments::recharge::{Amounts, Recharge, WrongAmounts, month, repo};
use crate::payments::topup::{Topup, repo as topups};
use crate::state::AppState;
use crate::tenants::audit::{self, Action, Entry};
use crate::tenants::{UserId, admin};
use crate::units::{MilliCents, WorkspaceId};

/// Charges that the section lists: a first decline and its three retries.
const LATEST: i64 = 4;

/// Why settings are not taken.
#[derive(Debug, thiserror::Error)]
pub enum SetError {
    /// An amount is wrong.
    #[error("{0}")]
    Amounts(WrongAmounts),
    /// There is no card to charge.
    #[error("there is no saved card")]
    NoCard,
    /// Nothing of the plan is paid with credits.
    #[error("the plan has no rates")]
    NoRates,
    /// The wallet could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<sqlx::Error> for SetError {
    fn from(error: sqlx::Error) -> Self {
        Self::Read(error.into())
    }
}

/// Switches auto-recharge on or off, and sets its amounts, where any are given.
///
/// # Errors
/// See [`SetError`].
pub async fn configure(
    state: &AppState,
    workspace: WorkspaceId,
    enabled: bool,
    amounts: Option<&Amounts>,
    by: Option<UserId>,
) -> Result<(), SetError> {
    amounts.map_or(Ok(()), Amounts::check).map_err(SetError::Amounts)?;
    match amounts {
        Some(amounts) if enabled => switch_on(state, workspace, amounts, by).await,
        amounts => Ok(switch_off(state, workspace, amounts, by).await?),
    }
}

/// Switched on from off, or from a pause, it begins anew.
async fn switch_on(
    state: &AppState,
    workspace: WorkspaceId,
    amounts: &Amounts,
    by: Option<UserId>,
) -> Result<(), SetError> {
    let wallet = current_wallet(state, workspace).await?;
    if !wallet.subscription.is_some_and(|it| it.snapshot.terms.rates.any()) {
        return Err(SetError::NoRates);
    }
    let mut transaction = state.db.begin().await?;
    let before = repo::lock(&mut transaction, workspace).await?;
    if cards::current(&mut transaction, workspace).await?.is_none() {
        return Err(SetError::NoCard);
    }
    let anew = before.as_ref().is_none_or(|before| !before.enabled || before.paused.is_some());
    let now = state.clock.now();
    repo::set(&mut transaction, workspace, true, amounts, anew, by, now).await?;
    record(&mut transaction, workspace, before.as_ref(), by, now).await?;
    Ok(transaction.commit().await?)
}

/// Once this is done no charge is on its way, and none is started or sent again.
async fn switch_off(
    state: &AppState,
    workspace: WorkspaceId,
    amounts: Option<&Amounts>,
    by: Option<UserId>,
) -> sqlx::Result<()> {
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    // Waits for a charge that is being sent.
    let before = repo::lock(&mut transaction, workspace).await?;
    match amounts {
        Some(amounts) => repo::set(&mut transaction, workspace, false, amounts, false, by, now).await?,
        None => repo::switch_off(&mut transaction, workspace, now).await?,
    }
    topups::withdraw(&mut transaction, workspace, now).await?;
    record(&mut transaction, workspace, before.as_ref(), by, now).await?;
    transaction.commit().await
}

/// Writes down in the audit trail how the settings are now, where anything has changed. `by` is `None` for programs.
pub(super) async fn record(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    before: Option<&Recharge>,
    by: Option<UserId>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let Some(after) = repo::find(db, workspace).await? else { return Ok(()) };
    let matters = |recharge: &Recharge| (recharge.enabled, recharge.amounts, recharge.paused.is_some());
    if before.map(matters) == Some(matters(&after)) {
        return Ok(());
    }
    let Amounts { threshold, topup, monthly_cap } = after.amounts;
    let switch = if after.enabled { "On" } else { "Off" };
    let through = if by.is_some() { "" } else { ", through the API" };
    let details = format!("{switch}, {topup} below {threshold}, at most {monthly_cap} a month{through}");
    let entry = Entry {
        agency: admin::repo::agency_of(db, workspace).await?,
        workspace: Some(workspace),
        actor: by,
        action: Action::SetRecharge,
        target: "auto_recharge",
        details: &details,
        form_key: None,
    };
    audit::repo::record(db, &entry, now).await?;
    live::announce(db, workspace).await
}

/// Settings of a workspace; `None` where it never had any.
///
/// # Errors
/// The database's.
pub async fn settings(state: &AppState, workspace: WorkspaceId) -> sqlx::Result<Option<Recharge>> {
    repo::find(&mut *state.db.acquire().await?, workspace).await
}

/// Auto-recharge as Billing shows it.
#[derive(Clone, Debug)]
pub struct RechargeView {
    /// `None` where it was never set up.
    pub recharge: Option<Recharge>,
    /// What is charged.
    pub card: Option<SavedCard>,
    /// Something of the plan is paid with credits.
    pub has_rates: bool,
    /// Below the threshold now.
    pub is_low: bool,
    /// First day of the month that the cap counts.
    pub month: Date,
    /// Charged in it, in flight included.
    pub charged: MilliCents,
    /// The latest charges, newest first.
    pub latest: Vec<Topup>,
    /// Credits used in the last seven days.
    pub used_in_week: MilliCents,
    /// When this was read.
    pub read_at: Timestamp,
}

/// Reads what Billing shows of auto-recharge and the saved card.
///
/// # Errors
/// See [`ReadError`].
pub async fn recharge_view(state: &AppState, workspace: WorkspaceId) -> Result<RechargeView, ReadError> {
    let wallet = current_wallet(state, workspace).await?;
    let now = state.clock.now();
    let (first_day, begins_at) = month(&wallet.zone, now);
    let today = now.to_zoned(wallet.zone.clone()).date();
    let week_ago = today.saturating_sub(jiff::Span::new().days(6));
    let mut db = state.db.acquire().await?;
    let recharge = repo::find(&mut db, workspace).await?;
    let week = ledger::history::repo::usage_days(&mut db, workspace, week_ago, today).await?;
    let available = wallet.standing().available_mc();
    Ok(RechargeView {
        is_low: recharge.as_ref().is_some_and(|recharge| available < recharge.amounts.threshold),
        recharge,
        card: cards::current(&mut db, workspace).await?,
        has_rates: wallet.subscription.is_some_and(|it| it.snapshot.terms.rates.any()),
        month: first_day,
        charged: topups::recharged_since(&mut db, workspace, begins_at).await?,
        latest: topups::recharges(&mut db, workspace, LATEST).await?,
        used_in_week: MilliCents(week.iter().map(|day| day.usage.charged_mc).sum()),
        read_at: now,
    })
}
