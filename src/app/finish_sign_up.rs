//! A newcomer whose address is proved becomes a client: owner, workspace, subscription and free credits (SPEC §2.4).
//!
//! One transaction claims the link and makes the people's side, with the order of the subscription among it; the ledger
//! carries the order out afterwards. Stopped anywhere, the same form goes on: before the commit nothing is there, after
//! it the form comes in by its password, and the sweep of orders finishes what nobody comes back for.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

use super::agency::AgencyError;
use super::instruct::carry_out;
use super::sign_in::Person;
use super::sign_up::{Opened, opened};
use crate::catalog::{self, SignUpOffer};
use crate::payments::instruction::{Deed, Instruction, Status, repo as instructions};
use crate::state::AppState;
use crate::tenants::audit::{self, Action, Entry};
use crate::tenants::sign_up::{Newcomer, SignUp, repo};
use crate::tenants::{self, About, Busy, LinkHash, NewPasswordError, PasswordFault, Role, UserId, admin};
use crate::units::{MilliCents, WorkspaceId};
use crate::{demo, ids, ledger};

/// Key of the order with which a workspace begins: it has one.
const ORDER: &str = "sign_up";

/// Why a sign-up was not finished. Nothing was made in any of these cases, unless it is said here.
#[derive(Debug, thiserror::Error)]
pub enum FinishError {
    /// The link was used with another password, has ended, or never was one.
    #[error("the link has ended")]
    Ended,
    /// The address has got an account in another way.
    #[error("the address has an account")]
    Known,
    /// The agency takes no sign-ups any more.
    #[error("sign-up is off")]
    Closed,
    /// The plan, or its terms, are others than the form has shown.
    #[error("the offer has changed")]
    Changed,
    /// The password is refused.
    #[error(transparent)]
    Refused(#[from] PasswordFault),
    /// Too many passwords are being checked.
    #[error(transparent)]
    Busy(#[from] Busy),
    /// The subscription has not begun yet; everything else is there, and the same form goes on.
    #[error(transparent)]
    Order(#[from] AgencyError),
    /// The database failed; the same form may be sent again.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<NewPasswordError> for FinishError {
    fn from(error: NewPasswordError) -> Self {
        match error {
            NewPasswordError::Refused(fault) => fault.into(),
            NewPasswordError::Busy(busy) => busy.into(),
        }
    }
}

/// What the form behind the link says.
#[derive(Clone, Debug)]
pub struct Acceptance {
    /// Of the offer that it has shown.
    pub seal: String,
    /// Name of the workspace to be; without [`faults`](super::sign_up::faults), as is the next.
    pub business: String,
    /// Name of its owner.
    pub name: String,
    /// The owner's password.
    pub password: String,
}

/// Uses a link up and answers the new owner. Of several forms at once one makes the workspace, and all that know its
/// password come in.
///
/// # Errors
/// See [`FinishError`].
pub async fn finish_sign_up(
    state: &AppState,
    link: LinkHash,
    agency: &str,
    form: Acceptance,
) -> Result<Person, FinishError> {
    let Acceptance { seal, business, name, password } = form;
    let sign_up = match opened(state, link, agency).await? {
        // The link proves the address; the names are as they are typed last.
        Opened::Ready(sign_up, _) => {
            SignUp { newcomer: Newcomer { business, name, ..sign_up.newcomer }.trimmed(), ..sign_up }
        }
        Opened::Used(sign_up) => return come_in(state, &sign_up, password).await,
        Opened::Known(_) => return Err(FinishError::Known),
        Opened::Closed(_) => return Err(FinishError::Closed),
        Opened::Ended => return Err(FinishError::Ended),
    };
    let about = About { email: sign_up.newcomer.email.clone(), name: sign_up.newcomer.name.clone() };
    let good_in_demo = state.config.demo.then_some(demo::PASSWORD);
    let hash = tenants::hash_new_password(password.clone(), about, good_in_demo).await?;
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    if !repo::claim(&mut transaction, sign_up.id, now).await? {
        drop(transaction);
        return match opened(state, link, agency).await? {
            Opened::Used(sign_up) => come_in(state, &sign_up, password).await,
            _ => Err(FinishError::Ended),
        };
    }
    let offer = catalog::repo::sign_up_offer(&mut transaction, agency).await?.ok_or(FinishError::Closed)?;
    if offer.seal() != seal {
        return Err(FinishError::Changed);
    }
    let order = make(&mut transaction, &sign_up, &offer, &hash, now).await?;
    transaction.commit().await?;
    begin(state, &order).await?;
    let user = order.given_by.ok_or(FinishError::Ended)?;
    Ok(Person { user, member_of: Some((order.workspace, Role::Owner)), session_epoch: 0 })
}

/// The owner, their workspace, and the order of its subscription, in the transaction that has claimed the link.
async fn make(
    db: &mut PgConnection,
    sign_up: &SignUp,
    offer: &SignUpOffer,
    password_hash: &str,
    now: Timestamp,
) -> Result<Instruction, FinishError> {
    let SignUp { id, newcomer, .. } = sign_up;
    let user = create_owner(db, sign_up, password_hash, now).await?;
    let zone = admin::repo::zone(db, offer.agency).await?.unwrap_or(TimeZone::UTC);
    let public_id = ids::fresh("ws");
    let workspace =
        tenants::repo::create_workspace(db, offer.agency, &public_id, &newcomer.business, &zone, now).await?;
    tenants::repo::add_member(db, workspace, user, Role::Owner, now).await?;
    let entry = Entry {
        agency: offer.agency,
        workspace: Some(workspace),
        actor: Some(user),
        action: Action::SignUp,
        target: &public_id,
        details: &newcomer.business,
        form_key: None,
    };
    audit::repo::record(db, &entry, now).await?;
    repo::note_made(db, *id, workspace, user).await?;
    order(db, offer, workspace, (user, &newcomer.email), now).await
}

/// The account; its address may have got one in this moment.
async fn create_owner(
    db: &mut PgConnection,
    sign_up: &SignUp,
    password_hash: &str,
    now: Timestamp,
) -> Result<UserId, FinishError> {
    let SignUp { newcomer, .. } = sign_up;
    match tenants::repo::create_user(db, &newcomer.email, &newcomer.name, password_hash, now).await {
        Err(sqlx::Error::Database(error)) if error.is_unique_violation() => Err(FinishError::Known),
        created => Ok(created?),
    }
}

/// Orders the subscription, with the plan's free credits unless the address had some before.
async fn order(
    db: &mut PgConnection,
    offer: &SignUpOffer,
    workspace: WorkspaceId,
    (user, email): (UserId, &str),
    now: Timestamp,
) -> Result<Instruction, FinishError> {
    let mut terms = offer.terms.clone();
    if terms.free_credits.0 > 0 && !repo::claim_free_credits(db, email, workspace, now).await? {
        terms.free_credits = MilliCents(0);
    }
    let snapshot = ledger::repo::take_snapshot(db, workspace, offer.plan_row, &terms, now).await?.id;
    let instruction = Instruction {
        workspace,
        id: ids::fresh("ins"),
        form_key: ORDER.to_owned(),
        given_by: Some(user),
        deed: Deed::Subscribe { snapshot, plan: offer.plan.clone() },
        status: Status::Open,
        created_at: now,
    };
    instructions::insert(db, &instruction).await?;
    Ok(instruction)
}

/// The form once more, after its workspace was made: who knows the password goes on where it was cut off.
async fn come_in(state: &AppState, sign_up: &SignUp, password: String) -> Result<Person, FinishError> {
    let (workspace, user) = sign_up.made.ok_or(FinishError::Ended)?;
    let mut db = state.db.acquire().await?;
    let known = tenants::password::repo::credentials_of(&mut db, user).await?;
    let order = instructions::by_form(&mut db, workspace, ORDER).await?;
    let member = tenants::repo::member(&mut db, workspace, user).await?;
    drop(db);
    if !tenants::password_matches(password, Some(known.password_hash)).await? {
        return Err(FinishError::Ended);
    }
    if let Some(order) = order {
        begin(state, &order).await?;
    }
    let member = member.ok_or(FinishError::Ended)?;
    Ok(Person { user, member_of: Some((workspace, member.role)), session_epoch: known.session_epoch })
}

/// Begins the subscription; the agency may have begun another one while this was cut off.
async fn begin(state: &AppState, order: &Instruction) -> Result<(), FinishError> {
    match carry_out(state, order).await {
        Ok(()) | Err(AgencyError::AlreadySubscribed) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
