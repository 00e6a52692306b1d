//! `/v1/messages`: messages, paid from the credits.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::body::Fields;
use super::cannot_start::{CannotStartBody, Wanted, refused};
use super::key::CallsKey;
use super::{ApiError, schemas};
use crate::app::charge_messages::{Charged, charge_messages};
use crate::app::identify::Program;
use crate::ledger::MOST_MESSAGES;
use crate::state::AppState;

/// Messages that were paid together.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Message)]
pub struct MessageBody {
    id: String,
    #[schema(schema_with = schemas::message)]
    object: &'static str,
    workspace: String,
    count: i64,
    /// Credits drawn.
    milli_cents: i64,
    /// The transaction that paid for them.
    transaction: String,
    created_at: Timestamp,
}

impl MessageBody {
    fn new(program: Program, id: String, charged: Charged) -> Self {
        Self {
            id,
            object: "message",
            workspace: program.workspace_public_id,
            count: charged.count,
            milli_cents: charged.cost.0,
            transaction: charged.transaction,
            created_at: charged.at,
        }
    }
}

/// What messages are reported with.
#[derive(Debug, ToSchema)]
struct SendMessages {
    /// Unique in the workspace. The same id and count again are the same messages.
    #[schema(min_length = 1, max_length = 64, pattern = "^[A-Za-z0-9_.:-]+$")]
    id: String,
    /// How many.
    #[schema(minimum = 1, maximum = 1_000_000)]
    count: i64,
}

impl SendMessages {
    fn read(mut fields: Fields) -> Result<Self, ApiError> {
        let messages = Self { id: fields.required_id("id")?, count: fields.integer("count", 1..=MOST_MESSAGES)? };
        fields.finish()?;
        Ok(messages)
    }
}

/// Pay for messages
///
/// Draws their price from the available credits: all of it or nothing. Send the messages only on 201 or 200.
#[utoipa::path(
    post, path = "/v1/messages", operation_id = "send_messages",
    tag = "Messages", security(("key" = ["calls:write"])),
    request_body = SendMessages,
    responses(
        (status = 201, description = "The messages are paid", body = MessageBody),
        (status = 200, description = "The messages that the same request had paid before", body = MessageBody),
        (status = 402, description = "They cannot be paid: `insufficient_balance`, `no_subscription` or \
                                      `subscription_blocked`.", body = CannotStartBody),
        (status = 409, description = "`id_conflict`: this id came with another count before."),
    ),
)]
pub async fn send(
    CallsKey(program): CallsKey,
    State(state): State<AppState>,
    fields: Fields,
) -> Result<(StatusCode, Json<MessageBody>), ApiError> {
    let SendMessages { id, count } = SendMessages::read(fields)?;
    match charge_messages(&state, program.workspace, &id, count).await? {
        Ok(charged) => {
            let status = if charged.repeated { StatusCode::OK } else { StatusCode::CREATED };
            Ok((status, Json(MessageBody::new(program, id, charged))))
        }
        Err(refusal) => Err(refused(&state, &program, refusal, Wanted::Messages(count)).await),
    }
}
