//! `/v1/calls`: a hold before a call, a settlement after it.

use std::collections::BTreeMap;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::Fields;
use super::cannot_start::{CannotStartBody, Wanted, refused};
use super::forms::by_unit;
use super::idempotency::Attempt;
use super::key::CallsKey;
use super::{ApiError, schemas};
use crate::app::ReadError;
use crate::app::heartbeat::{Pulse, heartbeat};
use crate::app::identify::Program;
use crate::app::settle_call::{Report, Settled, settle_call};
use crate::app::start_call::{find_call, start_call};
use crate::ids;
use crate::ledger::{Call, CallEnd, CallOutcome, CallStatus, Direction, LedgerError, Placement};
use crate::state::AppState;
use crate::units::Seconds;

/// A day: the longest call that can be reported.
const LONGEST: i64 = 86_400;

/// A call and its hold.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Call)]
pub struct CallBody {
    id: String,
    #[schema(schema_with = schemas::call)]
    object: &'static str,
    workspace: String,
    #[schema(schema_with = schemas::direction)]
    direction: &'static str,
    agent: Option<String>,
    from: Option<String>,
    to: Option<String>,
    recording: bool,
    metadata: Option<BTreeMap<String, String>>,
    #[schema(schema_with = schemas::call_status)]
    status: &'static str,
    /// Null while it is open, like every figure below.
    #[schema(schema_with = schemas::outcome_or_null)]
    outcome: Option<&'static str>,
    duration_seconds: Option<i64>,
    billed_duration_seconds: Option<i64>,
    /// Credits drawn.
    billing_amount_milli_cents: Option<i64>,
    /// Billed afterwards.
    excess_milli_cents: Option<i64>,
    /// Connected time that nothing covered; not charged.
    overrun_seconds: Option<i64>,
    #[schema(schema_with = schemas::reservation_status)]
    reservation_status: &'static str,
    hold: HoldBody,
    created_at: Timestamp,
    ended_at: Option<Timestamp>,
}

/// What is reserved for a call.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallHold)]
struct HoldBody {
    /// Null where the plan counts calls.
    seconds: Option<i64>,
    /// Null where the plan counts minutes.
    calls: Option<i64>,
    /// Its nominal cost; null where the plan has no rates.
    milli_cents: Option<i64>,
    /// When it lapses if nobody ends the call.
    expires_at: Timestamp,
}

impl HoldBody {
    fn new(call: &Call) -> Self {
        let (seconds, calls) = by_unit(Some(call.meter), call.held_units);
        Self { seconds, calls, milli_cents: call.hold_mc.map(|mc| mc.0), expires_at: call.expires_at }
    }
}

impl CallBody {
    fn new(program: &Program, call: Call) -> Self {
        let hold = HoldBody::new(&call);
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
            hold,
            created_at: call.created_at,
            ended_at: end.map(|end| end.ended_at),
        }
    }
}

/// What starts a call.
#[derive(Debug, ToSchema)]
struct StartCall {
    /// Unique in the workspace; made by us where it is not given. The same id and fields again are the same call.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$")]
    id: Option<String>,
    #[schema(schema_with = schemas::direction)]
    direction: Direction,
    /// Which agent speaks.
    #[schema(max_length = 255, pattern = "^[^\\u0000]*$")]
    agent: Option<String>,
    /// Caller's number.
    #[schema(max_length = 255, pattern = "^[^\\u0000]*$")]
    from: Option<String>,
    /// Callee's number.
    #[schema(max_length = 255, pattern = "^[^\\u0000]*$")]
    to: Option<String>,
    /// Whether the call is recorded, which has a rate of its own; false unless given.
    recording: Option<bool>,
    /// A flat object of texts, up to 4 KiB.
    #[schema(schema_with = schemas::metadata)]
    metadata: Option<BTreeMap<String, String>>,
}

impl StartCall {
    fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let start = Self {
            id: fields.id("id")?,
            direction: fields.word("direction", Direction::parse, "outbound, inbound")?,
            agent: fields.text("agent")?,
            from: fields.text("from")?,
            to: fields.text("to")?,
            recording: fields.flag("recording")?,
            metadata: fields.texts("metadata")?,
        };
        fields.finish()?;
        Ok(start)
    }

    /// A call that the client does not name gets the id `unnamed`.
    fn placement(self, unnamed: String) -> Placement {
        let StartCall { id, direction, agent, from, to, recording, metadata } = self;
        let (id, recording) = (id.unwrap_or(unnamed), recording.unwrap_or_default());
        Placement { id, direction, agent, from, to, recording, metadata }
    }
}

/// Start a call
///
/// Places the hold that the plan asks for. Start the call only on 201 or 200; 402 says in words what to add.
#[utoipa::path(
    post, path = "/v1/calls", operation_id = "start_call",
    tag = "Calls", security(("key" = ["calls:write"])),
    request_body = StartCall,
    responses(
        (status = 201, description = "The hold is placed", body = CallBody),
        (status = 200, description = "The call that the same request had started before, as it is now", body = CallBody),
        (status = 402, description = "No call can start: `insufficient_balance`, `no_subscription`, \
                                      `subscription_ending` or `subscription_blocked`.", body = CannotStartBody),
        (status = 409, description = "`id_conflict`: a call with this id was started with other fields."),
    ),
)]
pub async fn start(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    attempt: Option<Extension<Attempt>>,
    fields: Fields,
) -> Result<(StatusCode, Json<CallBody>), ApiError> {
    let start = StartCall::read(fields)?;
    let unnamed = attempt.map_or_else(|| ids::fresh("call"), |Extension(attempt)| attempt.id("call"));
    match start_call(&state, program.workspace, start.placement(unnamed)).await {
        Ok((call, repeated)) => {
            let status = if repeated { StatusCode::OK } else { StatusCode::CREATED };
            Ok((status, Json(CallBody::new(&program, call))))
        }
        Err(LedgerError::Refused(refusal)) => Err(refused(&state, &program, refusal, Wanted::Call).await),
        Err(error) => Err(ReadError::Ledger(error).into()),
    }
}

/// Read a call
#[utoipa::path(
    get, path = "/v1/calls/{id}", operation_id = "read_call",
    tag = "Calls", security(("key" = ["calls:write"])),
    params(("id" = String, Path, description = "Id of the call", example = "call-1")),
    responses(
        (status = 200, description = "The call", body = CallBody),
        (status = 404, description = "`not_found`: the workspace has no such call."),
    ),
)]
pub async fn show(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<CallBody>, ApiError> {
    let id = known_id(id)?;
    let call = find_call(&state, program.workspace, &id).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(CallBody::new(&program, call)))
}

/// How long an open call may go on. One that has ended does not, and nothing is held for it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Heartbeat)]
pub struct HeartbeatBody {
    /// False: end the call now.
    #[serde(rename = "continue")]
    goes_on: bool,
    /// When to end the call unless a later heartbeat extends its hold.
    hang_up_at: Option<Timestamp>,
    hold: Option<HoldBody>,
}

impl From<Pulse> for HeartbeatBody {
    fn from(pulse: Pulse) -> Self {
        match pulse {
            Pulse::Open { call, hang_up_at, goes_on } => {
                Self { goes_on, hang_up_at: Some(hang_up_at), hold: Some(HoldBody::new(&call)) }
            }
            Pulse::Ended => Self { goes_on: false, hang_up_at: None, hold: None },
        }
    }
}

/// A sign of life.
#[derive(Debug, ToSchema)]
struct BeatCall {
    /// Connected time so far. A lower figure than an earlier one is ignored.
    #[schema(minimum = 0, maximum = 86_400)]
    connected_seconds: i64,
}

impl BeatCall {
    fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let beat = Self { connected_seconds: fields.integer("connected_seconds", 0..=LONGEST)? };
        fields.finish()?;
        Ok(beat)
    }
}

/// Keep a call alive
///
/// Extends the hold where the plan holds less than the longest call, as far as the wallet covers it. A call that
/// nobody completes is charged up to its last heartbeat.
#[utoipa::path(
    post, path = "/v1/calls/{id}/heartbeat", operation_id = "keep_call_alive",
    tag = "Calls", security(("key" = ["calls:write"])),
    params(("id" = String, Path, description = "Id of the call", example = "call-1")),
    request_body = BeatCall,
    responses(
        (status = 200, description = "How long the call may go on", body = HeartbeatBody),
        (status = 404, description = "`not_found`: the workspace has no such call."),
    ),
)]
pub async fn beat(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    fields: Fields,
) -> Result<Json<HeartbeatBody>, ApiError> {
    let id = known_id(id)?;
    let connected = Seconds(BeatCall::read(fields)?.connected_seconds);
    let pulse = heartbeat(&state, program.workspace, &id, connected).await.map_err(ReadError::Ledger)?;
    Ok(Json(pulse.into()))
}

/// What the end of a call is reported with.
#[derive(Debug, ToSchema)]
struct CompleteCall {
    #[schema(schema_with = schemas::outcome)]
    outcome: CallOutcome,
    /// From the first ring to the end.
    #[schema(minimum = 0, maximum = 86_400)]
    duration_seconds: i64,
    /// Connected time, at most the duration; 0 unless answered.
    #[schema(minimum = 0, maximum = 86_400)]
    billed_duration_seconds: i64,
}

impl CompleteCall {
    fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let outcomes = "answered, no_answer, busy, failed, voicemail, canceled";
        let outcome = fields.word("outcome", CallOutcome::parse, outcomes)?;
        let duration_seconds = fields.integer("duration_seconds", 0..=LONGEST)?;
        let longest = if outcome == CallOutcome::Answered { duration_seconds } else { 0 };
        let billed_duration_seconds = fields.integer("billed_duration_seconds", 0..=longest)?;
        fields.finish()?;
        Ok(Self { outcome, duration_seconds, billed_duration_seconds })
    }
}

impl From<CompleteCall> for Report {
    fn from(report: CompleteCall) -> Self {
        let CompleteCall { outcome, duration_seconds, billed_duration_seconds } = report;
        Self { outcome, duration: Seconds(duration_seconds), billed: Seconds(billed_duration_seconds) }
    }
}

/// Complete a call
///
/// Charges the connected seconds, or releases the hold. The same report again has the same answer.
#[utoipa::path(
    post, path = "/v1/calls/{id}/complete", operation_id = "complete_call",
    tag = "Calls", security(("key" = ["calls:write"])),
    params(("id" = String, Path, description = "Id of the call", example = "call-1")),
    request_body = CompleteCall,
    responses(
        (status = 200, description = "The call, settled or released", body = CallBody),
        (status = 404, description = "`not_found`: the workspace has no such call."),
        (status = 409, description = "`already_completed`: it has ended with other figures, which stand in `call`."),
    ),
)]
pub async fn complete(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
    fields: Fields,
) -> Result<Json<CallBody>, ApiError> {
    let id = known_id(id)?;
    let report = CompleteCall::read(fields)?;
    match settle_call(&state, program.workspace, &id, report.into()).await.map_err(ReadError::Ledger)? {
        Settled::Ended(call) => Ok(Json(CallBody::new(&program, *call))),
        Settled::OtherFigures(call) => Err(ApiError::AlreadyCompleted(Box::new(CallBody::new(&program, *call)))),
    }
}

/// An id that no call can have leads nowhere, like any other unknown one.
pub(super) fn known_id(id: Result<Path<String>, PathRejection>) -> Result<String, ApiError> {
    let id = id.ok().map(|Path(id)| id);
    id.filter(|id| ids::is_given_id(id)).ok_or(ApiError::NotFound)
}
