//! The people of an agency: who administrates it, who is invited. Each form is carried out once.

use jiff::Timestamp;
use sqlx::PgConnection;

use super::ReadError;
use super::agency::{Act, AgencyError, AgencyForm};
use super::create_client::is_address;
use super::invite::{Invitee, invite as write_invite};
use crate::catalog::FieldError;
use crate::state::AppState;
use crate::tenants::audit::Action;
use crate::tenants::invite::{self, Place, Waiting};
use crate::tenants::{AgencyId, Role, admin, members};

/// Who administrates an agency, and whom nobody has heard of yet.
#[derive(Clone, Debug, Default)]
pub struct Colleagues {
    /// Who came first on top.
    pub administrators: Vec<admin::Colleague>,
    /// Invited administrators and owners of clients, newest first.
    pub waiting: Vec<Waiting>,
}

/// The people of an agency.
///
/// # Errors
/// Where the database failed.
pub async fn colleagues(state: &AppState, agency: AgencyId) -> Result<Colleagues, ReadError> {
    let mut db = state.db.acquire().await?;
    let administrators = admin::repo::colleagues(&mut db, agency).await?;
    let waiting = invite::repo::waiting(&mut db, agency, state.clock.now()).await?;
    Ok(Colleagues { administrators, waiting })
}

/// Invites somebody to administrate the agency; an earlier link of theirs ends.
///
/// # Errors
/// `Invalid` with the field `email`; `FormUsed`; where the database failed.
pub async fn invite_admin(state: &AppState, form: &AgencyForm, email: &str) -> Result<(), AgencyError> {
    let email = email.trim().to_lowercase();
    if !is_address(&email) {
        return Err(invalid("Enter an email address."));
    }
    let now = state.clock.now();
    let there = there(state, form, None).await?;
    let mut transaction = state.db.begin().await?;
    if admin::repo::colleagues(&mut transaction, form.agency).await?.iter().any(|it| it.email == email) {
        return Err(invalid("This person is an administrator already."));
    }
    let act = Act { workspace: None, action: Action::InviteAdmin, target: &email, details: "" };
    if form.claim(&mut transaction, &act, now).await?.is_none() {
        invite::repo::withdraw(&mut transaction, form.agency, &email, now).await?;
        send(&mut transaction, state, form, &there, &Addressee { email: &email, person: None }, now).await?;
    }
    Ok(transaction.commit().await?)
}

fn invalid(message: &'static str) -> AgencyError {
    AgencyError::Invalid(vec![FieldError { field: "email", message }])
}

/// Sends an invitation once more: the link before ends. `client` is the public id of the client whose owner it is for;
/// `None`: an administrator's.
///
/// # Errors
/// `NotFound`; `Settled` where it was accepted or withdrawn; `FormUsed`; where the database failed.
pub async fn resend_invite(
    state: &AppState,
    form: &AgencyForm,
    client: Option<&str>,
    email: &str,
) -> Result<(), AgencyError> {
    let now = state.clock.now();
    let there = there(state, form, client).await?;
    let mut transaction = state.db.begin().await?;
    if claim(&mut transaction, form, Action::ResendInvite, there.place, email, now).await? {
        let person = end(&mut transaction, form, client, there.place, email, now).await?;
        let to = Addressee { email, person: person.as_deref() };
        send(&mut transaction, state, form, &there, &to, now).await?;
    }
    Ok(transaction.commit().await?)
}

/// Takes an invitation back: its link opens nothing any more.
///
/// # Errors
/// `NotFound`; `Settled` where it was accepted or withdrawn; `FormUsed`; where the database failed.
pub async fn end_invite(
    state: &AppState,
    form: &AgencyForm,
    client: Option<&str>,
    email: &str,
) -> Result<(), AgencyError> {
    let now = state.clock.now();
    let place = there(state, form, client).await?.place;
    let mut transaction = state.db.begin().await?;
    if claim(&mut transaction, form, Action::EndInvite, place, email, now).await? {
        end(&mut transaction, form, client, place, email, now).await?;
    }
    Ok(transaction.commit().await?)
}

/// Where an invitation leads, and what that is called.
struct There {
    place: Place,
    name: String,
}

async fn there(state: &AppState, form: &AgencyForm, client: Option<&str>) -> Result<There, AgencyError> {
    match client {
        Some(client) => {
            let client = form.client(state, client).await?;
            Ok(There { place: Place::Workspace(client.workspace, Role::Owner), name: client.name })
        }
        None => {
            let mut db = state.db.acquire().await?;
            Ok(There { place: Place::Agency, name: admin::repo::agency_name(&mut db, form.agency).await? })
        }
    }
}

/// True where it is to be done now.
async fn claim(
    db: &mut PgConnection,
    form: &AgencyForm,
    action: Action,
    place: Place,
    email: &str,
    now: Timestamp,
) -> Result<bool, AgencyError> {
    let workspace = match place {
        Place::Workspace(workspace, _) => Some(workspace),
        Place::Agency => None,
    };
    let act = Act { workspace, action, target: email, details: "" };
    Ok(form.claim(db, &act, now).await?.is_none())
}

/// Ends what waits there for this address; the name of whom it was for, where it is known.
async fn end(
    db: &mut PgConnection,
    form: &AgencyForm,
    client: Option<&str>,
    place: Place,
    email: &str,
    now: Timestamp,
) -> Result<Option<String>, AgencyError> {
    let waiting = invite::repo::waiting(db, form.agency, now).await?;
    let this = |it: &Waiting| it.email == email && it.client.as_ref().map(|(id, _)| id.as_str()) == client;
    let found = waiting.into_iter().find(this).ok_or(AgencyError::Settled)?;
    match place {
        Place::Workspace(workspace, _) => members::repo::withdraw(db, workspace, email, now).await?,
        Place::Agency => invite::repo::withdraw(db, form.agency, email, now).await?,
    };
    Ok(found.person)
}

/// Whom an invitation is for.
struct Addressee<'a> {
    email: &'a str,
    person: Option<&'a str>,
}

async fn send(
    db: &mut PgConnection,
    state: &AppState,
    form: &AgencyForm,
    there: &There,
    to: &Addressee<'_>,
    now: Timestamp,
) -> sqlx::Result<()> {
    let There { place, name } = there;
    let Addressee { email, person } = *to;
    let invitee = Invitee { agency: form.agency, place: *place, name, email, person, invited_by: Some(form.user) };
    write_invite(db, &state.config.public_url, &invitee, now).await?;
    Ok(())
}
