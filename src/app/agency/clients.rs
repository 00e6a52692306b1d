//! The list of an agency's clients, those that run out first on top. Five statements, however many clients there are.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::app::ReadError;
use crate::ledger::survey::{self, SubscriptionStatus};
use crate::ledger::{PaymentState, Wallet};
use crate::payments::request;
use crate::pricing::{Fit, Standing};
use crate::state::AppState;
use crate::tenants::AgencyId;
use crate::tenants::admin::{self, Client};
use crate::units::{MilliCents, words};

/// Which clients are looked at; one client may be in several of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientState {
    /// No call goes out.
    Paused,
    /// One call fits.
    Low,
    /// A payment is overdue.
    PastDue,
    /// The subscription has ended, or waits for its last calls.
    Canceled,
}

words!(ClientState { Paused = "paused", Low = "low", PastDue = "past_due", Canceled = "canceled" });

/// What is left of a client's allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllowanceUse {
    /// Units used in the current period.
    pub used: i64,
    /// Units that it included; more than none.
    pub included: i64,
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
    /// The plan has add-on packs On.
    pub addons: bool,
    /// The pill's figures.
    pub standing: Standing,
    /// The current period's allowance; `None` where nothing is included.
    pub allowance: Option<AllowanceUse>,
    /// Sum of the requests that are to be paid.
    pub owed: MilliCents,
    /// When the last call was placed.
    pub last_call_at: Option<Timestamp>,
}

impl ClientRow {
    /// True for a client that is looked at among these.
    pub fn is(&self, state: ClientState) -> bool {
        let runs = !matches!(self.status, SubscriptionStatus::None | SubscriptionStatus::Canceled);
        let unpaid = self.payment == PaymentState::Unpaid;
        match state {
            ClientState::Paused => runs && (unpaid || self.standing.fit() == Fit::Paused),
            ClientState::Low => runs && !unpaid && self.standing.fit() == Fit::One,
            ClientState::PastDue => self.payment != PaymentState::Current,
            ClientState::Canceled => self.status == SubscriptionStatus::Canceled,
        }
    }
}

/// The clients of an agency whose name or public id holds `search`, in whatever case, those that run out first on top:
/// calls refused, then by how many still fit; canceled ones come last.
///
/// # Errors
/// Where the database failed.
pub async fn clients(state: &AppState, agency: AgencyId, search: &str) -> Result<Vec<ClientRow>, ReadError> {
    let mut db = state.db.acquire().await?;
    let clients = admin::repo::clients(&mut db, agency, search.trim()).await?;
    let workspaces: Vec<_> = clients.iter().map(|client| client.workspace).collect();
    let wallets = survey::repo::wallets(&mut db, &workspaces).await?;
    let owed = request::repo::owed_by(&mut db, &workspaces).await?;
    let calls = survey::repo::last_calls(&mut db, &workspaces).await?;
    drop(db);
    let mut wallets: HashMap<_, _> = wallets.into_iter().map(|wallet| (wallet.workspace, wallet)).collect();
    let rows = clients.into_iter().filter_map(|client| {
        let workspace = client.workspace;
        let row = row(&wallets.remove(&workspace)?, client);
        let owed = owed.get(&workspace).copied().unwrap_or_default();
        Some(ClientRow { owed, last_call_at: calls.get(&workspace).copied(), ..row })
    });
    let mut rows: Vec<ClientRow> = rows.collect();
    rows.sort_by_cached_key(|row| (urgency(row), row.name.to_lowercase(), row.id.clone()));
    Ok(rows)
}

fn row(wallet: &Wallet, client: Client) -> ClientRow {
    let terms = wallet.subscription.as_ref().map(|it| &it.snapshot.terms);
    let status = SubscriptionStatus::of(wallet);
    let included = terms.map_or(0, |terms| terms.included);
    let allowance = AllowanceUse { used: included - wallet.balances.allowance, included };
    ClientRow {
        id: client.public_id,
        name: client.name,
        status,
        payment: wallet.payment,
        plan: terms.map(|terms| terms.name.clone()),
        addons: terms.is_some_and(|terms| terms.addons),
        standing: wallet.standing(),
        allowance: (included > 0 && status != SubscriptionStatus::Canceled).then_some(allowance),
        owed: MilliCents(0),
        last_call_at: None,
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
