//! `/v1/events`, and an event as a webhook carries it.

use serde_json::{Value, json};

use super::api::{API_VERSION, Answer, Call};
use super::errors::ApiError;
use super::lists::{CreatedFilter, Expand, Page};
use super::model::Event;
use super::state::State;

/// `GET /v1/events/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    Expand::take(&mut call.params, "", &[])?;
    call.params.finish()?;
    let state = call.transaction.state;
    let event = state.events.get(id).ok_or_else(|| ApiError::missing("event", "id", id))?;
    Ok(view(state, event))
}

/// `GET /v1/events`
pub fn list(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    Expand::take(params, "data.", &[])?;
    let page = Page::take(params)?;
    let created = CreatedFilter::take(params)?;
    let kind = params.text("type", 200)?;
    let kinds = params.texts("types")?;
    params.unsupported(&["delivery_success"])?;
    params.finish()?;
    let meant = |event: &&Event| {
        created.meets(event.created)
            && kind.as_ref().is_none_or(|kind| matches(kind, &event.kind))
            && (kinds.is_empty() || kinds.iter().any(|kind| matches(kind, &event.kind)))
    };
    let state = call.transaction.state;
    let all: Vec<_> = state.events.newest_first().filter(meant).collect();
    page.cut("/v1/events", &all, |event| view(state, event))
}

/// `charge.*` means every event that begins so.
fn matches(wanted: &str, kind: &str) -> bool {
    match wanted.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => wanted == kind,
    }
}

/// An event as Stripe shows it.
pub fn view(state: &State, event: &Event) -> Value {
    let delivery = state.deliveries.get(&event.id);
    let pending = delivery.is_some_and(|delivery| delivery.next_at_ms.is_some());
    let mut data = json!({ "object": event.object });
    if !event.previous.is_null() {
        data["previous_attributes"] = event.previous.clone();
    }
    json!({
        "id": event.id,
        "object": "event",
        "api_version": API_VERSION,
        "created": event.created,
        "data": data,
        "livemode": false,
        "pending_webhooks": i32::from(pending),
        "request": { "id": event.request, "idempotency_key": event.idempotency_key },
        "type": event.kind,
    })
}
