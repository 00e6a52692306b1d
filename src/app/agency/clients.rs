//! The list of an agency's clients, those that run out first on top. Two statements for the wallets, however many.

use std::collections::HashMap;

use crate::app::ReadError;
use crate::ledger::survey::{self, SubscriptionStatus};
use crate::ledger::{PaymentState, Wallet};
use crate::pricing::Standing;
use crate::state::AppState;
use crate::tenants::AgencyId;
use crate::tenants::admin::{self, Client};
use crate::units::{Meter, MilliCents};

/// Which clients to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFilter {
    /// Part of a name or public id, in whatever case; empty for all.
    pub search: String,
    /// Only those whose subscription stands so.
    pub status: Option<SubscriptionStatus>,
}

/// A client in the list.
#[derive(Clone, Debug)]
pub struct ClientRow {
    /// Public id, `ws_…`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How its subscription stands.
    pub status: SubscriptionStatus,
    /// How its payments stand.
    pub payment: PaymentState,
    /// Name of its plan; `None` where it never had one.
    pub plan: Option<String>,
    /// The pill's figures.
    pub standing: Standing,
    /// Units left in packages of the plan's unit, frozen or not.
    pub addon_units: i64,
    /// Billable usage of the current period.
    pub excess: MilliCents,
}

/// The clients of an agency that the filter leaves, those that run out first on top: calls refused, then by how many
/// still fit; canceled ones come last.
///
/// # Errors
/// Where the database failed.
pub async fn clients(state: &AppState, agency: AgencyId, filter: &ClientFilter) -> Result<Vec<ClientRow>, ReadError> {
    let mut db = state.db.acquire().await?;
    let clients = admin::repo::clients(&mut db, agency, filter.search.trim()).await?;
    let workspaces: Vec<_> = clients.iter().map(|client| client.workspace).collect();
    let wallets = survey::repo::wallets(&mut db, &workspaces).await?;
    drop(db);
    let mut wallets: HashMap<_, _> = wallets.into_iter().map(|wallet| (wallet.workspace, wallet)).collect();
    let rows = clients.into_iter().filter_map(|client| Some(row(&wallets.remove(&client.workspace)?, client)));
    let mut rows: Vec<ClientRow> = rows.filter(|row| filter.status.is_none_or(|status| row.status == status)).collect();
    rows.sort_by_cached_key(|row| (urgency(row), row.name.to_lowercase(), row.id.clone()));
    Ok(rows)
}

fn row(wallet: &Wallet, client: Client) -> ClientRow {
    let terms = wallet.subscription.as_ref().map(|it| &it.snapshot.terms);
    let addon_units = match terms.map_or(Meter::Minutes, |terms| terms.meter) {
        Meter::Minutes => wallet.balances.packs_secs,
        Meter::Calls => wallet.balances.packs_calls,
    };
    ClientRow {
        id: client.public_id,
        name: client.name,
        status: SubscriptionStatus::of(wallet),
        payment: wallet.payment,
        plan: terms.map(|terms| terms.name.clone()),
        standing: wallet.standing(),
        addon_units,
        excess: wallet.excess_of_period(),
    }
}

/// The smaller, the sooner somebody must act.
fn urgency(row: &ClientRow) -> (u8, i64) {
    let rank = match row.status {
        SubscriptionStatus::Blocked => 0,
        SubscriptionStatus::Active | SubscriptionStatus::PastDue => 1,
        SubscriptionStatus::None => 2,
        SubscriptionStatus::Canceled => 3,
    };
    (rank, row.standing.calls_that_fit())
}
