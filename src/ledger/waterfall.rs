//! The order of consumption (SPEC §1.1): allowance, then lots oldest first, then credits; what is left is excess where
//! the call was placed on a postpaid plan, overrun elsewhere.

use super::account::{Account, Entry, transfer};
use super::call::Call;
use super::wallet::{Held, Snapshot, Wallet};
use crate::pricing::{Components, Standing};
use crate::units::{Meter, MilliCents, Seconds};

/// What one settlement takes from which source, in units of the call's meter.
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
    /// Billed afterwards.
    pub on_excess: i64,
    /// What those cost, less the last credits.
    pub excess: MilliCents,
    /// Covered by nothing; not charged.
    pub overrun: i64,
}

/// Draws `units` for a call that is about to end.
pub fn draw(wallet: &Wallet, call: &Call, snapshot: &Snapshot, units: i64) -> Draw {
    let price = |units: i64| charge(snapshot, call.placement.recording, units);
    // A postpaid call reserves nothing; one placed after the plan's end does, and is prepaid.
    if snapshot.is_postpaid() && call.held_units == 0 {
        return draw_postpaid(wallet, snapshot, units, price);
    }
    let others = without(wallet, call, snapshot);
    let drawn = largest(units, |drawn| covers(&others, call, snapshot, drawn, price));
    let (allowance, lots, rest) = spread(wallet, snapshot.terms.meter, drawn);
    Draw { allowance, lots, on_credits: rest, credits: price(rest), overrun: units - drawn, ..Draw::default() }
}

/// True where `drawn` units can be taken: money stays at or above zero, and more than the call held is taken only as
/// far as the other holds stay covered, `A+L+floor(P*60/Σ*) ≥ H_others` (SPEC §1.2).
fn covers(others: &Standing, call: &Call, snapshot: &Snapshot, drawn: i64, price: impl Fn(i64) -> MilliCents) -> bool {
    let same_unit = snapshot.terms.meter == others.meter;
    let prepaid = if same_unit { others.allowance + others.lots } else { 0 };
    let on_credits = (drawn - prepaid).max(0);
    if on_credits > 0 && snapshot.sigma().0 == 0 {
        return false;
    }
    let posted = MilliCents(others.posted.0 - price(on_credits).0);
    let left = others.allowance + others.lots - if same_unit { drawn.min(prepaid) } else { 0 };
    let after = Standing { allowance: left, lots: 0, posted, ..*others };
    posted.0 >= 0 && (drawn <= call.held_units || after.capacity() >= 0)
}

/// Empties every posted source, then goes on as excess. Credits pay down to the last milli-cent, also of a unit that
/// they cannot pay whole.
fn draw_postpaid(wallet: &Wallet, snapshot: &Snapshot, units: i64, price: impl Fn(i64) -> MilliCents) -> Draw {
    let meter = snapshot.terms.meter;
    let (allowance, lots, rest) = spread(wallet, meter, units);
    let posted = MilliCents(wallet.balances.credits_mc);
    let on_credits = if snapshot.sigma().0 > 0 { largest(rest, |units| price(units) <= posted) } else { 0 };
    let total = price(rest);
    let credits = total.min(posted);
    let excess = MilliCents(total.0 - credits.0);
    Draw { allowance, lots, on_credits, credits, on_excess: rest - on_credits, excess, overrun: 0 }
}

/// The standing that the other open holds see once this call has ended.
fn without(wallet: &Wallet, call: &Call, snapshot: &Snapshot) -> Standing {
    let standing = wallet.standing();
    let meter = standing.meter;
    let of_others =
        |held: &&Held| held.snapshot.terms.meter == meter && (held.snapshot.id != call.snapshot || held.calls > 1);
    let sigma_held = wallet.held.iter().filter(of_others).map(|held| held.snapshot.sigma()).max().unwrap_or_default();
    let own = if snapshot.terms.meter == meter { call.held_units } else { 0 };
    Standing { held: standing.held - own, sigma_max: standing.sigma.max(sigma_held), ..standing }
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

/// `units` over allowance and lots: from the allowance, from which lots, and what is left. A call in another unit than
/// the plan's finds neither.
fn spread(wallet: &Wallet, meter: Meter, units: i64) -> (i64, Vec<(i64, i64)>, i64) {
    if wallet.meter_in_use() != Some(meter) {
        return (0, Vec::new(), units);
    }
    let allowance = units.min(wallet.balances.allowance);
    let mut rest = units - allowance;
    let mut lots = Vec::new();
    for lot in wallet.usable_lots() {
        if rest == 0 {
            break;
        }
        let taken = rest.min(lot.remaining);
        lots.push((lot.number, taken));
        rest -= taken;
    }
    (allowance, lots, rest)
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
        transfer(&mut entries, Account::Postpaid(meter), used, self.on_excess);
        transfer(&mut entries, Account::Excess, Account::Spent, self.excess.0);
        entries
    }
}
