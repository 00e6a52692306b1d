//! A signed-in person sets another password.

use crate::demo;
use crate::notify::mail::{self, Mail};
use crate::state::AppState;
use crate::tenants::password::Credentials;
use crate::tenants::{self, About, Busy, NewPasswordError, PasswordFault, UserId};

/// Why a password stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// What was typed as the current password is not it.
    #[error("Current password is wrong.")]
    WrongCurrent,
    /// The new one is refused.
    #[error(transparent)]
    Refused(#[from] PasswordFault),
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The database said no, or nothing.
    #[error("the database could not be written: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<NewPasswordError> for ChangeError {
    fn from(error: NewPasswordError) -> Self {
        match error {
            NewPasswordError::Refused(fault) => fault.into(),
            NewPasswordError::Busy(busy) => busy.into(),
        }
    }
}

/// Changes a password and ends every session of its owner. Answers the number under which a new one begins.
///
/// # Errors
/// [`ChangeError`]; then nothing was changed.
pub async fn change_password(state: &AppState, user: UserId, current: String, new: String) -> Result<i32, ChangeError> {
    let mut db = state.db.acquire().await?;
    let owner = tenants::password::repo::credentials_of(&mut db, user).await?;
    // Hashing takes long; the connection is for others meanwhile.
    drop(db);
    if !tenants::password_matches(current, Some(owner.password_hash.clone())).await? {
        return Err(ChangeError::WrongCurrent);
    }
    let hash = hash_for(state, &owner, new).await?;
    let mut transaction = state.db.begin().await?;
    // Of two changes at once the second finds the first one's password.
    if !tenants::password::repo::replace_password(&mut transaction, user, &owner.password_hash, &hash).await? {
        return Err(ChangeError::WrongCurrent);
    }
    let epoch = tenants::session::repo::end_all(&mut transaction, user).await?;
    write_notice(state, &mut transaction, &owner).await?;
    transaction.commit().await?;
    Ok(epoch)
}

/// Checks a new password and hashes it.
pub(super) async fn hash_for(state: &AppState, owner: &Credentials, new: String) -> Result<String, NewPasswordError> {
    let about = About { email: owner.email.clone(), name: owner.name.clone() };
    tenants::hash_new_password(new, about, state.config.demo.then_some(demo::PASSWORD)).await
}

/// Tells the owner, who may not be the one who did it.
pub(super) async fn write_notice(
    state: &AppState,
    db: &mut sqlx::PgConnection,
    owner: &Credentials,
) -> sqlx::Result<()> {
    let now = state.clock.now();
    let mut forgot = state.config.public_url.clone();
    forgot.set_path("/forgot");
    let notice = Mail::password_changed(&owner.email, &owner.name, &forgot, now);
    mail::repo::write(db, &notice, now).await
}
