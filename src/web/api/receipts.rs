//! `/v1/calls/{id}/receipt`: what paid for which second of a call, and why.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::calls::known_id;
use super::key::CallsKey;
use super::{ApiError, schemas};
use crate::app::receipt::{CallReceipt, PaidSegment, receipt};
use crate::pricing::Charge;
use crate::state::AppState;

/// What paid for which second of a call. Segments follow each other without a gap; their sum is the call's charge.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Receipt)]
pub struct ReceiptBody {
    #[schema(schema_with = schemas::receipt)]
    object: &'static str,
    /// Id of the call.
    call: String,
    /// None while the call is open, and none where nothing was connected.
    segments: Vec<SegmentBody>,
}

/// A stretch of a call that one source paid for.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Segment)]
struct SegmentBody {
    /// First second.
    from_second: i64,
    /// The second after the last.
    to_second: i64,
    /// What paid, in the order of consumption.
    #[schema(schema_with = schemas::source)]
    source: &'static str,
    /// Id of the package, where one paid.
    lot: Option<String>,
    /// Credits drawn or excess billed; 0 for what was paid before.
    milli_cents: i64,
    /// The parts of that cost; null on the calls meter.
    components: Option<ComponentsBody>,
    /// Why this source paid, in a sentence.
    why: String,
}

/// The cost of a segment by component, milli-cents.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Components)]
struct ComponentsBody {
    voice: i64,
    telephony: i64,
    recording: i64,
}

impl From<CallReceipt> for ReceiptBody {
    fn from(receipt: CallReceipt) -> Self {
        let segments = receipt.segments.into_iter().map(SegmentBody::from).collect();
        Self { object: "receipt", call: receipt.call.placement.id, segments }
    }
}

impl From<PaidSegment> for SegmentBody {
    fn from(segment: PaidSegment) -> Self {
        Self {
            from_second: segment.from_second,
            to_second: segment.to_second,
            source: segment.source.as_str(),
            lot: segment.package.map(|package| package.id),
            milli_cents: segment.cost.0,
            components: segment.components.map(ComponentsBody::from),
            why: segment.why,
        }
    }
}

impl From<Charge> for ComponentsBody {
    fn from(charge: Charge) -> Self {
        Self { voice: charge.voice.0, telephony: charge.telephony.0, recording: charge.recording.0 }
    }
}

/// Read the receipt of a call
///
/// Which source paid for which second, and why: the plan's allowance, then packages from the oldest on, then credits,
/// then what is billed afterwards.
#[utoipa::path(
    get, path = "/v1/calls/{id}/receipt", operation_id = "read_receipt",
    tag = "Calls", security(("key" = ["calls:write"])),
    params(("id" = String, Path, description = "Id of the call", example = "call-1")),
    responses(
        (status = 200, description = "The receipt", body = ReceiptBody),
        (status = 404, description = "`not_found`: the workspace has no such call"),
    ),
)]
pub async fn show(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ReceiptBody>, ApiError> {
    let id = known_id(id)?;
    let receipt = receipt(&state, program.workspace, &id).await?.ok_or(ApiError::NotFound)?;
    Ok(Json(receipt.into()))
}
