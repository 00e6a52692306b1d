//! One client as its agency sees it: the subscription card, packs, people.

use jiff::{Timestamp, ToSpan as _};

use crate::app::overview::{Overview, overview};
use crate::app::{ReadError, current_wallet};
use crate::catalog::{self, Pack};
use crate::ledger::survey::SubscriptionStatus;
use crate::ledger::{Wallet, history};
use crate::payments::request::{self, Due};
use crate::pricing::Terms;
use crate::state::AppState;
use crate::tenants::AgencyId;
use crate::tenants::admin::{self, Client};
use crate::units::{Meter, MilliCents, WorkspaceId};

/// A client's page.
#[derive(Clone, Debug)]
pub struct ClientDetail {
    /// Who.
    pub client: Client,
    /// What its own Billing page shows: allowance bar, pill, state, plan.
    pub overview: Overview,
    /// How its subscription stands.
    pub status: SubscriptionStatus,
    /// Public id of its plan in the catalogue, and whether the catalogue offers other terms by now.
    pub plan: Option<(String, bool)>,
    /// Its snapshot of that plan, or the last one.
    pub terms: Option<Terms>,
    /// When the subscription began.
    pub since: Option<Timestamp>,
    /// Start and end of the current period, or of the last one.
    pub period: Option<(Timestamp, Timestamp)>,
    /// `Add-on minutes (wallet)`: units left in packages of the plan's unit, frozen or not.
    pub addon_units: i64,
    /// Sum of the requests that are to be paid.
    pub owed: MilliCents,
    /// Packs that it may see, the smallest first.
    pub assigned: Vec<Pack>,
    /// Packs on offer that count its plan's unit and that it does not see.
    pub assignable: Vec<Pack>,
}

impl ClientDetail {
    /// Its subscription runs, and has add-on packs On: packs may be assigned and applied.
    pub fn takes_packs(&self) -> bool {
        self.overview.running().is_some_and(|subscription| subscription.addons)
    }

    /// When the request for a pack falls due that is applied now; `None` where there was never a plan.
    pub fn pack_due(&self) -> Option<Timestamp> {
        let Overview { read_at, time_zone, .. } = &self.overview;
        let terms = self.terms.as_ref()?;
        Some(Due::after(*read_at, time_zone, terms.due_days, terms.grace_days).at)
    }
}

/// Reads a client's page; `None` where the agency has no such client.
///
/// # Errors
/// Where the database or the ledger failed.
pub async fn client(state: &AppState, agency: AgencyId, public_id: &str) -> Result<Option<ClientDetail>, ReadError> {
    let mut db = state.db.acquire().await?;
    let found = admin::repo::client(&mut db, agency, public_id).await?;
    drop(db);
    let Some(client) = found else {
        return Ok(None);
    };
    let overview = overview(state, client.workspace).await?;
    let wallet = current_wallet(state, client.workspace).await?;
    let meter = overview.standing.meter;
    let mut db = state.db.acquire().await?;
    let packs = catalog::repo::packs(&mut db, agency, None).await?;
    let seen = catalog::repo::assignments(&mut db, client.workspace).await?;
    let plan = catalog::repo::plan_of(&mut db, client.workspace).await?;
    let owed = request::repo::owed_by(&mut db, &[client.workspace]).await?;
    let (assigned, others): (Vec<Pack>, Vec<Pack>) = packs
        .into_iter()
        .filter(|pack| !pack.archived && pack.offer.meter == meter)
        .partition(|pack| seen.contains(&pack.row));
    Ok(Some(ClientDetail {
        client,
        status: SubscriptionStatus::of(&wallet),
        plan,
        terms: wallet.subscription.as_ref().map(|it| it.snapshot.terms.clone()),
        since: wallet.subscription.as_ref().map(|it| it.anchor_at),
        period: wallet.subscription.as_ref().map(|it| (it.period.starts_at, it.period.ends_at)),
        addon_units: match meter {
            Meter::Minutes => wallet.balances.packs_secs,
            Meter::Calls => wallet.balances.packs_calls,
        },
        owed: owed.values().copied().next().unwrap_or_default(),
        overview,
        assigned,
        assignable: others,
    }))
}

/// The agency's view of a workspace's id, for lists below its page; `None` where it has no such client.
///
/// # Errors
/// Where the database failed.
pub async fn workspace(state: &AppState, agency: AgencyId, public_id: &str) -> Result<Option<WorkspaceId>, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(admin::repo::client(&mut db, agency, public_id).await?.map(|client| client.workspace))
}

/// What was billed afterwards in this period: connected seconds since the day on which it began; on the calls meter as
/// many calls as the money pays at the plan's rate, of which one may have been paid by credits in part.
pub(in crate::app) async fn excess_units(state: &AppState, wallet: &Wallet) -> Result<i64, ReadError> {
    let excess = wallet.excess_of_period();
    let Some(subscription) = wallet.subscription.as_ref().filter(|_| excess.0 > 0) else {
        return Ok(0);
    };
    let terms = &subscription.snapshot.terms;
    if terms.meter == Meter::Calls {
        let each = terms.rates.call.filter(|each| each.0 > 0);
        return Ok(each.map_or(0, |each| (excess.0 + each.0 - 1) / each.0));
    }
    let from = subscription.period.starts_at.to_zoned(wallet.zone.clone()).date();
    let to = state.clock.now().to_zoned(wallet.zone.clone()).date().saturating_add(1.day());
    let mut db = state.db.acquire().await?;
    let days = history::repo::usage_days(&mut db, wallet.workspace, from, to).await?;
    Ok(days.iter().map(|day| day.usage.excess_secs).sum())
}
