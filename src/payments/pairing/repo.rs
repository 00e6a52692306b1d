//! The comparison, in one statement.

use sqlx::PgConnection;

use super::Unpaired;
use crate::ledger::{Account, PostingKind};
use crate::units::WorkspaceId;

/// Compares purchases and instructions with what they credited, over the whole database. Empty where all is well.
///
/// # Errors
/// Only the database's.
pub async fn unpaired(db: &mut PgConnection) -> sqlx::Result<Vec<Unpaired>> {
    let rows: Vec<(i64, String, bool)> = sqlx::query_as(
        r#"select p.workspace_id, 'purchase ' || p.id || ' is marked credited without a posting', false
           from purchases p
           where p.status = 'credited' and p.kind in ('pack', 'credits') and not exists (
               select from postings t
               where t.workspace_id = p.workspace_id and t.key = p.checkout_session_id
                   and t.kind = case p.kind when 'pack' then $1::smallint else $2::smallint end)
           union all
           select p.workspace_id, 'purchase ' || p.id || ' was credited with other lots than it bought', false
           from purchases p join postings t
               on t.workspace_id = p.workspace_id and t.kind = $1 and t.key = p.checkout_session_id
           left join lots l on l.workspace_id = t.workspace_id and l.seq = t.seq
           where p.kind = 'pack'
           group by p.workspace_id, p.id, p.quantity, p.units_each
           having count(l.lot_no) filter (where l.granted = p.units_each and l.reference = p.id) <> p.quantity
               or count(l.lot_no) <> p.quantity
           union all
           select p.workspace_id, 'purchase ' || p.id || ' was credited with another amount than it bought', false
           from purchases p left join postings t
               on t.workspace_id = p.workspace_id and t.kind in ($2, $3) and t.key = p.checkout_session_id
           left join lateral unnest(t.accounts, t.amounts) as e (account, amount) on e.account = $4
           where p.kind in ('pack', 'credits') and (p.status = 'credited' or t.seq is not null)
           group by p.workspace_id, p.id, p.kind, p.total_mc, p.balance_mc
           having coalesce(sum(e.amount), 0) <> -case p.kind when 'credits' then p.total_mc else p.balance_mc end
           union all
           select t.workspace_id, 'posting ' || t.seq || ' credits session ' || t.key || case
                   when p.id is null then ', which no purchase has'
                   when p.kind not in ('pack', 'credits') or (p.kind = 'pack') <> (t.kind = $1) and p.balance_mc = 0
                       then ', whose purchase ' || p.id || ' bought something else'
                   else ', whose purchase ' || p.id || ' is marked ' || p.status end,
               p.status is not null and ((p.kind = 'pack') = (t.kind = $1) or p.balance_mc > 0) and (p.status <> 'unmatched' or exists (
                   select from instructions i
                   where i.workspace_id = t.workspace_id and i.status = 'open' and i.deed ->> 'session' = t.key))
           from postings t left join purchases p on p.workspace_id = t.workspace_id and p.checkout_session_id = t.key
           where t.kind in ($1, $2) and t.key like 'cs\_%'
               and (p.status is distinct from 'credited' or (p.kind = 'pack') <> (t.kind = $1) and p.balance_mc = 0)
           union all
           select p.workspace_id, 'purchase ' || p.id || ' is marked credited, its request is not paid by it', false
           from purchases p
           join payment_requests r on r.workspace_id = p.workspace_id and r.id = p.request_id
           where p.status = 'credited' and r.paid_session is distinct from p.checkout_session_id
               and p.total_mc > (select coalesce(sum(v.bought_mc), 0) from reversals v
                   where v.workspace_id = p.workspace_id and v.payment_intent = p.payment_intent and v.stands)"#,
    )
    .bind(PostingKind::Pack as i16)
    .bind(PostingKind::TopUp as i16)
    .bind(PostingKind::Debt as i16)
    .bind(Account::Funding.code())
    .fetch_all(&mut *db)
    .await?;
    let mut found: Vec<Unpaired> = rows.into_iter().map(unpaired_row).collect();
    found.extend(topups(db).await?);
    found.extend(instructions(db).await?);
    found.extend(reversals(db).await?);
    Ok(found)
}

fn unpaired_row((workspace, what, in_flight): (i64, String, bool)) -> Unpaired {
    Unpaired { workspace: WorkspaceId(workspace), what, in_flight }
}

/// Compares charges of saved cards with what they credited.
async fn topups(db: &mut PgConnection) -> sqlx::Result<Vec<Unpaired>> {
    let rows: Vec<(i64, String, bool)> = sqlx::query_as(
        r#"select u.workspace_id, 'top-up ' || u.id || ' is marked succeeded without a posting', false
           from topups u
           where u.status = 'succeeded' and not exists (
               select from postings t
               where t.workspace_id = u.workspace_id and t.kind = $1 and t.key = u.payment_intent)
           union all
           select u.workspace_id, 'top-up ' || u.id || ' was credited with another amount than it charged', false
           from topups u join postings t
               on t.workspace_id = u.workspace_id and t.kind in ($1, $2) and t.key = u.payment_intent
           left join lateral unnest(t.accounts, t.amounts) as e (account, amount) on e.account = $3
           group by u.workspace_id, u.id, u.amount_mc
           having coalesce(sum(e.amount), 0) <> -u.amount_mc
           union all
           select t.workspace_id, 'posting ' || t.seq || ' credits payment ' || t.key || case
                   when u.id is null then ', which no top-up has'
                   else ', whose top-up ' || u.id || ' is marked ' || u.status end,
               u.id is not null
           from postings t left join topups u on u.workspace_id = t.workspace_id and u.payment_intent = t.key
           where t.kind = $1 and t.key like 'pi\_%' and u.status is distinct from 'succeeded'"#,
    )
    .bind(PostingKind::TopUp as i16)
    .bind(PostingKind::Debt as i16)
    .bind(Account::Funding.code())
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(unpaired_row).collect())
}

/// Compares instructions with what they credited and asked for.
async fn instructions(db: &mut PgConnection) -> sqlx::Result<Vec<Unpaired>> {
    let rows: Vec<(i64, String, bool)> = sqlx::query_as(
        r#"select i.workspace_id, 'instruction ' || i.id || ' is marked done without a posting', false
           from instructions i
           where i.status = 'done' and i.deed ->> 'deed' in ('apply_pack', 'grant_units', 'grant_credits')
               and not exists (
                   select from postings t
                   where t.workspace_id = i.workspace_id and t.kind in ($1, $2) and t.key = i.id)
           union all
           select i.workspace_id, 'instruction ' || i.id || ' applied a pack and asks for nothing', false
           from instructions i
           where i.status = 'done' and i.deed ->> 'deed' = 'apply_pack' and not exists (
               select from payment_requests r
               where r.workspace_id = i.workspace_id and r.instruction_id = i.id)
           union all
           select t.workspace_id, 'posting ' || t.seq || ' credits instruction ' || t.key || case
                   when i.id is null then ', which nobody gave' else ', which is marked ' || i.status end,
               i.status is not distinct from 'open'
           from postings t left join instructions i on i.workspace_id = t.workspace_id and i.id = t.key
           where t.kind in ($1, $2) and t.key like 'ins\_%' and i.status is distinct from 'done'"#,
    )
    .bind(PostingKind::Pack as i16)
    .bind(PostingKind::Grant as i16)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(unpaired_row).collect())
}

/// Compares refunds and disputes with what the ledger took back. A request that was paid back takes nothing.
async fn reversals(db: &mut PgConnection) -> sqlx::Result<Vec<Unpaired>> {
    let rows: Vec<(i64, String, bool)> = sqlx::query_as(
        "with taken as (
             select t.workspace_id, r ->> 'id' as id, (r ->> 'amount')::bigint as amount_mc,
                 (r ->> 'stands')::boolean as stands
             from take_backs t cross join jsonb_array_elements(t.reversals) r),
         asked as (
             select v.workspace_id, part.id, part.amount_mc, v.stands, v.followed_at is null as in_flight
             from reversals v
             left join purchases p on p.workspace_id = v.workspace_id and p.payment_intent = v.payment_intent
             cross join lateral (values (v.id, v.bought_mc), (v.id || ':balance', v.balance_mc)) as part (id, amount_mc)
             where p.kind is distinct from 'request' and part.amount_mc > 0)
         select coalesce(a.workspace_id, t.workspace_id),
             'refund or dispute ' || coalesce(a.id, t.id) || ' and what was taken back for it disagree',
             coalesce(a.in_flight, f.status = 'taking', false)
         from asked a full join taken t on t.workspace_id = a.workspace_id and t.id = a.id
         left join refunds f on f.workspace_id = t.workspace_id and f.id = t.id
         where (a.amount_mc, a.stands) is distinct from (t.amount_mc, t.stands)",
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(unpaired_row).collect())
}
