//! Loads many wallets in one round trip and saves all that changed in another, on the writer's own connection.
//!
//! Only the wallet rows are locked, in id order; they guard their lots and calls, which are read by later statements
//! of the same pipeline (never folded into the locking select, whose snapshot is older than the lock). Every result is
//! checked before a commit is trusted: a commit of an aborted transaction reports a rollback, not an error.

use std::collections::HashMap;
use std::sync::Arc;

use futures::future::try_join_all;
use futures::{FutureExt, try_join};
use jiff::Timestamp;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, Statement};

use super::columns::{
    CallChanges, LotsDrawn, LotsTaken, NewCalls, NewEvents, NewLots, NewPeriods, NewPostings, Overruns,
    TakeBackColumns, UsageColumns, WalletColumns,
};
use super::command::Command;
use super::outcome::Posted;
use super::posting::PostingKind;
use super::rows;
use super::take_back;
use super::wallet::{Snapshot, Wallet};
use crate::database::writer_link::WriterLink;
use crate::units::WorkspaceId;

/// Snapshots are immutable, so a copy is good for ever; the cache is emptied when it grows past this.
const SNAPSHOTS_KEPT: usize = 100_000;

/// Snapshots by workspace and id.
pub type Snapshots = HashMap<(i64, i64), Arc<Snapshot>>;

/// The writer's connection with its prepared statements.
pub struct Store {
    client: Client,
    snapshots: Snapshots,
    lock_wallets: Statement,
    open_lots: Statement,
    calls: Statement,
    posted: Statement,
    load_snapshots: Statement,
    save_wallets: Statement,
    save_postings: Statement,
    save_lots: Statement,
    draw_lots: Statement,
    save_calls: Statement,
    change_calls: Statement,
    add_usage: Statement,
    save_events: Statement,
    save_periods: Statement,
    save_overruns: Statement,
    taking: take_back::store::Statements,
}

/// What a batch needs to see: its workspaces, the calls that it names, the postings that it would repeat.
#[derive(Default)]
struct Names<'a> {
    workspaces: Vec<i64>,
    calls: (Vec<i64>, Vec<&'a str>),
    postings: (Vec<i64>, Vec<i16>, Vec<&'a str>),
}

impl<'a> Names<'a> {
    fn of(commands: &[(WorkspaceId, &'a Command)]) -> Self {
        let mut names = Self::default();
        for (workspace, command) in commands {
            names.workspaces.push(workspace.0);
            if let Some(id) = command.call_id() {
                names.calls.0.push(workspace.0);
                names.calls.1.push(id);
            }
            if let Some((kind, key)) = command.posting_key() {
                names.postings.0.push(workspace.0);
                names.postings.1.push(kind as i16);
                names.postings.2.push(key);
            }
        }
        names.workspaces.sort_unstable();
        names.workspaces.dedup();
        names
    }
}

impl Store {
    /// Connects, takes the application's role and prepares every statement.
    pub async fn connect(link: &WriterLink) -> Result<Self, Error> {
        let client = link.connect().await?;
        // Every statement looks rows up by key; statistics of empty tables must not talk the planner out of it.
        client
            .batch_execute(
                "set role minutebank_app; set plan_cache_mode = force_generic_plan; set enable_seqscan = off; \
                 set enable_hashjoin = off; set enable_mergejoin = off; set jit = off",
            )
            .await?;
        Ok(Self {
            snapshots: HashMap::new(),
            lock_wallets: client.prepare(LOCK_WALLETS).await?,
            open_lots: client.prepare(OPEN_LOTS).await?,
            calls: client.prepare(CALLS).await?,
            posted: client.prepare(POSTED).await?,
            load_snapshots: client.prepare(LOAD_SNAPSHOTS).await?,
            save_wallets: client.prepare(SAVE_WALLETS).await?,
            save_postings: client.prepare(SAVE_POSTINGS).await?,
            save_lots: client.prepare(SAVE_LOTS).await?,
            draw_lots: client.prepare(DRAW_LOTS).await?,
            save_calls: client.prepare(SAVE_CALLS).await?,
            change_calls: client.prepare(CHANGE_CALLS).await?,
            add_usage: client.prepare(ADD_USAGE).await?,
            save_events: client.prepare(SAVE_EVENTS).await?,
            save_periods: client.prepare(SAVE_PERIODS).await?,
            save_overruns: client.prepare(SAVE_OVERRUNS).await?,
            taking: take_back::store::Statements::prepare(&client).await?,
            client,
        })
    }

    /// True once the server or the network has closed the connection.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Begins a transaction and loads the wallets of these commands under lock, with what the commands name.
    /// Workspaces without a wallet are missing from the answer.
    pub async fn load(&mut self, commands: &[(WorkspaceId, &Command)]) -> Result<HashMap<WorkspaceId, Wallet>, Error> {
        let names = Names::of(commands);
        let no_rows = || async { Ok::<Vec<Row>, Error>(Vec::new()) };
        let lock: [&(dyn ToSql + Sync); 1] = [&names.workspaces];
        let calls: [&(dyn ToSql + Sync); 2] = [&names.calls.0, &names.calls.1];
        let postings: [&(dyn ToSql + Sync); 3] = [&names.postings.0, &names.postings.1, &names.postings.2];
        let named = |wanted: bool, statement, params| match wanted {
            true => self.client.query(statement, params).boxed(),
            false => no_rows().boxed(),
        };
        // The order of these futures is the order in which the server runs them.
        let ((), wallets, lots, calls, posted) = try_join!(
            self.client.batch_execute("begin"),
            self.client.query(&self.lock_wallets, &lock),
            self.client.query(&self.open_lots, &lock),
            named(!names.calls.0.is_empty(), &self.calls, &calls[..]),
            named(!names.postings.0.is_empty(), &self.posted, &postings[..]),
        )?;
        self.learn_snapshots(&wallets).await?;
        let mut loaded: HashMap<WorkspaceId, Wallet> = HashMap::with_capacity(wallets.len());
        let mut waiting = Vec::new();
        for row in &wallets {
            let wallet = rows::wallet(row, &self.snapshots);
            if row.get::<_, i64>("waiting") > 0 {
                waiting.push(wallet.workspace);
            }
            loaded.insert(wallet.workspace, wallet);
        }
        for row in &lots {
            let wallet = loaded.get_mut(&WorkspaceId(row.get(0))).expect("lots of locked wallets");
            wallet.lots.push(rows::lot(row));
        }
        for row in &calls {
            if let Some(wallet) = loaded.get_mut(&WorkspaceId(row.get("workspace_id"))) {
                let call = rows::call(row);
                wallet.calls.insert(call.placement.id.clone(), call);
            }
        }
        for row in &posted {
            if let Some(wallet) = loaded.get_mut(&WorkspaceId(row.get(0))) {
                let kind = PostingKind::from_code(row.get(1)).expect("only known kinds were asked for");
                let last_amount: Option<i64> = row.get(4);
                let posted = Posted { seq: row.get(3), last_amount: last_amount.unwrap_or_default() };
                wallet.posted.insert((kind, row.get(2)), posted);
            }
        }
        self.taking.load(&self.client, waiting, commands, &mut loaded).await?;
        Ok(loaded)
    }

    async fn learn_snapshots(&mut self, wallets: &[Row]) -> Result<(), Error> {
        if self.snapshots.len() > SNAPSHOTS_KEPT {
            self.snapshots.clear();
        }
        let (mut workspaces, mut ids): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
        for row in wallets {
            let workspace: i64 = row.get("workspace_id");
            for id in rows::snapshots_named(row) {
                if !self.snapshots.contains_key(&(workspace, id)) {
                    workspaces.push(workspace);
                    ids.push(id);
                }
            }
        }
        if ids.is_empty() {
            return Ok(());
        }
        for row in self.client.query(&self.load_snapshots, &[&workspaces, &ids]).await? {
            let snapshot = rows::snapshot(&row);
            self.snapshots.insert((row.get(0), snapshot.id), Arc::new(snapshot));
        }
        Ok(())
    }

    /// Saves what changed in these wallets and commits. Once it returns `Ok`, it is durable.
    pub async fn save(&self, wallets: &[&Wallet], now: Timestamp) -> Result<(), Error> {
        let rows = WalletColumns::of(wallets);
        let postings = NewPostings::of(wallets);
        let lots = NewLots::of(wallets, now);
        let drawn = LotsDrawn::of(wallets, now);
        let calls = NewCalls::of(wallets);
        let changed = CallChanges::of(wallets);
        let usage = UsageColumns::of(wallets);
        let events = NewEvents::of(wallets);
        let periods = NewPeriods::of(wallets);
        let overruns = Overruns::of(wallets, now);
        let taken = TakeBackColumns::of(wallets);
        let taken_of = LotsTaken::of(wallets, now);
        let writes = [
            (&self.save_wallets, rows.params().to_vec(), rows.len()),
            (&self.save_postings, postings.params().to_vec(), postings.len()),
            (&self.save_lots, lots.params().to_vec(), lots.len()),
            (&self.draw_lots, drawn.params().to_vec(), drawn.len()),
            (&self.save_calls, calls.params().to_vec(), calls.len()),
            (&self.change_calls, changed.params().to_vec(), changed.len()),
            (&self.add_usage, usage.params().to_vec(), usage.len()),
            (&self.save_events, events.params().to_vec(), events.len()),
            (&self.save_periods, periods.params().to_vec(), periods.len()),
            (&self.save_overruns, overruns.params().to_vec(), overruns.len()),
            (&self.taking.save, taken.params().to_vec(), taken.len()),
            (&self.taking.take_lots, taken_of.params().to_vec(), taken_of.len()),
        ];
        let writes = writes.into_iter().filter(|(_, _, count)| *count > 0).map(|(statement, params, count)| {
            async move {
                let written = self.client.execute(statement, &params).await?;
                debug_assert_eq!(written, count as u64, "every row is written");
                Ok::<(), Error>(())
            }
            .boxed()
        });
        let commit = async { self.client.batch_execute("commit").await }.boxed();
        try_join_all(writes.chain([commit])).await?;
        Ok(())
    }

    /// Ends the transaction without saving anything.
    pub async fn rollback(&self) -> Result<(), Error> {
        self.client.batch_execute("rollback").await
    }
}

const LOCK_WALLETS: &str = "
    select * from wallets where workspace_id = any($1) order by workspace_id for update";

const OPEN_LOTS: &str = "
    select workspace_id, lot_no, meter, remaining
    from lots where workspace_id = any($1) and open order by workspace_id, lot_no";

// `limit 1` keeps the planner from reading the table the other way round: each key is one look into the index, whatever
// the statistics say (measured on a table that had grown since it was analyzed: 4,500 operations a second became 45,000).
const CALLS: &str = "
    select c.*
    from unnest($1::bigint[], $2::text[]) as k (workspace_id, id)
    cross join lateral (select * from calls where workspace_id = k.workspace_id and id = k.id limit 1) c";

const POSTED: &str = "
    select p.workspace_id, p.kind, p.key, p.seq, p.amounts[cardinality(p.amounts)]
    from unnest($1::bigint[], $2::smallint[], $3::text[]) as k (workspace_id, kind, key)
    cross join lateral (
        select * from postings where workspace_id = k.workspace_id and kind = k.kind and key = k.key limit 1) p";

const LOAD_SNAPSHOTS: &str = "
    select s.workspace_id, s.snapshot_id, s.terms
    from unnest($1::bigint[], $2::bigint[]) as k (workspace_id, snapshot_id)
    cross join lateral (
        select * from plan_snapshots where workspace_id = k.workspace_id and snapshot_id = k.snapshot_id limit 1) s";

// Arrays of different lengths cannot travel as one array of arrays, so they come as text.
const SAVE_WALLETS: &str = "
    update wallets w set version = w.version + 1, seq = u.seq, head_hash = u.head_hash,
        last_posted_at = u.last_posted_at, lots_created = u.lots_created, snapshot_id = u.snapshot_id,
        subscriptions = u.subscriptions,
        subscription_status = u.subscription_status, next_snapshot_id = u.next_snapshot_id,
        cancel_at_end = u.cancel_at_end, payment_state = u.payment_state, excess_mc = u.excess_mc,
        excess_before_mc = u.excess_before_mc, debt_mc = u.debt_mc, waiting = u.waiting,
        anchor_at = u.anchor_at, period_index = u.period_index, period_starts_at = u.period_starts_at,
        period_ends_at = u.period_ends_at, allowance_left = u.allowance_left, packs_secs = u.packs_secs,
        packs_calls = u.packs_calls, credits_mc = u.credits_mc, held_snapshots = u.held_snapshots::bigint[],
        held_calls = u.held_calls::bigint[], held_units = u.held_units::bigint[]
    from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::timestamptz[], $5::bigint[], $6::bigint[], $7::bigint[],
        $8::timestamptz[], $9::int[], $10::timestamptz[], $11::timestamptz[], $12::bigint[], $13::bigint[],
        $14::bigint[], $15::bigint[], $16::text[], $17::text[], $18::text[], $19::text[], $20::bigint[],
        $21::boolean[], $22::text[], $23::bigint[], $24::bigint[], $25::bigint[], $26::bigint[])
        as u (workspace_id, seq, head_hash, last_posted_at, lots_created, snapshot_id, subscriptions, anchor_at,
            period_index, period_starts_at, period_ends_at, allowance_left, packs_secs, packs_calls, credits_mc,
            held_snapshots, held_calls, held_units, subscription_status, next_snapshot_id, cancel_at_end,
            payment_state, excess_mc, excess_before_mc, debt_mc, waiting)
    where w.workspace_id = u.workspace_id";

const SAVE_POSTINGS: &str = "
    insert into postings (workspace_id, seq, kind, key, occurred_at, recorded_at, accounts, amounts, allowance_after,
        packs_secs_after, packs_calls_after, credits_mc_after, excess_mc_after, debt_mc_after, prev_hash)
    select workspace_id, seq, kind, key, occurred_at, recorded_at, accounts::bigint[], amounts::bigint[],
        allowance_after, packs_secs_after, packs_calls_after, credits_mc_after, excess_mc_after, debt_mc_after,
        prev_hash
    from unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::timestamptz[], $6::timestamptz[],
        $7::text[], $8::text[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[],
        $14::bigint[], $15::bytea[])
        as u (workspace_id, seq, kind, key, occurred_at, recorded_at, accounts, amounts, allowance_after,
            packs_secs_after, packs_calls_after, credits_mc_after, excess_mc_after, debt_mc_after, prev_hash)";

const SAVE_LOTS: &str = "
    insert into lots (workspace_id, lot_no, public_id, meter, name, granted, remaining, price_mc, source, reference, seq,
        created_at, used_up_at, open)
    select workspace_id, lot_no, public_id, meter, name, granted, remaining, price_mc, source, reference, seq, now,
        case when remaining = 0 then now end, remaining > 0
    from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::bigint[],
        $8::bigint[], $9::text[], $10::text[], $11::bigint[], $12::timestamptz[])
        as u (workspace_id, lot_no, public_id, meter, name, granted, remaining, price_mc, source, reference, seq, now)";

const DRAW_LOTS: &str = "
    update lots l set remaining = u.remaining, open = u.remaining > 0,
        used_up_at = case when u.remaining = 0 then u.now end
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[])
        as u (workspace_id, lot_no, remaining, now)
    where l.workspace_id = u.workspace_id and l.lot_no = u.lot_no";

const SAVE_CALLS: &str = "
    insert into calls (workspace_id, id, fingerprint, direction, agent, from_number, to_number, recording, metadata,
        snapshot_id, meter, held_units, hold_mc, created_at, expires_at, connected_secs, status, outcome,
        duration_secs, billed_secs, credits_mc, excess_mc, overrun_secs, seq, ended_at)
    select * from unnest($1::bigint[], $2::text[], $3::bytea[], $4::text[], $5::text[], $6::text[], $7::text[],
        $8::boolean[], $9::jsonb[], $10::bigint[], $11::text[], $12::bigint[], $13::bigint[], $14::timestamptz[],
        $15::timestamptz[], $16::bigint[], $17::text[], $18::text[], $19::bigint[], $20::bigint[], $21::bigint[],
        $22::bigint[], $23::bigint[], $24::bigint[], $25::timestamptz[])";

// A call that has ended changes no more, but for what is reported late.
const CHANGE_CALLS: &str = "
    update calls c set held_units = u.held_units, hold_mc = u.hold_mc, connected_secs = u.connected_secs, status = u.status,
        outcome = u.outcome, duration_secs = u.duration_secs, billed_secs = u.billed_secs, credits_mc = u.credits_mc,
        excess_mc = u.excess_mc, overrun_secs = u.overrun_secs, seq = u.seq, ended_at = u.ended_at, lapsed = u.lapsed,
        late_secs = u.late_secs
    from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
        $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::timestamptz[],
        $15::boolean[], $16::bigint[])
        as u (workspace_id, id, held_units, hold_mc, connected_secs, status, outcome, duration_secs, billed_secs,
            credits_mc, excess_mc, overrun_secs, seq, ended_at, lapsed, late_secs)
    where c.workspace_id = u.workspace_id and c.id = u.id and (c.status = 'reserved' or c.lapsed)";

const ADD_USAGE: &str = "
    insert into usage_daily as d (workspace_id, date, calls, allowance_secs, packs_secs, credits_secs, excess_secs,
        charged_mc)
    select * from unnest($1::bigint[], $2::date[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[],
        $7::bigint[], $8::bigint[])
    on conflict (workspace_id, date) do update set calls = d.calls + excluded.calls,
        allowance_secs = d.allowance_secs + excluded.allowance_secs, packs_secs = d.packs_secs + excluded.packs_secs,
        credits_secs = d.credits_secs + excluded.credits_secs, excess_secs = d.excess_secs + excluded.excess_secs,
        charged_mc = d.charged_mc + excluded.charged_mc";

const SAVE_EVENTS: &str = "
    insert into wallet_events (workspace_id, type, occurred_at, seq, data)
    select * from unnest($1::bigint[], $2::text[], $3::timestamptz[], $4::bigint[], $5::jsonb[])";

const SAVE_PERIODS: &str = "
    insert into periods (workspace_id, seq, subscription, index, snapshot_id, starts_at, ends_at)
    select * from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::int[], $5::bigint[], $6::timestamptz[],
        $7::timestamptz[])";

// A report that comes late opens the item again: there is more to look at.
const SAVE_OVERRUNS: &str = "
    insert into inbox_items (agency_id, workspace_id, kind, reference, detail, created_at)
    select w.agency_id, w.id, 'overrun', u.call, u.detail, u.now
    from unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[]) as u (workspace_id, call, detail, now)
    join workspaces w on w.id = u.workspace_id
    on conflict (workspace_id, kind, reference)
        do update set detail = excluded.detail, resolution = null, resolved_at = null";
