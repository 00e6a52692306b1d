//! Who asks: a program by its key, a person by their membership.

use sqlx::PgConnection;

use crate::state::AppState;
use crate::tenants::{self, ApiKey, Member, Scope, UserId};
use crate::units::WorkspaceId;

/// A program that may do what it asks, and the workspace it asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Workspace.
    pub workspace: WorkspaceId,
    /// Its public id, `ws_…`.
    pub workspace_public_id: String,
}

/// Why a program may not do what it asks.
#[derive(Debug, thiserror::Error)]
pub enum NotAllowed {
    /// There is no such key, or it was revoked.
    #[error("the key opens nothing")]
    InvalidKey,
    /// The key opens other things.
    #[error("the key lacks the scope {}", .0.as_str())]
    Scope(Scope),
    /// An agency's key has to name a workspace.
    #[error("an agency's key has to name a workspace")]
    NoWorkspaceNamed,
    /// The workspace is not one of those that the key opens.
    #[error("the key does not open this workspace")]
    OtherWorkspace,
    /// The database said no, or nothing.
    #[error("the database could not be read: {0}")]
    Database(#[from] sqlx::Error),
}

/// A key that is valid, and the workspace that it is used for. What it may do there is asked by [`Caller::allowed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The key.
    pub key: ApiKey,
    /// The workspace.
    pub program: Program,
}

impl Caller {
    /// The program, where its key has this scope.
    pub fn allowed(self, scope: Scope) -> Result<Program, NotAllowed> {
        if self.key.allows(scope) { Ok(self.program) } else { Err(NotAllowed::Scope(scope)) }
    }
}

/// Looks up a key. `named` is the workspace that the request names; only an agency's key has to.
pub async fn caller(state: &AppState, key: &str, named: Option<&str>) -> Result<Caller, NotAllowed> {
    let now = state.clock.now();
    let mut db = state.db.acquire().await?;
    let key = tenants::repo::api_key(&mut db, key, now).await?.ok_or(NotAllowed::InvalidKey)?;
    if key.use_is_stale {
        tenants::repo::note_key_use(&mut db, key.id, now).await?;
    }
    let program = workspace_of(&mut db, &key, named).await?;
    Ok(Caller { key, program })
}

async fn workspace_of(db: &mut PgConnection, key: &ApiKey, named: Option<&str>) -> Result<Program, NotAllowed> {
    match (&key.workspace, named) {
        (Some((_, own)), Some(named)) if own != named => Err(NotAllowed::OtherWorkspace),
        (Some((workspace, own)), _) => Ok(Program { workspace: *workspace, workspace_public_id: own.clone() }),
        (None, None) => Err(NotAllowed::NoWorkspaceNamed),
        (None, Some(named)) => {
            let found = tenants::repo::workspace_of_agency(db, key.agency, named).await?;
            let workspace = found.ok_or(NotAllowed::OtherWorkspace)?;
            Ok(Program { workspace, workspace_public_id: named.to_owned() })
        }
    }
}

/// A member of a workspace with the role they have now; `None` where they are none any more.
pub async fn member(state: &AppState, workspace: WorkspaceId, user: UserId) -> sqlx::Result<Option<Member>> {
    let mut db = state.db.acquire().await?;
    tenants::repo::member(&mut db, workspace, user).await
}

/// The session epoch of a person who belongs to nothing: they were removed from every workspace, and no agency is
/// theirs. `None` for everybody else.
pub async fn stranded(state: &AppState, user: UserId) -> sqlx::Result<Option<i32>> {
    let mut db = state.db.acquire().await?;
    tenants::repo::stranded(&mut db, user).await
}
