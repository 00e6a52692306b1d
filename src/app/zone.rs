//! The zone in which a workspace's days begin and end, and the one of an agency's pages.

use jiff::tz::{self, TimeZone};

use super::ReadError;
use crate::state::AppState;
use crate::tenants::{self, AgencyId, admin};
use crate::units::WorkspaceId;

/// Reads a workspace's zone.
pub async fn zone(state: &AppState, workspace: WorkspaceId) -> Result<TimeZone, ReadError> {
    let mut db = state.db.acquire().await?;
    tenants::repo::zone(&mut db, workspace).await?.ok_or(ReadError::NoWorkspace)
}

/// The zone of an agency's pages: the one that most of its clients live in; UTC while it has none.
///
/// # Errors
/// Where the database failed.
pub async fn agency_zone(state: &AppState, agency: AgencyId) -> Result<TimeZone, ReadError> {
    let mut db = state.db.acquire().await?;
    Ok(admin::repo::zone(&mut db, agency).await?.unwrap_or(TimeZone::UTC))
}

/// Every zone that a client can be in, by its IANA name: places, and UTC.
pub fn all_zones() -> Vec<String> {
    const REGIONS: [&str; 9] =
        ["Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
    let is_place = |name: &str| name.split_once('/').is_some_and(|(region, _)| REGIONS.contains(&region));
    let names = tz::db().available().map(|name| name.to_string());
    let mut zones: Vec<_> = names.filter(|name| name == "UTC" || is_place(name)).collect();
    zones.sort_unstable();
    zones.dedup();
    zones
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_places() {
        let zones = all_zones();
        assert!(zones.iter().any(|zone| zone == "America/New_York") && zones.iter().any(|zone| zone == "UTC"));
        assert!(zones.iter().all(|zone| TimeZone::get(zone).is_ok() && !zone.starts_with("posix")));
    }
}
