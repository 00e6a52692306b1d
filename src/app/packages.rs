//! Reading packages: every lot of a workspace, with who added it and what can be done with it.

use std::collections::HashSet;

use super::overview::{Package, PackageSource, PackageState};
use super::{ReadError, current_wallet};
use crate::ledger::repo::LotRecord;
use crate::ledger::{self, LotSource};
use crate::payments::bill;
use crate::state::AppState;
use crate::tenants;
use crate::units::{Meter, WorkspaceId, grouped};

/// All packages of a workspace, oldest first: the order in which calls use them.
pub async fn packages(state: &AppState, workspace: WorkspaceId) -> Result<Vec<Package>, ReadError> {
    let (mut packages, _) = page_of_packages(state, workspace, i64::MAX, i64::MAX - 1).await?;
    packages.reverse();
    Ok(packages)
}

/// Up to `limit` packages, newest first, below the number `before` (`i64::MAX` for the first page), and the number
/// below which the next page begins; `None` on the last page.
pub async fn page_of_packages(
    state: &AppState,
    workspace: WorkspaceId,
    before: i64,
    limit: i64,
) -> Result<(Vec<Package>, Option<i64>), ReadError> {
    let wallet = current_wallet(state, workspace).await?;
    let usable: HashSet<i64> = wallet.usable_lots().map(|lot| lot.number).collect();
    let mut db = state.db.acquire().await?;
    let mut lots = ledger::repo::lots(&mut db, workspace, before, limit + 1).await?;
    let more = lots.len() as i64 > limit;
    lots.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next = lots.last().filter(|_| more).map(|lot| lot.number);
    let purchases: Vec<String> =
        lots.iter().filter(|lot| lot.source == LotSource::Stripe).map(|lot| lot.reference.clone()).collect();
    let buyers = tenants::repo::buyers(&mut db, workspace, &purchases).await?;
    let receipts = bill::repo::receipts(&mut db, workspace, &purchases).await?;
    let packages = lots.into_iter().map(|lot| {
        let added_by = buyers.get(&lot.reference).cloned();
        let receipt_url = receipts.get(&lot.reference).cloned();
        let is_usable = usable.contains(&lot.number);
        Package { receipt_url, ..package(lot, is_usable, added_by) }
    });
    Ok((packages.collect(), next))
}

/// What a package is called: `Medium 100`. What was free has a name of its own, and some names say the count themselves.
pub fn package_title(name: &str, meter: Meter, granted: i64, free: bool) -> String {
    let count = grouped(meter.pieces_down(granted));
    let says_count = name.split_whitespace().any(|word| word == count);
    if free || says_count { name.to_owned() } else { format!("{name} {count}") }
}

/// The same for a lot.
pub(super) fn lot_title(lot: &LotRecord) -> String {
    package_title(&lot.name, lot.meter, lot.granted, lot.source == LotSource::Grant)
}

fn package(lot: LotRecord, usable: bool, added_by: Option<String>) -> Package {
    let state = match lot.remaining {
        0 if lot.taken > 0 => PackageState::Refunded,
        0 => PackageState::UsedUp,
        _ if usable => PackageState::Active,
        _ => PackageState::Frozen,
    };
    let source = match lot.source {
        LotSource::Stripe => PackageSource::Stripe,
        LotSource::Agency => PackageSource::Agency,
        LotSource::Grant => PackageSource::Grant,
    };
    Package {
        id: lot.public_id,
        name: lot.name,
        meter: lot.meter,
        granted: lot.granted,
        remaining: lot.remaining,
        taken: lot.taken,
        price: lot.price,
        purchase: (lot.source == LotSource::Stripe).then_some(lot.reference),
        source,
        added_by,
        added_by_seq: lot.seq,
        added_at: lot.created_at,
        used_up_at: lot.used_up_at,
        receipt_url: None,
        state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::MilliCents;

    fn lot(remaining: i64) -> LotRecord {
        LotRecord {
            number: 1,
            public_id: "lot_1".into(),
            name: "Medium".into(),
            meter: Meter::Minutes,
            granted: 6_000,
            remaining,
            taken: 0,
            price: MilliCents(1_000_000),
            source: LotSource::Stripe,
            reference: "pur_1".into(),
            seq: 7,
            created_at: "2026-10-26T13:12:00Z".parse().unwrap(),
            used_up_at: None,
        }
    }

    #[test]
    fn a_lot_is_active_frozen_used_up_or_refunded() {
        let state = |remaining, usable| package(lot(remaining), usable, None).state;
        assert_eq!(state(1, true), PackageState::Active);
        assert_eq!(state(1, false), PackageState::Frozen);
        assert_eq!(state(0, false), PackageState::UsedUp);
        let refunded = LotRecord { taken: 1, ..lot(0) };
        assert_eq!(package(refunded, false, None).state, PackageState::Refunded);
    }
}
