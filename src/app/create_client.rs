//! The agency takes on a client: a workspace, on a plan where one is chosen, and a link that lets its owner in.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;
use url::Url;

use super::agency::{Act, AgencyError, AgencyForm};
use super::change_plan::offered;
use super::instruct::{carry_out, give_in};
use super::invite::{Invitee, LONGEST_NAME, invite};
use crate::catalog::FieldError;
use crate::payments::instruction::{Deed, Instruction, repo as instructions};
use crate::state::AppState;
use crate::tenants::admin;
use crate::tenants::audit::Action;
use crate::tenants::invite::Place;
use crate::tenants::{self, Role};
use crate::units::WorkspaceId;
use crate::{ids, ledger};

/// Longest name of a client, characters.
pub(super) const LONGEST_BUSINESS: usize = 80;

/// A client as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewClient {
    /// Its name.
    pub name: String,
    /// IANA name of the zone of its days and periods.
    pub time_zone: String,
    /// Public id of its plan; `None`: it subscribes later.
    pub plan: Option<String>,
    /// Address of its owner.
    pub owner_email: String,
    /// The owner's name; empty where it is not known.
    pub owner_name: String,
}

/// A client that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Public id, `ws_…`.
    pub workspace: String,
    /// The owner's link, which is mailed as well. Only the form that made it sees it, once.
    pub link: Option<Url>,
}

/// Creates a client, with its subscription where it has a plan, and mails its owner a link; the same form creates one.
///
/// # Errors
/// `Invalid` with the fields `name`, `time_zone`, `plan`, `owner_email` or `owner_name`; `FormUsed`; else see [`AgencyError`].
pub async fn create_client(state: &AppState, form: &AgencyForm, new: &NewClient) -> Result<Created, AgencyError> {
    let zone = check(new)?;
    let now = state.clock.now();
    let id = ids::fresh("ws");
    let mut transaction = state.db.begin().await?;
    let name = new.name.trim();
    // First the workspace, so that the trail can name it; of several forms at once all but one take theirs back.
    let workspace = tenants::repo::create_workspace(&mut transaction, form.agency, &id, name, &zone, now).await?;
    let act = Act { workspace: Some(workspace), action: Action::CreateClient, target: &id, details: name };
    if let Some(known) = form.claim(&mut transaction, &act, now).await? {
        drop(transaction);
        return again(state, form, known).await;
    }
    let begin = match &new.plan {
        Some(plan) => Some(begin(&mut transaction, form, workspace, plan, now).await?),
        None => None,
    };
    let invitee = Invitee {
        agency: form.agency,
        place: Place::Workspace(workspace, Role::Owner),
        name,
        email: &new.owner_email,
        person: Some(new.owner_name.trim()).filter(|name| !name.is_empty()),
        invited_by: Some(form.user),
    };
    let link = invite(&mut transaction, &state.config.public_url, &invitee, now).await?;
    transaction.commit().await?;
    if let Some(begin) = begin {
        carry_out(state, &begin).await?;
    }
    Ok(Created { workspace: id, link: Some(link) })
}

/// Orders the subscription to a plan on offer, in the caller's transaction.
async fn begin(
    db: &mut PgConnection,
    form: &AgencyForm,
    workspace: WorkspaceId,
    plan: &str,
    now: Timestamp,
) -> Result<Instruction, AgencyError> {
    let plan = match offered(db, form, plan).await {
        Err(AgencyError::NotFound) => return Err(invalid("plan", "Choose a plan.")),
        found => found?,
    };
    let snapshot = ledger::repo::take_snapshot(db, workspace, plan.row, &plan.draft.terms, now).await?.id;
    let deed = Deed::Subscribe { snapshot, plan: plan.id };
    give_in(db, form, workspace, deed, now, is_begin).await
}

fn is_begin(deed: &Deed) -> bool {
    matches!(deed, Deed::Subscribe { .. })
}

/// The form has created its client; its subscription may be unfinished.
async fn again(state: &AppState, form: &AgencyForm, id: String) -> Result<Created, AgencyError> {
    let mut db = state.db.acquire().await?;
    let client = admin::repo::client(&mut db, form.agency, &id).await?.ok_or(AgencyError::NotFound)?;
    let begin: Option<Instruction> = instructions::by_form(&mut db, client.workspace, &form.key).await?;
    drop(db);
    if let Some(begin) = begin {
        carry_out(state, &begin).await?;
    }
    Ok(Created { workspace: id, link: None })
}

fn invalid(field: &'static str, message: &'static str) -> AgencyError {
    AgencyError::Invalid(vec![FieldError { field, message }])
}

/// The zone, where every field is right.
fn check(new: &NewClient) -> Result<TimeZone, AgencyError> {
    let mut faults = Vec::new();
    if !is_name(&new.name, LONGEST_BUSINESS) {
        faults.push(FieldError { field: "name", message: "Enter a name of at most 80 characters." });
    }
    if !is_address(new.owner_email.trim()) {
        faults.push(FieldError { field: "owner_email", message: "Enter an email address." });
    }
    let owner = new.owner_name.trim();
    if owner.chars().count() > LONGEST_NAME || owner.chars().any(char::is_control) {
        faults.push(FieldError { field: "owner_name", message: "Enter a name of at most 60 characters." });
    }
    match TimeZone::get(&new.time_zone) {
        Ok(zone) if faults.is_empty() => Ok(zone),
        Ok(_) => Err(AgencyError::Invalid(faults)),
        Err(_) => {
            faults.push(FieldError { field: "time_zone", message: "Choose a time zone." });
            Err(AgencyError::Invalid(faults))
        }
    }
}

/// Something that can be shown in a line, so many characters at most.
pub(super) fn is_name(text: &str, longest: usize) -> bool {
    let text = text.trim();
    (1..=longest).contains(&text.chars().count()) && !text.chars().any(char::is_control)
}

/// Something, an @, something with a dot; whether mail arrives there is seen when it does.
pub(super) fn is_address(text: &str) -> bool {
    let parts = text.split_once('@');
    let plain = text.len() <= 254 && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    plain && parts.is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_of_something() {
        assert!(is_name(" Harbor Dental ", 13));
        for wrong in ["", "  ", "Harbor Dental!", "a\nb", "a\u{7}"] {
            assert!(!is_name(wrong, 13), "{wrong:?}");
        }
    }

    #[test]
    fn an_address_has_a_name_and_a_host() {
        assert!(is_address("owner@harbor.test"));
        for wrong in ["", "owner", "@harbor.test", "owner@harbor", "a b@c.d", "a@b@c.d", "a@b.c\n"] {
            assert!(!is_address(wrong), "{wrong:?}");
        }
    }
}
