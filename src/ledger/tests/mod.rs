//! The pure core, without a database: stories with exact figures, and random histories.

mod events;
mod histories;
mod receipts;
mod stories;
mod take_backs;

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::call::{CallOutcome, Direction, Placement};
use super::command::{Command, LotGrant, LotSource};
use super::decide::decide;
use super::wallet::{Snapshot, Wallet};
use crate::pricing::{ExcessMode, HoldPolicy, PurchaseMode, Rates, Terms};
use crate::units::{Meter, MilliCents, Seconds, WorkspaceId};

pub(super) const WORKSPACE: WorkspaceId = WorkspaceId(7);

pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn terms(included_minutes: i64, voice: i64, free_credits: i64, hold: HoldPolicy) -> Terms {
    Terms {
        name: "Starter".into(),
        price: MilliCents(2_900_000),
        meter: Meter::Minutes,
        included: included_minutes * 60,
        rates: Rates { voice: MilliCents(voice), telephony: MilliCents(voice / 3), ..Rates::default() },
        addons: true,
        purchase_mode: PurchaseMode::SelfService,
        max_call: Seconds(3_600),
        hold,
        excess: ExcessMode::Refuse,
        free_credits: MilliCents(free_credits),
        due_days: 1,
        grace_days: 7,
    }
}

/// A wallet with a running subscription, begun at the start of November.
pub(super) fn subscribed(terms: Terms) -> Wallet {
    let start = at("2026-11-01T12:00:00Z");
    let mut wallet = Wallet::new(WORKSPACE, TimeZone::get("America/New_York").unwrap(), start);
    let snapshot = Arc::new(Snapshot { id: 1, terms });
    decide(&mut wallet, &Command::Subscribe { snapshot, anchor_at: start }, start).unwrap();
    wallet
}

pub(super) fn place(id: &str) -> Command {
    Command::PlaceHold(Placement {
        id: id.into(),
        direction: Direction::Inbound,
        agent: None,
        from: None,
        to: None,
        recording: false,
        metadata: None,
    })
}

pub(super) fn answered(id: &str, secs: i64) -> Command {
    let talk = Seconds(secs);
    Command::EndCall { id: id.into(), outcome: CallOutcome::Answered, duration: talk, billed: talk }
}

pub(super) fn pack(key: &str, minutes: &[i64]) -> Command {
    let lot = |minutes: &i64| LotGrant {
        name: "Medium".into(),
        meter: Meter::Minutes,
        units: minutes * 60,
        price: MilliCents(1_000_000),
        source: LotSource::Stripe,
        reference: "pur_1".into(),
    };
    Command::CreditLots { key: key.into(), lots: minutes.iter().map(lot).collect() }
}
