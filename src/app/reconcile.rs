//! Everything that must always hold, over the whole database: the ledger in itself, and payments against the ledger.

use std::fmt;

use sqlx::PgConnection;

use crate::ledger;
use crate::payments::{self, pairing::Unpaired};

/// What was checked, and what was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The ledger's own.
    pub ledger: ledger::Report,
    /// Purchases that do not agree with what the ledger credited.
    pub unpaired: Vec<Unpaired>,
}

impl Report {
    /// True where nothing was found; a credit whose purchase is about to be marked is no finding.
    pub fn is_clean(&self) -> bool {
        self.findings().next().is_none()
    }

    fn findings(&self) -> impl Iterator<Item = String> {
        let ledger = self.ledger.findings.iter().map(ToString::to_string);
        let unpaired = self.unpaired.iter().filter(|unpaired| !unpaired.in_flight);
        ledger.chain(unpaired.map(|unpaired| format!("workspace {}: {}", unpaired.workspace.0, unpaired.what)))
    }
}

/// One line of figures, then a line for each finding.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "checked {} postings of {} wallets: ", self.ledger.postings, self.ledger.wallets)?;
        if self.is_clean() {
            write!(f, "every balance, hold, chain, order and payment holds")?;
        } else {
            write!(f, "{} findings", self.findings().count())?;
        }
        let in_flight = self.unpaired.iter().filter(|unpaired| unpaired.in_flight).count();
        if in_flight > 0 {
            write!(f, "; {in_flight} credited and about to be marked")?;
        }
        self.findings().try_for_each(|finding| write!(f, "\n{finding}"))
    }
}

/// Checks it.
pub async fn reconcile(db: &mut PgConnection) -> sqlx::Result<Report> {
    Ok(Report { ledger: ledger::reconcile(db).await?, unpaired: payments::pairing::repo::unpaired(db).await? })
}
