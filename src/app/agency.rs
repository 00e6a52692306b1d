//! The agency's side: who acts, by which form, and why something is refused. Its verbs stand beside this file, what its
//! pages read below it.

pub mod client;
pub mod clients;
pub mod lists;

use jiff::Timestamp;
use sqlx::PgConnection;

use super::follow_requests::FollowError;
use super::{ReadError, current_wallet};
use crate::catalog::FieldError;
use crate::ids;
use crate::ledger::{LedgerError, Refusal, SubscriptionState};
use crate::payments::Failure;
use crate::pricing::Terms;
use crate::state::AppState;
use crate::tenants::admin::{self, Admin, Client};
use crate::tenants::audit::{self, Action, Entry};
use crate::tenants::{AgencyId, UserId};
use crate::units::WorkspaceId;

/// A form of the agency's pages: who sent it, and its one-use key. The same key does the same thing once.
#[derive(Clone, Debug)]
pub struct AgencyForm {
    /// For which agency.
    pub agency: AgencyId,
    /// By whom; the caller has checked that they are its administrator.
    pub user: UserId,
    /// One-use key of the form.
    pub key: String,
}

/// Why something of the agency's was not done. Nothing changed in any of these cases, unless it is said here.
#[derive(Debug, thiserror::Error)]
pub enum AgencyError {
    /// There is no such thing, or it belongs to another agency.
    #[error("there is no such thing here")]
    NotFound,
    /// The form's key is no key, or did something else before.
    #[error("the form was used before")]
    FormUsed,
    /// Fields that are wrong.
    #[error("fields are wrong: {0:?}")]
    Invalid(Vec<FieldError>),
    /// The client's plan snapshot has add-on packs Off (409 `addons_disabled`).
    #[error("add-on packs are off")]
    AddonsDisabled,
    /// The client has no active subscription.
    #[error("there is no active subscription")]
    NoSubscription,
    /// The client has a subscription that has not ended.
    #[error("there is a subscription already")]
    AlreadySubscribed,
    /// Open calls would not be covered by the new plan (409 `calls_in_progress`).
    #[error("calls in progress would not be covered")]
    CallsInProgress,
    /// The request is paid or canceled, the item settled.
    #[error("it is settled already")]
    Settled,
    /// The payment, or a part of it, has gone back at Stripe.
    #[error("the payment has gone back at Stripe")]
    WentBack,
    /// Nothing of the purchase is unused: it is used, refunded already, or kept by an open call.
    #[error("nothing of the purchase is unused")]
    NothingUnused,
    /// The outcome at Stripe is not known; it is asked again by itself, and the same form may be sent again.
    #[error("Stripe gave no answer")]
    StripeUnreachable,
    /// Stripe refused; a new form begins a new attempt.
    #[error("Stripe refused: {0}")]
    StripeRefused(String),
    /// The ledger did not answer; the same form may be sent again.
    #[error(transparent)]
    Ledger(LedgerError),
    /// The database failed; the same form may be sent again.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<LedgerError> for AgencyError {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Refused(Refusal::CallsInProgress) => Self::CallsInProgress,
            LedgerError::Refused(Refusal::AlreadySubscribed) => Self::AlreadySubscribed,
            LedgerError::Refused(Refusal::NoSubscription | Refusal::SubscriptionEnding) => Self::NoSubscription,
            other => Self::Ledger(other),
        }
    }
}

impl From<ReadError> for AgencyError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Database(error) => Self::Database(error),
            ReadError::Ledger(error) => error.into(),
            ReadError::NoWorkspace => Self::NotFound,
        }
    }
}

impl From<FollowError> for AgencyError {
    fn from(error: FollowError) -> Self {
        match error {
            FollowError::Sql(error) => Self::Database(error),
            FollowError::Ledger(error) => error.into(),
        }
    }
}

impl From<Failure> for AgencyError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Refused { message, .. } => Self::StripeRefused(message),
            Failure::Unknown(words) | Failure::Stuck(words) => {
                tracing::warn!(words, "the outcome at Stripe is not known");
                Self::StripeUnreachable
            }
        }
    }
}

/// What a form does, as the audit trail tells it.
pub(super) struct Act<'a> {
    /// About which client, where it is about one.
    pub workspace: Option<WorkspaceId>,
    /// What.
    pub action: Action,
    /// Public id of what it is done to.
    pub target: &'a str,
    /// In a line.
    pub details: &'a str,
}

impl AgencyForm {
    /// Writes the deed down in the caller's transaction. `None`: it is to be done now. `Some`: this form has done it
    /// before, to the target that is answered.
    ///
    /// # Errors
    /// `FormUsed` where the key is no key, or did something else.
    pub(super) async fn claim(
        &self,
        db: &mut PgConnection,
        act: &Act<'_>,
        now: Timestamp,
    ) -> Result<Option<String>, AgencyError> {
        if !ids::is_given_id(&self.key) {
            return Err(AgencyError::FormUsed);
        }
        if audit::repo::record(db, &Entry { form_key: Some(&self.key), ..self.entry(act) }, now).await? {
            return Ok(None);
        }
        match audit::repo::done_by(db, self.agency, &self.key).await? {
            Some((action, target)) if action == act.action => Ok(Some(target)),
            _ => Err(AgencyError::FormUsed),
        }
    }

    /// The line of the trail for something that its person does, without the form's key.
    pub(super) fn entry<'a>(&self, act: &Act<'a>) -> Entry<'a> {
        let Act { workspace, action, target, details } = *act;
        Entry { agency: self.agency, workspace, actor: Some(self.user), action, target, details, form_key: None }
    }

    /// The client of this agency with this public id.
    ///
    /// # Errors
    /// `NotFound` where the agency has none.
    pub(super) async fn client(&self, state: &AppState, public_id: &str) -> Result<Client, AgencyError> {
        let mut db = state.db.acquire().await?;
        admin::repo::client(&mut db, self.agency, public_id).await?.ok_or(AgencyError::NotFound)
    }
}

/// The terms that a client is on.
///
/// # Errors
/// `NoSubscription` where none is active.
pub(super) async fn active_terms(state: &AppState, workspace: WorkspaceId) -> Result<Terms, AgencyError> {
    let subscription = current_wallet(state, workspace).await?.subscription;
    let active = subscription.filter(|it| it.state == SubscriptionState::Active);
    Ok(active.ok_or(AgencyError::NoSubscription)?.snapshot.terms.clone())
}

/// The agency that a person works for; `None` where they are no administrator.
///
/// # Errors
/// Where the database failed.
pub async fn administrator(state: &AppState, user: UserId) -> sqlx::Result<Option<Admin>> {
    let mut db = state.db.acquire().await?;
    admin::repo::admin(&mut db, user).await
}
