//! Sign-ups as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{NewSignUp, Newcomer, SignUp};
use crate::tenants::{AgencyId, LinkHash, UserId};
use crate::units::WorkspaceId;

/// Notes that somebody asked to sign up; of several requests for an address that were not answered the last one counts.
/// The same work for every address.
pub async fn request(db: &mut PgConnection, newcomer: &Newcomer, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "insert into sign_up_requests (email, agency_id, business, name, requested_at)
         values (lower($1), $2, $3, $4, $5)
         on conflict (email) do update set agency_id = excluded.agency_id, business = excluded.business,
             name = excluded.name",
    )
    .bind(&newcomer.email)
    .bind(newcomer.agency.0)
    .bind(&newcomer.business)
    .bind(&newcomer.name)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// Takes the oldest requests, at most `limit`, with the agencies' public ids. Other instances take others meanwhile.
pub async fn take_requests(db: &mut PgConnection, limit: i64) -> sqlx::Result<Vec<(Newcomer, String)>> {
    let rows = sqlx::query(
        "delete from sign_up_requests r using agencies a
         where a.id = r.agency_id and r.email in
            (select email from sign_up_requests order by requested_at limit $1 for update skip locked)
         returning r.agency_id, r.email, r.business, r.name, a.public_id",
    )
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(|row| (newcomer(row), row.get("public_id"))).collect())
}

/// Waits until whoever is answering requests has written the letters, or has given up.
pub async fn wait_for_answers(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("select from sign_up_requests for share").execute(db).await?;
    Ok(())
}

fn newcomer(row: &PgRow) -> Newcomer {
    Newcomer {
        agency: AgencyId(row.get("agency_id")),
        email: row.get("email"),
        business: row.get("business"),
        name: row.get("name"),
    }
}

/// Writes a sign-up down, unless the address has `most` with this agency that have not ended.
pub async fn insert(db: &mut PgConnection, sign_up: &NewSignUp<'_>, most: i64, now: Timestamp) -> sqlx::Result<bool> {
    let NewSignUp { link, newcomer, expires_at } = sign_up;
    let made = sqlx::query(
        "insert into sign_ups (token_hash, agency_id, email, business, name, expires_at)
         select $1, $2, lower($3), $4, $5, $6
         where (select count(*) from sign_ups where email = lower($3) and agency_id = $2 and expires_at > $7) < $8",
    )
    .bind(link.map(|link| link.bytes().to_vec()))
    .bind(newcomer.agency.0)
    .bind(&newcomer.email)
    .bind(&newcomer.business)
    .bind(&newcomer.name)
    .bind(expires_at.to_sqlx())
    .bind(now.to_sqlx())
    .bind(most)
    .execute(db)
    .await?;
    Ok(made.rows_affected() == 1)
}

/// The sign-up of this link, used or not; `None` once it has ended.
pub async fn find(db: &mut PgConnection, link: LinkHash, now: Timestamp) -> sqlx::Result<Option<SignUp>> {
    let row = sqlx::query(
        "select s.id, s.agency_id, s.email, s.business, s.name, s.workspace_id, s.user_id,
             a.public_id, a.name as agency_name
         from sign_ups s join agencies a on a.id = s.agency_id where s.token_hash = $1 and s.expires_at > $2",
    )
    .bind(link.bytes().to_vec())
    .bind(now.to_sqlx())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let workspace: Option<i64> = row.get("workspace_id");
        let user: Option<i64> = row.get("user_id");
        SignUp {
            id: row.get("id"),
            newcomer: newcomer(&row),
            agency_public_id: row.get("public_id"),
            agency_name: row.get("agency_name"),
            made: workspace.map(WorkspaceId).zip(user.map(UserId)),
        }
    }))
}

/// Uses a link: others who try wait for the transaction's end. False where it was used, or has ended.
pub async fn claim(db: &mut PgConnection, sign_up: i64, now: Timestamp) -> sqlx::Result<bool> {
    let open: Option<i64> = sqlx::query_scalar(
        "select id from sign_ups where id = $1 and workspace_id is null and expires_at > $2 for update",
    )
    .bind(sign_up)
    .bind(now.to_sqlx())
    .fetch_optional(db)
    .await?;
    Ok(open.is_some())
}

/// Notes what a link has made, in the transaction that claimed it.
pub async fn note_made(db: &mut PgConnection, sign_up: i64, workspace: WorkspaceId, user: UserId) -> sqlx::Result<()> {
    sqlx::query("update sign_ups set workspace_id = $2, user_id = $3 where id = $1")
        .bind(sign_up)
        .bind(workspace.0)
        .bind(user.0)
        .execute(db)
        .await?;
    Ok(())
}

/// Writes down that an address has its free credits. False where it had some before.
pub async fn claim_free_credits(
    db: &mut PgConnection,
    email: &str,
    workspace: WorkspaceId,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let claimed = sqlx::query(
        "insert into free_credits (email, workspace_id, granted_at) values (lower($1), $2, $3) on conflict do nothing",
    )
    .bind(email)
    .bind(workspace.0)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(claimed.rows_affected() == 1)
}

/// Removes sign-ups whose links have ended.
pub async fn delete_ended(db: &mut PgConnection, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query("delete from sign_ups where expires_at <= $1").bind(now.to_sqlx()).execute(db).await?;
    Ok(())
}
