//! A payment goes back: what Stripe says of its refunds and disputes is brought to the wallet, or to the request that it
//! had paid. Called for every event about it; safe any number of times, in parallel, in any order, and when it is stopped
//! between any two of its steps: what counts is read from Stripe, and each refund counts once by its id.

use jiff::SignedDuration;

use super::follow_requests::{FollowError, follow};
use super::fulfil_purchase::{FulfilError, fulfil};
use super::pay_request::settle_payment;
use crate::ledger::{self, Cause, Command, Credit, LedgerError, Refusal};
use crate::payments::inbox::{self, ItemKind, NewItem};
use crate::payments::reversal::{DisputeState, Disputed, Payment, Reversal, Told};
use crate::payments::{
    self, Bought, Event, Failure, Purchase, PurchaseStatus, RequestPayment, is_intent_id, request, reversal,
};
use crate::state::AppState;
use crate::tenants::admin;
use crate::tenants::audit::{self, Action, Entry};
use crate::units::{MilliCents, WorkspaceId};

/// A top-up that is not credited by then lies in the inbox: its refund takes nothing.
const CREDITED_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// What a payment had paid for.
enum Paid {
    /// Packs, with the session that paid for them.
    Packs { session: String, price: MilliCents, balance: MilliCents },
    /// Credits, with the ledger's key of what credited them.
    Credits { key: String, amount: MilliCents },
    /// A request.
    Request { purchase: Box<Purchase>, payment: RequestPayment, session: String },
    /// Nothing: it lies, or lay, in the inbox.
    Nothing,
}

/// Brings what an event is about to where Stripe says that it is. Answers a word on what came of it.
///
/// # Errors
/// See [`FulfilError`]; whatever was done until then stays, and trying again goes on from there.
pub async fn about_reversal(state: &AppState, event: &Event) -> Result<&'static str, FulfilError> {
    let payment_intent = match (&event.payment_intent, &event.charge) {
        (Some(payment_intent), _) => Some(payment_intent.clone()),
        (None, Some(charge)) if charge.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
            match state.stripe.payment_of_charge(charge).await {
                Err(Failure::Refused { .. }) => None,
                found => found?,
            }
        }
        _ => None,
    };
    match payment_intent.filter(|id| is_intent_id(id)) {
        Some(payment_intent) => reverse_payment(state, &payment_intent).await,
        None => Ok("not ours"),
    }
}

/// The same for a payment.
async fn reverse_payment(state: &AppState, payment_intent: &str) -> Result<&'static str, FulfilError> {
    let Some((workspace, paid)) = whose(state, payment_intent).await? else {
        return Ok("not ours");
    };
    let mut told: Vec<Told> = state.stripe.refunds_of(payment_intent).await?.iter().map(Told::refund).collect();
    let disputes = state.stripe.disputes_of(payment_intent).await?;
    told.extend(disputes.iter().filter_map(Told::dispute));
    for told in &told {
        let Some(reversal) = note(state, workspace, payment_intent, &paid, told).await? else { continue };
        if !reversal.followed {
            follow_reversal(state, &reversal, &paid).await?;
        }
    }
    for disputed in &disputes {
        tell(state, workspace, disputed).await?;
    }
    Ok("followed")
}

/// Whose payment it was, and for what; `None` where it is nobody's here.
async fn whose(state: &AppState, payment_intent: &str) -> Result<Option<(WorkspaceId, Paid)>, FulfilError> {
    let mut db = state.db.acquire().await?;
    let mut known = payments::repo::purchase_by_payment(&mut db, payment_intent).await?;
    drop(db);
    if known.is_none()
        && let Some(session) = state.stripe.session_of_payment(payment_intent).await?
    {
        // It may have gone back before it was heard of.
        fulfil(state, &session).await?;
        let mut db = state.db.acquire().await?;
        known = payments::repo::purchase_by_session(&mut db, &session).await?;
        if let Some(purchase) = &known {
            payments::repo::set_payment_intent(&mut db, &purchase.id, payment_intent).await?;
        }
    }
    match known {
        Some(purchase) => Ok(Some((purchase.workspace, bought_by(purchase)))),
        None => of_customer(state, payment_intent).await,
    }
}

fn bought_by(purchase: Purchase) -> Paid {
    let Some((session, _)) = purchase.session.clone().filter(|_| purchase.status == PurchaseStatus::Credited) else {
        return Paid::Nothing;
    };
    match purchase.bought.clone() {
        Bought::Packs(packs) => Paid::Packs { session, price: packs.price(), balance: packs.balance },
        Bought::Credits { amount } => Paid::Credits { key: session, amount },
        Bought::Request(payment) => Paid::Request { purchase: Box::new(purchase), payment, session },
        Bought::Card => Paid::Nothing,
    }
}

/// A payment without Checkout: the ledger knows by its own id what it credited.
async fn of_customer(state: &AppState, payment_intent: &str) -> Result<Option<(WorkspaceId, Paid)>, FulfilError> {
    let Payment { customer, amount, is_topup, created_at } = match state.stripe.payment(payment_intent).await {
        Err(Failure::Refused { .. }) => return Ok(None),
        payment => payment?,
    };
    let Some(customer) = customer else {
        return Ok(None);
    };
    let mut db = state.db.acquire().await?;
    let Some(workspace) = payments::customer::repo::owner(&mut db, &customer).await? else {
        return Ok(None);
    };
    let key = payment_intent.to_owned();
    let credited = ledger::repo::has_credited(&mut db, workspace, &Credit::Money(key.clone())).await?;
    let age = state.clock.now().duration_since(created_at);
    if is_topup && !credited && age < CREDITED_WITHIN {
        return Err(Failure::Unknown("what went back is not credited yet".to_owned()).into());
    }
    Ok(Some((workspace, if credited { Paid::Credits { key, amount } } else { Paid::Nothing })))
}

/// Stores what was told, or how it has changed. What went back is counted against what was bought first, then against
/// the balance that was paid beside it. `None` where it had paid for nothing.
async fn note(
    state: &AppState,
    workspace: WorkspaceId,
    payment_intent: &str,
    paid: &Paid,
    told: &Told,
) -> Result<Option<Reversal>, FulfilError> {
    let (price, balance) = match paid {
        Paid::Packs { price, balance, .. } => (*price, *balance),
        Paid::Credits { amount, .. } => (*amount, MilliCents(0)),
        Paid::Request { payment, .. } => (payment.amount, MilliCents(0)),
        Paid::Nothing => return Ok(None),
    };
    let mut transaction = state.db.begin().await?;
    payments::repo::lock_payment(&mut transaction, payment_intent).await?;
    if reversal::repo::find(&mut transaction, workspace, &told.id).await?.is_none() {
        let (bought_before, balance_before) =
            reversal::repo::standing(&mut transaction, workspace, payment_intent).await?;
        let bought = told.amount.0.min(price.0 - bought_before.0).max(0);
        let balance = (told.amount.0 - bought).min(balance.0 - balance_before.0).max(0);
        // A dispute of what was refunded already takes nothing more.
        if bought + balance > 0 {
            let fresh = Reversal {
                workspace,
                id: told.id.clone(),
                payment_intent: payment_intent.to_owned(),
                cause: told.cause,
                bought: MilliCents(bought),
                balance: MilliCents(balance),
                stands: true,
                followed: false,
            };
            reversal::repo::insert(&mut transaction, &fresh, state.clock.now()).await?;
        }
    }
    if !told.stands {
        reversal::repo::fall(&mut transaction, workspace, &told.id).await?;
    }
    let noted = reversal::repo::find(&mut transaction, workspace, &told.id).await?;
    transaction.commit().await?;
    Ok(noted)
}

/// Brings wallet or request to where a refund or dispute stands, then marks that.
async fn follow_reversal(state: &AppState, reversal: &Reversal, paid: &Paid) -> Result<(), FulfilError> {
    let part = |credit, id: String, amount, paid| ledger::Reversal { credit, id, cause: reversal.cause, amount, paid };
    let parts = match paid {
        Paid::Packs { session, price, balance } => vec![
            part(Credit::Lots(session.clone()), reversal.id.clone(), reversal.bought, *price),
            part(Credit::Money(session.clone()), format!("{}:balance", reversal.id), reversal.balance, *balance),
        ],
        Paid::Credits { key, amount } => {
            vec![part(Credit::Money(key.clone()), reversal.id.clone(), reversal.bought, *amount)]
        }
        Paid::Request { purchase, payment, session } => {
            follow_request(state, reversal, purchase, payment, session).await?;
            Vec::new()
        }
        Paid::Nothing => Vec::new(),
    };
    for part in parts.into_iter().filter(|part| part.amount.0 > 0) {
        let command = if reversal.stands { Command::TakeBack(part) } else { Command::GiveBack(part) };
        match state.ledger.submit(reversal.workspace, command).await {
            Ok(_) => {}
            Err(LedgerError::Refused(Refusal::UnknownCredit)) => {
                tracing::error!(reversal = reversal.id, "what was refunded was never credited");
                return Err(LedgerError::Refused(Refusal::UnknownCredit).into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut db = state.db.acquire().await?;
    reversal::repo::mark_followed(&mut db, reversal, state.clock.now()).await?;
    Ok(())
}

/// A request whose payment went back wholly is owed again; one whose refund failed is paid again. No units are taken.
async fn follow_request(
    state: &AppState,
    reversal: &Reversal,
    purchase: &Purchase,
    payment: &RequestPayment,
    session: &str,
) -> Result<(), FulfilError> {
    let workspace = reversal.workspace;
    let now = state.clock.now();
    let mut transaction = state.db.begin().await?;
    let (gone, _) = reversal::repo::standing(&mut transaction, workspace, &reversal.payment_intent).await?;
    if gone < payment.amount {
        transaction.commit().await?;
        if !reversal.stands {
            settle_payment(state, session, Box::new(purchase.clone()), payment).await?;
        }
        return Ok(());
    }
    if request::repo::reopen(&mut transaction, workspace, &payment.request, session, now).await? {
        let why = match reversal.cause {
            Cause::Refund => "refunded",
            Cause::Dispute => "disputed",
        };
        let details = format!("{}, {}: its payment was {why}", payment.title, payment.amount);
        let entry = Entry {
            agency: admin::repo::agency_of(&mut transaction, workspace).await?,
            workspace: Some(workspace),
            actor: None,
            action: Action::ReopenRequest,
            target: &payment.request,
            details: &details,
            form_key: None,
        };
        audit::repo::record(&mut transaction, &entry, now).await?;
    }
    transaction.commit().await?;
    follow(state, workspace).await.map_err(|error| match error {
        FollowError::Sql(error) => FulfilError::Database(error),
        FollowError::Ledger(error) => FulfilError::Ledger(error),
    })?;
    Ok(())
}

/// The agency looks at every dispute, and again once it is decided.
async fn tell(state: &AppState, workspace: WorkspaceId, disputed: &Disputed) -> Result<(), FulfilError> {
    let Disputed { id, amount, reason, state: stands } = disputed;
    let stands = match stands {
        DisputeState::Inquiry => "a bank asks about it; no money was taken",
        DisputeState::Open => "the money was taken back; answer in the Stripe dashboard",
        DisputeState::Won => "won: the money is back",
        DisputeState::Lost => "lost: the money is gone",
    };
    let detail = format!("{amount} disputed as {}: {stands}", reason.replace('_', " "));
    let item = NewItem { workspace, kind: ItemKind::Dispute, reference: id, detail: &detail, amount: Some(*amount) };
    let mut db = state.db.acquire().await?;
    inbox::repo::tell(&mut db, &item, state.clock.now()).await?;
    Ok(())
}
