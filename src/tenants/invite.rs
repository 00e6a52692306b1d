//! Invitations: links that let somebody in, once. Only their hash is stored.

pub mod repo;

use jiff::{SignedDuration, Timestamp};

use super::{AgencyId, Role, UserId};
use crate::units::WorkspaceId;

/// How long a link opens something.
pub const INVITE_LASTS: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Where an invitation leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into a workspace, with a role.
    Workspace(WorkspaceId, Role),
    /// Into the agency, as one of its administrators.
    Agency,
}

/// An invitation to write down.
#[derive(Clone, Debug)]
pub struct NewInvite<'a> {
    /// The link's secret; hashed at once and kept nowhere.
    pub token: &'a str,
    /// Whose.
    pub agency: AgencyId,
    /// Where it leads.
    pub place: Place,
    /// Whom it was sent to.
    pub email: &'a str,
    /// Their name, where it is known.
    pub person: Option<&'a str>,
    /// By whom; `None`: from the command line.
    pub invited_by: Option<UserId>,
}

/// An invitation that still opens something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Whose.
    pub agency: AgencyId,
    /// Where it leads.
    pub place: Place,
    /// Whom it was sent to, lower case.
    pub email: String,
    /// Their name, where it is known.
    pub person: Option<String>,
    /// Name of the workspace or agency.
    pub name: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// An invitation that nobody has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Whom it was sent to, lower case.
    pub email: String,
    /// Their name, where it is known.
    pub person: Option<String>,
    /// Public id and name of the client whose owner they are to be; `None`: an administrator of the agency.
    pub client: Option<(String, String)>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When its link ends, or has ended.
    pub expires_at: Timestamp,
}
