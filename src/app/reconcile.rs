//! Everything that must always hold, over the whole database: the ledger in itself, and payments against the ledger.

use std::fmt;

use sqlx::PgConnection;

use crate::ledger;

/// What was checked, and what was found.
#[derive(Clone, Debug)]
pub struct Report {
    /// The ledger's own.
    pub ledger: ledger::Report,
}

impl Report {
    /// True where nothing was found.
    pub fn is_clean(&self) -> bool {
        self.ledger.findings.is_empty()
    }
}

/// One line of figures, then a line for each finding.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "checked {} postings of {} wallets: ", self.ledger.postings, self.ledger.wallets)?;
        if self.is_clean() {
            return write!(f, "every balance, hold, chain and order holds");
        }
        write!(f, "{} findings", self.ledger.findings.len())?;
        self.ledger.findings.iter().try_for_each(|finding| write!(f, "\n{finding}"))
    }
}

/// Checks it.
pub async fn reconcile(db: &mut PgConnection) -> sqlx::Result<Report> {
    Ok(Report { ledger: ledger::reconcile(db).await? })
}
