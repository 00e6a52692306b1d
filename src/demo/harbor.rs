//! Harbor Dental on plan Starter: 82 of 100 minutes used, twelve days into its period, no open lot.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use sqlx::{Connection as _, PgConnection};

use super::history::{History, Stretch};
use super::{PASSWORD, days_before, repo};
use crate::catalog::repo::{assign_pack, create_pack, create_plan};
use crate::ledger::{self, Snapshot};
use crate::pricing::{ExcessMode, HoldPolicy, PackOffer, PurchaseMode, Rates, Terms};
use crate::tenants::repo::{
    NewKey, add_agency_admin, add_member, create_agency, create_api_key, create_user, create_workspace,
};
use crate::tenants::{self, Role, Scope};
use crate::units::{Meter, MilliCents, Seconds};

/// Public id of the workspace.
pub const WORKSPACE: &str = "ws_harbor";
const AGENCY: &str = "ag_brightline";
const ZONE: &str = "America/New_York";

/// Days from the period's start to the demo's first day.
const INTO_PERIOD: i64 = 12;
/// Days of history.
const HISTORY: i64 = 30;

fn zone() -> TimeZone {
    TimeZone::get(ZONE).expect("the zone is in jiff's database")
}

fn dollars(dollars: i64) -> MilliCents {
    MilliCents(dollars * MilliCents::PER_DOLLAR)
}

fn starter() -> Terms {
    Terms {
        name: "Starter".to_owned(),
        price: dollars(29),
        meter: Meter::Minutes,
        included: Seconds::from_minutes(100).0,
        rates: Rates::default(),
        addons: true,
        purchase_mode: PurchaseMode::SelfService,
        max_call: Seconds::from_minutes(60),
        hold: HoldPolicy::Buffer(60),
        excess: ExcessMode::Refuse,
        free_credits: MilliCents(0),
        due_days: 1,
        grace_days: 7,
    }
}

fn growth() -> Terms {
    Terms { name: "Growth".to_owned(), price: dollars(49), included: Seconds::from_minutes(300).0, ..starter() }
}

fn packs() -> [PackOffer; 3] {
    let pack = |id: &str, name: &str, minutes: i64, price: i64| PackOffer {
        id: id.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        meter: Meter::Minutes,
        units: Seconds::from_minutes(minutes).0,
        price: dollars(price),
        popular: name == "Medium",
    };
    [pack("pack_small", "Small", 50, 6), pack("pack_medium", "Medium", 100, 10), pack("pack_large", "Large", 250, 20)]
}

/// Creates agency, catalogue, workspace, people and keys in one transaction, unless they stand. Answers when the demo
/// began.
pub async fn found(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<Timestamp> {
    if let Some(begun_at) = repo::begun_at(db, AGENCY).await? {
        return Ok(begun_at);
    }
    let password = tenants::hash_password(PASSWORD.to_owned()).await;
    let mut db = db.begin().await?;
    let agency = create_agency(&mut db, AGENCY, "Brightline Voice", now).await?;
    let admin = create_user(&mut db, "admin@brightline.test", "Elena Sørensen", &password, now).await?;
    add_agency_admin(&mut db, agency, admin, now).await?;
    let all = [Scope::Admin];
    let key = NewKey { text: "mb_test_brightline", agency, workspace: None, name: "Demo", scopes: &all };
    create_api_key(&mut db, &key, now).await?;

    let plan = create_plan(&mut db, agency, "plan_starter", 1, &starter(), now).await?;
    create_plan(&mut db, agency, "plan_growth", 2, &growth(), now).await?;
    // The wallet's own time begins with the subscription, a month or more before the demo.
    let anchor_at = history(now).anchor_at;
    let workspace = create_workspace(&mut db, agency, WORKSPACE, "Harbor Dental", &zone(), anchor_at).await?;
    ledger::repo::take_snapshot(&mut db, workspace, plan, &starter(), anchor_at).await?;
    for pack in packs() {
        let pack = create_pack(&mut db, agency, &pack, now).await?;
        assign_pack(&mut db, workspace, pack, now).await?;
    }
    let owner = create_user(&mut db, "owner@harbor.test", "Dana Whitfield", &password, now).await?;
    add_member(&mut db, workspace, owner, Role::Owner, now).await?;
    let scopes = [Scope::CallsWrite, Scope::WalletRead, Scope::WalletCharge];
    let key = NewKey { text: "mb_test_harbor", agency, workspace: Some(workspace), name: "Demo", scopes: &scopes };
    create_api_key(&mut db, &key, now).await?;
    db.commit().await?;
    Ok(now)
}

/// The snapshot that the history runs under, as [`found`] took it.
pub fn snapshot() -> Snapshot {
    Snapshot { id: 1, terms: starter() }
}

/// Thirty days that end where the demo begins: one period used up with the welcome minutes, and 82 minutes of the next.
pub fn history(begun_at: Timestamp) -> History {
    let period_starts_at = days_before(begun_at, INTO_PERIOD);
    let first_day = days_before(begun_at, HISTORY);
    let stretches = [
        Stretch { from: first_day, to: period_starts_at, talk: Seconds::from_minutes(120) },
        Stretch { from: period_starts_at, to: begun_at, talk: Seconds::from_minutes(82) },
    ];
    History::new(anchor(period_starts_at), first_day, Seconds::from_minutes(20), &stretches, &zone())
}

/// An anchor some months earlier from which a period begins at this instant. One month back is not always one: there
/// is no Feb 31 that leads to Mar 31.
fn anchor(period_starts_at: Timestamp) -> Timestamp {
    let start = period_starts_at.to_zoned(zone());
    (1..=12)
        .filter_map(|months: i64| {
            let anchor = start.checked_sub(months.months()).ok()?;
            (anchor.checked_add(months.months()).ok()? == start).then(|| anchor.timestamp())
        })
        .next()
        .unwrap_or(period_starts_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Period;

    #[test]
    fn on_every_day_of_some_years_a_period_began_twelve_days_before() {
        let zone = zone();
        for day in 0..1_500 {
            let begun_at: Timestamp = "2026-01-01T07:30:00Z".parse().unwrap();
            let begun_at = begun_at + jiff::SignedDuration::from_hours(24 * day);
            let starts_at = days_before(begun_at, INTO_PERIOD);
            let anchor_at = anchor(starts_at);
            let found = (0..13).any(|index| Period::of(anchor_at, &zone, index).starts_at == starts_at);
            assert!(found, "no period begins at {starts_at} from {anchor_at}");
        }
    }
}
