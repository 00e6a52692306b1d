//! What the members of a workspace are told by mail, and who: as it stands, and as it is changed.

use super::ReadError;
use crate::notify::alert::{Alert, AlertSettings, Recipient, Thresholds, repo};
use crate::state::AppState;
use crate::tenants::members::{ListedMember, repo as members};
use crate::tenants::{Role, UserId};
use crate::units::WorkspaceId;

/// The settings of a workspace with everybody who can be told.
#[derive(Clone, Debug)]
pub struct Alerts {
    /// As they were saved, or the defaults: owners are told everything.
    pub settings: AlertSettings,
    /// Owners first.
    pub members: Vec<ListedMember>,
}

impl Alerts {
    /// Whether a member is told this.
    pub fn wants(&self, user: UserId, alert: Alert) -> bool {
        let place = Alert::ALL.iter().position(|it| *it == alert);
        let recipient = self.settings.recipients.iter().find(|it| it.user == user);
        recipient.zip(place).is_some_and(|(it, place)| it.wants[place])
    }
}

/// The alerts of a workspace.
///
/// # Errors
/// Where the database failed.
pub async fn alerts(state: &AppState, workspace: WorkspaceId) -> Result<Alerts, ReadError> {
    let mut db = state.db.acquire().await?;
    let members = members::members(&mut db, workspace).await?;
    let settings = repo::settings(&mut db, workspace).await?.unwrap_or_else(|| AlertSettings {
        thresholds: Thresholds::default(),
        recipients: members
            .iter()
            .filter(|member| member.role == Role::Owner)
            .map(|member| Recipient { user: member.user, wants: [true; 4] })
            .collect(),
    });
    Ok(Alerts { settings, members })
}

/// Saves settings; recipients who are no members are left out. The next crossing is told by them.
///
/// # Errors
/// Where the database failed.
pub async fn save_alerts(
    state: &AppState,
    workspace: WorkspaceId,
    settings: &AlertSettings,
    by: UserId,
) -> sqlx::Result<()> {
    let mut transaction = state.db.begin().await?;
    repo::save(&mut transaction, workspace, settings, by, state.clock.now()).await?;
    transaction.commit().await
}
