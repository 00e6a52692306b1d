//! Rented numbers, as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::Rental;
use crate::units::WorkspaceId;

/// Stores the order of a number, unless the workspace has one with this id. Whoever does so has until `lease` to pay its
/// first month.
pub async fn insert(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
    number: &str,
    now: Timestamp,
    lease: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "insert into numbers (workspace_id, id, number, rented_at, next_attempt_at) values ($1, $2, $3, $4, $5)
         on conflict (workspace_id, id) do nothing",
    )
    .bind(workspace.0)
    .bind(id)
    .bind(number)
    .bind(now.to_sqlx())
    .bind(lease.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// A number of this workspace.
pub async fn find(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<Rental>> {
    let row = sqlx::query("select * from numbers where workspace_id = $1 and id = $2").bind(workspace.0).bind(id);
    Ok(row.fetch_optional(db).await?.as_ref().map(rental))
}

/// The same, kept from everybody else until the transaction ends.
pub async fn lock(db: &mut PgConnection, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<Rental>> {
    let row = sqlx::query("select * from numbers where workspace_id = $1 and id = $2 for update");
    Ok(row.bind(workspace.0).bind(id).fetch_optional(db).await?.as_ref().map(rental))
}

/// The same, if a month is to be paid and nobody else is at it.
pub async fn lock_due(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: &str,
    now: Timestamp,
) -> sqlx::Result<Option<Rental>> {
    let row = sqlx::query(
        "select * from numbers where workspace_id = $1 and id = $2 and next_attempt_at <= $3 for update skip locked",
    );
    Ok(row.bind(workspace.0).bind(id).bind(now.to_sqlx()).fetch_optional(db).await?.as_ref().map(rental))
}

/// Saves what became of a number, and when a month is to be paid next.
pub async fn save(db: &mut PgConnection, rental: &Rental, next_attempt_at: Option<Timestamp>) -> sqlx::Result<()> {
    sqlx::query(
        "update numbers set paid_months = $3, refused_at = $4, released_at = $5, next_attempt_at = $6
         where workspace_id = $1 and id = $2",
    )
    .bind(rental.workspace.0)
    .bind(&rental.id)
    .bind(rental.paid_months)
    .bind(rental.refused_at.map(|at| at.to_sqlx()))
    .bind(rental.released_at.map(|at| at.to_sqlx()))
    .bind(next_attempt_at.map(|at| at.to_sqlx()))
    .execute(db)
    .await?;
    Ok(())
}

/// Removes an order whose first month was refused: it never began.
pub async fn delete(db: &mut PgConnection, rental: &Rental) -> sqlx::Result<()> {
    sqlx::query("delete from numbers where workspace_id = $1 and id = $2 and paid_months = 0")
        .bind(rental.workspace.0)
        .bind(&rental.id)
        .execute(db)
        .await?;
    Ok(())
}

/// Numbers of which a month is to be paid, at most `limit`, those that wait longest first.
pub async fn due(db: &mut PgConnection, now: Timestamp, limit: i64) -> sqlx::Result<Vec<(WorkspaceId, String)>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "select workspace_id, id from numbers where next_attempt_at <= $1 order by next_attempt_at limit $2",
    )
    .bind(now.to_sqlx())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|(workspace, id)| (WorkspaceId(workspace), id)).collect())
}

/// The numbers with these ids, as far as the workspace has them.
pub async fn named(db: &mut PgConnection, workspace: WorkspaceId, ids: &[&str]) -> sqlx::Result<Vec<Rental>> {
    let rows =
        sqlx::query("select * from numbers where workspace_id = $1 and id = any($2)").bind(workspace.0).bind(ids);
    Ok(rows.fetch_all(db).await?.iter().map(rental).collect())
}

/// A workspace's numbers of which a month was tried in vain, at most `limit`, those that wait longest first.
pub async fn refused(db: &mut PgConnection, workspace: WorkspaceId, limit: i64) -> sqlx::Result<Vec<Rental>> {
    let rows = sqlx::query(
        "select * from numbers where workspace_id = $1 and refused_at is not null
         order by rented_at, id limit $2",
    );
    Ok(rows.bind(workspace.0).bind(limit).fetch_all(db).await?.iter().map(rental).collect())
}

fn rental(row: &PgRow) -> Rental {
    let maybe = |name: &str| row.get::<Option<jiff_sqlx::Timestamp>, _>(name).map(jiff_sqlx::Timestamp::to_jiff);
    Rental {
        workspace: WorkspaceId(row.get("workspace_id")),
        id: row.get("id"),
        number: row.get("number"),
        rented_at: row.get::<jiff_sqlx::Timestamp, _>("rented_at").to_jiff(),
        paid_months: row.get("paid_months"),
        refused_at: maybe("refused_at"),
        released_at: maybe("released_at"),
    }
}
