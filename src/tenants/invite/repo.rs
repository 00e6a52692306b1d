//! Invitations as they are stored. Nothing here commits.

use jiff::Timestamp;
use jiff_sqlx::ToSqlx as _;
use sqlx::{PgConnection, Row};

use super::{INVITE_LASTS, Invite, NewInvite, Place, Waiting};
use crate::tenants::{AgencyId, LinkHash, Role};
use crate::units::WorkspaceId;

/// Stores an invitation's hash.
pub async fn insert(db: &mut PgConnection, invite: &NewInvite<'_>, now: Timestamp) -> sqlx::Result<()> {
    let (workspace, role) = match invite.place {
        Place::Workspace(workspace, role) => (Some(workspace.0), Some(role.as_str())),
        Place::Agency => (None, None),
    };
    sqlx::query(
        "insert into invites (token_hash, agency_id, workspace_id, role, email, invited_by, created_at, expires_at, person)
         values ($1, $2, $3, $4, lower($5), $6, $7, $8, $9)",
    )
    .bind(LinkHash::of(invite.token).bytes().to_vec())
    .bind(invite.agency.0)
    .bind(workspace)
    .bind(role)
    .bind(invite.email)
    .bind(invite.invited_by.map(|user| user.0))
    .bind(now.to_sqlx())
    .bind((now + INVITE_LASTS).to_sqlx())
    .bind(invite.person)
    .execute(db)
    .await?;
    Ok(())
}

/// The invitation of this link, unless it was used or has ended.
pub async fn open(db: &mut PgConnection, link: LinkHash, now: Timestamp) -> sqlx::Result<Option<Invite>> {
    let row = sqlx::query(
        "select i.agency_id, i.workspace_id, i.role, i.email, i.person, i.expires_at, coalesce(w.name, a.name) as name
         from invites i join agencies a on a.id = i.agency_id left join workspaces w on w.id = i.workspace_id
         where i.token_hash = $1 and i.accepted_at is null and i.expires_at > $2",
    )
    .bind(link.bytes().to_vec())
    .bind(now.to_sqlx())
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let workspace: Option<i64> = row.get("workspace_id");
        let role: Option<&str> = row.get("role");
        let role = role.map(|word| Role::parse(word).expect("a CHECK names the roles"));
        let place = workspace.zip(role).map(|(workspace, role)| Place::Workspace(WorkspaceId(workspace), role));
        Invite {
            agency: AgencyId(row.get("agency_id")),
            place: place.unwrap_or(Place::Agency),
            email: row.get("email"),
            person: row.get("person"),
            name: row.get("name"),
            expires_at: row.get::<jiff_sqlx::Timestamp, _>("expires_at").to_jiff(),
        }
    }))
}

/// Uses an invitation. False where somebody else was faster, or it has ended.
pub async fn accept(db: &mut PgConnection, link: LinkHash, now: Timestamp) -> sqlx::Result<bool> {
    let accepted = sqlx::query(
        "update invites set accepted_at = $2 where token_hash = $1 and accepted_at is null and expires_at > $2",
    )
    .bind(link.bytes().to_vec())
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(accepted.rows_affected() == 1)
}

/// Invitations of administrators and of clients' owners that nobody has accepted, the last one for each address and
/// place, newest first: those that still open something, and those to clients into which nobody has come.
pub async fn waiting(db: &mut PgConnection, agency: AgencyId, now: Timestamp) -> sqlx::Result<Vec<Waiting>> {
    let rows = sqlx::query(
        "select * from (
             select distinct on (i.email, i.workspace_id) i.email, i.person, i.created_at, i.expires_at,
                 w.public_id, w.name
             from invites i left join workspaces w on w.id = i.workspace_id
             where i.agency_id = $1 and i.accepted_at is null and (i.workspace_id is null or i.role = 'owner')
                 and (i.expires_at > $2
                     or not exists (select from members m where m.workspace_id = i.workspace_id) and w.id is not null)
             order by i.email, i.workspace_id, i.created_at desc
         ) last order by created_at desc, email",
    )
    .bind(agency.0)
    .bind(now.to_sqlx())
    .fetch_all(db)
    .await?;
    let read = |row: &sqlx::postgres::PgRow| Waiting {
        email: row.get("email"),
        person: row.get("person"),
        client: row.get::<Option<String>, _>("public_id").zip(row.get("name")),
        sent_at: row.get::<jiff_sqlx::Timestamp, _>("created_at").to_jiff(),
        expires_at: row.get::<jiff_sqlx::Timestamp, _>("expires_at").to_jiff(),
    };
    Ok(rows.iter().map(read).collect())
}

/// Ends every open invitation of an address to administrate an agency; how many there were.
pub async fn withdraw(db: &mut PgConnection, agency: AgencyId, email: &str, now: Timestamp) -> sqlx::Result<u64> {
    let ended = sqlx::query(
        "update invites set expires_at = $3
         where agency_id = $1 and workspace_id is null and email = lower($2) and accepted_at is null
             and expires_at > $3",
    )
    .bind(agency.0)
    .bind(email)
    .bind(now.to_sqlx())
    .execute(db)
    .await?;
    Ok(ended.rows_affected())
}
