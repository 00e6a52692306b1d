//! What a batch changed, as one array per column: the parameters of the store's `unnest` statements.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::{Json, ToSql};

use super::account::Entry;
use super::call::Call;
use super::posting::Posting;
use super::wallet::Wallet;
use crate::ids;
use crate::units::Seconds;

/// A struct of columns, each a `Vec` in the order of its statement's parameters.
macro_rules! columns {
    ($(#[$doc:meta])* $name:ident { $($column:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Default)]
        pub struct $name { rows: usize, $($column: Vec<$type>),+ }

        impl $name {
            /// Number of rows.
            pub fn len(&self) -> usize {
                self.rows
            }

            /// The statement's parameters.
            pub fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
                vec![$(&self.$column),+]
            }

            #[allow(clippy::too_many_arguments, reason = "one argument a column")]
            fn push(&mut self, $($column: $type),+) {
                self.rows += 1;
                $(self.$column.push($column);)+
            }
        }
    };
}

mod frames;
pub mod store;
mod take_backs;

pub use frames::Frames;
pub use take_backs::{LotsTaken, TakeBackColumns};

columns!(
    /// Rows of wallets of which anything changed, without their frames, and the version that each was decided on.
    WalletColumns {
        workspace_id: i64, version: i64, seq: i64, head_hash: Vec<u8>, last_posted_at: Timestamp, allowance_left: i64,
        packs_secs: i64, packs_calls: i64, credits_mc: i64, excess_mc: i64, debt_mc: i64, held_snapshots: String,
        held_calls: String, held_units: String,
    }
);
columns!(
    /// Postings to insert.
    NewPostings {
        workspace_id: i64, seq: i64, kind: i16, key: String, occurred_at: Timestamp, recorded_at: Timestamp,
        accounts: String, amounts: String, allowance_after: i64, packs_secs_after: i64, packs_calls_after: i64,
        credits_mc_after: i64, excess_mc_after: i64, debt_mc_after: i64, prev_hash: Vec<u8>,
    }
);
columns!(
    /// Lots to insert.
    NewLots {
        workspace_id: i64, lot_no: i64, public_id: String, meter: &'static str, name: String, granted: i64,
        remaining: i64, price_mc: i64, source: &'static str, reference: String, seq: i64, now: Timestamp,
    }
);
columns!(
    /// Calls that were not covered, for the agency's inbox.
    Overruns { workspace_id: i64, call: String, detail: String, now: Timestamp }
);
columns!(
    /// Periods to insert.
    NewPeriods {
        workspace_id: i64, seq: i64, subscription: i64, index: Option<i32>, snapshot_id: i64, starts_at: Timestamp,
        ends_at: Option<Timestamp>,
    }
);
columns!(
    /// Older lots that were drawn from.
    LotsDrawn { workspace_id: i64, lot_no: i64, remaining: i64, now: Timestamp }
);
columns!(
    /// Calls to insert.
    NewCalls {
        workspace_id: i64, id: String, fingerprint: Vec<u8>, direction: &'static str, agent: Option<String>,
        from_number: Option<String>, to_number: Option<String>, recording: bool,
        metadata: Option<Json<std::collections::BTreeMap<String, String>>>, snapshot_id: i64, meter: &'static str,
        held_units: i64, hold_mc: Option<i64>, created_at: Timestamp, expires_at: Timestamp,
    }
);
columns!(
    /// Calls that changed after they were placed, as they are now.
    CallChanges {
        workspace_id: i64, id: String, held_units: i64, hold_mc: Option<i64>, connected_secs: Option<i64>,
        status: &'static str, outcome: Option<&'static str>, duration_secs: Option<i64>, billed_secs: Option<i64>, credits_mc: Option<i64>,
        excess_mc: Option<i64>, overrun_secs: Option<i64>, seq: Option<i64>, ended_at: Option<Timestamp>, lapsed: bool,
        late_secs: Option<i64>,
    }
);
columns!(
    /// What to add to the days' usage.
    UsageColumns {
        workspace_id: i64, date: Date, calls: i64, allowance_secs: i64, packs_secs: i64, credits_secs: i64,
        excess_secs: i64, charged_mc: i64,
    }
);

columns!(
    /// Events to insert.
    NewEvents { workspace_id: i64, kind: &'static str, occurred_at: Timestamp, seq: i64, data: serde_json::Value }
);

/// `{1,2,3}`, a bigint array as text.
fn array(numbers: impl Iterator<Item = i64>) -> String {
    let mut text = String::with_capacity(16);
    text.push('{');
    for (place, number) in numbers.enumerate() {
        let comma = if place > 0 { "," } else { "" };
        _ = write!(text, "{comma}{number}");
    }
    text.push('}');
    text
}

impl WalletColumns {
    /// Rows of these wallets, also where only a call changed: the version stands for the calls as well.
    pub fn of(wallets: &[&Wallet]) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            let balances = &wallet.balances;
            columns.push(
                wallet.workspace.0,
                wallet.version,
                wallet.seq,
                wallet.head.to_vec(),
                wallet.last_posted_at,
                balances.allowance,
                balances.packs_secs,
                balances.packs_calls,
                balances.credits_mc,
                balances.excess_mc,
                balances.debt_mc,
                array(wallet.held.iter().map(|held| held.snapshot.id)),
                array(wallet.held.iter().map(|held| held.calls)),
                array(wallet.held.iter().map(|held| held.units)),
            );
        }
        columns
    }
}

impl NewPostings {
    /// Every new posting, wallet by wallet.
    pub fn of(wallets: &[&Wallet]) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for posting in &wallet.changes.postings {
                columns.add(wallet.workspace.0, posting);
            }
        }
        columns
    }

    fn add(&mut self, workspace: i64, posting: &Posting) {
        let accounts = |entry: &Entry| entry.account.code();
        self.push(
            workspace,
            posting.seq,
            posting.kind as i16,
            posting.key.clone(),
            posting.occurred_at,
            posting.recorded_at,
            array(posting.entries.iter().map(accounts)),
            array(posting.entries.iter().map(|entry| entry.amount)),
            posting.after.allowance,
            posting.after.packs_secs,
            posting.after.packs_calls,
            posting.after.credits_mc,
            posting.after.excess_mc,
            posting.after.debt_mc,
            posting.prev_hash.to_vec(),
        );
    }
}

impl NewLots {
    /// Every lot that was granted.
    pub fn of(wallets: &[&Wallet], now: Timestamp) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for (&number, (grant, seq, remaining)) in &wallet.changes.lots_granted {
                columns.push(
                    wallet.workspace.0,
                    number,
                    ids::derived("lot", &[wallet.workspace.0, number]),
                    grant.meter.as_str(),
                    grant.name.clone(),
                    grant.units,
                    *remaining,
                    grant.price.0,
                    grant.source.as_str(),
                    grant.reference.clone(),
                    *seq,
                    now,
                );
            }
        }
        columns
    }
}

impl Overruns {
    /// Every call with connected time that nothing covered.
    pub fn of(wallets: &[&Wallet], now: Timestamp) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for (call, &secs) in &wallet.changes.overruns {
                let detail = format!("{} of a call were covered by nothing", Seconds(secs));
                columns.push(wallet.workspace.0, call.clone(), detail, now);
            }
        }
        columns
    }
}

impl NewPeriods {
    /// Every period that opened, and every end.
    pub fn of(wallets: &[&Wallet]) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for it in &wallet.changes.periods {
                let (index, ends_at) = it.opened.unzip();
                let workspace = wallet.workspace.0;
                columns.push(workspace, it.seq, it.subscription, index, it.snapshot, it.starts_at, ends_at);
            }
        }
        columns
    }
}

impl LotsDrawn {
    /// Every older lot that calls drew from; those that are taken back as well are saved with what was taken.
    pub fn of(wallets: &[&Wallet], now: Timestamp) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            let taken: Vec<i64> = wallet.changed_take_backs().flat_map(|it| &it.lots).map(|lot| lot.number).collect();
            let drawn = wallet.changes.lots_drawn.iter().filter(|(number, _)| !taken.contains(number));
            for (&number, &remaining) in drawn {
                columns.push(wallet.workspace.0, number, remaining, now);
            }
        }
        columns
    }
}

impl NewCalls {
    /// Every call that was placed.
    pub fn of(wallets: &[&Wallet]) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for id in &wallet.changes.calls_placed {
                columns.add(wallet.workspace.0, &wallet.calls[id]);
            }
        }
        columns
    }

    fn add(&mut self, workspace: i64, call: &Call) {
        let placement = &call.placement;
        self.push(
            workspace,
            placement.id.clone(),
            call.fingerprint.to_vec(),
            placement.direction.as_str(),
            placement.agent.clone(),
            placement.from.clone(),
            placement.to.clone(),
            placement.recording,
            placement.metadata.clone().map(Json),
            call.snapshot,
            call.meter.as_str(),
            call.held_units,
            call.hold_mc.map(|hold| hold.0),
            call.created_at,
            call.expires_at,
        );
    }
}

impl CallChanges {
    /// Every call that changed after it was placed.
    pub fn of(wallets: &[&Wallet]) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for id in &wallet.changes.calls_changed {
                columns.add(wallet.workspace.0, &wallet.calls[id]);
            }
        }
        columns
    }

    fn add(&mut self, workspace: i64, call: &Call) {
        let end = call.end.as_ref();
        self.push(
            workspace,
            call.placement.id.clone(),
            call.held_units,
            call.hold_mc.map(|hold| hold.0),
            call.connected.map(|connected| connected.0),
            call.status.as_str(),
            end.map(|end| end.outcome.as_str()),
            end.map(|end| end.duration.0),
            end.map(|end| end.billed.0),
            end.map(|end| end.credits.0),
            end.map(|end| end.excess.0),
            end.map(|end| end.overrun.0),
            end.and_then(|end| end.seq),
            end.map(|end| end.ended_at),
            end.is_some_and(|end| end.lapsed),
            end.map(|end| end.late.0),
        );
    }
}

impl NewEvents {
    /// What is to be told, wallet by wallet.
    pub fn of(wallets: &[&Wallet]) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for event in &wallet.changes.events {
                let (kind, data) = (event.kind.as_str(), event.data.clone());
                columns.push(wallet.workspace.0, kind, event.occurred_at, event.seq, data);
            }
        }
        columns
    }
}

impl UsageColumns {
    /// What each day used.
    pub fn of(wallets: &[&Wallet]) -> Self {
        let mut columns = Self::default();
        for wallet in wallets {
            for (&date, usage) in &wallet.changes.usage {
                columns.push(
                    wallet.workspace.0,
                    date,
                    usage.calls,
                    usage.allowance_secs,
                    usage.packs_secs,
                    usage.credits_secs,
                    usage.excess_secs,
                    usage.charged_mc,
                );
            }
        }
        columns
    }
}
