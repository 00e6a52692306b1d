//! Instructions: what somebody of the agency orders about a client's wallet. An instruction is stored under its form's
//! key before the ledger is told, and settled afterwards, with its request and its line in the audit trail, in one
//! transaction. Stopped between any two steps, the next one who comes by goes on: the same form, sent again, or the sweep.
//!
//! The instruction's id is the ledger's key, so however many carry it out, the wallet changes once.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sqlx::PgConnection;

use super::agency::{AgencyError, AgencyForm};
use super::follow_requests::follow;
use super::settle_request::close_checkouts;
use crate::ids;
use crate::ledger::{self, Command, Effective, LedgerError, LotGrant, LotSource};
use crate::notify::live;
use crate::payments::instruction::{Application, Deed, Instruction, Status, Why, repo};
use crate::payments::request::{self, Asked, Cause, Due, NewRequest};
use crate::payments::{self, Bought};
use crate::state::AppState;
use crate::tenants;
use crate::tenants::admin;
use crate::tenants::audit::{self, Action, Entry};
use crate::units::{MilliCents, WorkspaceId};

impl From<Why> for AgencyError {
    fn from(why: Why) -> Self {
        match why {
            Why::CallsInProgress => Self::CallsInProgress,
            Why::AlreadySubscribed => Self::AlreadySubscribed,
            Why::NoSubscription => Self::NoSubscription,
            Why::Invalid => Self::Invalid(Vec::new()),
        }
    }
}

/// The sweep leaves a new instruction to whoever gave it for so long.
const GIVERS_OWN: SignedDuration = SignedDuration::from_mins(1);
/// Instructions of one look.
const BATCH: i64 = 100;

/// The instruction that this form has given before, if it orders the same thing to the same client.
pub(super) async fn given(
    state: &AppState,
    form: &AgencyForm,
    workspace: WorkspaceId,
    same: impl Fn(&Deed) -> bool,
) -> Result<Option<Instruction>, AgencyError> {
    let mut db = state.db.acquire().await?;
    given_in(&mut db, form, workspace, same).await
}

/// The same on the caller's connection.
pub(super) async fn given_in(
    db: &mut PgConnection,
    form: &AgencyForm,
    workspace: WorkspaceId,
    same: impl Fn(&Deed) -> bool,
) -> Result<Option<Instruction>, AgencyError> {
    if !ids::is_given_id(&form.key) {
        return Err(AgencyError::FormUsed);
    }
    match repo::by_form(db, workspace, &form.key).await? {
        Some(instruction) if !same(&instruction.deed) => Err(AgencyError::FormUsed),
        found => Ok(found),
    }
}

/// Stores an instruction that was checked. Of several forms at once, one is stored and all get it.
pub(super) async fn give(
    state: &AppState,
    form: &AgencyForm,
    workspace: WorkspaceId,
    deed: Deed,
    same: impl Fn(&Deed) -> bool,
) -> Result<Instruction, AgencyError> {
    let mut db = state.db.acquire().await?;
    give_in(&mut db, form, workspace, deed, state.clock.now(), same).await
}

/// The same in the caller's transaction.
pub(super) async fn give_in(
    db: &mut PgConnection,
    form: &AgencyForm,
    workspace: WorkspaceId,
    deed: Deed,
    now: Timestamp,
    same: impl Fn(&Deed) -> bool,
) -> Result<Instruction, AgencyError> {
    let instruction = Instruction {
        workspace,
        id: ids::fresh("ins"),
        form_key: form.key.clone(),
        given_by: Some(form.user),
        deed,
        status: Status::Open,
        created_at: now,
    };
    repo::insert(db, &instruction).await?;
    given_in(db, form, workspace, same).await?.ok_or(AgencyError::FormUsed)
}

/// Brings an instruction to its end. Safe any number of times, in parallel.
///
/// # Errors
/// Why the ledger refused; or why it is not known what became of it, and it is tried again.
pub async fn carry_out(state: &AppState, instruction: &Instruction) -> Result<(), AgencyError> {
    match &instruction.status {
        Status::Done => return Ok(()),
        Status::Refused(why) => return Err((*why).into()),
        Status::Open => {}
    }
    if let Some(command) = command(state, instruction).await? {
        match state.ledger.submit(instruction.workspace, command).await {
            Ok(_) => {}
            Err(LedgerError::Refused(refusal)) => {
                let mut db = state.db.acquire().await?;
                let why = Why::from(&refusal);
                repo::refuse(&mut db, instruction, why, state.clock.now()).await?;
                return Err(why.into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    settle(state, instruction).await
}

/// Finishes instructions that were cut off, or whose outcome was not known. Answers how many were looked at.
///
/// # Errors
/// Where the database failed; what the ledger does not take now is tried again.
pub async fn finish_instructions(state: &AppState) -> sqlx::Result<usize> {
    let mut db = state.db.acquire().await?;
    let open = repo::open(&mut db, state.clock.now() - GIVERS_OWN, BATCH).await?;
    drop(db);
    for instruction in &open {
        match carry_out(state, instruction).await {
            Ok(()) => {}
            Err(AgencyError::Database(error)) => return Err(error),
            Err(error) => tracing::warn!(instruction = instruction.id, %error, "an instruction was not carried out"),
        }
    }
    Ok(open.len())
}

/// What the ledger is told; nothing where it no longer applies.
async fn command(state: &AppState, instruction: &Instruction) -> Result<Option<Command>, AgencyError> {
    let Instruction { workspace, id, deed, .. } = instruction;
    let key = id.clone();
    let lot = |name: &str, meter, units, price, source, reference: &str| Command::CreditLots {
        key: key.clone(),
        lots: vec![LotGrant { name: name.to_owned(), meter, units, price, source, reference: reference.to_owned() }],
    };
    let mut db = state.db.acquire().await?;
    Ok(Some(match deed {
        Deed::ApplyPack(it) => lot(&it.name, it.meter, it.units, it.price, LotSource::Agency, id),
        Deed::GrantUnits { meter, units, reason } => {
            lot(reason, *meter, *units, MilliCents(0), LotSource::Grant, reason)
        }
        Deed::GrantCredits { amount, .. } => Command::GrantMoney { key, amount: *amount },
        Deed::ChangePlan { snapshot, effective, .. } => Command::ChangePlan {
            snapshot: Arc::new(ledger::repo::snapshot(&mut db, *workspace, *snapshot).await?),
            effective: *effective,
        },
        Deed::Cancel { subscription, effective } => {
            let wallet = ledger::repo::wallet(&mut db, *workspace).await?.ok_or(AgencyError::NotFound)?;
            let current = wallet.subscription.is_some_and(|it| it.number == *subscription);
            return Ok(current.then_some(Command::Cancel(*effective)));
        }
        Deed::AcceptPayment { purchase, session, .. } => {
            let purchase = payments::repo::purchase(&mut db, purchase).await?.ok_or(AgencyError::NotFound)?;
            return Ok(purchase.credit(session));
        }
        Deed::Subscribe { snapshot, .. } => Command::Subscribe {
            snapshot: Arc::new(ledger::repo::snapshot(&mut db, *workspace, *snapshot).await?),
            anchor_at: instruction.created_at,
        },
    }))
}

/// Marks an instruction done, with what belongs to it. Of several at once, one does so.
async fn settle(state: &AppState, instruction: &Instruction) -> Result<(), AgencyError> {
    let mut transaction = state.db.begin().await?;
    let now = state.clock.now();
    let mut paid = None;
    if repo::finish(&mut transaction, instruction, now).await? {
        match &instruction.deed {
            Deed::ApplyPack(application) => {
                ask(&mut transaction, instruction, application, now).await?;
                // The wallet's own news came before the request.
                live::announce(&mut transaction, instruction.workspace).await?;
            }
            Deed::AcceptPayment { purchase, session, .. } => {
                paid = accept(&mut transaction, purchase, session, now).await?;
            }
            _ => {}
        }
        write_down(&mut transaction, instruction, now).await?;
        transaction.commit().await?;
    }
    if let Some(request) = paid {
        close_checkouts(state, instruction.workspace, &request).await?;
        follow(state, instruction.workspace).await?;
    }
    Ok(())
}

/// Marks a purchase, or the request that it paid; answers that request.
async fn accept(
    db: &mut PgConnection,
    purchase: &str,
    session: &str,
    now: Timestamp,
) -> Result<Option<String>, AgencyError> {
    let purchase = payments::repo::purchase(db, purchase).await?.ok_or(AgencyError::NotFound)?;
    let Bought::Request(payment) = purchase.bought else {
        payments::repo::mark_credited(db, &purchase.id, now).await?;
        return Ok(None);
    };
    let (workspace, session) = (purchase.workspace, Some(session));
    if request::repo::mark_paid(db, workspace, &payment.request, session, None, now).await? {
        payments::repo::mark_credited(db, &purchase.id, now).await?;
    }
    Ok(Some(payment.request))
}

/// Asks for the price of an applied pack, due so many days after the application.
async fn ask(
    db: &mut PgConnection,
    instruction: &Instruction,
    application: &Application,
    now: Timestamp,
) -> Result<(), AgencyError> {
    let Instruction { workspace, created_at, .. } = instruction;
    let zone = tenants::repo::zone(db, *workspace).await?.ok_or(AgencyError::NotFound)?;
    let id = ids::fresh("req");
    let asked = Asked {
        title: application.name.clone(),
        price: application.price,
        excess: MilliCents(0),
        carried: MilliCents(0),
    };
    let request = NewRequest {
        workspace: *workspace,
        id: &id,
        cause: Cause::Application(&instruction.id),
        asked: &asked,
        due: Due::after(*created_at, &zone, application.due_days, application.grace_days),
        created_at: now,
    };
    request::repo::insert(db, &request).await?;
    if application.paid {
        request::repo::mark_paid(db, *workspace, &id, None, None, now).await?;
    }
    Ok(())
}

async fn write_down(db: &mut PgConnection, instruction: &Instruction, now: Timestamp) -> Result<(), AgencyError> {
    let (action, target, details) = told(instruction);
    let entry = Entry {
        agency: admin::repo::agency_of(db, instruction.workspace).await?,
        workspace: Some(instruction.workspace),
        actor: instruction.given_by,
        action,
        target: &target,
        details: &details,
        form_key: None,
    };
    audit::repo::record(db, &entry, now).await?;
    Ok(())
}

/// An instruction as the audit trail tells it: what, to what, in a line.
fn told(instruction: &Instruction) -> (Action, String, String) {
    let when = |effective: &Effective| match effective {
        Effective::Now => "now",
        Effective::PeriodEnd => "at the period's end",
    };
    match &instruction.deed {
        Deed::ApplyPack(it) => {
            let paid = if it.paid { "Paid" } else { "Pending" };
            (
                Action::ApplyPack,
                it.pack.clone(),
                format!("{}, {}, {}, {paid}", it.name, it.meter.short(it.units), it.price),
            )
        }
        Deed::GrantUnits { meter, units, reason } => {
            (Action::Grant, instruction.id.clone(), format!("{}: {reason}", meter.exact(*units)))
        }
        Deed::GrantCredits { amount, reason } => {
            (Action::Grant, instruction.id.clone(), format!("{amount} in credits: {reason}"))
        }
        Deed::ChangePlan { plan, effective, .. } => (Action::ChangePlan, plan.clone(), when(effective).to_owned()),
        Deed::Cancel { subscription, effective } => {
            (Action::CancelSubscription, format!("subscription {subscription}"), when(effective).to_owned())
        }
        Deed::AcceptPayment { item, purchase, .. } => (Action::AcceptPayment, item.to_string(), purchase.clone()),
        Deed::Subscribe { plan, .. } => (Action::Resubscribe, plan.clone(), String::new()),
    }
}
