//! The minute receipt: which source paid for which second of a call. Pure: everything is read off the call's posting.

use super::account::Account;
use super::call::{Call, CallEnd};
use super::posting::Posting;
use crate::pricing::{Charge, Components, Terms};
use crate::units::{Meter, MilliCents, Seconds, words};

/// What paid for a stretch of a call, in the order of consumption (SPEC §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The plan's allowance.
    Allowance,
    /// A lot.
    Lot,
    /// Credits.
    Credits,
    /// Billed afterwards.
    Excess,
    /// Nothing; it is not charged.
    Overrun,
}

words!(Source { Allowance = "allowance", Lot = "lot", Credits = "credits", Excess = "excess", Overrun = "overrun" });

/// A stretch of a call that one source paid for. Segments follow each other without a gap. One is empty where its
/// source paid only part of a second, or where a call of 0 seconds took one call of a quota.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// First second.
    pub from: i64,
    /// The second after the last.
    pub to: i64,
    /// What paid.
    pub source: Source,
    /// Number of the lot, where a lot paid.
    pub lot: Option<i64>,
    /// Credits drawn or excess billed; 0 for what was paid before.
    pub cost: MilliCents,
    /// The parts of that cost; `None` on the calls meter.
    pub components: Option<Charge>,
}

/// The segments of a call, from its first connected second to its last; none while it is open or where nothing was
/// connected. `terms` are those of the call's snapshot, `posting` is what charged it.
pub fn segments(call: &Call, terms: &Terms, posting: Option<&Posting>) -> Vec<Segment> {
    let Some(end) = &call.end else { return Vec::new() };
    let drawn = posting.map(|posting| Drawn::of(posting, call.meter)).unwrap_or_default();
    let mut strip = Strip { meter: call.meter, billed: end.billed.0, at: 0, segments: Vec::new() };
    strip.prepaid(Source::Allowance, None, drawn.allowance);
    for &(number, units) in &drawn.lots {
        strip.prepaid(Source::Lot, Some(number), units);
    }
    let [by_credits, by_excess] = drawn.components(call, terms);
    strip.paid(Source::Credits, drawn.on_credits, drawn.credits, by_credits);
    strip.paid(Source::Excess, drawn.on_excess, drawn.excess, by_excess);
    strip.uncovered(end);
    strip.segments
}

/// What a posting drew: units of the call's meter, and money.
#[derive(Default)]
struct Drawn {
    allowance: i64,
    lots: Vec<(i64, i64)>,
    on_credits: i64,
    credits: i64,
    on_excess: i64,
    excess: i64,
}

impl Drawn {
    fn of(posting: &Posting, meter: Meter) -> Self {
        let mut drawn = Self::default();
        for entry in &posting.entries {
            let taken = -entry.amount;
            match entry.account {
                Account::Allowance(_) => drawn.allowance += taken,
                Account::Lot(_, number) => drawn.lots.push((number, taken)),
                Account::Spot(of) if of == meter => drawn.on_credits += taken,
                Account::Credits => drawn.credits += taken,
                Account::Postpaid(of) if of == meter => drawn.on_excess += taken,
                Account::Excess => drawn.excess += taken,
                _ => {}
            }
        }
        drawn
    }

    /// The parts of what credits and excess paid. Both together are rounded once (SPEC §7.13); credits that ended within
    /// a second pay its parts in order.
    fn components(&self, call: &Call, terms: &Terms) -> [Option<Charge>; 2] {
        if call.meter == Meter::Calls {
            return [None, None];
        }
        let used = Components { recording: call.placement.recording };
        let whole = terms.rates.charge(Seconds(self.on_credits + self.on_excess), used);
        let mut paid = terms.rates.charge(Seconds(self.on_credits), used);
        let mut rest = self.credits - paid.total().0;
        for (part, of) in [
            (&mut paid.voice, whole.voice),
            (&mut paid.telephony, whole.telephony),
            (&mut paid.recording, whole.recording),
        ] {
            let more = rest.min(of.0 - part.0);
            part.0 += more;
            rest -= more;
        }
        let owed = Charge {
            voice: MilliCents(whole.voice.0 - paid.voice.0),
            telephony: MilliCents(whole.telephony.0 - paid.telephony.0),
            recording: MilliCents(whole.recording.0 - paid.recording.0),
        };
        [Some(paid), Some(owed)]
    }
}

/// Segments laid end to end.
struct Strip {
    meter: Meter,
    billed: i64,
    at: i64,
    segments: Vec<Segment>,
}

impl Strip {
    fn prepaid(&mut self, source: Source, lot: Option<i64>, units: i64) {
        if units > 0 {
            let free = (self.meter == Meter::Minutes).then(Charge::default);
            self.push(source, lot, units, MilliCents(0), free);
        }
    }

    fn paid(&mut self, source: Source, units: i64, cost: i64, components: Option<Charge>) {
        if units > 0 || cost > 0 {
            self.push(source, None, units, MilliCents(cost), components);
        }
    }

    /// What no source covered, and what was reported after the hold had lapsed.
    fn uncovered(&mut self, end: &CallEnd) {
        let connected = self.billed + end.late.0;
        if self.at < connected {
            let free = (self.meter == Meter::Minutes).then(Charge::default);
            let (from, to) = (self.at, connected);
            let source = Source::Overrun;
            self.segments.push(Segment { from, to, source, lot: None, cost: MilliCents(0), components: free });
        }
    }

    /// One call of a quota is all seconds of the call.
    fn push(&mut self, source: Source, lot: Option<i64>, units: i64, cost: MilliCents, components: Option<Charge>) {
        let secs = match self.meter {
            Meter::Minutes => units,
            Meter::Calls => units * self.billed,
        };
        let (from, to) = (self.at, self.at + secs);
        self.segments.push(Segment { from, to, source, lot, cost, components });
        self.at = to;
    }
}
