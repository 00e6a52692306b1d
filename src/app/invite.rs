//! Invitations: a link is written and mailed in the transaction of its cause; whoever has it becomes a member, or an
//! administrator, once.

use jiff::Timestamp;
use sqlx::PgConnection;
use url::Url;

use crate::state::AppState;
use crate::tenants::invite::{INVITE_LASTS, Invite, NewInvite, Place, repo};
use crate::tenants::password::repo::credentials;
use crate::tenants::{self, About, AgencyId, Busy, NewPasswordError, PasswordFault, UserId};
use crate::{demo, ids, notify};

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
    /// Nothing stands where the name should.
    #[error("Enter your name.")]
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
    let Invitee { agency, place, name, invited_by, .. } = *invitee;
    let email = invitee.email.trim();
    repo::insert(db, &NewInvite { token: &token, agency, place, email, invited_by }, now).await?;
    let mut link = public_url.clone();
    link.set_path(&format!("/invite/{token}"));
    let mail = notify::mail::Mail::invitation(email, name, &link, now + INVITE_LASTS);
    notify::mail::repo::write(db, &mail, now).await?;
    Ok(link)
}

/// The invitation of a link, and whether its address has an account already; `None` where it has ended.
///
/// # Errors
/// Where the database failed.
pub async fn invitation(state: &AppState, token: &str) -> sqlx::Result<Option<(Invite, bool)>> {
    let mut db = state.db.acquire().await?;
    let Some(invite) = repo::open(&mut db, token, state.clock.now()).await? else {
        return Ok(None);
    };
    let known = credentials(&mut db, &invite.email).await?.is_some();
    Ok(Some((invite, known)))
}

/// Accepts an invitation: with the account that its address has, by its password, or with a new one. Of two that use a
/// link at once, one becomes somebody.
///
/// # Errors
/// See [`AcceptError`]; the link stays good.
pub async fn accept_invite(state: &AppState, token: &str, name: &str, password: String) -> Result<UserId, AcceptError> {
    let mut db = state.db.acquire().await?;
    let now = state.clock.now();
    let invite = repo::open(&mut db, token, now).await?.ok_or(AcceptError::Ended)?;
    let known = credentials(&mut db, &invite.email).await?;
    drop(db);
    let hash = match &known {
        Some(person) => {
            if !tenants::password_matches(password, Some(person.password_hash.clone())).await? {
                return Err(AcceptError::WrongPassword);
            }
            None
        }
        None if name.trim().is_empty() => return Err(AcceptError::Name),
        None => {
            let about = About { email: invite.email.clone(), name: name.trim().to_owned() };
            let good_in_demo = state.config.demo.then_some(demo::PASSWORD);
            Some(tenants::hash_new_password(password, about, good_in_demo).await?)
        }
    };
    let mut transaction = state.db.begin().await?;
    if !repo::accept(&mut transaction, token, now).await? {
        return Err(AcceptError::Ended);
    }
    let user = match (known, hash) {
        (Some(person), _) => person.user,
        (None, hash) => {
            let hash = hash.unwrap_or_default();
            tenants::repo::create_user(&mut transaction, &invite.email, name.trim(), &hash, now).await?
        }
    };
    match invite.place {
        Place::Workspace(workspace, role) => {
            // An administrator who reads a client's pages is no member of it.
            if tenants::repo::member(&mut transaction, workspace, user).await?.is_none_or(|it| it.visiting) {
                tenants::repo::add_member(&mut transaction, workspace, user, role, now).await?;
            }
        }
        Place::Agency => tenants::repo::add_agency_admin(&mut transaction, invite.agency, user, now).await?,
    }
    transaction.commit().await?;
    Ok(user)
}
