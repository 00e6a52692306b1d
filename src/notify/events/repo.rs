//! Endpoints, and events on their way, as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{Attempted, Delivery, Endpoint, EventType, Outgoing, Secret, Turn};
use crate::units::WorkspaceId;

/// Adds an endpoint that has no secret yet. The same form again answers the same endpoint's id.
pub async fn insert_endpoint(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    endpoint: &Endpoint,
    form_key: &str,
) -> sqlx::Result<String> {
    let types: Vec<&str> = endpoint.types.iter().map(|kind| kind.as_str()).collect();
    sqlx::query_scalar(
        "insert into event_endpoints (workspace_id, id, url, types, created_at, form_key)
         values ($1, $2, $3, $4, $5, $6)
         on conflict (workspace_id, form_key) do update set form_key = excluded.form_key returning id",
    )
    .bind(workspace.0)
    .bind(&endpoint.id)
    .bind(&endpoint.url)
    .bind(types)
    .bind(endpoint.created_at.to_sqlx())
    .bind(form_key)
    .fetch_one(db)
    .await
}

/// Every endpoint of a workspace, oldest first.
pub async fn endpoints(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Vec<Endpoint>> {
    let rows = sqlx::query("select * from event_endpoints where workspace_id = $1 order by created_at, id");
    Ok(rows.bind(workspace.0).fetch_all(db).await?.iter().map(endpoint).collect())
}

/// Asks for a new secret, which is made when it is shown. False where the workspace has no such endpoint.
pub async fn ask_for_secret(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<bool> {
    let asked = sqlx::query("update event_endpoints set secret_due = true where workspace_id = $1 and id = $2");
    Ok(asked.bind(workspace.0).bind(id).execute(db).await?.rows_affected() == 1)
}

/// Gives an endpoint the secret that was asked for, once; the one before signs as well until `old_until`. Where another
/// one signs until after `unseen` already, it goes on instead: what took its place was not seen. False where none was
/// asked for.
pub async fn give_secret(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
    secret: &Secret,
    old_until: Timestamp,
    unseen: Timestamp,
) -> sqlx::Result<bool> {
    let given = sqlx::query(
        "update event_endpoints set secret = $3, secret_due = false,
             old_secret = case when old_until > $5 then old_secret else secret end,
             old_until = case when old_until > $5 then old_until when secret is not null then $4::timestamptz end
         where workspace_id = $1 and id = $2 and secret_due",
    )
    .bind(workspace.0)
    .bind(id)
    .bind(secret.to_vec())
    .bind(old_until.to_sqlx())
    .bind(unseen.to_sqlx())
    .execute(db)
    .await?;
    Ok(given.rows_affected() == 1)
}

/// Tells an endpoint nothing more, or tells it again. False where the workspace has no such endpoint.
pub async fn set_disabled(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
    since: Option<Timestamp>,
) -> sqlx::Result<bool> {
    let set = sqlx::query("update event_endpoints set disabled_at = $3 where workspace_id = $1 and id = $2")
        .bind(workspace.0)
        .bind(id)
        .bind(since.map(|at| at.to_sqlx()))
        .execute(db)
        .await?;
    Ok(set.rows_affected() == 1)
}

/// Removes an endpoint with its log, and what is on its way to it. False where the workspace has no such endpoint.
pub async fn delete_endpoint(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<bool> {
    let deleted = sqlx::query("delete from event_endpoints where workspace_id = $1 and id = $2");
    Ok(deleted.bind(workspace.0).bind(id).execute(db).await?.rows_affected() == 1)
}

/// Notes beside the wallet whether any endpoint is told of settled calls; the writer looks there, and is told by the version
/// that what it remembers is stale. In the transaction that changes the endpoints.
pub async fn note_wishes(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<()> {
    sqlx::query(
        "update wallets set version = version + 1, tells_settled = wanted.it from (select exists (
             select from event_endpoints
             where workspace_id = $1 and disabled_at is null and $2 = any(types)) as it) as wanted
         where workspace_id = $1 and tells_settled <> wanted.it",
    )
    .bind(workspace.0)
    .bind(EventType::CallSettled.as_str())
    .execute(db)
    .await?;
    Ok(())
}

/// Hands out at most `limit` events, in the order of writing: a delivery for each endpoint that wants them. Answers how
/// many events that were. Whoever does the same at once waits, so that no newer event is handed out before an older one.
pub async fn hand_out(db: &mut PgConnection, limit: i64, now: Timestamp) -> sqlx::Result<u64> {
    let handed = sqlx::query(
        "with due as (
             select workspace_id, no, type, occurred_at from wallet_events where dispatched_at is null
             order by no limit $1 for update
         ), made as (
             insert into event_deliveries (workspace_id, endpoint_id, event_no, next_attempt_at)
             select d.workspace_id, e.id, d.no, $2
             from due d join event_endpoints e on e.workspace_id = d.workspace_id and d.type = any(e.types)
             where e.disabled_at is null and e.created_at <= d.occurred_at
             on conflict (workspace_id, endpoint_id, event_no) do nothing
         )
         update wallet_events w set dispatched_at = $2 from due d
         where w.workspace_id = d.workspace_id and w.no = d.no",
    )
    .bind(limit)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(handed.rows_affected())
}

/// Takes the turn at endpoints that are due something and that nobody sends to, at most `limit`.
pub async fn take_turns(
    db: &mut PgConnection,
    limit: i64,
    until: Timestamp,
    now: Timestamp,
) -> sqlx::Result<Vec<Turn>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "update event_endpoints e set sending_until = $3
         from (select f.workspace_id, f.id from event_endpoints f
             where f.disabled_at is null and f.secret is not null
                 and (f.sending_until is null or f.sending_until <= $2)
                 and exists (select from event_deliveries d
                     where d.workspace_id = f.workspace_id and d.endpoint_id = f.id and d.next_attempt_at <= $2)
             order by f.sending_until nulls first limit $1 for update skip locked) free
         where e.workspace_id = free.workspace_id and e.id = free.id
         returning e.workspace_id, e.id",
    )
    .bind(limit)
    .bind(now.to_sqlx())
    .bind(until.to_sqlx())
    .fetch_all(db)
    .await?;
    let turn = |(workspace, endpoint)| Turn { workspace: WorkspaceId(workspace), endpoint, until };
    Ok(rows.into_iter().map(turn).collect())
}

/// Moves the end of a turn; `None`: it is over. False where it had ended before, and somebody else may have his.
pub async fn move_turn(db: &mut PgConnection, turn: &Turn, until: Option<Timestamp>) -> sqlx::Result<bool> {
    let moved = sqlx::query(
        "update event_endpoints set sending_until = $4
         where workspace_id = $1 and id = $2 and sending_until = $3",
    )
    .bind(turn.workspace.0)
    .bind(&turn.endpoint)
    .bind(turn.until.to_sqlx())
    .bind(until.map(|at| at.to_sqlx()))
    .execute(db)
    .await?;
    Ok(moved.rows_affected() == 1)
}

/// What the endpoint of a turn is due, at most `limit`, in the order of the events.
pub async fn due(db: &mut PgConnection, turn: &Turn, limit: i64, now: Timestamp) -> sqlx::Result<Vec<Outgoing>> {
    let rows = sqlx::query(
        "select d.workspace_id, w.public_id, d.endpoint_id, d.event_no, d.attempts + 1 as attempts, e.url, e.secret,
             case when e.old_until > $3 then e.old_secret end as old_secret, v.type, v.occurred_at, v.data
         from event_deliveries d
         join workspaces w on w.id = d.workspace_id
         join event_endpoints e on e.workspace_id = d.workspace_id and e.id = d.endpoint_id
         join wallet_events v on v.workspace_id = d.workspace_id and v.no = d.event_no
         where d.workspace_id = $1 and d.endpoint_id = $2 and d.next_attempt_at <= $3
         order by d.event_no limit $4",
    )
    .bind(turn.workspace.0)
    .bind(&turn.endpoint)
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(outgoing).collect())
}

/// Notes what became of an attempt, and when the next one is, if there is one.
pub async fn note_attempt(
    db: &mut PgConnection,
    sent: &Outgoing,
    attempted: &Attempted,
    next: Option<Timestamp>,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "update event_deliveries set status = $4, error = $5, next_attempt_at = $6, delivered_at = $7, attempts = $8,
             attempted_at = $9
         where workspace_id = $1 and endpoint_id = $2 and event_no = $3",
    )
    .bind(sent.workspace.0)
    .bind(&sent.endpoint)
    .bind(sent.event_no)
    .bind(attempted.status.map(i32::from))
    .bind(attempted.error)
    .bind(next.map(|at| at.to_sqlx()))
    .bind(attempted.is_taken().then(|| now.to_sqlx()))
    .bind(sent.attempts)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// A workspace's newest deliveries.
pub async fn log(db: &mut PgConnection, workspace: WorkspaceId, limit: i64) -> sqlx::Result<Vec<Delivery>> {
    let rows = sqlx::query(
        "select d.*, e.url, v.type, v.occurred_at
         from event_deliveries d
         join event_endpoints e on e.workspace_id = d.workspace_id and e.id = d.endpoint_id
         join wallet_events v on v.workspace_id = d.workspace_id and v.no = d.event_no
         where d.workspace_id = $1 order by d.event_no desc, d.endpoint_id limit $2",
    )
    .bind(workspace.0)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(delivery).collect())
}

/// Sends a delivery again from the beginning. False where the workspace has no such delivery.
pub async fn send_again(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    endpoint: &str,
    event_no: i64,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let again = sqlx::query(
        "update event_deliveries set attempts = 0, next_attempt_at = $4, delivered_at = null
         where workspace_id = $1 and endpoint_id = $2 and event_no = $3",
    )
    .bind(workspace.0)
    .bind(endpoint)
    .bind(event_no)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(again.rows_affected() == 1)
}

/// Removes events that happened before an instant and were handed out, with their deliveries, unless one is still on its
/// way. Answers how many.
pub async fn delete_old(db: &mut PgConnection, before: Timestamp, limit: i64) -> sqlx::Result<u64> {
    let deleted = sqlx::query(
        "delete from wallet_events where (workspace_id, no) in (
             select w.workspace_id, w.no from wallet_events w
             where w.dispatched_at is not null and w.occurred_at < $1 and not exists (
                 select from event_deliveries d
                 where d.workspace_id = w.workspace_id and d.event_no = w.no and d.next_attempt_at is not null)
             order by w.occurred_at limit $2)",
    )
    .bind(before.to_sqlx())
    .bind(limit)
    .execute(db)
    .await?;
    Ok(deleted.rows_affected())
}

fn time(row: &PgRow, name: &str) -> Option<Timestamp> {
    row.get::<Option<jiff_sqlx::Timestamp>, _>(name).map(jiff_sqlx::Timestamp::to_jiff)
}

fn certain(row: &PgRow, name: &str) -> Timestamp {
    row.get::<jiff_sqlx::Timestamp, _>(name).to_jiff()
}

fn secret(bytes: Vec<u8>) -> Secret {
    bytes.try_into().expect("a CHECK keeps secrets at 32 bytes")
}

fn endpoint(row: &PgRow) -> Endpoint {
    let types: Vec<String> = row.get("types");
    Endpoint {
        id: row.get("id"),
        url: row.get("url"),
        types: types.iter().filter_map(|word| EventType::parse(word)).collect(),
        has_secret: row.get::<Option<Vec<u8>>, _>("secret").is_some(),
        old_until: time(row, "old_until"),
        created_at: certain(row, "created_at"),
        disabled_at: time(row, "disabled_at"),
    }
}

fn outgoing(row: &PgRow) -> Outgoing {
    let secrets = [row.get::<Option<Vec<u8>>, _>("secret"), row.get("old_secret")];
    Outgoing {
        workspace: WorkspaceId(row.get("workspace_id")),
        workspace_public_id: row.get("public_id"),
        endpoint: row.get("endpoint_id"),
        url: row.get("url"),
        secrets: secrets.into_iter().flatten().map(secret).collect(),
        event_no: row.get("event_no"),
        kind: row.get("type"),
        occurred_at: certain(row, "occurred_at"),
        data: row.get("data"),
        attempts: row.get("attempts"),
    }
}

fn delivery(row: &PgRow) -> Delivery {
    Delivery {
        endpoint: row.get("endpoint_id"),
        url: row.get("url"),
        event_no: row.get("event_no"),
        kind: row.get("type"),
        occurred_at: certain(row, "occurred_at"),
        attempts: row.get("attempts"),
        next_attempt_at: time(row, "next_attempt_at"),
        delivered_at: time(row, "delivered_at"),
        status: row.get("status"),
        error: row.get("error"),
    }
}
