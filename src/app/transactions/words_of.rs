//! A posting in the words of its customer: one line what it was, a second one with what belongs to it.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

use crate::app::packages::lot_title;
use crate::ledger::history::{Change, Recorded, lots, repo, reset};
use crate::ledger::repo::LotRecord;
use crate::ledger::{Call, Direction, LotSource, Posting, PostingKind};
use crate::rentals::{self, Rental, month_of_number};
use crate::tenants;
use crate::units::{Meter, MilliCents, Seconds, WorkspaceId};

/// What the postings of a page name.
pub(super) struct Names {
    agency: String,
    /// By number.
    lots: HashMap<i64, LotRecord>,
    /// Who bought, by purchase.
    buyers: HashMap<String, String>,
    /// By id.
    numbers: HashMap<String, Rental>,
    /// What top-ups have paid of debt, by key.
    debts: HashMap<String, MilliCents>,
    zone: TimeZone,
}

impl Names {
    /// Reads what these postings name.
    pub(super) async fn read(db: &mut PgConnection, workspace: WorkspaceId, found: &[Recorded]) -> sqlx::Result<Self> {
        let of_lots =
            |kind| matches!(kind, PostingKind::Pack | PostingKind::Grant | PostingKind::Refund | PostingKind::Dispute);
        let naming = found.iter().filter(|it| of_lots(it.posting.kind));
        let numbers: Vec<i64> = naming.flat_map(|it| lots(&it.posting)).collect();
        let found_lots = match numbers.is_empty() {
            true => Vec::new(),
            false => repo::lots(db, workspace, &numbers).await?,
        };
        let bought = found_lots.iter().filter(|lot| lot.source == LotSource::Stripe);
        let purchases: Vec<String> = bought.map(|lot| lot.reference.clone()).collect();
        let buyers = match purchases.is_empty() {
            true => HashMap::new(),
            false => tenants::repo::buyers(db, workspace, &purchases).await?,
        };
        let numbers = rented(db, workspace, found).await?;
        let zone = match numbers.is_empty() {
            true => None,
            false => tenants::repo::zone(db, workspace).await?,
        };
        let topups = found.iter().filter(|it| it.posting.kind == PostingKind::TopUp);
        let topups: Vec<String> = topups.map(|it| it.posting.key.clone()).collect();
        let debts = match topups.is_empty() {
            true => HashMap::new(),
            false => repo::debts_paid(db, workspace, &topups).await?,
        };
        let agency = tenants::repo::workspace(db, workspace).await?.map(|workspace| workspace.agency_name);
        let lots = found_lots.into_iter().map(|lot| (lot.number, lot)).collect();
        let (agency, zone) = (agency.unwrap_or_default(), zone.unwrap_or(TimeZone::UTC));
        Ok(Self { agency, lots, buyers, numbers, debts, zone })
    }

    /// One line, and a second one.
    pub(super) fn describe(&self, recorded: &Recorded) -> (String, String) {
        let posting = &recorded.posting;
        match posting.kind {
            PostingKind::Call => recorded.call.as_ref().map_or_else(|| ("Call".to_owned(), String::new()), call),
            PostingKind::Message => {
                let count = posting.entries.last().map_or(0, |entry| entry.amount);
                (counted(count, "message", "messages"), String::new())
            }
            PostingKind::Number => self.number(posting),
            PostingKind::Pack => self.packages(posting, "added"),
            PostingKind::Grant if lots(posting).next().is_some() => self.packages(posting, "granted"),
            PostingKind::Grant => {
                let why = if posting.key == "free_credits" { "Free credits of your plan" } else { "" };
                (format!("Credits granted by {}", self.agency), why.to_owned())
            }
            PostingKind::TopUp => self.top_up(posting),
            PostingKind::Debt => (
                format!("Outstanding balance of {} paid", MilliCents(-Change::of(posting).debt.0)),
                paid_through(posting),
            ),
            PostingKind::Refund | PostingKind::Dispute => self.taken_back(posting),
            PostingKind::Owed => owed(posting),
            PostingKind::Period => period(posting),
            PostingKind::Plan => ("Plan changed".to_owned(), granted(posting)),
        }
    }

    /// `Number (312) 555-0100`; `Monthly fee, Nov 20 to Dec 20, 2026`.
    fn number(&self, posting: &Posting) -> (String, String) {
        let month = month_of_number(&posting.key).and_then(|(id, month)| Some((self.numbers.get(id)?, month)));
        let Some((rental, month)) = month else {
            return ("Number".to_owned(), "Monthly fee".to_owned());
        };
        let month = rental.month(&self.zone, month);
        let date = |at: Timestamp, form: &str| at.to_zoned(self.zone.clone()).strftime(form).to_string();
        let (from, to) = (date(month.starts_at, "%b %-d"), date(month.ends_at, "%b %-d, %Y"));
        (number_title(&rental.number), format!("Monthly fee, {from} to {to}"))
    }

    /// `Credits added`; `Top-up of $10.00` where all of it paid debt.
    fn top_up(&self, posting: &Posting) -> (String, String) {
        let toward = |debt: &MilliCents, more: &str| format!("{debt}{more} paid toward your outstanding balance");
        let through = paid_through(posting);
        match self.debts.get(&posting.key) {
            Some(debt) if Change::of(posting).credits.0 == 0 => (format!("Top-up of {debt}"), toward(debt, "")),
            Some(debt) if through.is_empty() => ("Credits added".to_owned(), toward(debt, " more")),
            Some(debt) => ("Credits added".to_owned(), format!("{through}, {}", toward(debt, " more"))),
            None => ("Credits added".to_owned(), through),
        }
    }

    /// `Medium 100 bought`, `3 packages bought`; who did.
    fn packages(&self, posting: &Posting, done: &str) -> (String, String) {
        let Some((what, first)) = self.title(posting) else {
            return (format!("Package {done}"), String::new());
        };
        let (done, detail) = match first.source {
            LotSource::Stripe => {
                let by = self.buyers.get(&first.reference);
                ("bought", by.map_or_else(|| "Paid through Stripe".to_owned(), |name| format!("Bought by {name}")))
            }
            LotSource::Agency => (done, format!("Applied by {}", self.agency)),
            LotSource::Grant => (done, first.reference.clone()),
        };
        (format!("{what} {done}"), detail)
    }

    /// What the lots of a posting are called together, and one of them.
    fn title(&self, posting: &Posting) -> Option<(String, &LotRecord)> {
        let named: Vec<&LotRecord> = lots(posting).filter_map(|number| self.lots.get(&number)).collect();
        let first = *named.first()?;
        let what = match named.len() {
            1 => lot_title(first),
            more if named.iter().all(|lot| lot_title(lot) == lot_title(first)) => {
                format!("{more} × {}", lot_title(first))
            }
            more => format!("{more} packages"),
        };
        Some((what, first))
    }

    /// `Medium 100 refunded`, `50 minutes taken back`; or that it came to nothing, and they are back.
    fn taken_back(&self, posting: &Posting) -> (String, String) {
        let dispute = posting.kind == PostingKind::Dispute;
        let what = self.title(posting);
        let change = Change::of(posting);
        let back = change.secs > 0 || change.calls > 0 || change.credits.0 > 0;
        let meter = what.as_ref().map(|(_, lot)| lot.meter);
        let units = meter.map(|meter| meter.exact((change.secs + change.calls).abs()));
        let what = what.map_or_else(|| "Credits".to_owned(), |(title, _)| title);
        let line = match (dispute, back) {
            (false, false) => format!("{what} refunded"),
            (true, false) => format!("{what} taken back by a dispute"),
            (false, true) => format!("{what} returned, the refund failed"),
            (true, true) => format!("{what} returned, the dispute was won"),
        };
        let done = if back { "returned" } else { "taken back" };
        (line, units.map(|units| format!("{units} {done}")).unwrap_or_default())
    }
}

/// What somebody owes for what was refunded after it had been used; or that it is cancelled.
fn owed(posting: &Posting) -> (String, String) {
    let more = Change::of(posting).debt;
    let line = format!("Outstanding balance of {}", MilliCents(more.0.abs()));
    if more.0 < 0 {
        return (format!("{line} canceled"), String::new());
    }
    (line, "What was refunded had been used".to_owned())
}

/// The numbers whose months these postings paid.
async fn rented(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    found: &[Recorded],
) -> sqlx::Result<HashMap<String, Rental>> {
    let paid = found.iter().filter(|it| it.posting.kind == PostingKind::Number);
    let ids: Vec<&str> = paid.filter_map(|it| month_of_number(&it.posting.key)).map(|(id, _)| id).collect();
    let rentals = match ids.is_empty() {
        true => Vec::new(),
        false => rentals::repo::named(db, workspace, &ids).await?,
    };
    Ok(rentals.into_iter().map(|rental| (rental.id.clone(), rental)).collect())
}

fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

fn paid_through(posting: &Posting) -> String {
    let words = match posting.key.split_once('_') {
        Some(("cs", _)) => "Paid through Stripe",
        Some(("pi", _)) => "Charged to your saved card",
        _ => "",
    };
    words.to_owned()
}

/// `Call to (646) 555-0171`; `3 min 40 s, agent Concierge`.
fn call(call: &Call) -> (String, String) {
    let length = call.end.as_ref().map(|end| end.billed.to_string());
    let agent = call.placement.agent.as_ref().map(|agent| format!("agent {agent}"));
    (call_title(call), length.into_iter().chain(agent).collect::<Vec<_>>().join(", "))
}

/// `Call to (646) 555-0171`, `Inbound call`: a call in few words.
pub fn call_title(call: &Call) -> String {
    let placement = &call.placement;
    let (alone, with, other) = match placement.direction {
        Direction::Outbound => ("Outbound call", "Call to", placement.to.as_deref()),
        Direction::Inbound => ("Inbound call", "Call from", placement.from.as_deref()),
    };
    other.map_or_else(|| alone.to_owned(), |number| format!("{with} {}", phone(number)))
}

/// `Number (312) 555-0100`
pub fn number_title(number: &str) -> String {
    format!("Number {}", phone(number))
}

/// A North American number as people there write it; any other as it is.
pub(super) fn phone(number: &str) -> String {
    let digits = number.strip_prefix("+1").filter(|digits| digits.len() == 10);
    match digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(digits) => format!("({}) {}-{}", &digits[..3], &digits[3..6], &digits[6..]),
        None => number.to_owned(),
    }
}

fn period(posting: &Posting) -> (String, String) {
    let what = match (posting.seq, posting.key.ends_with(":end")) {
        (_, true) => "Plan ended",
        (1, false) => "Plan started",
        _ => "Plan reset",
    };
    (what.to_owned(), granted(posting))
}

/// `100 minutes included, 18 unused minutes ended`
fn granted(posting: &Posting) -> String {
    let (granted, expired) = reset(posting);
    let pieces = |meter: Meter, units: i64| match meter {
        Meter::Minutes => counted(Seconds(units).minutes_down(), "minute", "minutes"),
        Meter::Calls => counted(units, "call", "calls"),
    };
    let included =
        granted.filter(|(_, units)| *units > 0).map(|(meter, units)| format!("{} included", pieces(meter, units)));
    let unused = granted.filter(|_| expired > 0).map(|(meter, _)| format!("{} unused", pieces(meter, expired)));
    included.into_iter().chain(unused).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_there_write_them() {
        assert_eq!(phone("+16465550171"), "(646) 555-0171");
        for other in ["+4930123456", "+1646555017", "+1646555017x", "sip:desk", ""] {
            assert_eq!(phone(other), other);
        }
    }
}
