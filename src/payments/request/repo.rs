//! Payment requests and the periods they bill, as they are stored. Nothing here commits.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, Row};

use super::{Asked, Cause, Due, NewRequest, PaymentRequest, Place, RequestStatus, RequestType, Unbilled, standing};
use crate::ledger::PaymentState;
use crate::pricing::Terms;
use crate::tenants::AgencyId;
use crate::units::{MilliCents, WorkspaceId};

/// Stores a request. False where its period or application has one already, which stays as it is.
pub async fn insert(db: &mut PgConnection, request: &NewRequest<'_>) -> sqlx::Result<bool> {
    let (type_, period, application) = match request.cause {
        Cause::Period(seq) => (RequestType::Cycle, Some(seq), None),
        Cause::Application(instruction) => (RequestType::Pack, None, Some(instruction)),
    };
    let inserted = sqlx::query(
        "insert into payment_requests (workspace_id, id, type, title, period_seq, instruction_id, price_mc, excess_mc,
             carried_mc, amount_mc, due_at, blocks_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) on conflict do nothing",
    )
    .bind(request.workspace.0)
    .bind(request.id)
    .bind(type_.as_str())
    .bind(&request.asked.title)
    .bind(period)
    .bind(application)
    .bind(request.asked.price.0)
    .bind(request.asked.excess.0)
    .bind(request.asked.carried.0)
    .bind(request.asked.amount().0)
    .bind(request.due.at.to_sqlx())
    .bind(request.due.blocks_at.to_sqlx())
    .bind(request.created_at.to_sqlx())
    .execute(db)
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// A request of this workspace.
pub async fn request(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<PaymentRequest>> {
    let row = sqlx::query(
        "select r.*, p.starts_at, p.ends_at from payment_requests r
         left join periods p on p.workspace_id = r.workspace_id and p.seq = r.period_seq
         where r.workspace_id = $1 and r.id = $2",
    )
    .bind(workspace.0)
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row.as_ref().map(read))
}

/// What each of these workspaces has to pay; those that owe nothing are left out.
pub async fn owed_by(
    db: &mut PgConnection,
    workspaces: &[WorkspaceId],
) -> sqlx::Result<HashMap<WorkspaceId, MilliCents>> {
    let ids: Vec<i64> = workspaces.iter().map(|workspace| workspace.0).collect();
    let rows = sqlx::query(
        "select workspace_id, sum(amount_mc)::bigint as owed_mc from payment_requests
         where workspace_id = any($1) and status in ('pending', 'overdue', 'failed') group by workspace_id",
    )
    .bind(&ids)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (WorkspaceId(row.get("workspace_id")), MilliCents(row.get("owed_mc")))).collect())
}

/// A workspace's requests, newest first, below a place (`None` for the first page).
pub async fn of_workspace(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    below: Option<&Place>,
    limit: i64,
) -> sqlx::Result<Vec<PaymentRequest>> {
    let rows = sqlx::query(
        "select r.*, p.starts_at, p.ends_at from payment_requests r
         left join periods p on p.workspace_id = r.workspace_id and p.seq = r.period_seq
         where r.workspace_id = $1 and ($2::timestamptz is null or (r.created_at, r.id) < ($2, $3))
         order by r.created_at desc, r.id desc limit $4",
    )
    .bind(workspace.0)
    .bind(below.map(|place| place.created_at.to_sqlx()))
    .bind(below.map(|place| place.id.as_str()))
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(read).collect())
}

/// An agency's requests with public id and name of the client, newest first, below a place (`None` for the first page);
/// `owed`: only those to be paid, or only those settled.
pub async fn of_agency(
    db: &mut PgConnection,
    agency: AgencyId,
    owed: Option<bool>,
    below: Option<&Place>,
    limit: i64,
) -> sqlx::Result<Vec<(String, String, PaymentRequest)>> {
    let rows = sqlx::query(
        "select r.*, p.starts_at, p.ends_at, w.public_id, w.name from workspaces w
         join payment_requests r on r.workspace_id = w.id
         left join periods p on p.workspace_id = r.workspace_id and p.seq = r.period_seq
         where w.agency_id = $1 and ($2::boolean is null or (r.closed_at is null) = $2)
             and ($3::timestamptz is null or (r.created_at, r.id) < ($3, $4))
         order by r.created_at desc, r.id desc limit $5",
    )
    .bind(agency.0)
    .bind(owed)
    .bind(below.map(|place| place.created_at.to_sqlx()))
    .bind(below.map(|place| place.id.as_str()))
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (row.get("public_id"), row.get("name"), read(row))).collect())
}

/// What a row holds; `starts_at` and `ends_at` are the period's.
pub(in crate::payments) fn read(row: &PgRow) -> PaymentRequest {
    let named = "a CHECK names the words";
    let at = |name| row.get::<jiff_sqlx::Timestamp, _>(name).to_jiff();
    let maybe_at = |name| row.get::<Option<jiff_sqlx::Timestamp>, _>(name).map(jiff_sqlx::Timestamp::to_jiff);
    let money = |name| MilliCents(row.get(name));
    PaymentRequest {
        workspace: WorkspaceId(row.get("workspace_id")),
        id: row.get("id"),
        type_: RequestType::parse(row.get("type")).expect(named),
        asked: Asked {
            title: row.get("title"),
            price: money("price_mc"),
            excess: money("excess_mc"),
            carried: money("carried_mc"),
        },
        amount: money("amount_mc"),
        period: maybe_at("starts_at").map(|starts_at| (starts_at, maybe_at("ends_at"))),
        due: Due { at: at("due_at"), blocks_at: at("blocks_at") },
        status: RequestStatus::parse(row.get("status")).expect(named),
        external_reference: row.get("external_reference"),
        paid_session: row.get("paid_session"),
        created_at: at("created_at"),
        closed_at: maybe_at("closed_at"),
    }
}

/// Marks an owed request paid: by a Checkout session, or with what the agency notes. False where it is not owed.
pub async fn mark_paid(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
    session: Option<&str>,
    external_reference: Option<&str>,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let marked = sqlx::query(
        "update payment_requests set status = 'paid', closed_at = $5, paid_session = $3, external_reference = $4
         where workspace_id = $1 and id = $2 and status in ('pending', 'overdue', 'failed')",
    )
    .bind(workspace.0)
    .bind(id)
    .bind(session)
    .bind(external_reference)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(marked.rows_affected() == 1)
}

/// A request whose payment went back is owed again. False where something else than this session has paid it.
pub async fn reopen(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
    session: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let reopened = sqlx::query(
        "update payment_requests set status = case when due_at <= $4 then 'overdue' else 'pending' end,
             closed_at = null, paid_session = null, external_reference = null
         where workspace_id = $1 and id = $2 and status = 'paid' and paid_session = $3",
    )
    .bind(workspace.0)
    .bind(id)
    .bind(session)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(reopened.rows_affected() == 1)
}

/// Waives an owed request. False where it is not owed.
pub async fn mark_canceled(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let marked = sqlx::query(
        "update payment_requests set status = 'canceled', closed_at = $3
         where workspace_id = $1 and id = $2 and status in ('pending', 'overdue', 'failed')",
    )
    .bind(workspace.0)
    .bind(id)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(marked.rows_affected() == 1)
}

/// Notes that a payment was tried and failed. A closed request is left as it is.
pub async fn mark_failed(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<()> {
    sqlx::query(
        "update payment_requests set status = 'failed'
         where workspace_id = $1 and id = $2 and status in ('pending', 'overdue')",
    )
    .bind(workspace.0)
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

/// Marks what has fallen due; answers how many requests that were.
pub async fn mark_overdue(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<u64> {
    let marked =
        sqlx::query("update payment_requests set status = 'overdue' where status = 'pending' and due_at <= $1")
            .bind(now.to_sqlx())
            .execute(db)
            .await?;
    Ok(marked.rows_affected())
}

/// How a workspace's requests stand at this instant.
pub async fn payment_state(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    now: Timestamp,
) -> sqlx::Result<PaymentState> {
    let (overdue, unpaid) = sqlx::query_as(
        "select count(*) > 0, coalesce(bool_or(blocks_at <= $2), false) from payment_requests
         where workspace_id = $1 and status in ('pending', 'overdue', 'failed') and due_at <= $2",
    )
    .bind(workspace.0)
    .bind(now.to_sqlx())
    .fetch_one(db)
    .await?;
    Ok(standing(overdue, unpaid))
}

/// Workspaces whose wallet does not say how their requests stand at this instant, at most `limit`.
pub async fn states_to_set(db: &mut PgConnection, now: Timestamp, limit: i64) -> sqlx::Result<Vec<WorkspaceId>> {
    let ids: Vec<i64> = sqlx::query_scalar(
        "with due as (
             select workspace_id, bool_or(blocks_at <= $1) as unpaid from payment_requests
             where status in ('pending', 'overdue', 'failed') and due_at <= $1 group by workspace_id)
         select w.workspace_id from due d join wallets w on w.workspace_id = d.workspace_id
         where w.payment_state <> case when d.unpaid then 'unpaid' else 'past_due' end
         union all
         select w.workspace_id from wallets w
         where w.payment_state <> 'current' and not exists (select from due d where d.workspace_id = w.workspace_id)
         limit $2",
    )
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(ids.into_iter().map(WorkspaceId).collect())
}

/// Workspaces with periods that are not billed, at most `limit`.
pub async fn workspaces_to_bill(db: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<WorkspaceId>> {
    let ids: Vec<i64> =
        sqlx::query_scalar("select distinct workspace_id from periods where billed_at is null limit $1")
            .bind(limit)
            .fetch_all(db)
            .await?;
    Ok(ids.into_iter().map(WorkspaceId).collect())
}

/// The oldest period of a workspace that is not billed, locked. Its excess is what was added between its posting and
/// the one of the period before.
pub async fn lock_unbilled(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<Unbilled>> {
    let row = sqlx::query(
        "select p.seq, p.index is not null as opens, p.starts_at, s.terms, w.time_zone,
             t.excess_mc_after - coalesce(before.excess_mc_after, 0) as excess_mc,
             coalesce(before.carried_mc, 0) as carried_mc
         from periods p
         join postings t on t.workspace_id = p.workspace_id and t.seq = p.seq
         join plan_snapshots s on s.workspace_id = p.workspace_id and s.snapshot_id = p.snapshot_id
         join workspaces w on w.id = p.workspace_id
         left join lateral (
             select o.carried_mc, q.excess_mc_after
             from periods o join postings q on q.workspace_id = o.workspace_id and q.seq = o.seq
             where o.workspace_id = p.workspace_id and o.seq < p.seq order by o.seq desc limit 1) before on true
         where p.workspace_id = $1 and p.billed_at is null order by p.seq limit 1 for update of p",
    )
    .bind(workspace.0)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let Json(terms): Json<Terms> = row.get("terms");
        let zone: String = row.get("time_zone");
        Unbilled {
            seq: row.get("seq"),
            opens: row.get("opens"),
            starts_at: row.get::<jiff_sqlx::Timestamp, _>("starts_at").to_jiff(),
            terms,
            excess: MilliCents(row.get("excess_mc")),
            carried: MilliCents(row.get("carried_mc")),
            zone: TimeZone::get(&zone).expect("a workspace's zone was checked when it was made"),
        }
    }))
}

/// Marks a period billed, with what is carried over to the next one.
pub async fn mark_billed(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    seq: i64,
    carried: MilliCents,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query("update periods set billed_at = $3, carried_mc = $4 where workspace_id = $1 and seq = $2")
        .bind(workspace.0)
        .bind(seq)
        .bind(now.to_sqlx())
        .bind(carried.0)
        .execute(db)
        .await?;
    Ok(())
}
