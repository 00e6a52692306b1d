//! The order of consumption (SPEC §1.1): allowance, then lots oldest first, then credits; the rest is overrun.

use super::account::{Account, Entry, transfer};
use super::call::Call;
use super::wallet::{Snapshot, Wallet};
use crate::pricing::{Components, Standing};
use crate::units::{Meter, MilliCents, Seconds};

/// What one settlement takes from which source, in units of the meter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draw {
    /// From the plan's allowance.
    pub allowance: i64,
    /// From lots by number, oldest first.
    pub lots: Vec<(i64, i64)>,
    /// Paid by credits.
    pub on_credits: i64,
    /// What those cost.
    pub credits: MilliCents,
    /// Covered by nothing; not charged.
    pub overrun: i64,
}

/// Draws `units` for a call that is about to end. More than it held is drawn only as far as the other holds stay
/// covered: `A+L+floor(P*60/Σ*) ≥ H_others` and `P ≥ 0` (SPEC §1.2).
pub fn draw(wallet: &Wallet, call: &Call, snapshot: &Snapshot, units: i64) -> Draw {
    let others = without(wallet, call);
    let prepaid = others.allowance + others.lots;
    let price = |on_credits: i64| charge(snapshot, call.placement.recording, on_credits);
    let covered = |drawn: i64| {
        let on_credits = (drawn - prepaid).max(0);
        if on_credits > 0 && snapshot.sigma().0 == 0 {
            return false;
        }
        let posted = others.posted.0 - price(on_credits).0;
        let left = Standing { allowance: (prepaid - drawn).max(0), lots: 0, posted: MilliCents(posted), ..others };
        posted >= 0 && (drawn <= call.held_units || left.capacity() >= 0)
    };
    let drawn = largest(units, covered);
    spread(wallet, drawn, units, price)
}

/// The standing that the other open holds see once this call has ended.
fn without(wallet: &Wallet, call: &Call) -> Standing {
    let standing = wallet.standing();
    let of_others = |held: &&super::wallet::Held| held.snapshot.id != call.snapshot || held.calls > 1;
    let sigma_held = wallet.held.iter().filter(of_others).map(|held| held.snapshot.sigma()).max().unwrap_or_default();
    Standing { held: standing.held - call.held_units, sigma_max: standing.sigma.max(sigma_held), ..standing }
}

/// What `units` cost at the call's own components.
fn charge(snapshot: &Snapshot, recording: bool, units: i64) -> MilliCents {
    match snapshot.terms.meter {
        Meter::Minutes => snapshot.terms.rates.charge(Seconds(units), Components { recording }).total(),
        Meter::Calls => MilliCents(units * snapshot.sigma().0),
    }
}

/// The largest number up to `limit` for which a falling predicate still holds; 0 always does.
fn largest(limit: i64, holds: impl Fn(i64) -> bool) -> i64 {
    if holds(limit) {
        return limit;
    }
    let (mut good, mut bad) = (0, limit);
    while bad - good > 1 {
        let middle = good + (bad - good) / 2;
        if holds(middle) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}

fn spread(wallet: &Wallet, drawn: i64, units: i64, price: impl Fn(i64) -> MilliCents) -> Draw {
    let allowance = drawn.min(wallet.balances.allowance);
    let mut rest = drawn - allowance;
    let mut lots = Vec::new();
    for lot in wallet.usable_lots() {
        if rest == 0 {
            break;
        }
        let taken = rest.min(lot.remaining);
        lots.push((lot.number, taken));
        rest -= taken;
    }
    Draw { allowance, lots, on_credits: rest, credits: price(rest), overrun: units - drawn }
}

impl Draw {
    /// Its entries, in the order in which the sources were drawn.
    pub fn entries(&self, meter: Meter) -> Vec<Entry> {
        let mut entries = Vec::with_capacity(4);
        let used = Account::Used(meter);
        transfer(&mut entries, Account::Allowance(meter), used, self.allowance);
        for &(number, units) in &self.lots {
            transfer(&mut entries, Account::Lot(meter, number), used, units);
        }
        transfer(&mut entries, Account::Spot(meter), used, self.on_credits);
        transfer(&mut entries, Account::Credits, Account::Spent, self.credits.0);
        entries
    }
}
