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

use super::columns::store::{Changed, Saving};
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
    saving: Saving,
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
            saving: Saving::prepare(&client).await?,
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

    /// Saves what changed in these wallets, which come in id order, and commits. Once it returns `Ok`, it is durable.
    pub async fn save(&self, wallets: &[&Wallet], now: Timestamp) -> Result<(), Error> {
        let changed = Changed::of(wallets, now);
        let commit = async { self.client.batch_execute("commit").await }.boxed();
        try_join_all(self.saving.writes(&self.client, &changed).chain([commit])).await?;
        Ok(())
    }

    /// Begins a transaction without loading anything: what is saved was remembered, and is refused where it is stale. It
    /// is waited for, since without it each statement that follows would commit by itself.
    pub async fn begin(&self) -> Result<(), Error> {
        self.client.batch_execute("begin").await
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
    from (select
        unnest($1::bigint[]) as workspace_id, unnest($2::text[]) as id
    ) as k
    cross join lateral (select * from calls where workspace_id = k.workspace_id and id = k.id limit 1) c";

const POSTED: &str = "
    select p.workspace_id, p.kind, p.key, p.seq, p.amounts[cardinality(p.amounts)]
    from (select
        unnest($1::bigint[]) as workspace_id, unnest($2::smallint[]) as kind, unnest($3::text[]) as key
    ) as k
    cross join lateral (
        select * from postings where workspace_id = k.workspace_id and kind = k.kind and key = k.key limit 1) p";

const LOAD_SNAPSHOTS: &str = "
    select s.workspace_id, s.snapshot_id, s.terms
    from (select
        unnest($1::bigint[]) as workspace_id, unnest($2::bigint[]) as snapshot_id
    ) as k
    cross join lateral (
        select * from plan_snapshots where workspace_id = k.workspace_id and snapshot_id = k.snapshot_id limit 1) s";
