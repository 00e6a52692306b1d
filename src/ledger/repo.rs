//! Reads for pages and the API, and the rows that exist before the first command. No balance is changed here.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row};

use super::call::Call;
use super::command::LotSource;
use super::posting::genesis;
use super::rows::{self, Columns};
use super::store::Snapshots;
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
    /// What was paid for it.
    pub price: MilliCents,
    /// Where it came from.
    pub source: LotSource,
    /// Id of the purchase or application, or the grant's reason.
    pub reference: String,
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
    Ok(Snapshot {
        id,
        terms: terms.clone(),
    })
}

/// The wallet as it stands, with its open lots; `None` where the workspace has none.
pub async fn wallet(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<Wallet>> {
    let row = sqlx::query("select * from wallets where workspace_id = $1")
        .bind(workspace.0)
        .fetch_optional(&mut *db);
    let Some(row) = row.await? else {
        return Ok(None);
    };
    let mut snapshots = Snapshots::new();
    for id in rows::snapshots_named(&row).collect::<Vec<_>>() {
        let row = sqlx::query(
            "select workspace_id, snapshot_id, terms from plan_snapshots where workspace_id = $1 and snapshot_id = $2",
        )
        .bind(workspace.0)
        .bind(id)
        .fetch_one(&mut *db)
        .await?;
        snapshots.insert((workspace.0, id), rows::snapshot(&row).into());
    }
    let mut wallet = rows::wallet(&row, &snapshots);
    let lots = sqlx::query("select lot_no, meter, remaining from lots where workspace_id = $1 and open order by lot_no")
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
        "select lot_no, public_id, name, meter, granted, remaining, price_mc, source, reference, created_at, used_up_at
         from lots where workspace_id = $1 and lot_no < $2 order by lot_no desc limit $3",
    )
    .bind(workspace.0)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(lot_record).collect())
}

fn lot_record(row: &sqlx::postgres::PgRow) -> LotRecord {
    let named = "a CHECK names the words";
    LotRecord {
        number: row.int("lot_no"),
        public_id: row.text("public_id"),
        name: row.text("name"),
        meter: Meter::parse(&row.text("meter")).expect(named),
        granted: row.int("granted"),
        remaining: row.int("remaining"),
        price: MilliCents(row.int("price_mc")),
        source: LotSource::parse(&row.text("source")).expect(named),
        reference: row.text("reference"),
        created_at: row.time("created_at"),
        used_up_at: row.maybe_time("used_up_at"),
    }
}

/// A call of this workspace.
pub async fn call(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
) -> sqlx::Result<Option<Call>> {
    let row = sqlx::query("select * from calls where workspace_id = $1 and id = $2")
        .bind(workspace.0)
        .bind(id);
    Ok(row.fetch_optional(db).await?.as_ref().map(rows::call))
}

/// Workspaces whose period has ended, at most `limit`.
pub async fn periods_due(
    db: &mut PgConnection,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<WorkspaceId>> {
    let rows = sqlx::query("select workspace_id from wallets where period_ends_at <= $1 order by period_ends_at limit $2")
        .bind(now.to_sqlx())
        .bind(limit)
        .fetch_all(db)
        .await?;
    Ok(rows.iter().map(|row| WorkspaceId(row.get(0))).collect())
}
