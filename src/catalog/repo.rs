//! Rows of plans and packs. Times are the caller's; nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, Row};

use crate::pricing::{PackOffer, Terms};
use crate::tenants::AgencyId;
use crate::units::{Meter, MilliCents, WorkspaceId};

/// Creates a plan; its row is answered. A higher `rank` is the larger plan.
pub async fn create_plan(
    db: &mut PgConnection,
    agency: AgencyId,
    public_id: &str,
    rank: i32,
    terms: &Terms,
    now: Timestamp,
) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "insert into plans (public_id, agency_id, rank, public, terms, created_at)
         values ($1, $2, $3, true, $4, $5) returning id",
    )
    .bind(public_id)
    .bind(agency.0)
    .bind(rank)
    .bind(Json(terms))
    .bind(now.to_sqlx())
    .fetch_one(db)
    .await
}

/// Creates a pack; its row is answered.
pub async fn create_pack(
    db: &mut PgConnection,
    agency: AgencyId,
    pack: &PackOffer,
    now: Timestamp,
) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "insert into packs (public_id, agency_id, name, description, meter, units, price_mc, popular, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9) returning id",
    )
    .bind(&pack.id)
    .bind(agency.0)
    .bind(&pack.name)
    .bind(&pack.description)
    .bind(pack.meter.as_str())
    .bind(pack.units)
    .bind(pack.price.0)
    .bind(pack.popular)
    .bind(now.to_sqlx())
    .fetch_one(db)
    .await
}

/// Lets a client see a pack; once is enough.
pub async fn assign_pack(db: &mut PgConnection, workspace: WorkspaceId, pack: i64, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "insert into pack_assignments (workspace_id, pack_id, created_at) values ($1, $2, $3) on conflict do nothing",
    )
    .bind(workspace.0)
    .bind(pack)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// The packs that a client may see and that count its unit, smallest first. Archived ones are gone.
pub async fn assigned_packs(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    meter: Meter,
) -> sqlx::Result<Vec<PackOffer>> {
    let rows = sqlx::query(
        "select p.public_id, p.name, p.description, p.meter, p.units, p.price_mc, p.popular
         from pack_assignments a join packs p on p.id = a.pack_id
         where a.workspace_id = $1 and p.meter = $2 and p.archived_at is null
         order by p.units, p.id",
    )
    .bind(workspace.0)
    .bind(meter.as_str())
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(offer).collect())
}

/// The key of a pack and what it offers, by its public id; `None` where this client may not see it, or it is archived.
pub async fn assigned_pack(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    public_id: &str,
) -> sqlx::Result<Option<(i64, PackOffer)>> {
    let row = sqlx::query(
        "select p.id, p.public_id, p.name, p.description, p.meter, p.units, p.price_mc, p.popular
         from pack_assignments a join packs p on p.id = a.pack_id
         where a.workspace_id = $1 and p.public_id = $2 and p.archived_at is null",
    )
    .bind(workspace.0)
    .bind(public_id)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.get("id"), offer(&row))))
}

fn offer(row: &PgRow) -> PackOffer {
    PackOffer {
        id: row.get("public_id"),
        name: row.get("name"),
        description: row.get("description"),
        meter: Meter::parse(row.get("meter")).expect("a CHECK names the meters"),
        units: row.get("units"),
        price: MilliCents(row.get("price_mc")),
        popular: row.get("popular"),
    }
}
