//! Transactions as CSV for whoever keeps the books: exact to the milli-cent, and nothing that a spreadsheet would run.
//!
//! What comes in and what goes out have columns of their own. So no figure begins with a minus sign, which would have
//! to be quoted like any other cell that a spreadsheet takes for a formula, and could not be summed.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use crate::app::transactions::Transaction;
use crate::units::MilliCents;

/// The first line.
pub const HEAD: [&str; 20] = [
    "id",
    "seq",
    "occurred_at",
    "type",
    "description",
    "detail",
    "reference_type",
    "reference_id",
    "usd_in",
    "usd_out",
    "seconds_in",
    "seconds_out",
    "calls_in",
    "calls_out",
    "billable_usd",
    "paid_by",
    "usd_after",
    "allowance_after",
    "package_seconds_after",
    "package_calls_after",
];

/// The first line as bytes.
pub fn head() -> Vec<u8> {
    lines([HEAD.map(str::to_owned)])
}

/// Transactions as lines, with times in this zone.
pub fn rows(transactions: &[Transaction], zone: &TimeZone) -> Vec<u8> {
    lines(transactions.iter().map(|transaction| row(transaction, zone)))
}

fn lines(rows: impl IntoIterator<Item = [String; HEAD.len()]>) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        let written = writer.write_record(row.iter().map(|cell| harmless(cell).into_owned()));
        written.expect("rows of one length are written to memory");
    }
    writer.into_inner().expect("memory takes what is left")
}

fn row(transaction: &Transaction, zone: &TimeZone) -> [String; HEAD.len()] {
    let [usd_in, usd_out] = in_and_out(transaction.amount.0).map(|mc| dollars(MilliCents(mc)));
    let [seconds_in, seconds_out] = in_and_out(transaction.amount_secs).map(|secs| secs.to_string());
    let [calls_in, calls_out] = in_and_out(transaction.amount_calls).map(|calls| calls.to_string());
    let paid_by: Vec<_> = transaction.paid_by.iter().map(|source| source.as_str()).collect();
    [
        transaction.id.clone(),
        transaction.seq.to_string(),
        transaction.occurred_at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
        transaction.kind.as_str().to_owned(),
        transaction.description.clone(),
        transaction.detail.clone(),
        transaction.reference.kind.to_owned(),
        transaction.reference.id.clone(),
        usd_in,
        usd_out,
        seconds_in,
        seconds_out,
        calls_in,
        calls_out,
        dollars(transaction.excess),
        paid_by.join(" "),
        dollars(transaction.balance),
        transaction.allowance_units.to_string(),
        transaction.packs_secs.to_string(),
        transaction.packs_calls.to_string(),
    ]
}

/// A change as what came in and what went out; one of them is 0.
fn in_and_out(change: i64) -> [i64; 2] {
    [change.max(0), -change.min(0)]
}

/// Exact dollars, not below zero: `12.34000`.
fn dollars(money: MilliCents) -> String {
    format!("{}.{:05}", money.0 / MilliCents::PER_DOLLAR, money.0 % MilliCents::PER_DOLLAR)
}

/// A cell that a spreadsheet would take for a formula, quoted (SPEC §2.3). A tab or a line break at the start is
/// skipped by some of them.
fn harmless(cell: &str) -> Cow<'_, str> {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::fixtures::charged_call;

    fn cells(transaction: &Transaction) -> Vec<String> {
        let bytes = rows(std::slice::from_ref(transaction), &TimeZone::get("America/New_York").unwrap());
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&bytes[..]);
        reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect()
    }

    fn cell(transaction: &Transaction, name: &str) -> String {
        cells(transaction)[HEAD.iter().position(|head| *head == name).unwrap()].clone()
    }

    #[test]
    fn a_charge_is_exact_and_can_be_summed() {
        let call = charged_call(-20_493, -342);
        assert_eq!(cell(&call, "occurred_at"), "2026-11-20T10:34:00-05:00");
        assert_eq!((cell(&call, "usd_in"), cell(&call, "usd_out")), ("0.00000".into(), "0.20493".into()));
        assert_eq!((cell(&call, "seconds_in"), cell(&call, "seconds_out")), ("0".into(), "342".into()));
        assert_eq!(cell(&call, "paid_by"), "allowance credits");
        let top_up = charged_call(5_000_000, 0);
        assert_eq!((cell(&top_up, "usd_in"), cell(&top_up, "usd_out")), ("50.00000".into(), "0.00000".into()));
    }

    #[test]
    fn no_cell_is_a_formula() {
        for evil in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"] {
            let mut call = charged_call(-1, -1);
            (call.description, call.detail, call.reference.id) = (evil.into(), evil.into(), evil.into());
            for name in ["description", "detail", "reference_id"] {
                assert_eq!(cell(&call, name), format!("'{evil}"));
            }
            assert!(cells(&call).iter().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])));
        }
        let quoted = Transaction { detail: "agent \"A, B\"\nC".into(), ..charged_call(-1, -1) };
        assert_eq!(cell(&quoted, "detail"), "agent \"A, B\"\nC");
    }
}
