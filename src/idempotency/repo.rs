//! Rows of idempotency keys. Times are the caller's; each statement is whole in itself.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row};

use super::{Claim, KEPT, Kept, Keyed, LEASE, Standing};
use crate::tenants::Scope;

/// Takes the work of a key, where nobody has it or nobody has it any more. The claim's identity is the one that earlier
/// attempts with the same body had. `None`: ask for the [`standing`].
pub async fn claim(db: &mut PgConnection, keyed: &Keyed, fresh: &Claim, now: Timestamp) -> sqlx::Result<Option<Claim>> {
    let identity: Option<String> = sqlx::query_scalar(
        "insert into idempotency_keys as k
             (workspace_id, scope_hash, body_hash, identity, created_at, worker, held_until)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (workspace_id, scope_hash) do update set
             body_hash = excluded.body_hash,
             identity = case when k.body_hash = excluded.body_hash and k.created_at > $8
                             then k.identity else excluded.identity end,
             created_at = excluded.created_at,
             worker = excluded.worker,
             held_until = excluded.held_until,
             status = null, body = null, api_scope = null
         where k.created_at <= $8 or (k.status is null and k.held_until <= excluded.created_at)
         returning identity",
    )
    .bind(keyed.workspace.0)
    .bind(keyed.scope_hash.as_slice())
    .bind(keyed.body_hash.as_slice())
    .bind(&fresh.identity)
    .bind(now.to_sqlx())
    .bind(&fresh.worker)
    .bind((now + LEASE).to_sqlx())
    .bind((now - KEPT).to_sqlx())
    .fetch_optional(db)
    .await?;
    Ok(identity.map(|identity| Claim { identity, worker: fresh.worker.clone() }))
}

/// What the row of a key says to a request with this body.
pub async fn standing(db: &mut PgConnection, keyed: &Keyed, now: Timestamp) -> sqlx::Result<Standing> {
    let row = sqlx::query(
        "select body_hash = $3 as same_body, status, body, api_scope
         from idempotency_keys
         where workspace_id = $1 and scope_hash = $2 and (status is not null or held_until > $4)",
    )
    .bind(keyed.workspace.0)
    .bind(keyed.scope_hash.as_slice())
    .bind(keyed.body_hash.as_slice())
    .bind(now.to_sqlx())
    .fetch_optional(db)
    .await?;
    let Some(row) = row else {
        return Ok(Standing::Free);
    };
    if !row.get::<bool, _>("same_body") {
        return Ok(Standing::OtherBody);
    }
    let Some(status) = row.get::<Option<i16>, _>("status") else {
        return Ok(Standing::InFlight);
    };
    let scope: Option<String> = row.get("api_scope");
    Ok(Standing::Answered(Kept {
        status: status.unsigned_abs(),
        body: row.get("body"),
        scope: scope.as_deref().and_then(Scope::parse),
    }))
}

/// Shows that the worker lives; without effect where somebody took over.
pub async fn renew(db: &mut PgConnection, keyed: &Keyed, claim: &Claim, now: Timestamp) -> sqlx::Result<()> {
    hold(db, keyed, claim, now + LEASE).await
}

/// Leaves the key free for the next attempt; without effect where somebody took over. Another body may come then, and
/// the same body goes on under the same identity: an answer of 503 does not say that nothing was done.
pub async fn release(db: &mut PgConnection, keyed: &Keyed, claim: &Claim, now: Timestamp) -> sqlx::Result<()> {
    hold(db, keyed, claim, now).await
}

async fn hold(db: &mut PgConnection, keyed: &Keyed, claim: &Claim, until: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "update idempotency_keys set held_until = $4
         where workspace_id = $1 and scope_hash = $2 and worker = $3 and status is null",
    )
    .bind(keyed.workspace.0)
    .bind(keyed.scope_hash.as_slice())
    .bind(&claim.worker)
    .bind(until.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Keeps the answer; without effect where somebody took over.
pub async fn keep(db: &mut PgConnection, keyed: &Keyed, claim: &Claim, answer: &Kept) -> sqlx::Result<()> {
    sqlx::query(
        "update idempotency_keys set status = $4, body = $5, api_scope = $6
         where workspace_id = $1 and scope_hash = $2 and worker = $3 and status is null",
    )
    .bind(keyed.workspace.0)
    .bind(keyed.scope_hash.as_slice())
    .bind(&claim.worker)
    .bind(answer.status.cast_signed())
    .bind(&answer.body)
    .bind(answer.scope.map(Scope::as_str))
    .execute(db)
    .await?;
    Ok(())
}

/// Removes keys of before `KEPT`, some at a time; answers how many.
pub async fn remove_expired(db: &mut PgConnection, now: Timestamp, most: i64) -> sqlx::Result<u64> {
    let gone = sqlx::query(
        "delete from idempotency_keys where (workspace_id, scope_hash) in (
             select workspace_id, scope_hash from idempotency_keys where created_at <= $1
             order by created_at limit $2 for update skip locked)",
    )
    .bind((now - KEPT).to_sqlx())
    .bind(most)
    .execute(db)
    .await?;
    Ok(gone.rows_affected())
}
