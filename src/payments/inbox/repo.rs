//! Items of the inbox, as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::{Item, ItemKind, NewItem, Resolution};
use crate::tenants::AgencyId;
use crate::units::{MilliCents, WorkspaceId};

/// Puts something into the inbox of the workspace's agency; once for each cause.
pub async fn insert(db: &mut PgConnection, item: &NewItem<'_>, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "insert into inbox_items (agency_id, workspace_id, kind, reference, detail, amount_mc, created_at)
         select agency_id, id, $2, $3, $4, $5, $6 from workspaces where id = $1
         on conflict (workspace_id, kind, reference) do nothing",
    )
    .bind(item.workspace.0)
    .bind(item.kind.as_str())
    .bind(item.reference)
    .bind(item.detail)
    .bind(item.amount.map(|amount| amount.0))
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// The same for what goes on: where there is more to tell, the item comes to the inbox again.
pub async fn tell(db: &mut PgConnection, item: &NewItem<'_>, now: Timestamp) -> sqlx::Result<()> {
    sqlx::query(
        "insert into inbox_items as i (agency_id, workspace_id, kind, reference, detail, amount_mc, created_at)
         select agency_id, id, $2, $3, $4, $5, $6 from workspaces where id = $1
         on conflict (workspace_id, kind, reference)
             do update set detail = excluded.detail, resolution = null, resolved_at = null
             where i.detail <> excluded.detail",
    )
    .bind(item.workspace.0)
    .bind(item.kind.as_str())
    .bind(item.reference)
    .bind(item.detail)
    .bind(item.amount.map(|amount| amount.0))
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

/// An agency's items, newest first, below the row `before` (`i64::MAX` for the first page): what is open, or what is
/// settled.
pub async fn page(
    db: &mut PgConnection,
    agency: AgencyId,
    open: bool,
    before: i64,
    limit: i64,
) -> sqlx::Result<Vec<Item>> {
    let rows = sqlx::query(
        "select i.*, w.public_id, w.name, f.status is not distinct from 'open' as refunding
         from inbox_items i join workspaces w on w.id = i.workspace_id
         left join refunds f on f.workspace_id = i.workspace_id and f.inbox_item_id = i.id
         where i.agency_id = $1 and (i.resolved_at is null) = $2 and i.id < $3 order by i.id desc limit $4",
    )
    .bind(agency.0)
    .bind(open)
    .bind(before)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(item).collect())
}

/// A workspace's items of one kind, newest first, at most `limit`: open or settled.
pub async fn of_workspace(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    kind: ItemKind,
    limit: i64,
) -> sqlx::Result<Vec<Item>> {
    let rows = sqlx::query(
        "select i.*, w.public_id, w.name, f.status is not distinct from 'open' as refunding
         from inbox_items i join workspaces w on w.id = i.workspace_id
         left join refunds f on f.workspace_id = i.workspace_id and f.inbox_item_id = i.id
         where i.workspace_id = $1 and i.kind = $2 order by i.id desc limit $3",
    )
    .bind(workspace.0)
    .bind(kind.as_str())
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(rows.iter().map(item).collect())
}

/// How many items wait for somebody.
pub async fn count_open(db: &mut PgConnection, agency: AgencyId) -> sqlx::Result<i64> {
    sqlx::query_scalar("select count(*) from inbox_items where agency_id = $1 and resolved_at is null")
        .bind(agency.0)
        .fetch_one(db)
        .await
}

/// An item of this agency.
pub async fn find(db: &mut PgConnection, agency: AgencyId, id: i64) -> sqlx::Result<Option<Item>> {
    let row = sqlx::query(
        "select i.*, w.public_id, w.name, f.status is not distinct from 'open' as refunding
         from inbox_items i join workspaces w on w.id = i.workspace_id
         left join refunds f on f.workspace_id = i.workspace_id and f.inbox_item_id = i.id
         where i.agency_id = $1 and i.id = $2",
    )
    .bind(agency.0)
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row.as_ref().map(item))
}

/// Keeps everybody else from an item until the transaction ends. False where it is settled.
pub async fn lock(db: &mut PgConnection, workspace: WorkspaceId, id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar("select resolved_at is null from inbox_items where workspace_id = $1 and id = $2 for update")
        .bind(workspace.0)
        .bind(id)
        .fetch_one(db)
        .await
}

/// Settles an item. False where it was settled before.
pub async fn resolve(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    id: i64,
    resolution: Resolution,
    now: Timestamp,
) -> sqlx::Result<bool> {
    let resolved = sqlx::query(
        "update inbox_items set resolution = $3, resolved_at = $4
         where workspace_id = $1 and id = $2 and resolved_at is null",
    )
    .bind(workspace.0)
    .bind(id)
    .bind(resolution.as_str())
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(resolved.rows_affected() == 1)
}

/// Settles the open item of a cause, if there is one.
pub async fn resolve_cause(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    kind: ItemKind,
    reference: &str,
    resolution: Resolution,
    now: Timestamp,
) -> sqlx::Result<()> {
    sqlx::query(
        "update inbox_items set resolution = $4, resolved_at = $5
         where workspace_id = $1 and kind = $2 and reference = $3 and resolved_at is null",
    )
    .bind(workspace.0)
    .bind(kind.as_str())
    .bind(reference)
    .bind(resolution.as_str())
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(())
}

fn item(row: &PgRow) -> Item {
    let named = "a CHECK names the words";
    let resolution: Option<&str> = row.get("resolution");
    let resolved_at: Option<jiff_sqlx::Timestamp> = row.get("resolved_at");
    Item {
        id: row.get("id"),
        workspace: WorkspaceId(row.get("workspace_id")),
        workspace_public_id: row.get("public_id"),
        workspace_name: row.get("name"),
        kind: ItemKind::parse(row.get("kind")).expect(named),
        reference: row.get("reference"),
        detail: row.get("detail"),
        amount: row.get::<Option<i64>, _>("amount_mc").map(MilliCents),
        created_at: row.get::<jiff_sqlx::Timestamp, _>("created_at").to_jiff(),
        resolved: resolution
            .map(|word| Resolution::parse(word).expect(named))
            .zip(resolved_at.map(jiff_sqlx::Timestamp::to_jiff)),
        refunding: row.get("refunding"),
    }
}
