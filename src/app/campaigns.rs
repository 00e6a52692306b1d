//! Asking how far the wallet carries a campaign, and announcing one.

use super::{ReadError, current_wallet};
use crate::campaigns::{Announced, repo};
use crate::ledger::{Refusal, Wallet, accepts_call};
use crate::pricing::{Campaign, CampaignQuote, Standing};
use crate::state::AppState;
use crate::units::WorkspaceId;

/// What a campaign comes to as the wallet stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quoted {
    /// What was asked.
    pub campaign: Campaign,
    /// The figures that decide.
    pub standing: Standing,
    /// What it comes to. Where no call is accepted at all, none is covered.
    pub quote: CampaignQuote,
    /// Why not even one call is accepted.
    pub refusal: Option<Refusal>,
}

impl Quoted {
    fn new(wallet: &Wallet, campaign: Campaign) -> Self {
        let (standing, refusal) = (wallet.standing(), accepts_call(wallet).err());
        let quote = standing.quote(campaign);
        let covered = if refusal.is_some() { 0 } else { quote.covered };
        Self { campaign, standing, quote: CampaignQuote { covered, ..quote }, refusal }
    }

    /// True where every call is covered to its end.
    pub fn fits(&self) -> bool {
        self.quote.covered == self.campaign.calls
    }
}

/// What a campaign would come to now.
///
/// # Errors
/// Where the wallet could not be read.
pub async fn quote_campaign(state: &AppState, workspace: WorkspaceId, campaign: Campaign) -> Result<Quoted, ReadError> {
    Ok(Quoted::new(&current_wallet(state, workspace).await?, campaign))
}

/// Announces a campaign, if at least one call is accepted now; with what it comes to. True beside one that an earlier
/// request with the same id and fields had announced. The inner error is why none is accepted, or
/// [`Refusal::IdConflict`].
///
/// # Errors
/// Where the database failed.
pub async fn start_campaign(
    state: &AppState,
    workspace: WorkspaceId,
    id: &str,
    campaign: Campaign,
) -> Result<Result<(Announced, Quoted, bool), Refusal>, ReadError> {
    let quoted = quote_campaign(state, workspace, campaign).await?;
    let mut db = state.db.acquire().await?;
    let mut repeated = repo::find(&mut db, workspace, id).await?.is_some();
    if !repeated {
        if let Some(refusal) = quoted.refusal {
            return Ok(Err(refusal));
        }
        repeated = !repo::insert(&mut db, workspace, id, campaign, state.clock.now()).await?;
    }
    // Whoever was first decides what the campaign is.
    let announced = repo::find(&mut db, workspace, id).await?.ok_or(sqlx::Error::RowNotFound)?;
    if announced.campaign != campaign {
        return Ok(Err(Refusal::IdConflict));
    }
    Ok(Ok((announced, quoted, repeated)))
}
