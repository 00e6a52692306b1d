//! Rows as domain types, the same for both drivers: the writer reads through tokio-postgres, pages through sqlx.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::balances::Balances;
use super::call::{Call, CallEnd, CallOutcome, CallStatus, Direction, Placement};
use super::command::PaymentState;
use super::period::{Period, PeriodUse};
use super::posting::Hash;
use super::store::Snapshots;
use super::wallet::{Frame, Held, Lot, Snapshot, Subscription, SubscriptionState, Wallet};
use crate::units::{Meter, MilliCents, Seconds, WorkspaceId};

/// A row whose columns are read by name. A column of another type is a fault of ours and panics.
pub trait Columns {
    /// `bigint`
    fn int(&self, name: &str) -> i64;
    /// `bigint`, or null
    fn maybe_int(&self, name: &str) -> Option<i64>;
    /// `int`, or null
    fn maybe_small(&self, name: &str) -> Option<i32>;
    /// `bigint[]`
    fn ints(&self, name: &str) -> Vec<i64>;
    /// `boolean`
    fn flag(&self, name: &str) -> bool;
    /// `text`
    fn text(&self, name: &str) -> String;
    /// `text`, or null
    fn maybe_text(&self, name: &str) -> Option<String>;
    /// `timestamptz`
    fn time(&self, name: &str) -> Timestamp;
    /// `timestamptz`, or null
    fn maybe_time(&self, name: &str) -> Option<Timestamp>;
    /// `jsonb`, or null
    fn json(&self, name: &str) -> Option<serde_json::Value>;
    /// `bytea` of 32 bytes
    fn hash(&self, name: &str) -> Hash;
}

macro_rules! columns {
    ($row:ty, $time:ty, $read:expr) => {
        impl Columns for $row {
            fn int(&self, name: &str) -> i64 {
                self.get(name)
            }
            fn maybe_int(&self, name: &str) -> Option<i64> {
                self.get(name)
            }
            fn maybe_small(&self, name: &str) -> Option<i32> {
                self.get(name)
            }
            fn ints(&self, name: &str) -> Vec<i64> {
                self.get(name)
            }
            fn flag(&self, name: &str) -> bool {
                self.get(name)
            }
            fn text(&self, name: &str) -> String {
                self.get(name)
            }
            fn maybe_text(&self, name: &str) -> Option<String> {
                self.get(name)
            }
            fn time(&self, name: &str) -> Timestamp {
                let time: $time = self.get(name);
                $read(time)
            }
            fn maybe_time(&self, name: &str) -> Option<Timestamp> {
                let time: Option<$time> = self.get(name);
                time.map($read)
            }
            fn json(&self, name: &str) -> Option<serde_json::Value> {
                self.get(name)
            }
            fn hash(&self, name: &str) -> Hash {
                let bytes: &[u8] = self.get(name);
                bytes.try_into().expect("a CHECK keeps hashes at 32 bytes")
            }
        }
    };
}
use sqlx::Row as _;
columns!(tokio_postgres::Row, Timestamp, |time| time);
columns!(sqlx::postgres::PgRow, jiff_sqlx::Timestamp, |time: jiff_sqlx::Timestamp| time.to_jiff());

/// A wallet without lots and calls.
pub fn wallet(row: &impl Columns, snapshots: &Snapshots) -> Wallet {
    let workspace = WorkspaceId(row.int("workspace_id"));
    let snapshot = |id: i64| snapshots.get(&(workspace.0, id)).expect("snapshots are loaded first").clone();
    let zone = TimeZone::get(&row.text("time_zone")).expect("a workspace's zone was checked when it was made");
    let holds = row.ints("held_snapshots").into_iter().zip(row.ints("held_calls")).zip(row.ints("held_units"));
    let mut wallet = Wallet {
        version: row.int("version"),
        seq: row.int("seq"),
        head: row.hash("head_hash"),
        lots_created: row.int("lots_created"),
        subscription: row.maybe_int("snapshot_id").map(|id| {
            let next = row.maybe_int("next_snapshot_id").map(snapshot);
            subscription(row, snapshot(id), next)
        }),
        payment: PaymentState::parse(&row.text("payment_state")).expect("a CHECK names the words"),
        excess_before_mc: row.int("excess_before_mc"),
        balances: Balances {
            allowance: row.int("allowance_left"),
            packs_secs: row.int("packs_secs"),
            packs_calls: row.int("packs_calls"),
            credits_mc: row.int("credits_mc"),
            excess_mc: row.int("excess_mc"),
            debt_mc: row.int("debt_mc"),
        },
        tells_settled: row.flag("tells_settled"),
        held: holds.map(|((id, calls), units)| Held { snapshot: snapshot(id), calls, units }).collect(),
        ..Wallet::new(workspace, zone, row.time("last_posted_at"))
    };
    // What waits is read after its row.
    wallet.loaded = Frame { waiting: row.int("waiting"), ..wallet.frame() };
    wallet
}

fn subscription(row: &impl Columns, snapshot: Arc<Snapshot>, next: Option<Arc<Snapshot>>) -> Subscription {
    let set = "a subscription has all its columns";
    Subscription {
        number: row.int("subscriptions"),
        snapshot,
        anchor_at: row.maybe_time("anchor_at").expect(set),
        period: Period {
            index: row.maybe_small("period_index").expect(set),
            starts_at: row.maybe_time("period_starts_at").expect(set),
            ends_at: row.maybe_time("period_ends_at").expect(set),
        },
        state: SubscriptionState::parse(&row.text("subscription_status")).expect(set),
        next,
        cancel_at_end: row.flag("cancel_at_end"),
        used_before: PeriodUse { secs: row.int("used_before_secs"), calls: row.int("used_before_calls") },
    }
}

/// Ids of the snapshots that a wallet's row names.
pub fn snapshots_named(row: &impl Columns) -> impl Iterator<Item = i64> {
    let current = [row.maybe_int("snapshot_id"), row.maybe_int("next_snapshot_id")];
    row.ints("held_snapshots").into_iter().chain(current.into_iter().flatten())
}

/// A snapshot.
pub fn snapshot(row: &impl Columns) -> Snapshot {
    let terms = row.json("terms").expect("terms are not null");
    Snapshot { id: row.int("snapshot_id"), terms: serde_json::from_value(terms).expect("terms were written by us") }
}

/// An open lot.
pub fn lot(row: &impl Columns) -> Lot {
    Lot {
        number: row.int("lot_no"),
        meter: Meter::parse(&row.text("meter")).expect("a CHECK names the meters"),
        remaining: row.int("remaining"),
    }
}

/// A call.
pub fn call(row: &impl Columns) -> Call {
    let named = "a CHECK names the words";
    let metadata = row.json("metadata").and_then(|value| serde_json::from_value::<BTreeMap<_, _>>(value).ok());
    let end = row.maybe_time("ended_at").map(|ended_at| CallEnd {
        outcome: row.maybe_text("outcome").and_then(|word| CallOutcome::parse(&word)).expect(named),
        duration: Seconds(row.maybe_int("duration_secs").unwrap_or_default()),
        billed: Seconds(row.maybe_int("billed_secs").unwrap_or_default()),
        credits: MilliCents(row.maybe_int("credits_mc").unwrap_or_default()),
        excess: MilliCents(row.maybe_int("excess_mc").unwrap_or_default()),
        overrun: Seconds(row.maybe_int("overrun_secs").unwrap_or_default()),
        lapsed: row.flag("lapsed"),
        late: Seconds(row.maybe_int("late_secs").unwrap_or_default()),
        seq: row.maybe_int("seq"),
        ended_at,
    });
    Call {
        placement: Placement {
            id: row.text("id"),
            direction: Direction::parse(&row.text("direction")).expect(named),
            agent: row.maybe_text("agent"),
            from: row.maybe_text("from_number"),
            to: row.maybe_text("to_number"),
            recording: row.flag("recording"),
            metadata,
        },
        fingerprint: row.hash("fingerprint"),
        snapshot: row.int("snapshot_id"),
        meter: Meter::parse(&row.text("meter")).expect(named),
        held_units: row.int("held_units"),
        hold_mc: row.maybe_int("hold_mc").map(MilliCents),
        connected: row.maybe_int("connected_secs").map(Seconds),
        status: CallStatus::parse(&row.text("status")).expect(named),
        created_at: row.time("created_at"),
        expires_at: row.time("expires_at"),
        end,
    }
}
