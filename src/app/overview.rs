//! What the pages read: one workspace's wallet, packages and offers at one instant.

use std::collections::HashSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::agency::client::excess_units;
use super::{ReadError, current_wallet};
use crate::catalog;
use crate::ledger;
pub use crate::ledger::{PaymentState, SubscriptionState};
use crate::pricing::{HoldPolicy, PackOffer, PurchaseMode, Rates, Standing};
use crate::state::AppState;
use crate::tenants;
use crate::units::{Meter, MilliCents, WorkspaceId};

/// Everything that shell and Billing show of a wallet.
#[derive(Clone, Debug)]
pub struct Overview {
    /// Public id, `ws_…`.
    pub workspace: String,
    /// The client's name.
    pub workspace_name: String,
    /// The provider's name.
    pub agency_name: String,
    /// Zone of days and periods; its IANA name is shown.
    pub time_zone: TimeZone,
    /// When this was read.
    pub read_at: Timestamp,
    /// The figures that decide whether calls fit.
    pub standing: Standing,
    /// The current subscription, or the last one; `None` where there never was one.
    pub subscription: Option<Subscription>,
    /// How payments to the agency stand.
    pub payment: PaymentState,
    /// What use costs under that subscription; also after it has ended.
    pub rates: Rates,
    /// A call's hold covers the longest call; else it grows while the call lasts.
    pub holds_longest_call: bool,
    /// Owed after a refund of what was already used; the next payment carries it.
    pub debt: MilliCents,
    /// Usage of this period that is billed with the next one.
    pub billable: Billable,
    /// Calls that hold something now.
    pub calls_in_progress: i64,
    /// Lots that calls may use, with something left.
    pub active_packages: i64,
    /// What is left in lots that calls may not use now.
    pub frozen: Frozen,
}

impl Overview {
    /// The subscription, unless it has ended or is about to: allowance and lots pay for calls, and more may be bought.
    pub fn running(&self) -> Option<&Subscription> {
        self.subscription.as_ref().filter(|subscription| subscription.state == SubscriptionState::Active)
    }

    /// The client may start the purchase of a pack itself.
    pub fn self_service(&self) -> bool {
        self.running().is_some_and(|sub| sub.addons && sub.purchase_mode == PurchaseMode::SelfService)
    }

    /// Only calls in progress still go on.
    pub fn is_ending(&self) -> bool {
        self.subscription.as_ref().is_some_and(|subscription| subscription.state == SubscriptionState::Ending)
    }

    /// A payment is overdue beyond its days of grace, so no call goes out whatever is left.
    pub fn is_blocked(&self) -> bool {
        self.payment == PaymentState::Unpaid
    }
}

/// Usage that is billed afterwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Billable {
    /// What it comes to.
    pub amount: MilliCents,
    /// Seconds of it by days, of which the one on which the period began counts whole; on the calls meter calls.
    pub units: i64,
}

/// What is left in frozen lots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frozen {
    /// Seconds.
    pub secs: i64,
    /// Calls.
    pub calls: i64,
}

/// A subscription as its customer sees it.
#[derive(Clone, Debug)]
pub struct Subscription {
    /// Name of the plan when the snapshot was taken.
    pub plan_name: String,
    /// Unit of the allowance.
    pub meter: Meter,
    /// Units included in the current period.
    pub included: i64,
    /// Units of it already used.
    pub used: i64,
    /// Units that the next period will include.
    pub next_included: i64,
    /// End of the current period, when the allowance is reset.
    pub resets_at: Timestamp,
    /// Where it stands.
    pub state: SubscriptionState,
    /// When it ends or has ended, where that is a period's end.
    pub ends_at: Option<Timestamp>,
    /// Name of the plan that the next period begins on, if it is another.
    pub next_plan: Option<String>,
    /// Add-on packs On.
    pub addons: bool,
    /// Who starts the purchase of a pack.
    pub purchase_mode: PurchaseMode,
}

/// One lot, as `/billing/packages` lists it.
#[derive(Clone, Debug)]
pub struct Package {
    /// Public id, `lot_…`.
    pub id: String,
    /// Name of the pack, e.g. `Medium`.
    pub name: String,
    /// Unit of `granted` and `remaining`.
    pub meter: Meter,
    /// Units granted.
    pub granted: i64,
    /// Units not used yet.
    pub remaining: i64,
    /// Units taken back after a refund or dispute; they are neither left nor used.
    pub taken: i64,
    /// What was paid for it.
    pub price: MilliCents,
    /// Where it came from.
    pub source: PackageSource,
    /// The purchase that it was bought with, `pur_…`.
    pub purchase: Option<String>,
    /// Who bought or granted it, a person's name; `None` where it is not known.
    pub added_by: Option<String>,
    /// Number of the transaction that credited it.
    pub added_by_seq: i64,
    /// When it was credited.
    pub added_at: Timestamp,
    /// When its last unit was used.
    pub used_up_at: Option<Timestamp>,
    /// Where Stripe shows its receipt.
    pub receipt_url: Option<String>,
    /// What can be done with it.
    pub state: PackageState,
}

impl Package {
    /// The purchase whose unused part can be refunded, where something is left of this.
    pub fn refundable(&self) -> Option<String> {
        self.purchase.clone().filter(|_| self.remaining > 0)
    }
}

/// Where a lot came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageSource {
    /// Bought through Stripe Checkout.
    Stripe,
    /// Applied by the agency.
    Agency,
    /// Granted for free.
    Grant,
}

/// What can be done with a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageState {
    /// Has units, which calls use after the allowance.
    Active,
    /// Nothing left.
    UsedUp,
    /// Nothing left: what was not used was taken back.
    Refunded,
    /// Has units that cannot be used now: there is no subscription, or it counts another unit.
    Frozen,
}

/// The packs that a client may see, and how it gets them.
#[derive(Clone, Debug, Default)]
pub struct Offers {
    /// Packs assigned to the client, smallest first; empty where packs are Off.
    pub packs: Vec<PackOffer>,
}

/// Reads what shell and Billing show of a workspace's wallet.
pub async fn overview(state: &AppState, workspace: WorkspaceId) -> Result<Overview, ReadError> {
    let wallet = current_wallet(state, workspace).await?;
    let terms = wallet.subscription.as_ref().map(|it| &it.snapshot.terms);
    let billable = Billable { amount: wallet.excess_of_period(), units: excess_units(state, &wallet).await? };
    let mut db = state.db.acquire().await?;
    let about = tenants::repo::workspace(&mut db, workspace).await?.ok_or(ReadError::NoWorkspace)?;
    Ok(Overview {
        workspace: about.public_id,
        workspace_name: about.name,
        agency_name: about.agency_name,
        read_at: state.clock.now(),
        standing: wallet.standing(),
        payment: wallet.payment,
        rates: terms.map(|terms| terms.rates).unwrap_or_default(),
        holds_longest_call: terms.is_some_and(|terms| terms.hold == HoldPolicy::WorstCase),
        debt: MilliCents(wallet.balances.debt_mc),
        billable,
        calls_in_progress: wallet.open_calls(),
        active_packages: i64::try_from(wallet.usable_lots().count()).unwrap_or(i64::MAX),
        frozen: frozen(&wallet),
        subscription: wallet.subscription.map(|it| subscription(&it, wallet.balances.allowance)),
        time_zone: wallet.zone,
    })
}

/// What no call may draw from now: everything in open lots that is not in a usable one.
fn frozen(wallet: &ledger::Wallet) -> Frozen {
    let usable: HashSet<i64> = wallet.usable_lots().map(|lot| lot.number).collect();
    let left = |meter| {
        let frozen = wallet.lots.iter().filter(|lot| lot.meter == meter && !usable.contains(&lot.number));
        frozen.map(|lot| lot.remaining).sum()
    };
    Frozen { secs: left(Meter::Minutes), calls: left(Meter::Calls) }
}

fn subscription(current: &ledger::Subscription, allowance_left: i64) -> Subscription {
    let terms = &current.snapshot.terms;
    Subscription {
        plan_name: terms.name.clone(),
        meter: terms.meter,
        included: terms.included,
        used: terms.included - allowance_left,
        next_included: terms.included,
        resets_at: current.period.ends_at,
        state: current.state,
        ends_at: current.cancel_at_end.then_some(current.period.ends_at),
        next_plan: current.next.as_ref().map(|snapshot| snapshot.terms.name.clone()),
        addons: terms.addons,
        purchase_mode: terms.purchase_mode,
    }
}

/// Reads the packs that a client may see: none where there is no subscription or its packs are Off.
pub async fn offers(state: &AppState, workspace: WorkspaceId) -> Result<Offers, ReadError> {
    let wallet = current_wallet(state, workspace).await?;
    let Some(terms) = wallet.subscription.map(|it| it.snapshot.terms.clone()).filter(|terms| terms.addons) else {
        return Ok(Offers::default());
    };
    let mut db = state.db.acquire().await?;
    let packs = catalog::repo::assigned_packs(&mut db, workspace, terms.meter).await?;
    Ok(Offers { packs })
}
