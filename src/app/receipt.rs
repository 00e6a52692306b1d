//! The minute receipt of a call: what paid for which second, and why.

use super::ReadError;
use super::packages::lot_title;
use crate::ledger::history::repo;
use crate::ledger::repo::LotRecord;
use crate::ledger::{self, Call, Posting, Segment, Source};
use crate::pricing::{Charge, Components, Terms};
use crate::state::AppState;
use crate::units::{Meter, MilliCents, Seconds, WorkspaceId};

/// A call and what paid for it.
#[derive(Clone, Debug)]
pub struct CallReceipt {
    /// The call.
    pub call: Call,
    /// Terms that it was placed under.
    pub terms: Terms,
    /// From the first connected second to the last, without a gap; none while the call is open or where nothing was
    /// connected.
    pub segments: Vec<PaidSegment>,
}

/// What paid for a stretch of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidSegment {
    /// First second.
    pub from_second: i64,
    /// The second after the last.
    pub to_second: i64,
    /// What paid.
    pub source: Source,
    /// Which package, where one paid.
    pub package: Option<PaidPackage>,
    /// Credits drawn or excess billed.
    pub cost: MilliCents,
    /// Its parts; `None` on the calls meter.
    pub components: Option<Charge>,
    /// Why this source, in a sentence.
    pub why: String,
}

/// A package that paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaidPackage {
    /// `lot_…`
    pub id: String,
    /// What it is called: `Medium 100`.
    pub name: String,
}

/// The receipt of a call; `None` where the workspace has no such call.
pub async fn receipt(state: &AppState, workspace: WorkspaceId, call: &str) -> Result<Option<CallReceipt>, ReadError> {
    let mut db = state.db.acquire().await?;
    let Some(call) = ledger::repo::call(&mut db, workspace, call).await? else {
        return Ok(None);
    };
    let terms = ledger::repo::snapshot(&mut db, workspace, call.snapshot).await?.terms;
    let posting = match call.end.as_ref().and_then(|end| end.seq) {
        Some(seq) => repo::posting_numbered(&mut db, workspace, seq).await?,
        None => None,
    };
    let segments = ledger::segments(&call, &terms, posting.as_ref());
    let numbers: Vec<i64> = segments.iter().filter_map(|segment| segment.lot).collect();
    let lots = repo::lots(&mut db, workspace, &numbers).await?;
    let reasons = Reasons { call: &call, terms: &terms, posting: posting.as_ref(), segments: &segments };
    let paid = segments.iter().enumerate().map(|(place, segment)| {
        let lot = segment.lot.and_then(|number| lots.iter().find(|lot| lot.number == number));
        PaidSegment {
            from_second: segment.from,
            to_second: segment.to,
            source: segment.source,
            package: lot.map(|lot| PaidPackage { id: lot.public_id.clone(), name: lot_title(lot) }),
            cost: segment.cost,
            components: segment.components,
            why: reasons.of(place, segment, lot),
        }
    });
    let segments = paid.collect();
    Ok(Some(CallReceipt { call, terms, segments }))
}

/// What the reasons of a call's segments are read off.
struct Reasons<'a> {
    call: &'a Call,
    terms: &'a Terms,
    posting: Option<&'a Posting>,
    segments: &'a [Segment],
}

impl Reasons<'_> {
    fn of(&self, place: usize, segment: &Segment, lot: Option<&LotRecord>) -> String {
        let first = place == 0;
        match segment.source {
            Source::Allowance => self.allowance(),
            Source::Lot => self.package(place, segment, lot),
            Source::Credits if segment.from == segment.to && self.terms.meter == Meter::Minutes => {
                "The last of the credits paid part of a second.".to_owned()
            }
            Source::Credits if first && self.posting_left_nothing_before() => format!("Credits paid {}.", self.rate()),
            Source::Credits => format!("No package was left, so credits paid {}.", self.rate()),
            Source::Excess => format!("Everything prepaid was used, so this is billed afterwards, {}.", self.rate()),
            Source::Overrun => self.overrun(segment),
        }
    }

    fn allowance(&self) -> String {
        let (pieces, last) = match self.call.meter {
            Meter::Minutes => ("Plan minutes come first.", "These were the last of the period."),
            Meter::Calls => ("Plan calls come first.", "This was the last of the period."),
        };
        match self.posting {
            Some(posting) if posting.after.allowance == 0 => format!("{pieces} {last}"),
            _ => pieces.to_owned(),
        }
    }

    fn package(&self, place: usize, segment: &Segment, lot: Option<&LotRecord>) -> String {
        let before = place.checked_sub(1).map(|place| self.segments[place].source);
        let why = match before {
            Some(Source::Lot) => "That package was used up, so the next oldest paid.",
            Some(_) => "The plan was empty, so your oldest package paid.",
            None if self.terms.included > 0 => "The plan was empty before this call, so your oldest package paid.",
            None => "Packages come before credits, the oldest first.",
        };
        // A later source pays only once this one is empty.
        let later = self.segments[place + 1..].iter().any(|segment| segment.source != Source::Overrun);
        if !later || lot.is_none() || self.call.meter == Meter::Calls {
            return why.to_owned();
        }
        format!("{why} It had {} left and is now used up.", Seconds(segment.to - segment.from))
    }

    fn overrun(&self, segment: &Segment) -> String {
        let end = self.call.end.as_ref();
        let (billed, late) = end.map_or((0, 0), |end| (end.billed.0, end.late.0));
        if late > 0 && segment.from >= billed {
            return "Reported after the hold had lapsed. It is not charged.".to_owned();
        }
        "Nothing was left that no other call holds. It is not charged.".to_owned()
    }

    /// True where neither a plan nor a package could have paid.
    fn posting_left_nothing_before(&self) -> bool {
        self.terms.included == 0 && self.segments.iter().all(|segment| segment.lot.is_none())
    }

    /// `at your plan’s rate of $0.15 per minute`
    fn rate(&self) -> String {
        let rates = &self.terms.rates;
        let (rate, per) = match self.call.meter {
            Meter::Minutes => (rates.per_minute(Components { recording: self.call.placement.recording }), "minute"),
            Meter::Calls => (rates.call.unwrap_or_default(), "call"),
        };
        format!("at your plan’s rate of {} per {per}", rate.as_rate())
    }
}
