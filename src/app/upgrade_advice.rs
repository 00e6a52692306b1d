//! Whether a larger plan would have been cheaper than packs, read from a few rows: periods, days, packages (SPEC §2.2).

use jiff::Timestamp;
use sqlx::PgConnection;

use super::{ReadError, current_wallet};
use crate::catalog;
use crate::ledger::history::PackAdded;
use crate::ledger::history::repo::{last_periods, packs_added, usage_days};
use crate::ledger::{SubscriptionState, Usage};
use crate::payments::reversal;
use crate::pricing::{PERIODS, Rung, Spent, Terms, Upgrade, upgrade};
use crate::state::AppState;
use crate::units::{Meter, MilliCents, WorkspaceId};

/// The advice for a workspace on its present plan, if any. The day on which one period ends and the next begins counts
/// in both, so that the advice never promises too much.
///
/// # Errors
/// Where the database or the ledger failed.
pub async fn upgrade_advice(state: &AppState, workspace: WorkspaceId) -> Result<Option<Upgrade>, ReadError> {
    let wallet = current_wallet(state, workspace).await?;
    let active = wallet.subscription.filter(|subscription| subscription.state == SubscriptionState::Active);
    let Some(subscription) = active else {
        return Ok(None);
    };
    let terms = &subscription.snapshot.terms;
    let mut db = state.db.acquire().await?;
    let opened = last_periods(&mut db, workspace, subscription.number, PERIODS as i64 + 1).await?;
    // The newest one runs still; only the price of one and the same plan can be compared.
    let Some((_, plan)) = opened.first().copied().filter(|_| opened.len() > PERIODS) else {
        return Ok(None);
    };
    if opened.iter().any(|(_, other)| *other != plan) {
        return Ok(None);
    }
    let bounds: Vec<Timestamp> = opened.iter().rev().map(|(starts_at, _)| *starts_at).collect();
    let (first, last) = (bounds[0], bounds[PERIODS]);
    let date = |at: Timestamp| at.to_zoned(wallet.zone.clone()).date();
    let days = usage_days(&mut db, workspace, date(first), date(last)).await?;
    let mut packs = packs_added(&mut db, workspace, first, last).await?;
    take_returned(&mut db, workspace, &mut packs).await?;
    let larger: Vec<Rung> = catalog::repo::larger_plans(&mut db, plan).await?.into_iter().map(rung).collect();
    let spent = |from: Timestamp, to: Timestamp| Spent {
        used: days
            .iter()
            .filter(|day| (date(from)..=date(to)).contains(&day.date))
            .map(|day| used(terms.meter, &day.usage))
            .sum(),
        packs: MilliCents(packs.iter().filter(|pack| (from..to).contains(&pack.at)).map(|pack| pack.price.0).sum()),
    };
    let periods: Vec<Spent> = bounds.windows(2).map(|bounds| spent(bounds[0], bounds[1])).collect();
    Ok(upgrade(&rung(terms.clone()), &larger, &periods))
}

/// Lowers the price of packages by what of their purchase went back: money that was not spent in the end.
async fn take_returned(db: &mut PgConnection, workspace: WorkspaceId, packs: &mut [PackAdded]) -> sqlx::Result<()> {
    let purchases: Vec<String> = packs.iter().map(|pack| pack.reference.clone()).collect();
    let mut returned = reversal::repo::returned(db, workspace, &purchases).await?;
    for pack in packs {
        // A purchase may have bought several packages.
        if let Some(left) = returned.get_mut(&pack.reference) {
            let part = pack.price.min(*left);
            pack.price.0 -= part.0;
            left.0 -= part.0;
        }
    }
    Ok(())
}

fn rung(terms: Terms) -> Rung {
    Rung { name: terms.name, meter: terms.meter, included: terms.included, price: terms.price }
}

/// Units of the meter, whatever paid for them.
fn used(meter: Meter, usage: &Usage) -> i64 {
    match meter {
        Meter::Minutes => usage.allowance_secs + usage.packs_secs + usage.credits_secs + usage.excess_secs,
        Meter::Calls => usage.calls,
    }
}
