//! `reconcile`: every invariant of the ledger over the whole database, at one instant, also while it runs.

use std::fmt;

use sqlx::{Connection as _, PgConnection};

use super::audit::Audit;
use super::{repo, take_back};
use crate::units::WorkspaceId;

/// Postings read at once.
const PAGE: i64 = 5_000;

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// In whose wallet.
    pub workspace: WorkspaceId,
    /// Which row, and what is wrong with it.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "workspace {}: {}", self.workspace.0, self.what)
    }
}

/// What was checked, and what was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Wallets checked.
    pub wallets: u64,
    /// Postings checked.
    pub postings: u64,
    /// Empty where all is well.
    pub findings: Vec<Finding>,
}

/// Checks every wallet.
pub async fn reconcile(db: &mut PgConnection) -> sqlx::Result<Report> {
    let mut transaction = db.begin().await?;
    repo::hold_still(&mut transaction).await?;
    let mut report = Report::default();
    for workspace in repo::workspaces(&mut transaction).await? {
        let what = audit(&mut transaction, workspace, &mut report.postings).await?;
        report.wallets += 1;
        report.findings.extend(what.into_iter().map(|what| Finding { workspace, what }));
    }
    transaction.rollback().await?;
    Ok(report)
}

async fn audit(db: &mut PgConnection, workspace: WorkspaceId, checked: &mut u64) -> sqlx::Result<Vec<String>> {
    let mut audit = Audit::new(workspace);
    let mut after = 0;
    loop {
        let page = match repo::postings(db, workspace, after, PAGE).await {
            Err(sqlx::Error::Decode(unreadable)) => return Ok(vec![unreadable.to_string()]),
            page => page?,
        };
        let Some((last, _)) = page.last() else { break };
        after = last.seq;
        *checked += page.len() as u64;
        for (posting, call) in &page {
            audit.posting(posting, *call);
        }
    }
    if let Some(wallet) = repo::wallet(db, workspace).await? {
        audit.wallet(&wallet);
        let sums = repo::call_sums(db, workspace).await?;
        audit.held(&wallet, &sums.open);
        audit.usage(sums.answered, repo::usage_sums(db, workspace).await?);
        let at = wallet.last_posted_at;
        audit.as_of(at, repo::balances_at(db, workspace, at).await?);
        let mut waiting = 0;
        for (take_back, waits) in take_back::repo::take_backs(db, workspace).await? {
            audit.take_back(&take_back, waits, wallet.open_calls());
            waiting += i64::from(waits);
        }
        audit.waiting(take_back::repo::waiting(db, workspace).await?, waiting);
        let mut before = i64::MAX;
        while let lots = repo::lots(db, workspace, before, PAGE).await?
            && let Some(last) = lots.last()
        {
            before = last.number;
            lots.iter().for_each(|lot| audit.lot(lot));
        }
        return Ok(audit.finish(sums.charged));
    }
    Ok(audit.finish(0))
}
