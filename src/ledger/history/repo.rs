//! Reads of the ledger's history. Each is a look-up by key or a stretch of an index.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row as _};

use super::{PackAdded, Recorded, Stretch, UsageDay};
use crate::ledger::account::Account;
use crate::ledger::call::Call;
use crate::ledger::outcome::Usage;
use crate::ledger::posting::{Posting, PostingKind};
use crate::ledger::repo::{LotRecord, lot_record, posting};
use crate::ledger::rows::{self, Columns as _};
use crate::units::{MilliCents, WorkspaceId};

/// The postings of a stretch with their calls, newest first.
pub async fn postings(db: &mut PgConnection, workspace: WorkspaceId, stretch: &Stretch) -> sqlx::Result<Vec<Recorded>> {
    let numbers = numbers(db, workspace, stretch).await?;
    let rows = sqlx::query(
        "select p.seq as posting, p.kind, p.key, p.occurred_at, p.recorded_at, p.accounts, p.amounts, p.allowance_after,
            p.packs_secs_after, p.packs_calls_after, p.credits_mc_after, p.excess_mc_after, p.debt_mc_after, p.prev_hash,
            c.*
         from postings p
         left join calls c on p.kind = 2 and c.workspace_id = p.workspace_id and c.id = p.key
         where p.workspace_id = $1 and p.seq = any($2) order by p.seq desc",
    )
    .bind(workspace.0)
    .bind(numbers)
    .fetch_all(db)
    .await?;
    let posted = |row: &sqlx::postgres::PgRow| {
        let call = row.maybe_text("status").map(|_| rows::call(row));
        Ok(Recorded { posting: posting(row)?, call })
    };
    rows.iter().map(posted).collect()
}

/// Numbers of the postings of a stretch, in any order. The statement is planned anew each time, with the conditions that
/// are given: the planner then reads the postings in order, or finds rare kinds and rare keys by their own indexes.
async fn numbers(db: &mut PgConnection, workspace: WorkspaceId, stretch: &Stretch) -> sqlx::Result<Vec<i64>> {
    let query = match stretch.upwards {
        false => sqlx::query_scalar(
            "select seq from postings where workspace_id = $1 and seq > $2 and seq < $3
             and ($5::smallint[] is null or kind = any($5))
             and ($6::text is null or (key >= $6 and key < $7)) order by seq desc limit $4",
        ),
        true => sqlx::query_scalar(
            "select seq from postings where workspace_id = $1 and seq > $2 and seq < $3
             and ($5::smallint[] is null or kind = any($5))
             and ($6::text is null or (key >= $6 and key < $7)) order by seq limit $4",
        ),
    };
    let kinds = stretch.kinds.as_ref().map(|kinds| kinds.iter().map(|kind| *kind as i16).collect::<Vec<_>>());
    let prefix = stretch.key_prefix.as_deref();
    query
        .bind(workspace.0)
        .bind(stretch.above)
        .bind(stretch.below)
        .bind(stretch.limit)
        .bind(kinds)
        .bind(prefix)
        .bind(prefix.map(|prefix| format!("{prefix}\u{10ffff}")))
        .persistent(false)
        .fetch_all(db)
        .await
}

/// Number of the last posting that happened before an instant; 0 where none did. Found by halving: later postings
/// never happened earlier.
pub async fn last_before(db: &mut PgConnection, workspace: WorkspaceId, at: Timestamp) -> sqlx::Result<i64> {
    let number: Option<i64> = sqlx::query_scalar(
        "with recursive halves (low, high) as (
             select 0::bigint, w.seq + 1 from wallets w where w.workspace_id = $1
             union all
             select case when earlier then middle else low end, case when earlier then high else middle end
             from (
                 select h.low, h.high, p.seq as middle, p.occurred_at < $2 as earlier
                 from halves h join postings p on p.workspace_id = $1 and p.seq = (h.low + h.high) / 2
                 where h.high - h.low > 1
             ) as half
         )
         select max(low) from halves",
    )
    .bind(workspace.0)
    .bind(at.to_sqlx())
    .fetch_one(db)
    .await?;
    Ok(number.unwrap_or_default())
}

/// The posting with this number, without the call that it charged.
pub async fn posting_numbered(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    seq: i64,
) -> sqlx::Result<Option<Posting>> {
    let row = sqlx::query("select *, seq as posting from postings where workspace_id = $1 and seq = $2")
        .bind(workspace.0)
        .bind(seq)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(posting).transpose()
}

/// Lots by their numbers.
pub async fn lots(db: &mut PgConnection, workspace: WorkspaceId, numbers: &[i64]) -> sqlx::Result<Vec<LotRecord>> {
    let rows = sqlx::query(
        "select lot_no, public_id, name, meter, granted, remaining, taken, price_mc, source, reference, seq,
            created_at, used_up_at
         from lots where workspace_id = $1 and lot_no = any($2)",
    )
    .bind(workspace.0)
    .bind(numbers)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(lot_record).collect())
}

/// Open calls of a workspace whose hold has not lapsed, the newest first by when they will. The wallet knows how many
/// there are: once they are found, no older call is looked at.
pub async fn open_calls(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    now: Timestamp,
    limit: i64,
) -> sqlx::Result<Vec<Call>> {
    let rows = sqlx::query(
        "select * from calls where workspace_id + 0 = $1 and expires_at > $2 and status = 'reserved'
         order by expires_at desc limit least($3, (
             select coalesce(sum(calls), 0)::bigint from wallets w, unnest(w.held_calls) as calls
             where w.workspace_id = $1))",
    )
    .bind(workspace.0)
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(rows::call).collect())
}

/// The days of a range that used anything, in order.
pub async fn usage_days(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    from: Date,
    to: Date,
) -> sqlx::Result<Vec<UsageDay>> {
    let rows = sqlx::query(
        "select date, calls, allowance_secs, packs_secs, credits_secs, excess_secs, charged_mc from usage_daily
         where workspace_id = $1 and date between $2 and $3 order by date",
    )
    .bind(workspace.0)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .fetch_all(db)
    .await?;
    let day = |row: &sqlx::postgres::PgRow| {
        let date: jiff_sqlx::Date = row.get("date");
        let usage = Usage {
            calls: row.int("calls"),
            allowance_secs: row.int("allowance_secs"),
            packs_secs: row.int("packs_secs"),
            credits_secs: row.int("credits_secs"),
            excess_secs: row.int("excess_secs"),
            charged_mc: row.int("charged_mc"),
        };
        UsageDay { date: date.to_jiff(), usage }
    };
    Ok(rows.iter().map(day).collect())
}

/// The newest periods of a subscription, newest first: when each began, and the row of the plan that it opened on.
pub async fn last_periods(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    subscription: i64,
    limit: i64,
) -> sqlx::Result<Vec<(Timestamp, i64)>> {
    let rows = sqlx::query(
        "select p.starts_at, s.plan_id from periods p
         join plan_snapshots s on s.workspace_id = p.workspace_id and s.snapshot_id = p.snapshot_id
         where p.workspace_id = $1 and p.subscription = $2 and p.index is not null order by p.seq desc limit $3",
    )
    .bind(workspace.0)
    .bind(subscription)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (row.get::<jiff_sqlx::Timestamp, _>(0).to_jiff(), row.get(1))).collect())
}

/// Packages that were bought or applied from `from` on, before `to`; what was granted cost nothing.
pub async fn packs_added(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    from: Timestamp,
    to: Timestamp,
) -> sqlx::Result<Vec<PackAdded>> {
    let rows = sqlx::query(
        "select created_at, price_mc, reference from lots
         where workspace_id = $1 and created_at >= $2 and created_at < $3 and source <> 'grant'",
    )
    .bind(workspace.0)
    .bind(from.to_sqlx())
    .bind(to.to_sqlx())
    .fetch_all(db)
    .await?;
    let added = |row: &sqlx::postgres::PgRow| PackAdded {
        at: row.get::<jiff_sqlx::Timestamp, _>(0).to_jiff(),
        price: MilliCents(row.get(1)),
        reference: row.get(2),
    };
    Ok(rows.iter().map(added).collect())
}

/// What top-ups with these keys have paid of debt, by key; those that paid none are left out.
pub async fn debts_paid(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    keys: &[String],
) -> sqlx::Result<HashMap<String, MilliCents>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "select p.key, sum(e.amount)::bigint from postings p
         cross join lateral unnest(p.accounts, p.amounts) as e (account, amount)
         where p.workspace_id = $1 and p.kind = $2 and p.key = any($3) and e.account = $4 group by p.key",
    )
    .bind(workspace.0)
    .bind(PostingKind::Debt as i16)
    .bind(keys)
    .bind(Account::Debt.code())
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(key, paid)| (key, MilliCents(paid))).collect())
}
