//! Money and units, side by side: what reconciles purchases and applications with the ledger.

pub mod repo;

use crate::units::WorkspaceId;

/// A credit without a purchase, a purchase without its credit, or one that differs from the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpaired {
    /// In whose wallet.
    pub workspace: WorkspaceId,
    /// Which row, and what is wrong with it.
    pub what: String,
    /// True between the posting and its mark on the purchase: the sweep sets it right.
    pub in_flight: bool,
}
