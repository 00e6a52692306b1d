//! Reads for pages and the API, and the rows that exist before the first command. No balance is changed here.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row};

use super::audit::{self, ChargedCall};
use super::balances::Balances;
use super::call::{Call, CallStatus};
use super::command::LotSource;
use super::posting::{Posting, PostingKind, genesis};
use super::rows::{self, Columns};
use super::store::Snapshots;
pub use super::take_back::repo::{has_credited, wallet_to_take_back};
use super::wallet::{Snapshot, Wallet};
use crate::pricing::Terms;
use crate::units::{Meter, MilliCents, WorkspaceId};

/// A lot with its history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LotRecord {
    /// 1, 2, 3 … per workspace.
    pub number: i64,
    /// `lot_…`
    pub public_id: String,
    /// Name of the pack.
    pub name: String,
    /// Unit.
    pub meter: Meter,
    /// Units granted.
    pub granted: i64,
    /// Units left.
    pub remaining: i64,
    /// Units taken back after a refund or dispute.
    pub taken: i64,
    /// What was paid for it.
    pub price: MilliCents,
    /// Where it came from.
    pub source: LotSource,
    /// Id of the purchase or application, or the grant's reason.
    pub reference: String,
    /// Number of the posting that credited it.
    pub seq: i64,
    /// When it was credited.
    pub created_at: Timestamp,
    /// When its last unit was used.
    pub used_up_at: Option<Timestamp>,
}

/// Creates the wallet of a new workspace, empty.
pub async fn create_wallet(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    zone: &TimeZone,
    now: Timestamp,
) -> sqlx::Result<()> {
    let zone = zone.iana_name().unwrap_or("UTC");
    sqlx::query("insert into wallets (workspace_id, time_zone, head_hash, last_posted_at) values ($1, $2, $3, $4)")
        .bind(workspace.0)
        .bind(zone)
        .bind(genesis(workspace).to_vec())
        .bind(now.to_sqlx())
        .execute(db)
        .await?;
    Ok(())
}

/// Copies a plan's terms for a workspace. The copy never changes; its id is answered.
pub async fn take_snapshot(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    plan_id: i64,
    terms: &Terms,
    now: Timestamp,
) -> sqlx::Result<Snapshot> {
    let id: i64 = sqlx::query_scalar(
        "insert into plan_snapshots (workspace_id, snapshot_id, plan_id, terms, taken_at)
         select $1, coalesce(max(snapshot_id), 0) + 1, $2, $3, $4 from plan_snapshots where workspace_id = $1
         returning snapshot_id",
    )
    .bind(workspace.0)
    .bind(plan_id)
    .bind(sqlx::types::Json(terms))
    .bind(now.to_sqlx())
    .fetch_one(db)
    .await?;
    Ok(Snapshot { id, terms: terms.clone() })
}

/// A snapshot of this workspace.
///
/// # Errors
/// `RowNotFound` where it has none with this id.
pub async fn snapshot(db: &mut PgConnection, workspace: WorkspaceId, id: i64) -> sqlx::Result<Snapshot> {
    let row = sqlx::query(
        "select workspace_id, snapshot_id, terms from plan_snapshots where workspace_id = $1 and snapshot_id = $2",
    )
    .bind(workspace.0)
    .bind(id)
    .fetch_one(db)
    .await?;
    Ok(rows::snapshot(&row))
}

/// The wallet as it stands, with its open lots; `None` where the workspace has none.
pub async fn wallet(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<Wallet>> {
    let row = sqlx::query("select * from wallets where workspace_id = $1").bind(workspace.0).fetch_optional(&mut *db);
    let Some(row) = row.await? else {
        return Ok(None);
    };
    let mut snapshots = Snapshots::new();
    for id in rows::snapshots_named(&row).collect::<Vec<_>>() {
        snapshots.insert((workspace.0, id), snapshot(db, workspace, id).await?.into());
    }
    let mut wallet = rows::wallet(&row, &snapshots);
    let lots =
        sqlx::query("select lot_no, meter, remaining from lots where workspace_id = $1 and open order by lot_no")
            .bind(workspace.0)
            .fetch_all(db)
            .await?;
    wallet.lots = lots.iter().map(rows::lot).collect();
    Ok(Some(wallet))
}

/// A page of lots, newest first, below the number `before` (`i64::MAX` for the first page).
pub async fn lots(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<LotRecord>> {
    let rows = sqlx::query(
        "select lot_no, public_id, name, meter, granted, remaining, taken, price_mc, source, reference, seq,
            created_at, used_up_at
         from lots where workspace_id = $1 and lot_no < $2 order by lot_no desc limit $3",
    )
    .bind(workspace.0)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(lot_record).collect())
}

/// A lot with its history.
pub(super) fn lot_record(row: &sqlx::postgres::PgRow) -> LotRecord {
    let named = "a CHECK names the words";
    LotRecord {
        number: row.int("lot_no"),
        public_id: row.text("public_id"),
        name: row.text("name"),
        meter: Meter::parse(&row.text("meter")).expect(named),
        granted: row.int("granted"),
        remaining: row.int("remaining"),
        taken: row.int("taken"),
        price: MilliCents(row.int("price_mc")),
        source: LotSource::parse(&row.text("source")).expect(named),
        reference: row.text("reference"),
        seq: row.int("seq"),
        created_at: row.time("created_at"),
        used_up_at: row.maybe_time("used_up_at"),
    }
}

/// A call of this workspace.
pub async fn call(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<Call>> {
    let row = sqlx::query("select * from calls where workspace_id = $1 and id = $2").bind(workspace.0).bind(id);
    Ok(row.fetch_optional(db).await?.as_ref().map(rows::call))
}

/// Workspaces whose period has ended, at most `limit`.
pub async fn periods_due(db: &mut PgConnection, now: Timestamp, limit: i64) -> sqlx::Result<Vec<WorkspaceId>> {
    let rows = sqlx::query(
        "select workspace_id from wallets where subscription_status = 'active' and period_ends_at <= $1
         order by period_ends_at limit $2",
    )
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| WorkspaceId(row.get(0))).collect())
}

/// When the newest posting of any wallet was written; `None` where there is no wallet.
pub async fn newest_posted_at(db: &mut PgConnection) -> sqlx::Result<Option<Timestamp>> {
    let at: Option<jiff_sqlx::Timestamp> =
        sqlx::query_scalar("select max(last_posted_at) from wallets").fetch_one(db).await?;
    Ok(at.map(|at| at.to_jiff()))
}

/// Every workspace that has a wallet, in id order.
pub async fn workspaces(db: &mut PgConnection) -> sqlx::Result<Vec<WorkspaceId>> {
    let ids: Vec<i64> =
        sqlx::query_scalar("select workspace_id from wallets order by workspace_id").fetch_all(db).await?;
    Ok(ids.into_iter().map(WorkspaceId).collect())
}

/// Up to `limit` postings above the number `after`, each with the call that it charged. `limit 1` makes each call one
/// look into the index, whatever the statistics say: on a wallet that had grown since it was analyzed, the planner read
/// all its calls for each posting.
pub async fn postings(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    after: i64,
    limit: i64,
) -> sqlx::Result<Vec<(Posting, Option<ChargedCall>)>> {
    let rows = sqlx::query(
        "select p.seq as posting, p.kind, p.key, p.occurred_at, p.recorded_at, p.accounts, p.amounts, p.allowance_after,
            p.packs_secs_after, p.packs_calls_after, p.credits_mc_after, p.excess_mc_after, p.debt_mc_after, p.prev_hash,
            c.status, c.seq, c.billed_secs, c.overrun_secs, c.credits_mc, c.excess_mc
         from postings p
         left join lateral (
            select * from calls where p.kind = 2 and workspace_id = p.workspace_id and id = p.key limit 1) c on true
         where p.workspace_id = $1 and p.seq > $2 order by p.seq limit $3",
    )
    .bind(workspace.0)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    rows.iter().map(|row| Ok((posting(row)?, charged_call(row)))).collect()
}

/// A posting; its number is read from a column named `posting`, because calls have a `seq`, too.
pub(super) fn posting(row: &sqlx::postgres::PgRow) -> sqlx::Result<Posting> {
    let seq = row.int("posting");
    let unreadable = |what: &str| sqlx::Error::Decode(format!("posting {seq} has an unknown {what}").into());
    let kind = PostingKind::from_code(row.get("kind")).ok_or_else(|| unreadable("kind"))?;
    let entries = audit::entries(&row.ints("accounts"), &row.ints("amounts")).ok_or_else(|| unreadable("account"))?;
    Ok(Posting {
        seq,
        kind,
        key: row.text("key"),
        occurred_at: row.time("occurred_at"),
        recorded_at: row.time("recorded_at"),
        entries,
        after: balances(row),
        prev_hash: row.hash("prev_hash"),
    })
}

fn charged_call(row: &sqlx::postgres::PgRow) -> Option<ChargedCall> {
    row.maybe_text("status").and_then(|word| CallStatus::parse(&word)).map(|status| ChargedCall {
        status,
        seq: row.maybe_int("seq"),
        billed: row.maybe_int("billed_secs").unwrap_or_default(),
        overrun: row.maybe_int("overrun_secs").unwrap_or_default(),
        credits_mc: row.maybe_int("credits_mc").unwrap_or_default(),
        excess_mc: row.maybe_int("excess_mc").unwrap_or_default(),
    })
}

/// Sums over the calls of a workspace.
pub struct CallSums {
    /// Open holds by snapshot (id, calls, units), in id order.
    pub open: Vec<(i64, i64, i64)>,
    /// Calls that a posting charged.
    pub charged: i64,
    /// Calls that were answered.
    pub answered: i64,
}

/// Sums over the calls of a workspace.
pub async fn call_sums(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<CallSums> {
    let open = sqlx::query_as(
        "select snapshot_id, count(*), sum(held_units)::bigint from calls
         where workspace_id = $1 and status = 'reserved' group by snapshot_id order by snapshot_id",
    )
    .bind(workspace.0)
    .fetch_all(&mut *db)
    .await?;
    let (charged, answered) = sqlx::query_as(
        "select count(*) filter (where seq is not null), count(*) filter (where outcome = 'answered')
         from calls where workspace_id = $1",
    )
    .bind(workspace.0)
    .fetch_one(db)
    .await?;
    Ok(CallSums { open, charged, answered })
}

/// Answered calls and what was charged, over all days of the roll-up.
pub async fn usage_sums(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<(i64, i64)> {
    sqlx::query_as(
        "select coalesce(sum(calls), 0)::bigint, coalesce(sum(charged_mc), 0)::bigint
         from usage_daily where workspace_id = $1",
    )
    .bind(workspace.0)
    .fetch_one(db)
    .await
}

/// The balances as they were at an instant: those after the last posting recorded by then. Reads back from the newest.
pub async fn balances_at(db: &mut PgConnection, workspace: WorkspaceId, at: Timestamp) -> sqlx::Result<Balances> {
    let row = sqlx::query(
        "select allowance_after, packs_secs_after, packs_calls_after, credits_mc_after, excess_mc_after, debt_mc_after
         from postings where workspace_id = $1 and recorded_at <= $2 order by seq desc limit 1",
    )
    .bind(workspace.0)
    .bind(at.to_sqlx())
    .fetch_optional(db)
    .await?;
    Ok(row.as_ref().map(balances).unwrap_or_default())
}

fn balances(row: &sqlx::postgres::PgRow) -> Balances {
    Balances {
        allowance: row.int("allowance_after"),
        packs_secs: row.int("packs_secs_after"),
        packs_calls: row.int("packs_calls_after"),
        credits_mc: row.int("credits_mc_after"),
        excess_mc: row.int("excess_mc_after"),
        debt_mc: row.int("debt_mc_after"),
    }
}

/// Open calls whose hold has lapsed after `since`, at most `limit`, the oldest first. Reads every call of that span.
pub async fn calls_lapsed(
    db: &mut PgConnection,
    since: Timestamp,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<(WorkspaceId, String)>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "select workspace_id, id from calls where status = 'reserved' and expires_at > $1 and expires_at <= $2
         order by expires_at limit $3",
    )
    .bind(since.to_sqlx())
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(workspace, id)| (WorkspaceId(workspace), id)).collect())
}

/// Makes the statements that follow see one instant of the whole database.
pub async fn hold_still(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("set transaction isolation level repeatable read, read only").execute(db).await?;
    Ok(())
}
