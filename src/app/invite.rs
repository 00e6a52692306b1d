//! Invitations: a link is written and mailed in the transaction of its cause; whoever has it becomes a member, or an
//! administrator, once. Past the link's first opening only its hash goes around.

use jiff::Timestamp;
use sqlx::PgConnection;
use url::Url;

use super::create_client::is_name;
use super::sign_in::Person;
use crate::state::AppState;
use crate::tenants::invite::{INVITE_LASTS, Invite, NewInvite, Place, repo};
use crate::tenants::password::repo::credentials;
use crate::tenants::{self, About, AgencyId, Busy, LinkHash, NewPasswordError, PasswordFault, Role, UserId};
use crate::units::WorkspaceId;
use crate::{demo, ids, notify};

/// Longest name of a person, characters.
pub(super) const LONGEST_NAME: usize = 60;

/// Why an invitation was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// The link was used, has ended, or never was one.
    #[error("the link has ended")]
    Ended,
    /// The address has an account, and this is not its password.
    #[error("Password is wrong.")]
    WrongPassword,
    /// The new password is refused.
    #[error(transparent)]
    Refused(#[from] PasswordFault),
    /// Nothing stands where the name should, or too much.
    #[error("Enter your name, 60 characters at most.")]
    Name,
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<NewPasswordError> for AcceptError {
    fn from(error: NewPasswordError) -> Self {
        match error {
            NewPasswordError::Refused(fault) => fault.into(),
            NewPasswordError::Busy(busy) => busy.into(),
        }
    }
}

/// Whom to let in, and where.
pub(super) struct Invitee<'a> {
    /// Whose.
    pub agency: AgencyId,
    /// Where the link leads.
    pub place: Place,
    /// Name of that place.
    pub name: &'a str,
    /// Address.
    pub email: &'a str,
    /// Name of the person, where it is known.
    pub person: Option<&'a str>,
    /// By whom; `None`: from the command line.
    pub invited_by: Option<UserId>,
}

/// Writes an invitation and its mail; answers the link, whose secret is stored nowhere else.
pub(super) async fn invite(
    db: &mut PgConnection,
    public_url: &Url,
    invitee: &Invitee<'_>,
    now: Timestamp,
) -> sqlx::Result<Url> {
    let token = ids::fresh("inv");
    let Invitee { agency, place, name, person, invited_by, .. } = *invitee;
    let email = invitee.email.trim();
    repo::insert(db, &NewInvite { token: &token, agency, place, email, person, invited_by }, now).await?;
    let mut link = public_url.clone();
    link.set_path(&format!("/invite/{token}"));
    let mail = notify::mail::Mail::invitation(email, person, name, &link, now + INVITE_LASTS);
    notify::mail::repo::write(db, &mail, now).await?;
    Ok(link)
}

/// What is kept of a link's token; `None` where the link has ended.
///
/// # Errors
/// Where the database failed.
pub async fn open_invite(state: &AppState, token: &str) -> sqlx::Result<Option<LinkHash>> {
    let link = LinkHash::of(token);
    let mut db = state.db.acquire().await?;
    Ok(repo::open(&mut db, link, state.clock.now()).await?.map(|_| link))
}

/// The invitation of a link, and whether its address has an account already; `None` where it has ended.
///
/// # Errors
/// Where the database failed.
pub async fn invitation(state: &AppState, link: LinkHash) -> sqlx::Result<Option<(Invite, bool)>> {
    let mut db = state.db.acquire().await?;
    let Some(invite) = repo::open(&mut db, link, state.clock.now()).await? else {
        return Ok(None);
    };
    let known = credentials(&mut db, &invite.email).await?.is_some();
    Ok(Some((invite, known)))
}

/// Accepts an invitation: with the account that its address has, by its password, or with a new one. Of two that use a
/// link at once, one becomes somebody. Who came in sees first what they were invited to.
///
/// # Errors
/// See [`AcceptError`]; the link stays good.
pub async fn accept_invite(
    state: &AppState,
    link: LinkHash,
    name: &str,
    password: String,
) -> Result<Person, AcceptError> {
    let mut db = state.db.acquire().await?;
    let now = state.clock.now();
    let invite = repo::open(&mut db, link, now).await?.ok_or(AcceptError::Ended)?;
    let known = credentials(&mut db, &invite.email).await?;
    // Hashing takes long; the connection is for others meanwhile.
    drop(db);
    let newcomer = match &known {
        Some(person) => {
            if !tenants::password_matches(password, Some(person.password_hash.clone())).await? {
                return Err(AcceptError::WrongPassword);
            }
            None
        }
        None => Some(new_password(state, &invite, name.trim(), password).await?),
    };
    let mut transaction = state.db.begin().await?;
    if !repo::accept(&mut transaction, link, now).await? {
        return Err(AcceptError::Ended);
    }
    let (user, session_epoch) = match (known, newcomer) {
        (Some(person), _) => (person.user, person.session_epoch),
        (None, hash) => {
            let hash = hash.unwrap_or_default();
            (tenants::repo::create_user(&mut transaction, &invite.email, name.trim(), &hash, now).await?, 0)
        }
    };
    let member_of = match invite.place {
        Place::Workspace(workspace, role) => {
            Some((workspace, join(&mut transaction, workspace, user, role, now).await?))
        }
        Place::Agency => {
            tenants::repo::add_agency_admin(&mut transaction, invite.agency, user, now).await?;
            None
        }
    };
    transaction.commit().await?;
    Ok(Person { user, member_of, session_epoch })
}

/// The hash of a newcomer's password.
async fn new_password(state: &AppState, invite: &Invite, name: &str, password: String) -> Result<String, AcceptError> {
    if !is_name(name, LONGEST_NAME) {
        return Err(AcceptError::Name);
    }
    let about = About { email: invite.email.clone(), name: name.to_owned() };
    let good_in_demo = state.config.demo.then_some(demo::PASSWORD);
    Ok(tenants::hash_new_password(password, about, good_in_demo).await?)
}

/// Makes somebody a member who is none; the role that they have from now on. An administrator who reads a client's pages
/// is no member of it.
async fn join(
    db: &mut PgConnection,
    workspace: WorkspaceId,
    user: UserId,
    role: Role,
    now: Timestamp,
) -> sqlx::Result<Role> {
    match tenants::repo::member(db, workspace, user).await? {
        Some(member) if !member.visiting => Ok(member.role),
        _ => {
            tenants::repo::add_member(db, workspace, user, role, now).await?;
            Ok(role)
        }
    }
}
