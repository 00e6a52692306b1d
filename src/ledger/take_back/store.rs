//! Loads and saves what is taken back, on the writer's own connection. Nothing here runs unless a command is about it, or
//! a wallet's row says that something waits.

use std::collections::HashMap;

use futures::try_join;
use tokio_postgres::types::{Json, ToSql};
use tokio_postgres::{Client, Error, Row, Statement};

use super::{Credit, LotTaken, Reversed, TakeBack};
use crate::ledger::audit;
use crate::ledger::command::Command;
use crate::ledger::wallet::Wallet;
use crate::units::{Meter, MilliCents, WorkspaceId};

/// The prepared statements.
pub struct Statements {
    take_backs: Statement,
    credited: Statement,
    lots: Statement,
}

impl Statements {
    /// Prepares them.
    pub async fn prepare(client: &Client) -> Result<Self, Error> {
        Ok(Self {
            take_backs: client.prepare(TAKE_BACKS).await?,
            credited: client.prepare(CREDITED).await?,
            lots: client.prepare(LOTS).await?,
        })
    }

    /// Loads into these wallets what waits in them, and what the commands are about. Their rows are locked.
    pub async fn load(
        &self,
        client: &Client,
        waiting: Vec<WorkspaceId>,
        commands: &[(WorkspaceId, &Command)],
        wallets: &mut HashMap<WorkspaceId, Wallet>,
    ) -> Result<(), Error> {
        let named: Vec<(WorkspaceId, &Credit)> =
            commands.iter().filter_map(|(workspace, command)| Some((*workspace, command.credit()?))).collect();
        if waiting.is_empty() && named.is_empty() {
            return Ok(());
        }
        let waiting: Vec<i64> = waiting.iter().map(|workspace| workspace.0).collect();
        let (mut workspaces, mut words, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        let (mut of_kind, mut kinds, mut of_keys) = (Vec::new(), Vec::new(), Vec::new());
        for (workspace, credit) in &named {
            workspaces.push(workspace.0);
            words.push(credit.word());
            keys.push(credit.key());
            for kind in credit.kinds() {
                of_kind.push(workspace.0);
                kinds.push(*kind as i16);
                of_keys.push(credit.key());
            }
        }
        let known: [&(dyn ToSql + Sync); 4] = [&waiting, &workspaces, &words, &keys];
        let posted: [&(dyn ToSql + Sync); 3] = [&of_kind, &kinds, &of_keys];
        let (known, posted) = try_join!(client.query(&self.take_backs, &known), client.query(&self.credited, &posted))?;
        for row in &posted {
            let Some(wallet) = wallets.get_mut(&WorkspaceId(row.get("workspace_id"))) else { continue };
            learn_posted(wallet, row, &named);
        }
        self.learn(client, &known, wallets).await
    }

    /// Credits that were taken back before, with what was taken from each of their lots.
    async fn learn(
        &self,
        client: &Client,
        rows: &[Row],
        wallets: &mut HashMap<WorkspaceId, Wallet>,
    ) -> Result<(), Error> {
        let (mut workspaces, mut numbers): (Vec<i64>, Vec<i64>) = (Vec::new(), Vec::new());
        for row in rows {
            let lots: Vec<i64> = row.get("lots");
            workspaces.extend(lots.iter().map(|_| row.get::<_, i64>("workspace_id")));
            numbers.extend(lots);
        }
        let found = client.query(&self.lots, &[&workspaces, &numbers]).await?;
        let lot = |row: &Row| LotTaken {
            number: row.get("lot_no"),
            meter: Meter::parse(row.get("meter")).expect("a CHECK names the meters"),
            taken: row.get("taken"),
        };
        let lots: HashMap<(i64, i64), LotTaken> =
            found.iter().map(|row| ((row.get("workspace_id"), row.get("lot_no")), lot(row))).collect();
        for row in rows {
            let workspace: i64 = row.get("workspace_id");
            let numbers: Vec<i64> = row.get("lots");
            let lots = numbers.iter().filter_map(|number| lots.get(&(workspace, *number))).copied().collect();
            let take_back = take_back(row, lots);
            let Some(wallet) = wallets.get_mut(&WorkspaceId(workspace)) else { continue };
            // One that waits may be named, too.
            if let Err(at) = wallet.take_backs.binary_search_by_key(&take_back.seq, |it| it.seq) {
                wallet.take_backs.insert(at, take_back);
            }
        }
        Ok(())
    }
}

/// The postings of a top-up that paid debt first come one after the other.
fn learn_posted(wallet: &mut Wallet, row: &Row, named: &[(WorkspaceId, &Credit)]) {
    let (kind, key): (i16, &str) = (row.get("kind"), row.get("key"));
    let entries = audit::entries(row.get::<_, Vec<i64>>("accounts").as_slice(), &row.get::<_, Vec<i64>>("amounts"));
    let entries = entries.expect("postings are written by us");
    let is_this = |credit: &&Credit| credit.key() == key && credit.kinds().iter().any(|it| *it as i16 == kind);
    let workspace = wallet.workspace;
    let of_wallet = named.iter().filter(|(of, _)| *of == workspace).map(|(_, credit)| *credit);
    if let Some(credit) = of_wallet.into_iter().find(is_this) {
        let known = wallet.credited.entry(credit.clone()).or_insert((row.get("seq"), Vec::new()));
        known.1.extend(entries);
    }
}

fn take_back(row: &Row, lots: Vec<LotTaken>) -> TakeBack {
    let key: String = row.get("key");
    let Json(reversals): Json<Vec<Reversed>> = row.get("reversals");
    TakeBack {
        credit: Credit::named(row.get("credit"), key),
        seq: row.get("seq"),
        granted: row.get("granted"),
        paid: MilliCents(row.get("paid_mc")),
        lots,
        taken: row.get("taken"),
        owed: row.get("owed"),
        reversals,
        since: row.get("since"),
    }
}

const TAKE_BACKS: &str = "
    select * from take_backs where workspace_id = any($1) and waiting
    union all
    select t.*
    from (select distinct * from unnest($2::bigint[], $3::text[], $4::text[])) as k (workspace_id, credit, key)
    cross join lateral (
        select * from take_backs
        where workspace_id = k.workspace_id and credit = k.credit and key = k.key limit 1) t";

const CREDITED: &str = "
    select p.workspace_id, p.kind, p.key, p.seq, p.accounts, p.amounts
    from (select distinct * from unnest($1::bigint[], $2::smallint[], $3::text[])) as k (workspace_id, kind, key)
    cross join lateral (
        select * from postings where workspace_id = k.workspace_id and kind = k.kind and key = k.key limit 1) p
    order by p.workspace_id, p.seq";

const LOTS: &str = "
    select l.workspace_id, l.lot_no, l.meter, l.taken
    from unnest($1::bigint[], $2::bigint[]) as k (workspace_id, lot_no)
    cross join lateral (select * from lots where workspace_id = k.workspace_id and lot_no = k.lot_no limit 1) l";

/// Saves [`crate::ledger::columns::TakeBackColumns`].
pub const SAVE: &str = "
    insert into take_backs (workspace_id, seq, credit, key, granted, paid_mc, lots, taken, owed, reversals, since, waiting)
    select workspace_id, seq, credit, key, granted, paid_mc, lots::bigint[], taken, owed, reversals, since, waiting
    from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[],
        $8::bigint[], $9::bigint[], $10::jsonb[], $11::timestamptz[], $12::boolean[])
        as u (workspace_id, seq, credit, key, granted, paid_mc, lots, taken, owed, reversals, since, waiting)
    on conflict (workspace_id, seq) do update set taken = excluded.taken, owed = excluded.owed,
        reversals = excluded.reversals, since = excluded.since, waiting = excluded.waiting";

/// Saves [`crate::ledger::columns::LotsTaken`].
pub const TAKE_LOTS: &str = "
    update lots l set remaining = u.remaining, taken = u.taken, open = u.remaining > 0,
        used_up_at = case when u.remaining = 0 then coalesce(l.used_up_at, u.now) end
    from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[], $5::timestamptz[])
        as u (workspace_id, lot_no, remaining, taken, now)
    where l.workspace_id = u.workspace_id and l.lot_no = u.lot_no";
