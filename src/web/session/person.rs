//! Who is signed in: a member of a workspace, or an administrator of an agency.

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::request::Parts;
use tower_sessions::Session;

use super::{NOTED_EVERY, SIGNED_IN, SignedIn, form_token, local_path, session_of};
use crate::app::agency::{AgencyForm, administrator};
use crate::app::identify;
use crate::state::AppState;
use crate::tenants::admin::Admin;
use crate::tenants::{Role, UserId};
use crate::units::WorkspaceId;
use crate::web::error::Error;

/// A signed-in member of a workspace, with the role they have at this moment. Signed out: off to `/sign-in`; who belongs
/// to nothing is told so.
#[derive(Clone, Debug)]
pub struct Viewer {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Their address.
    pub email: String,
    /// The workspace that they look at.
    pub workspace: WorkspaceId,
    /// Its public id, `ws_…`.
    pub workspace_public_id: String,
    /// What they may do there.
    pub role: Role,
    /// They are no member: an administrator of the client's agency reads its pages.
    pub visiting: bool,
    /// Token for the forms of their pages.
    pub csrf: String,
}

impl Viewer {
    /// An error where the viewer's role does not have this right.
    pub fn require(&self, right: fn(Role) -> bool) -> Result<(), Error> {
        if right(self.role) { Ok(()) } else { Err(Error::NotAllowed) }
    }
}

/// A signed-in administrator of an agency. For members there are no such pages; signed out: off to `/sign-in`.
#[derive(Clone, Debug)]
pub struct Administrator {
    /// Who, and for whom.
    pub admin: Admin,
    /// Token for the forms of their pages.
    pub csrf: String,
}

impl Administrator {
    /// A form of theirs under its one-use key.
    pub fn form(&self, key: String) -> AgencyForm {
        AgencyForm { agency: self.admin.agency, user: self.admin.user, key }
    }
}

/// Anybody who is signed in. Signed out: off to `/sign-in`.
#[derive(Clone, Copy, Debug)]
pub struct Anybody {
    /// Who.
    pub user: UserId,
}

impl FromRequestParts<AppState> for Viewer {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let session = session_of(parts, state).await?;
        if let Some((signed_in, viewer)) = viewer(&session, state).await? {
            note(&session, state, signed_in, viewer.role.as_str()).await?;
            return Ok(viewer);
        }
        match (signed_in_admin(&session, state).await?, is_safe(&parts.method)) {
            (Some(_), true) => Err(Error::AtDesk),
            (Some(_), false) => Err(Error::NotAllowed),
            (None, _) => Err(outside(&session, state, parts).await),
        }
    }
}

impl FromRequestParts<AppState> for Administrator {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let session = session_of(parts, state).await?;
        if let Some((signed_in, administrator)) = admin(&session, state).await? {
            let role = signed_in.role.clone();
            note(&session, state, signed_in, &role).await?;
            return Ok(administrator);
        }
        match signed_in(&session, state).await? {
            Some(_) => Err(Error::NotFound),
            None => Err(outside(&session, state, parts).await),
        }
    }
}

impl FromRequestParts<AppState> for Anybody {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let session = session_of(parts, state).await?;
        if let Some(viewer) = signed_in(&session, state).await? {
            return Ok(Self { user: viewer.user_id });
        }
        match signed_in_admin(&session, state).await? {
            Some(administrator) => Ok(Self { user: administrator.admin.user }),
            None => Err(outside(&session, state, parts).await),
        }
    }
}

/// Who looks at a workspace with this session, if anybody. What the person may do is read each time. Nothing is noted:
/// a stream has sent its headers.
pub async fn signed_in(session: &Session, state: &AppState) -> Result<Option<Viewer>, Error> {
    Ok(viewer(session, state).await?.map(|(_, viewer)| viewer))
}

/// The administrator of an agency who has this session, if one has.
pub async fn signed_in_admin(session: &Session, state: &AppState) -> Result<Option<Administrator>, Error> {
    Ok(admin(session, state).await?.map(|(_, administrator)| administrator))
}

/// For a request that is answered with a cookie: activity is noted, and another role brings another id.
async fn note(session: &Session, state: &AppState, signed_in: SignedIn, role: &str) -> Result<(), Error> {
    let now = state.clock.now();
    let changed = signed_in.role != role;
    if !changed && now.duration_since(signed_in.noted_at) < NOTED_EVERY {
        return Ok(());
    }
    // The whole session is written: what another request has made of it meanwhile counts.
    session.load().await?;
    if session.get::<SignedIn>(SIGNED_IN).await?.as_ref() != Some(&signed_in) {
        return Ok(());
    }
    if changed {
        session.cycle_id().await?;
    }
    session.insert(SIGNED_IN, SignedIn { role: role.to_owned(), noted_at: now, ..signed_in }).await?;
    Ok(session.save().await?)
}

async fn viewer(session: &Session, state: &AppState) -> Result<Option<(SignedIn, Viewer)>, Error> {
    let Some(signed_in) = session.get::<SignedIn>(SIGNED_IN).await? else {
        return Ok(None);
    };
    let Some(workspace) = signed_in.workspace else {
        return Ok(None);
    };
    let Some(member) = identify::member(state, workspace, signed_in.user).await? else {
        return Ok(None);
    };
    if member.session_epoch != signed_in.epoch {
        session.flush().await?;
        return Ok(None);
    }
    let viewer = Viewer {
        user_id: member.user,
        name: member.name,
        email: member.email,
        workspace: member.workspace,
        workspace_public_id: member.workspace_public_id,
        role: member.role,
        visiting: member.visiting,
        csrf: form_token(session).await?,
    };
    Ok(Some((signed_in, viewer)))
}

async fn admin(session: &Session, state: &AppState) -> Result<Option<(SignedIn, Administrator)>, Error> {
    let Some(signed_in) = session.get::<SignedIn>(SIGNED_IN).await? else {
        return Ok(None);
    };
    let Some(admin) = administrator(state, signed_in.user).await? else {
        return Ok(None);
    };
    if admin.session_epoch != signed_in.epoch {
        session.flush().await?;
        return Ok(None);
    }
    Ok(Some((signed_in, Administrator { admin, csrf: form_token(session).await? })))
}

/// The token of forms for a signed-in person who belongs to no workspace and no agency, if it is one who has this session.
pub async fn stranded(session: &Session, state: &AppState) -> Result<Option<String>, Error> {
    let Some(signed_in) = session.get::<SignedIn>(SIGNED_IN).await? else {
        return Ok(None);
    };
    match identify::stranded(state, signed_in.user).await? {
        Some(epoch) if epoch == signed_in.epoch => Ok(Some(form_token(session).await?)),
        _ => Ok(None),
    }
}

/// Why who asks gets nothing: they are signed out, or belong to nothing.
async fn outside(session: &Session, state: &AppState, parts: &Parts) -> Error {
    match stranded(session, state).await {
        Ok(Some(csrf)) => Error::NoWorkspace { csrf },
        Ok(None) => signed_out(parts),
        Err(error) => error,
    }
}

fn signed_out(parts: &Parts) -> Error {
    Error::SignedOut { next: wanted(&parts.method, parts.uri.path_and_query().map_or("/", |it| it.as_str())) }
}

fn is_safe(method: &Method) -> bool {
    method == Method::GET || method == Method::HEAD
}

/// Where a request that needs a person leads once somebody has signed in.
fn wanted(method: &Method, path: &str) -> Option<String> {
    local_path(path).filter(|_| is_safe(method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_reads_is_gone_back_to() {
        assert_eq!(wanted(&Method::GET, "/billing").as_deref(), Some("/billing"));
        assert_eq!(wanted(&Method::POST, "/billing/buy"), None);
    }
}
