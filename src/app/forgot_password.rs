//! A person who forgot their password sets a new one through a link that was mailed to them (SPEC §2.4).
//!
//! 1. [`request_link`] writes down the address, whoever has it, and nothing else: neither words nor time tell.
//! 2. [`answer_requests`], a chore, makes links for known addresses and mails them, in one transaction.
//! 3. [`open_link`] turns the token into its hash, which is all that the session keeps; the token leaves the address.
//! 4. [`set_password`] uses the link up and ends every session. Of two that use it at once, one finds it.

use jiff::SignedDuration;
use sqlx::PgConnection;

use super::change_password::{hash_for, write_notice};
use crate::ids;
use crate::notify::mail::{self, Mail};
use crate::state::AppState;
use crate::tenants::{self, Busy, LinkHash, NewPasswordError, PasswordFault};

/// How long a link can be used.
const LIFE: SignedDuration = SignedDuration::from_mins(30);
/// Open links of one person; further requests send nothing, so that nobody's mailbox is flooded.
const MOST: i64 = 3;
/// Requests answered in one transaction.
const BATCH: i64 = 20;

/// Notes that somebody asked for a link.
///
/// # Errors
/// Where the database failed.
pub async fn request_link(state: &AppState, email: &str) -> sqlx::Result<()> {
    let mut db = state.db.acquire().await?;
    tenants::password::repo::request_link(&mut db, email.trim(), state.clock.now()).await
}

/// Makes and mails the links that were asked for, and forgets those that were not used in time.
///
/// # Errors
/// Where the database failed; what was not answered stays to be.
pub async fn answer_requests(state: &AppState) -> sqlx::Result<()> {
    loop {
        let mut transaction = state.db.begin().await?;
        tenants::password::repo::delete_expired_links(&mut transaction, state.clock.now()).await?;
        let requests = tenants::password::repo::take_requests(&mut transaction, BATCH).await?;
        for email in &requests {
            answer(state, &mut transaction, email).await?;
        }
        transaction.commit().await?;
        if requests.is_empty() {
            return Ok(());
        }
    }
}

async fn answer(state: &AppState, db: &mut PgConnection, email: &str) -> sqlx::Result<()> {
    let Some(owner) = tenants::password::repo::credentials(db, email).await? else {
        return Ok(());
    };
    let now = state.clock.now();
    let expires_at = now + LIFE;
    let token = ids::fresh("reset");
    let hash = LinkHash::of(&token);
    if !tenants::password::repo::create_link(db, owner.user, hash, MOST, now, expires_at).await? {
        return Ok(());
    }
    let mut link = state.config.public_url.clone();
    link.set_path(&format!("/reset/{token}"));
    let letter = Mail::password_link(&owner.email, &owner.name, &link, expires_at);
    mail::repo::write(db, &letter, now).await
}

/// The hash of a link's token; `None` where the link cannot be used.
///
/// # Errors
/// Where the database failed.
pub async fn open_link(state: &AppState, token: &str) -> sqlx::Result<Option<LinkHash>> {
    let hash = LinkHash::of(token);
    Ok(link_owner(state, hash).await?.map(|_| hash))
}

/// The address whose password the link sets; `None` where it cannot be used any more.
///
/// # Errors
/// Where the database failed.
pub async fn link_owner(state: &AppState, link: LinkHash) -> sqlx::Result<Option<String>> {
    let mut db = state.db.acquire().await?;
    let owner = tenants::password::repo::link_owner(&mut db, link, state.clock.now()).await?;
    Ok(owner.map(|owner| owner.email))
}

/// Why a link sets no password.
#[derive(Debug, thiserror::Error)]
pub enum ResetError {
    /// It was used, or is too old.
    #[error("the link was used or has expired")]
    Expired,
    /// The new password is refused.
    #[error(transparent)]
    Refused(#[from] PasswordFault),
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database said no, or nothing.
    #[error("the database could not be written: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<NewPasswordError> for ResetError {
    fn from(error: NewPasswordError) -> Self {
        match error {
            NewPasswordError::Refused(fault) => fault.into(),
            NewPasswordError::Busy(busy) => busy.into(),
        }
    }
}

/// Sets a new password, uses the link up and signs its owner out everywhere.
///
/// # Errors
/// [`ResetError`]; then nothing was changed, and a link that could be used still can be.
pub async fn set_password(state: &AppState, link: LinkHash, new: String) -> Result<(), ResetError> {
    let mut db = state.db.acquire().await?;
    let owner = tenants::password::repo::link_owner(&mut db, link, state.clock.now()).await?;
    drop(db);
    let owner = owner.ok_or(ResetError::Expired)?;
    let hash = hash_for(state, &owner, new).await?;
    let mut transaction = state.db.begin().await?;
    if !tenants::password::repo::use_link(&mut transaction, link, state.clock.now()).await? {
        return Err(ResetError::Expired);
    }
    tenants::password::repo::set_password(&mut transaction, owner.user, &hash).await?;
    tenants::session::repo::end_all(&mut transaction, owner.user).await?;
    write_notice(state, &mut transaction, &owner).await?;
    transaction.commit().await?;
    Ok(())
}
