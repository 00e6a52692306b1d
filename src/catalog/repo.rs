//! Rows of plans and packs. Times are the caller's; nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::types::Json;
use sqlx::{PgConnection, Row};

use super::{Behind, Pack, Plan, PlanDraft, SignUpOffer};
use crate::pricing::{PackOffer, Terms};
use crate::tenants::AgencyId;
use crate::units::{Meter, MilliCents, WorkspaceId};

/// Creates a plan; its row is answered.
pub async fn create_plan(
    db: &mut PgConnection,
    agency: AgencyId,
    public_id: &str,
    draft: &PlanDraft,
    now: Timestamp,
) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "insert into plans (public_id, agency_id, rank, public, terms, created_at)
         values ($1, $2, $3, $4, $5, $6) returning id",
    )
    .bind(public_id)
    .bind(agency.0)
    .bind(draft.rank)
    .bind(draft.public)
    .bind(Json(&draft.terms))
    .bind(now.to_sqlx())
    .fetch_one(db)
    .await
}

/// Changes what a plan offers from now on. False where this agency has no such plan, or it is archived.
pub async fn update_plan(
    db: &mut PgConnection,
    agency: AgencyId,
    public_id: &str,
    draft: &PlanDraft,
) -> sqlx::Result<bool> {
    let updated = sqlx::query(
        "update plans set rank = $3, public = $4, terms = $5
         where agency_id = $1 and public_id = $2 and archived_at is null",
    )
    .bind(agency.0)
    .bind(public_id)
    .bind(draft.rank)
    .bind(draft.public)
    .bind(Json(&draft.terms))
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Takes a plan off the offer; who is on it stays on it. False where this agency has no such plan on offer.
pub async fn archive_plan(
    db: &mut PgConnection,
    agency: AgencyId,
    public_id: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let archived = sqlx::query(
        "update plans set archived_at = $3 where agency_id = $1 and public_id = $2 and archived_at is null",
    )
    .bind(agency.0)
    .bind(public_id)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(archived.rows_affected() == 1)
}

/// An agency's plans, the smallest first, those on offer before those archived; or only the one with this public id.
pub async fn plans(db: &mut PgConnection, agency: AgencyId, only: Option<&str>) -> sqlx::Result<Vec<Plan>> {
    let rows = sqlx::query(
        "select p.id, p.public_id, p.rank, p.public, p.terms, p.archived_at is not null as archived, coalesce(c.count, 0) as clients,
             p.archived_at is null and a.sign_up_plan_id is not distinct from p.id as sign_up
         from plans p join agencies a on a.id = p.agency_id
         left join (
             select s.plan_id, count(*) from wallets w
             join plan_snapshots s on s.workspace_id = w.workspace_id and s.snapshot_id = w.snapshot_id
             where w.subscription_status = 'active' group by s.plan_id) c on c.plan_id = p.id
         where p.agency_id = $1 and ($2::text is null or p.public_id = $2)
         order by p.archived_at is not null, p.rank, p.id",
    )
    .bind(agency.0)
    .bind(only)
    .fetch_all(db)
    .await?;
    let plan = |row: &PgRow| {
        let Json(terms): Json<Terms> = row.get("terms");
        Plan {
            row: row.get("id"),
            id: row.get("public_id"),
            draft: PlanDraft { rank: row.get("rank"), public: row.get("public"), terms },
            archived: row.get("archived"),
            clients: row.get("clients"),
            sign_up: row.get("sign_up"),
        }
    };
    Ok(rows.iter().map(plan).collect())
}

/// What an agency, by its public id, offers to newcomers; `None` where nobody signs up by themselves.
pub async fn sign_up_offer(db: &mut PgConnection, agency: &str) -> sqlx::Result<Option<SignUpOffer>> {
    let row = sqlx::query(
        "select a.id as agency_id, a.public_id as agency, a.name, p.id as plan_row, p.public_id as plan, p.terms
         from agencies a join plans p on p.id = a.sign_up_plan_id and p.archived_at is null where a.public_id = $1",
    )
    .bind(agency)
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let Json(terms): Json<Terms> = row.get("terms");
        SignUpOffer {
            agency: AgencyId(row.get("agency_id")),
            agency_public_id: row.get("agency"),
            agency_name: row.get("name"),
            plan_row: row.get("plan_row"),
            plan: row.get("plan"),
            terms,
        }
    }))
}

/// Lets newcomers begin on a plan. False where this agency has no such plan on offer.
pub async fn set_sign_up_plan(db: &mut PgConnection, agency: AgencyId, plan: &str) -> sqlx::Result<bool> {
    let set = sqlx::query(
        "update agencies a set sign_up_plan_id = p.id from plans p
         where a.id = $1 and p.agency_id = a.id and p.public_id = $2 and p.archived_at is null",
    )
    .bind(agency.0)
    .bind(plan)
    .execute(db)
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Ends sign-up: whatever its plan, or only where that is this one. False where there was none to end.
pub async fn end_sign_up(db: &mut PgConnection, agency: AgencyId, only: Option<&str>) -> sqlx::Result<bool> {
    let ended = sqlx::query(
        "update agencies a set sign_up_plan_id = null from plans p
         where a.id = $1 and p.id = a.sign_up_plan_id and ($2::text is null or p.public_id = $2)",
    )
    .bind(agency.0)
    .bind(only)
    .execute(db)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// What the plans offer that an agency shows to its clients above this one (by its row), by rank.
pub async fn larger_plans(db: &mut PgConnection, plan: i64) -> sqlx::Result<Vec<Terms>> {
    let rows: Vec<Json<Terms>> = sqlx::query_scalar(
        "select q.terms from plans p join plans q on q.agency_id = p.agency_id and q.rank > p.rank
         where p.id = $1 and q.public and q.archived_at is null order by q.rank, q.id",
    )
    .bind(plan)
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(|Json(terms)| terms).collect())
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

/// Changes what a pack offers from now on. False where this agency has no such pack, or it is archived.
pub async fn update_pack(db: &mut PgConnection, agency: AgencyId, pack: &PackOffer) -> sqlx::Result<bool> {
    let updated = sqlx::query(
        "update packs set name = $3, description = $4, meter = $5, units = $6, price_mc = $7, popular = $8
         where agency_id = $1 and public_id = $2 and archived_at is null",
    )
    .bind(agency.0)
    .bind(&pack.id)
    .bind(&pack.name)
    .bind(&pack.description)
    .bind(pack.meter.as_str())
    .bind(pack.units)
    .bind(pack.price.0)
    .bind(pack.popular)
    .execute(db)
    .await?;
    Ok(updated.rows_affected() == 1)
}

/// Takes a pack off the offer. False where this agency has no such pack on offer.
pub async fn archive_pack(
    db: &mut PgConnection,
    agency: AgencyId,
    public_id: &str,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let archived = sqlx::query(
        "update packs set archived_at = $3 where agency_id = $1 and public_id = $2 and archived_at is null",
    )
    .bind(agency.0)
    .bind(public_id)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(archived.rows_affected() == 1)
}

/// An agency's packs, the smallest first, those on offer before those archived; or only the one with this public id.
pub async fn packs(db: &mut PgConnection, agency: AgencyId, only: Option<&str>) -> sqlx::Result<Vec<Pack>> {
    let rows = sqlx::query(
        "select p.id, p.public_id, p.name, p.description, p.meter, p.units, p.price_mc, p.popular,
             p.archived_at is not null as archived,
             (select count(*) from pack_assignments a where a.pack_id = p.id) as clients
         from packs p where p.agency_id = $1 and ($2::text is null or p.public_id = $2)
         order by p.archived_at is not null, p.meter desc, p.units, p.id",
    )
    .bind(agency.0)
    .bind(only)
    .fetch_all(db)
    .await?;
    let pack = |row: &PgRow| Pack {
        row: row.get("id"),
        offer: offer(row),
        archived: row.get("archived"),
        clients: row.get("clients"),
    };
    Ok(rows.iter().map(pack).collect())
}

/// Takes a pack from a client's sight. False where it was not assigned.
pub async fn remove_assignment(db: &mut PgConnection, workspace: WorkspaceId, public_id: &str) -> sqlx::Result<bool> {
    let removed = sqlx::query(
        "delete from pack_assignments a using packs p
         where a.workspace_id = $1 and p.id = a.pack_id and p.public_id = $2",
    )
    .bind(workspace.0)
    .bind(public_id)
    .execute(db)
    .await?;
    Ok(removed.rows_affected() == 1)
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

/// Rows of the packs that a client may see, archived ones included.
pub async fn assignments(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar("select pack_id from pack_assignments where workspace_id = $1")
        .bind(workspace.0)
        .fetch_all(db)
        .await
}

/// Public id of the plan that a client's snapshot was taken of, and whether it offers other terms by now.
pub async fn plan_of(db: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<Option<(String, bool)>> {
    sqlx::query_as(
        "select p.public_id, p.terms <> s.terms from wallets w
         join plan_snapshots s on s.workspace_id = w.workspace_id and s.snapshot_id = w.snapshot_id
         join plans p on p.id = s.plan_id where w.workspace_id = $1",
    )
    .bind(workspace.0)
    .fetch_optional(db)
    .await
}

/// Clients with an active subscription on a plan of this agency, by name, whose next period would open on other terms
/// than the plan offers now.
pub async fn behind(db: &mut PgConnection, agency: AgencyId, plan: &str) -> sqlx::Result<Vec<Behind>> {
    let rows = sqlx::query(
        "select c.public_id, c.name, s.terms from plans p
         join plan_snapshots s on s.plan_id = p.id
         join wallets w on w.workspace_id = s.workspace_id and w.subscription_status = 'active'
             and s.snapshot_id = coalesce(w.next_snapshot_id, w.snapshot_id)
         join workspaces c on c.id = w.workspace_id
         where p.agency_id = $1 and p.public_id = $2 and s.terms <> p.terms order by lower(c.name), c.id",
    )
    .bind(agency.0)
    .bind(plan)
    .fetch_all(db)
    .await?;
    let behind = |row: &PgRow| {
        let Json(terms): Json<Terms> = row.get("terms");
        Behind { client: row.get("public_id"), name: row.get("name"), terms }
    };
    Ok(rows.iter().map(behind).collect())
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
