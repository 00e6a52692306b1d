//! `/settings?tab=members`: owners invite, change roles and end memberships; the others see who there is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

use super::answer::{frame, page, section};
use super::document::render;
use super::error::Error;
use super::pages::{InviteForm, MembersView, members_page};
use super::session::{CsrfForm, Viewer};
use crate::app::members::{MembersError, Owner, change_role, invite_member, people, remove_member, withdraw_invite};
use crate::ids;
use crate::state::AppState;
use crate::tenants::{Role, UserId};

const PLACE: &str = "/settings?tab=members";

/// The tab; `removing` names the member that the dialog is about.
pub(super) async fn show(state: &AppState, viewer: &Viewer, removing: Option<&str>) -> Result<Response, Error> {
    list(state, viewer, InviteForm { form_key: ids::fresh("form"), ..InviteForm::default() }, removing, None).await
}

async fn list(
    state: &AppState,
    viewer: &Viewer,
    form: InviteForm,
    removing: Option<&str>,
    refused: Option<String>,
) -> Result<Response, Error> {
    let (frame, people) = tokio::join!(frame(state, viewer), people(state, viewer.workspace));
    let people = section("the members", people);
    let removing = people.as_ref().ok().filter(|_| viewer.role.may_manage_members()).and_then(|people| {
        people.members.iter().find(|member| removing == Some(member.user.public_id().as_str())).cloned()
    });
    let may_manage = viewer.role.may_manage_members();
    let view = MembersView { people, own: viewer.user_id, may_manage, form, removing, refused };
    Ok(page(&state.config, render(|| members_page(frame, view))))
}

fn owner(viewer: &Viewer) -> Result<Owner, Error> {
    viewer.require(Role::may_manage_members)?;
    Ok(Owner { workspace: viewer.workspace, user: viewer.user_id })
}

/// An invitation as it is typed.
#[derive(Clone, Debug, Deserialize)]
pub struct Invitation {
    #[serde(default)]
    form_key: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    role: String,
}

/// `POST /settings/members/invite`. Refused: the form again as it was typed. Sent for somebody who is invited already,
/// the link before ends and a new one is mailed.
///
/// # Errors
/// `NotAllowed` for everybody but owners; `FormExpired`; faults of the database.
pub async fn invite(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(typed): CsrfForm<Invitation>,
) -> Result<Response, Error> {
    let owner = owner(&viewer)?;
    let Invitation { form_key, email, role: word } = typed;
    let role = Role::parse(&word).ok_or(Error::BadForm)?;
    match invite_member(&state, owner, &email, role, &form_key).await {
        Ok(()) => Ok(Redirect::to(PLACE).into_response()),
        Err(error @ (MembersError::Address | MembersError::Member | MembersError::TooMany)) => {
            let wrong = Some(error.to_string());
            let form = InviteForm { form_key: ids::fresh("form"), email, role, wrong };
            refuse(list(&state, &viewer, form, None, None).await?, StatusCode::UNPROCESSABLE_ENTITY)
        }
        Err(error) => Err(error.into()),
    }
}

fn refuse(mut response: Response, status: StatusCode) -> Result<Response, Error> {
    *response.status_mut() = status;
    Ok(response)
}

/// Whose invitation ends.
#[derive(Clone, Debug, Deserialize)]
pub struct Withdrawal {
    email: String,
}

/// `POST /settings/members/withdraw`. Repeating it changes nothing.
///
/// # Errors
/// `NotAllowed` for everybody but owners; `FormExpired`; faults of the database.
pub async fn withdraw(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<Withdrawal>,
) -> Result<Redirect, Error> {
    withdraw_invite(&state, owner(&viewer)?, &form.email).await?;
    Ok(Redirect::to(PLACE))
}

/// What a member may do from now on.
#[derive(Clone, Debug, Deserialize)]
pub struct RoleForm {
    /// Public id, `usr_…`.
    member: String,
    role: String,
}

/// `POST /settings/members/role`. The last owner stays one.
///
/// # Errors
/// `NotAllowed` for everybody but owners; `NotFound`; `FormExpired`; faults of the database.
pub async fn role(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<RoleForm>,
) -> Result<Response, Error> {
    let owner = owner(&viewer)?;
    let role = Role::parse(&form.role).ok_or(Error::BadForm)?;
    let member = member(&state, &viewer, &form.member).await?;
    answer(&state, &viewer, change_role(&state, owner, member, role).await).await
}

/// Whose membership ends.
#[derive(Clone, Debug, Deserialize)]
pub struct Removal {
    /// Public id, `usr_…`.
    member: String,
}

/// `POST /settings/members/remove`. Whoever removes themselves goes on to what else is theirs.
///
/// # Errors
/// `NotAllowed` for everybody but owners; `NotFound`; `FormExpired`; faults of the database.
pub async fn remove(
    State(state): State<AppState>,
    viewer: Viewer,
    CsrfForm(form): CsrfForm<Removal>,
) -> Result<Response, Error> {
    let owner = owner(&viewer)?;
    let member = member(&state, &viewer, &form.member).await?;
    answer(&state, &viewer, remove_member(&state, owner, member).await).await
}

async fn member(state: &AppState, viewer: &Viewer, id: &str) -> Result<UserId, Error> {
    let people = people(state, viewer.workspace).await?;
    let found = people.members.iter().find(|member| member.user.public_id() == id);
    Ok(found.ok_or(Error::NotFound)?.user)
}

async fn answer(state: &AppState, viewer: &Viewer, done: Result<(), MembersError>) -> Result<Response, Error> {
    match done {
        Ok(()) => Ok(Redirect::to(PLACE).into_response()),
        Err(error @ MembersError::LastOwner) => {
            let form = InviteForm { form_key: ids::fresh("form"), ..InviteForm::default() };
            refuse(list(state, viewer, form, None, Some(error.to_string())).await?, StatusCode::CONFLICT)
        }
        Err(error) => Err(error.into()),
    }
}

impl From<MembersError> for Error {
    fn from(error: MembersError) -> Self {
        match error {
            MembersError::NotFound => Error::NotFound,
            MembersError::Database(error) => error.into(),
            _ => Error::BadForm,
        }
    }
}
