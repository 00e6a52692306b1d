//! Charging a saved card: a charge is stored with the exact request to Stripe, then the request is sent, then its outcome
//! is stored; the credit is posted before anybody is told. Programs and auto-recharge charge through here alike.
//!
//! Safe any number of times, in parallel, in any order, and when it is stopped between any two of its steps: the same
//! bytes go under the same key, and the ledger's UNIQUE key, the payment intent's id, decides that it credits once.

use jiff::SignedDuration;
use serde_json::json;
use sqlx::PgConnection;

use super::alert_members::{News, tell};
use super::fulfil_purchase::FulfilError;
use crate::ids;
use crate::ledger;
use crate::notify::live;
use crate::payments::card::{SavedCard, repo as cards};
use crate::payments::inbox::{self, ItemKind, NewItem};
use crate::payments::recharge::{Aftermath, Pause, Recharge};
use crate::payments::topup::{Cause, Topup, TopupStatus, Why, repo};
use crate::payments::{Attempt, Bought, Failure, Intent, IntentState, Mismatch, charge_request, customer, recharge};
use crate::pricing::CREDIT_AMOUNTS;
use crate::state::AppState;
use crate::units::{MilliCents, WorkspaceId};

/// The sweep leaves a new charge to whoever began it for so long.
pub(super) const BEGINNERS_OWN: SignedDuration = SignedDuration::from_mins(1);

/// What a program wants.
#[derive(Clone, Debug)]
pub struct TopupOrder {
    /// For whom.
    pub workspace: WorkspaceId,
    /// `pur_…`: the same order has the same id.
    pub id: String,
    /// [`CREDIT_AMOUNTS`], whole cents.
    pub amount: MilliCents,
    /// `pm_…` of the current card.
    pub payment_method: String,
}

/// Why nothing was begun.
#[derive(Debug, thiserror::Error)]
pub enum TopupError {
    /// Nothing of the plan can be paid with credits, or there never was one.
    #[error("the plan has no rates")]
    NoRates,
    /// Not $0.50–$10,000, or not whole cents.
    #[error("the amount is not between $0.50 and $10,000, in whole cents")]
    Amount,
    /// It is not the workspace's current card.
    #[error("the card is not the current one")]
    NoCard,
    /// It is not known what became of it; to be tried again.
    #[error(transparent)]
    Unsettled(#[from] FulfilError),
}

impl From<sqlx::Error> for TopupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unsettled(error.into())
    }
}

/// Charges the current card, or finds the charge that this order began. Pending while its outcome is unknown.
///
/// # Errors
/// See [`TopupError`].
pub async fn top_up(state: &AppState, order: &TopupOrder) -> Result<Topup, TopupError> {
    let mut db = state.db.acquire().await?;
    let begun = repo::find(&mut db, &order.id).await?;
    let topup = match begun.filter(|begun| begun.workspace == order.workspace) {
        // Known to have made nothing: the next attempt has a key of its own.
        Some(begun) if begun.status == TopupStatus::Failed(Why::NotMade) => {
            chosen(&mut db, order).await?;
            let attempt = Attempt { key: ids::fresh("key"), ..begun.attempt };
            repo::replace_attempt(&mut db, &order.id, &attempt, state.clock.now()).await?;
            repo::find(&mut db, &order.id).await?.ok_or(sqlx::Error::RowNotFound)?
        }
        Some(begun) => begun,
        None => {
            check(&mut db, order).await?;
            let card = chosen(&mut db, order).await?;
            let id = order.id.clone();
            let fresh = new_topup(state, &mut db, id, Cause::Api, order.amount, &card).await?;
            repo::insert(&mut db, &fresh, fresh.created_at + BEGINNERS_OWN).await?;
            repo::find(&mut db, &order.id).await?.ok_or(sqlx::Error::RowNotFound)?
        }
    };
    drop(db);
    Ok(pursue(state, topup).await?)
}

/// The card that is to be charged, which must be the current one.
async fn chosen(db: &mut PgConnection, order: &TopupOrder) -> Result<SavedCard, TopupError> {
    let card = cards::current(db, order.workspace).await?;
    card.filter(|card| card.payment_method == order.payment_method).ok_or(TopupError::NoCard)
}

/// Whether credits are of use in this wallet, as for purchases of them.
async fn check(db: &mut PgConnection, order: &TopupOrder) -> Result<(), TopupError> {
    let wallet = ledger::repo::wallet(db, order.workspace).await?;
    let subscription = wallet.and_then(|wallet| wallet.subscription).ok_or(TopupError::NoRates)?;
    if !subscription.snapshot.terms.rates.any() {
        return Err(TopupError::NoRates);
    }
    if !CREDIT_AMOUNTS.contains(&order.amount) || order.amount.0 % MilliCents::PER_CENT != 0 {
        return Err(TopupError::Amount);
    }
    Ok(())
}

/// A charge with its attempt, to be stored.
pub(super) async fn new_topup(
    state: &AppState,
    db: &mut PgConnection,
    id: String,
    cause: Cause,
    amount: MilliCents,
    card: &SavedCard,
) -> sqlx::Result<Topup> {
    let payer = customer::repo::payer(db, card.workspace).await?;
    let now = state.clock.now();
    let mut topup = Topup {
        workspace: card.workspace,
        id,
        cause,
        amount,
        payment_method: card.payment_method.clone(),
        customer: card.customer.clone(),
        status: TopupStatus::Pending,
        attempt: Attempt { key: ids::fresh("key"), body: String::new() },
        asked_at: now,
        withdrawn_at: None,
        created_at: now,
        settled_at: None,
    };
    topup.attempt.body = charge_request(&topup, &payer.workspace);
    Ok(topup)
}

/// What is known of a charge.
enum Known {
    Intent(Intent),
    Failed(Why),
    Nothing,
}

/// Brings a charge to its end, or as far as Stripe lets it; answers it as it stands then.
///
/// # Errors
/// See [`FulfilError`]; whatever was done until then stays, and trying again goes on from there.
pub async fn pursue(state: &AppState, topup: Topup) -> Result<Topup, FulfilError> {
    if topup.status != TopupStatus::Pending {
        return Ok(topup);
    }
    match ask(state, &topup).await? {
        Known::Intent(intent) => conclude(state, &topup, &intent).await?,
        Known::Failed(why) => fail(state, &topup, &why).await?,
        Known::Nothing => {}
    }
    let mut db = state.db.acquire().await?;
    Ok(repo::find(&mut db, &topup.id).await?.unwrap_or(topup))
}

/// Sends the attempt where it may be sent, else reads back what became of it.
async fn ask(state: &AppState, topup: &Topup) -> sqlx::Result<Known> {
    let failed_for_good = match send(state, topup).await? {
        Some(Ok(intent)) => return Ok(Known::Intent(intent)),
        Some(Err(Failure::Refused { status: 402, code, decline_code, .. })) => {
            return Ok(Known::Failed(Why::told(code.as_deref(), decline_code.as_deref())));
        }
        Some(Err(Failure::Refused { status: 400 | 404, message, .. })) => {
            tracing::error!(topup = topup.id, message, "Stripe refused a charge");
            return Ok(Known::Failed(Why::Refused));
        }
        Some(Err(error @ (Failure::Unknown(_) | Failure::Refused { .. }))) => {
            tracing::warn!(topup = topup.id, %error, "the outcome of a charge is not known");
            return Ok(Known::Nothing);
        }
        Some(Err(Failure::Stuck(_))) => true,
        None => false,
    };
    match state.stripe.find_intent(&topup.customer, &topup.id).await {
        Ok(Some(intent)) => Ok(Known::Intent(intent)),
        Ok(None) if failed_for_good || topup.is_lost(state.clock.now()) => Ok(Known::Failed(Why::NotMade)),
        Ok(None) => Ok(Known::Nothing),
        Err(error) => {
            tracing::warn!(topup = topup.id, %error, "a charge could not be read back");
            Ok(Known::Nothing)
        }
    }
}

/// Sends the attempt; `None` where that may not be any more. The switch of auto-recharge is read under its row lock,
/// which is held until the answer is there: once it is off, no charge is on its way and none is sent.
async fn send(state: &AppState, topup: &Topup) -> sqlx::Result<Option<Result<Intent, Failure>>> {
    if !topup.may_send(state.clock.now()) {
        return Ok(None);
    }
    if topup.cause == Cause::Api {
        let may_still = is_wanted(state, topup).await?;
        return Ok(if may_still { Some(state.stripe.charge(&topup.attempt).await) } else { None });
    }
    let mut transaction = state.db.begin().await?;
    let recharge = recharge::repo::lock(&mut transaction, topup.workspace).await?;
    let stored = repo::find(&mut transaction, &topup.id).await?;
    let is_on = recharge.is_some_and(|recharge| recharge.enabled);
    if !is_on || !stored.is_some_and(|stored| stored.waits()) {
        return Ok(None);
    }
    let answer = state.stripe.charge(&topup.attempt).await;
    transaction.rollback().await?;
    Ok(Some(answer))
}

/// Looks at a program's charge once more, just before it is sent: its card may have left since it was read. No lock is held
/// while Stripe answers, as programs may charge many times at once and the pool's connections are for everybody.
async fn is_wanted(state: &AppState, topup: &Topup) -> sqlx::Result<bool> {
    let mut db = state.db.acquire().await?;
    repo::withdraw_left(&mut db, topup.workspace, state.clock.now()).await?;
    Ok(repo::find(&mut db, &topup.id).await?.is_some_and(|stored| stored.waits()))
}

/// Brings a charge to where Stripe says that its payment intent is. A success counts whenever it comes, also after the
/// charge had been taken for failed.
///
/// # Errors
/// See [`FulfilError`].
pub async fn conclude(state: &AppState, topup: &Topup, intent: &Intent) -> Result<(), FulfilError> {
    if let Err(mismatch) = intent.matches(topup, state.stripe.livemode()) {
        return report(state, topup, intent, &mismatch).await;
    }
    match &intent.state {
        IntentState::Processing => Ok(()),
        IntentState::Failed(why) => fail(state, topup, why).await,
        IntentState::Succeeded => {
            let mut db = state.db.acquire().await?;
            repo::set_intent(&mut db, topup, intent).await?;
            drop(db);
            state.ledger.submit(topup.workspace, topup.credit(&intent.id)).await?;
            let mut transaction = state.db.begin().await?;
            let recharge = settings_of(&mut transaction, topup).await?;
            let first = repo::mark_succeeded(&mut transaction, topup, state.clock.now()).await?;
            if first {
                let bought = Bought::Credits { amount: topup.amount };
                let receipt = News::paid(&mut transaction, topup.workspace, &bought, &intent.id).await?;
                tell(state, &mut transaction, topup.workspace, &receipt).await?;
            }
            if first && recharge.is_some() {
                recharge::repo::begin_anew(&mut transaction, topup.workspace).await?;
            }
            // The wallet's own news came before this.
            live::announce(&mut transaction, topup.workspace).await?;
            Ok(transaction.commit().await?)
        }
    }
}

/// Marks a charge that failed. Of an automatic one, auto-recharge draws its conclusions.
async fn fail(state: &AppState, topup: &Topup, why: &Why) -> Result<(), FulfilError> {
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    let recharge = settings_of(&mut transaction, topup).await?;
    let first = repo::mark_failed(&mut transaction, topup, why, now).await?;
    if let Some(recharge) = recharge.filter(|recharge| first && recharge.enabled) {
        match recharge.after(why, now) {
            Aftermath::Retry { declines, at } => {
                recharge::repo::retry(&mut transaction, topup.workspace, declines, at).await?;
            }
            Aftermath::Pause(pause) => give_up(&mut transaction, state, topup, &recharge, why, pause).await?,
        }
    }
    live::announce(&mut transaction, topup.workspace).await?;
    Ok(transaction.commit().await?)
}

/// The settings that an automatic charge belongs to, locked: always before the charge itself, so that nobody waits for
/// each other.
async fn settings_of(db: &mut PgConnection, topup: &Topup) -> sqlx::Result<Option<Recharge>> {
    match topup.cause {
        Cause::Api => Ok(None),
        Cause::AutoRecharge => recharge::repo::lock(db, topup.workspace).await,
    }
}

/// Pauses auto-recharge, loudly: the agency finds it in its inbox, members and programs hear of it, and Billing says so.
async fn give_up(
    db: &mut PgConnection,
    state: &AppState,
    topup: &Topup,
    recharge: &Recharge,
    why: &Why,
    pause: Pause,
) -> sqlx::Result<()> {
    let now = state.clock.now();
    recharge::repo::pause(db, topup.workspace, pause, now).await?;
    let card = cards::find(db, topup.workspace, &topup.payment_method).await?;
    let card = card.map_or_else(|| "the card".to_owned(), |card| card.name());
    let detail = paused_words(topup, &card, recharge.declines + 1, why, pause);
    // Of an unmatched charge the payment itself lies in the inbox.
    if pause != Pause::Unmatched {
        let item = NewItem {
            workspace: topup.workspace,
            kind: ItemKind::FailedRecharge,
            reference: &topup.id,
            detail: &detail,
            amount: Some(topup.amount),
        };
        inbox::repo::insert(db, &item, now).await?;
    }
    tell(state, db, topup.workspace, &News::RechargeFailed(detail)).await?;
    let decline_code = match why {
        Why::Declined(reason) => reason.as_deref(),
        _ => None,
    };
    let data = json!({
        "reason": pause.as_str(),
        "decline_code": decline_code,
        "amount_milli_cents": topup.amount.0,
        "topup": topup.id,
    });
    recharge::repo::tell_failed(db, topup.workspace, &data, now).await
}

/// Why auto-recharge is paused, in a sentence for people.
fn paused_words(topup: &Topup, card: &str, attempts: i32, why: &Why, pause: Pause) -> String {
    let amount = topup.amount;
    match pause {
        Pause::Declined => {
            format!("Auto-recharge of {amount} is paused after {attempts} attempts on {card}. {}.", why.sentence())
        }
        Pause::AuthenticationRequired => {
            format!("Auto-recharge of {amount} is paused: the bank of {card} asks its owner to confirm.")
        }
        Pause::Unmatched => format!(
            "Auto-recharge of {amount} is paused: what was taken from {card} does not match it. Your provider has that \
             payment, and nothing was added for it."
        ),
    }
}

/// Puts a payment that does not match its charge into the agency's inbox, and leaves the wallet alone.
async fn report(state: &AppState, topup: &Topup, intent: &Intent, mismatch: &Mismatch) -> Result<(), FulfilError> {
    if intent.state != IntentState::Succeeded {
        return Ok(());
    }
    let detail = format!("Charge for {} credits nothing: its {mismatch}", topup.id);
    tracing::error!(intent = intent.id, detail, "a charge does not match what was asked");
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    let item = NewItem {
        workspace: topup.workspace,
        kind: ItemKind::UnmatchedPayment,
        reference: &intent.id,
        detail: &detail,
        amount: Some(MilliCents::from_cents(intent.amount)),
    };
    inbox::repo::insert(&mut transaction, &item, now).await?;
    transaction.commit().await?;
    fail(state, topup, &Why::Unmatched).await
}

/// A charge of this workspace.
///
/// # Errors
/// The database's.
pub async fn find_topup(state: &AppState, workspace: WorkspaceId, id: &str) -> sqlx::Result<Option<Topup>> {
    let mut db = state.db.acquire().await?;
    let topup = repo::find(&mut db, id).await?;
    Ok(topup.filter(|topup| topup.workspace == workspace))
}
