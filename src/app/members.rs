//! The members of a workspace: who there is, who is invited, what they may do. Owners change it; the agency's audit
//! trail tells who did.

use sqlx::PgConnection;

use super::ReadError;
use super::create_client::is_address;
use super::invite::{Invitee, invite};
use crate::ids;
use crate::state::AppState;
use crate::tenants::audit::{self, Action, Entry};
use crate::tenants::invite::Place;
use crate::tenants::members::{Invited, ListedMember, repo};
use crate::tenants::{self, Role, UserId, admin};
use crate::units::WorkspaceId;

/// Most open invitations of a workspace; each sends mail to somebody who may not want it.
const MOST_INVITED: usize = 20;

/// Members and open invitations.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// Owners first.
    pub members: Vec<ListedMember>,
    /// Newest first.
    pub invited: Vec<Invited>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum MembersError {
    /// There is no such member or invitation.
    #[error("there is no such member")]
    NotFound,
    /// Nobody could change anything afterwards.
    #[error("A workspace needs an owner. Make somebody else one first.")]
    LastOwner,
    /// The address is none.
    #[error("Enter an email address.")]
    Address,
    /// Whoever has this address is a member.
    #[error("This person is a member already.")]
    Member,
    /// Too many have not answered yet.
    #[error("20 invitations are open. Withdraw one first.")]
    TooMany,
    /// The form's key is no key, or did something else before.
    #[error("the form was used before")]
    FormUsed,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Who changes something, and where; the caller has checked that they may.
#[derive(Clone, Copy, Debug)]
pub struct Owner {
    /// Where.
    pub workspace: WorkspaceId,
    /// Who.
    pub user: UserId,
}

/// Members and open invitations of a workspace.
///
/// # Errors
/// Where the database failed.
pub async fn people(state: &AppState, workspace: WorkspaceId) -> Result<People, ReadError> {
    let mut db = state.db.acquire().await?;
    let members = repo::members(&mut db, workspace).await?;
    let invited = repo::invited(&mut db, workspace, state.clock.now()).await?;
    Ok(People { members, invited })
}

/// Invites somebody; an open invitation of the same address ends. The same form invites once.
///
/// # Errors
/// `Address`, `Member`, `TooMany`, `FormUsed`; where the database failed.
pub async fn invite_member(
    state: &AppState,
    owner: Owner,
    email: &str,
    role: Role,
    form_key: &str,
) -> Result<(), MembersError> {
    let email = email.trim().to_lowercase();
    if !is_address(&email) {
        return Err(MembersError::Address);
    }
    if !ids::is_given_id(form_key) {
        return Err(MembersError::FormUsed);
    }
    let now = state.clock.now();
    let Owner { workspace, user } = owner;
    let mut transaction = state.db.begin().await?;
    admin::repo::lock(&mut transaction, workspace).await?;
    let deed = Deed { action: Action::InviteMember, target: &email, details: role.as_str(), form_key: Some(form_key) };
    if !write_down(&mut transaction, state, owner, &deed).await? {
        let agency = admin::repo::agency_of(&mut transaction, workspace).await?;
        return match audit::repo::done_by(&mut transaction, agency, form_key).await? {
            Some((Action::InviteMember, target)) if target == email => Ok(()),
            _ => Err(MembersError::FormUsed),
        };
    }
    if repo::members(&mut transaction, workspace).await?.iter().any(|member| member.email == email) {
        return Err(MembersError::Member);
    }
    repo::withdraw(&mut transaction, workspace, &email, now).await?;
    if repo::invited(&mut transaction, workspace, now).await?.len() >= MOST_INVITED {
        return Err(MembersError::TooMany);
    }
    let there = tenants::repo::workspace(&mut transaction, workspace).await?.ok_or(MembersError::NotFound)?;
    let invitee = Invitee {
        agency: admin::repo::agency_of(&mut transaction, workspace).await?,
        place: Place::Workspace(workspace, role),
        name: &there.name,
        email: &email,
        person: None,
        invited_by: Some(user),
    };
    invite(&mut transaction, &state.config.public_url, &invitee, now).await?;
    Ok(transaction.commit().await?)
}

/// Ends the open invitations of an address; again changes nothing.
///
/// # Errors
/// Where the database failed.
pub async fn withdraw_invite(state: &AppState, owner: Owner, email: &str) -> Result<(), MembersError> {
    let mut transaction = state.db.begin().await?;
    if repo::withdraw(&mut transaction, owner.workspace, email, state.clock.now()).await? > 0 {
        let deed = Deed { action: Action::WithdrawInvite, target: email, details: "", form_key: None };
        write_down(&mut transaction, state, owner, &deed).await?;
    }
    Ok(transaction.commit().await?)
}

/// Gives a member another role, from their next request on.
///
/// # Errors
/// `NotFound`, `LastOwner`; where the database failed.
pub async fn change_role(state: &AppState, owner: Owner, user: UserId, role: Role) -> Result<(), MembersError> {
    let mut transaction = state.db.begin().await?;
    let member = locked(&mut transaction, owner.workspace, user, role == Role::Owner).await?;
    if member.role == role {
        return Ok(());
    }
    repo::set_role(&mut transaction, owner.workspace, user, role).await?;
    let deed = Deed { action: Action::ChangeRole, target: &member.email, details: role.as_str(), form_key: None };
    write_down(&mut transaction, state, owner, &deed).await?;
    Ok(transaction.commit().await?)
}

/// Ends a membership: their next request finds nothing here. Again is `NotFound`.
///
/// # Errors
/// `NotFound`, `LastOwner`; where the database failed.
pub async fn remove_member(state: &AppState, owner: Owner, user: UserId) -> Result<(), MembersError> {
    let mut transaction = state.db.begin().await?;
    let member = locked(&mut transaction, owner.workspace, user, false).await?;
    repo::remove(&mut transaction, owner.workspace, user).await?;
    let deed = Deed { action: Action::RemoveMember, target: &member.email, details: "", form_key: None };
    write_down(&mut transaction, state, owner, &deed).await?;
    Ok(transaction.commit().await?)
}

/// The member, while nobody else changes the workspace's members. Unless they stay an owner, there must be another one.
async fn locked(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    user: UserId,
    stays_owner: bool,
) -> Result<ListedMember, MembersError> {
    admin::repo::lock(db, workspace).await?;
    let member = repo::members(db, workspace).await?.into_iter().find(|member| member.user == user);
    let member = member.ok_or(MembersError::NotFound)?;
    let needed = member.role == Role::Owner && !stays_owner;
    if needed && repo::other_owners(db, workspace, user).await? == 0 {
        return Err(MembersError::LastOwner);
    }
    Ok(member)
}

/// What was done, as the audit trail tells it.
struct Deed<'a> {
    action: Action,
    target: &'a str,
    details: &'a str,
    form_key: Option<&'a str>,
}

/// False where the form did something before.
async fn write_down(db: &mut PgConnection, state: &AppState, owner: Owner, deed: &Deed<'_>) -> sqlx::Result<bool> {
    let entry = Entry {
        agency: admin::repo::agency_of(db, owner.workspace).await?,
        workspace: Some(owner.workspace),
        actor: Some(owner.user),
        action: deed.action,
        target: deed.target,
        details: deed.details,
        form_key: deed.form_key,
    };
    audit::repo::record(db, &entry, state.clock.now()).await
}
