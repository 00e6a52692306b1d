//! `/v1/numbers`: rented numbers, paid month by month from the credits.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::Fields;
use super::calls::known_id;
use super::cannot_start::{CannotStartBody, Wanted, refused};
use super::key::CallsKey;
use super::{ApiError, schemas};
use crate::app::identify::Program;
use crate::app::rent_number::{RentedNumber, find_number, release_number, rent_number};
use crate::state::AppState;

/// A rented number.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Number)]
pub struct NumberBody {
    id: String,
    #[schema(schema_with = schemas::number)]
    object: &'static str,
    workspace: String,
    number: String,
    /// `past_due`: a month could not be paid from the credits; it stays due and is tried every day.
    #[schema(schema_with = schemas::number_status)]
    status: &'static str,
    /// What a month costs now; null where there is no plan.
    monthly_milli_cents: Option<i64>,
    /// Months that have begun and are not paid.
    unpaid_months: i64,
    /// When the next month begins, or the oldest unpaid one began; null once none will be due.
    next_fee_at: Option<Timestamp>,
    created_at: Timestamp,
    released_at: Option<Timestamp>,
}

impl NumberBody {
    fn new(program: Program, rented: RentedNumber) -> Self {
        Self {
            id: rented.rental.id,
            object: "number",
            workspace: program.workspace_public_id,
            number: rented.rental.number,
            status: rented.status.as_str(),
            monthly_milli_cents: rented.fee.map(|fee| fee.0),
            unpaid_months: rented.unpaid_months,
            next_fee_at: rented.next_fee_at,
            created_at: rented.rental.rented_at,
            released_at: rented.rental.released_at,
        }
    }
}

/// What rents a number.
#[derive(Debug, ToSchema)]
struct RentNumber {
    /// Unique in the workspace. The same id and number again are the same rental.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$")]
    id: String,
    /// As people dial it.
    #[schema(min_length = 1, max_length = 255, pattern = "^[^\\u0000]+$")]
    number: String,
}

impl RentNumber {
    fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let rent = Self { id: fields.required_id("id")?, number: fields.required_text("number")? };
        fields.finish()?;
        Ok(rent)
    }
}

/// Rent a number
///
/// Draws the first month from the available credits. Each further month is drawn as it begins, counted from the original
/// day in the workspace's zone; one that cannot be paid stays due and is tried every day.
#[utoipa::path(
    post, path = "/v1/numbers", operation_id = "rent_number",
    tag = "Numbers", security(("key" = ["calls:write"])),
    request_body = RentNumber,
    responses(
        (status = 201, description = "The number is rented, its first month paid", body = NumberBody),
        (status = 200, description = "What the same request had rented before, as it is now", body = NumberBody),
        (status = 402, description = "The first month cannot be paid: `insufficient_balance`, `no_subscription` or \
                                      `subscription_blocked`.", body = CannotStartBody),
        (status = 409, description = "`id_conflict`: this id came with another number before."),
    ),
)]
pub async fn rent(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    fields: Fields,
) -> Result<(StatusCode, Json<NumberBody>), ApiError> {
    let RentNumber { id, number } = RentNumber::read(fields)?;
    match rent_number(&state, program.workspace, &id, &number).await? {
        Ok((rented, repeated)) => {
            let status = if repeated { StatusCode::OK } else { StatusCode::CREATED };
            Ok((status, Json(NumberBody::new(program, rented))))
        }
        Err(refusal) => Err(refused(&state, &program, refusal, Wanted::Number).await),
    }
}

/// Read a number
#[utoipa::path(
    get, path = "/v1/numbers/{id}", operation_id = "read_number",
    tag = "Numbers", security(("key" = ["calls:write"])),
    params(("id" = String, Path, description = "Id of the rental", example = "line-1")),
    responses(
        (status = 200, description = "The number", body = NumberBody),
        (status = 404, description = "`not_found`: the workspace rents no such number."),
    ),
)]
pub async fn show(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<NumberBody>, ApiError> {
    let found = find_number(&state, program.workspace, &known_id(id)?).await?;
    Ok(Json(NumberBody::new(program, found.ok_or(ApiError::NotFound)?)))
}

/// Give a number back
///
/// No month that begins from now on is paid. The same again changes nothing.
#[utoipa::path(
    delete, path = "/v1/numbers/{id}", operation_id = "release_number",
    tag = "Numbers", security(("key" = ["calls:write"])),
    params(("id" = String, Path, description = "Id of the rental", example = "line-1")),
    responses(
        (status = 200, description = "The number, given back", body = NumberBody),
        (status = 404, description = "`not_found`: the workspace rents no such number."),
    ),
)]
pub async fn release(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<NumberBody>, ApiError> {
    let released = release_number(&state, program.workspace, &known_id(id)?).await?;
    Ok(Json(NumberBody::new(program, released.ok_or(ApiError::NotFound)?)))
}
