//! Newcomers who sign up by themselves: what they asked for, and the link that proves their address.

pub mod repo;

use jiff::{SignedDuration, Timestamp};

use super::{AgencyId, LinkHash, UserId};
use crate::units::WorkspaceId;

/// How long a link opens something.
pub const SIGN_UP_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// Who wants to sign up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Newcomer {
    /// With whom.
    pub agency: AgencyId,
    /// Address; stored in lower case.
    pub email: String,
    /// Name of the workspace to be.
    pub business: String,
    /// Name of its owner.
    pub name: String,
}

impl Newcomer {
    /// The same without space around what was typed.
    pub fn trimmed(&self) -> Self {
        let trimmed = |text: &str| text.trim().to_owned();
        Self {
            agency: self.agency,
            email: trimmed(&self.email),
            business: trimmed(&self.business),
            name: trimmed(&self.name),
        }
    }
}

/// A sign-up whose link has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignUp {
    /// Its row.
    pub id: i64,
    /// Who wants to sign up; the address in lower case.
    pub newcomer: Newcomer,
    /// Public id of the agency.
    pub agency_public_id: String,
    /// Name of the agency.
    pub agency_name: String,
    /// The workspace and the owner that the link has made.
    pub made: Option<(WorkspaceId, UserId)>,
}

/// A link to write down.
#[derive(Clone, Copy, Debug)]
pub struct NewSignUp<'a> {
    /// Of its token; `None` where the address has an account and no link is sent.
    pub link: Option<LinkHash>,
    /// To whom.
    pub newcomer: &'a Newcomer,
    /// When it ends.
    pub expires_at: Timestamp,
}
