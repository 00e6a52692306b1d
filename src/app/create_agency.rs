//! An agency is created on the command line: its first administrator gets a link.

use jiff::Timestamp;
use sqlx::{Acquire as _, PgConnection};
use url::Url;

use super::create_client::is_address;
use super::invite::{Invitee, invite};
use crate::ids;
use crate::tenants::audit::{self, Action, Entry};
use crate::tenants::invite::Place;
use crate::tenants::repo;

/// Why no agency was created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A name is missing, or the address is none.
    #[error("an agency needs a name, and an email address of its first administrator")]
    Incomplete,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Creates an agency and mails its first administrator a link, which is answered as well.
///
/// # Errors
/// See [`CreateError`].
pub async fn create_agency(
    db: &mut PgConnection,
    public_url: &Url,
    name: &str,
    email: &str,
    now: Timestamp,
) -> Result<Url, CreateError> {
    let (name, email) = (name.trim(), email.trim());
    if name.is_empty() || !is_address(email) {
        return Err(CreateError::Incomplete);
    }
    let id = ids::fresh("ag");
    let mut transaction = db.begin().await?;
    let agency = repo::create_agency(&mut transaction, &id, name, now).await?;
    let invitee = Invitee { agency, place: Place::Agency, name, email, person: None, invited_by: None };
    let link = invite(&mut transaction, public_url, &invitee, now).await?;
    let entry = Entry {
        agency,
        workspace: None,
        actor: None,
        action: Action::CreateAgency,
        target: &id,
        details: name,
        form_key: None,
    };
    audit::repo::record(&mut transaction, &entry, now).await?;
    transaction.commit().await?;
    Ok(link)
}
