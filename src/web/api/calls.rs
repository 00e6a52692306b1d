//! `/v1/calls`: a hold before a call, a settlement after it.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::Serialize;

use super::ApiError;
use super::body::Fields;
use super::forms::by_unit;
use super::idempotency::Attempt;
use super::key::CallsKey;
use super::wallet::CannotStart;
use crate::app::identify::Program;
use crate::app::settle_call::{Report, Settled, settle_call};
use crate::app::start_call::{find_call, start_call};
use crate::app::{ReadError, current_wallet};
use crate::ids;
use crate::ledger::{Call, CallEnd, CallOutcome, CallStatus, Direction, LedgerError, Placement, Refusal};
use crate::state::AppState;
use crate::units::Seconds;

/// A day: the longest call that can be reported.
const LONGEST: i64 = 86_400;

/// A call as the API shows it.
#[derive(Debug, Serialize)]
pub struct CallBody {
    id: String,
    object: &'static str,
    workspace: String,
    direction: &'static str,
    agent: Option<String>,
    from: Option<String>,
    to: Option<String>,
    recording: bool,
    metadata: Option<BTreeMap<String, String>>,
    status: &'static str,
    outcome: Option<&'static str>,
    duration_seconds: Option<i64>,
    billed_duration_seconds: Option<i64>,
    billing_amount_milli_cents: Option<i64>,
    excess_milli_cents: Option<i64>,
    overrun_seconds: Option<i64>,
    reservation_status: &'static str,
    hold: HoldBody,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

#[derive(Debug, Serialize)]
struct HoldBody {
    seconds: Option<i64>,
    calls: Option<i64>,
    milli_cents: Option<i64>,
    expires_at: Timestamp,
}

impl CallBody {
    fn new(program: &Program, call: Call) -> Self {
        let (seconds, calls) = by_unit(Some(call.meter), call.held_units);
        let end = call.end.as_ref();
        let figure = |of: fn(&CallEnd) -> i64| end.map(of);
        let Placement { id, direction, agent, from, to, recording, metadata } = call.placement;
        Self {
            id,
            object: "call",
            workspace: program.workspace_public_id.clone(),
            direction: direction.as_str(),
            agent,
            from,
            to,
            recording,
            metadata,
            status: if call.status == CallStatus::Reserved { "open" } else { "ended" },
            outcome: end.map(|end| end.outcome.as_str()),
            duration_seconds: figure(|end| end.duration.0),
            billed_duration_seconds: figure(|end| end.billed.0),
            billing_amount_milli_cents: figure(|end| end.credits.0),
            excess_milli_cents: figure(|end| end.excess.0),
            overrun_seconds: figure(|end| end.overrun.0 + end.late.0),
            reservation_status: call.status.as_str(),
            hold: HoldBody { seconds, calls, milli_cents: call.hold_mc.map(|mc| mc.0), expires_at: call.expires_at },
            created_at: call.created_at,
            ended_at: end.map(|end| end.ended_at),
        }
    }
}

/// `POST /v1/calls`
pub async fn start(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    attempt: Option<Extension<Attempt>>,
    fields: Fields,
) -> Result<(StatusCode, Json<CallBody>), ApiError> {
    let unnamed = attempt.map_or_else(|| ids::fresh("call"), |Extension(attempt)| attempt.id("call"));
    let placement = placement(fields, unnamed)?;
    match start_call(&state, program.workspace, placement).await {
        Ok((call, repeated)) => {
            let status = if repeated { StatusCode::OK } else { StatusCode::CREATED };
            Ok((status, Json(CallBody::new(&program, call))))
        }
        Err(LedgerError::Refused(refusal)) => Err(refused(&state, &program, refusal).await),
        Err(error) => Err(ReadError::Ledger(error).into()),
    }
}

/// What the client asks for; a call that it does not name gets our id.
fn placement(mut fields: Fields, unnamed: String) -> Result<Placement, ApiError> {
    let placement = Placement {
        id: fields.id("id")?.unwrap_or(unnamed),
        direction: fields.word("direction", Direction::parse, "outbound, inbound")?,
        agent: fields.text("agent")?,
        from: fields.text("from")?,
        to: fields.text("to")?,
        recording: fields.flag("recording")?,
        metadata: fields.texts("metadata")?,
    };
    fields.finish()?;
    Ok(placement)
}

/// The 402 of a refusal; what else can be wrong keeps its own code.
async fn refused(state: &AppState, program: &Program, refusal: Refusal) -> ApiError {
    let topup_url = state.config.public_url.join("/billing").map(String::from).unwrap_or_default();
    let why = match refusal {
        Refusal::InsufficientBalance(standing) => {
            return ApiError::CannotStart(Box::new(CannotStart::too_little(&standing, topup_url)));
        }
        Refusal::NoSubscription => CannotStart::no_subscription,
        Refusal::SubscriptionEnding => CannotStart::subscription_ending,
        Refusal::SubscriptionBlocked => CannotStart::subscription_blocked,
        other => return ReadError::Ledger(LedgerError::Refused(other)).into(),
    };
    match current_wallet(state, program.workspace).await {
        Ok(wallet) => ApiError::CannotStart(Box::new(why(&wallet.standing(), topup_url))),
        Err(error) => error.into(),
    }
}

/// `GET /v1/calls/{id}`
pub async fn show(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<CallBody>, ApiError> {
    let id = known_id(id)?;
    let call = find_call(&state, program.workspace, &id).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(CallBody::new(&program, call)))
}

/// `POST /v1/calls/{id}/complete`
pub async fn complete(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    fields: Fields,
) -> Result<Json<CallBody>, ApiError> {
    let id = known_id(id)?;
    let report = report(fields)?;
    match settle_call(&state, program.workspace, &id, report).await.map_err(ReadError::Ledger)? {
        Settled::Ended(call) => Ok(Json(CallBody::new(&program, *call))),
        Settled::OtherFigures(call) => Err(ApiError::AlreadyCompleted(Box::new(CallBody::new(&program, *call)))),
    }
}

/// An id that no call can have leads nowhere, like any other unknown one.
fn known_id(id: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let id = id.ok().map(|Path(id)| id);
    id.filter(|id| ids::is_given_id(id)).ok_or(ApiError::NotFound)
}

fn report(mut fields: Fields) -> Result<Report, ApiError> {
    let outcomes = "answered, no_answer, busy, failed, voicemail, canceled";
    let outcome = fields.word("outcome", CallOutcome::parse, outcomes)?;
    let duration = fields.integer("duration_seconds", 0..=LONGEST)?;
    let longest = if outcome == CallOutcome::Answered { duration } else { 0 };
    let billed = fields.integer("billed_duration_seconds", 0..=longest)?;
    fields.finish()?;
    Ok(Report { outcome, duration: Seconds(duration), billed: Seconds(billed) })
}
