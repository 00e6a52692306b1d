//! `/v1/checkout/sessions` in payment mode: reading, listing and expiring. [`super::checkout_create`] makes them.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::customers;
use super::errors::ApiError;
use super::intents;
use super::line_items;
use super::lists::{CreatedFilter, Expand, Page};
use super::model::{Session, SessionStatus};
use super::shape::with_nulls;
use super::state::{Change, State, Transaction};

/// What `expand[]` may name.
pub const EXPANDABLE: [&str; 7] = [
    "customer",
    "line_items",
    "line_items.data.price.product",
    "payment_intent",
    "payment_intent.customer",
    "payment_intent.latest_charge",
    "payment_intent.payment_method",
];

/// Fields of a session that the sandbox never fills.
const ALWAYS_NULL: [&str; 21] = [
    "after_expiration",
    "allow_promotion_codes",
    "billing_address_collection",
    "client_secret",
    "collected_information",
    "consent",
    "consent_collection",
    "currency_conversion",
    "invoice",
    "invoice_creation",
    "origin_context",
    "payment_link",
    "payment_method_configuration_details",
    "permissions",
    "recovered_from",
    "saved_payment_method_options",
    "setup_intent",
    "shipping_address_collection",
    "shipping_cost",
    "subscription",
    "wallet_options",
];

/// `GET /v1/checkout/sessions/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.finish()?;
    let session = find(call.transaction.state, id)?;
    Ok(expanded_view(call.transaction.state, call.base, session, &expand))
}

/// `GET /v1/checkout/sessions`
pub fn list(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    let expand = Expand::take(params, "data.", &EXPANDABLE)?;
    let page = Page::take(params)?;
    let created = CreatedFilter::take(params)?;
    let customer = params.text("customer", 500)?;
    let payment_intent = params.text("payment_intent", 500)?;
    let status = params.choice("status", &["complete", "expired", "open"])?;
    params.unsupported(&["customer_account", "customer_details", "payment_link", "subscription"])?;
    params.finish()?;
    let state = call.transaction.state;
    let meant = |session: &&Session| {
        created.meets(session.created)
            && (customer.is_none() || session.customer == customer)
            && (payment_intent.is_none() || session.payment_intent == payment_intent)
            && status.is_none_or(|status| session.status.word() == status)
    };
    let all: Vec<_> = state.sessions.newest_first().filter(meant).collect();
    page.cut("/v1/checkout/sessions", &all, |session| expanded_view(state, call.base, session, &expand))
}

/// `POST /v1/checkout/sessions/{id}/expire`
pub fn expire(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.finish()?;
    let state = call.transaction.state;
    let session = find(state, id)?;
    if session.status != SessionStatus::Open {
        let message = format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of `{}`.",
            session.status.word()
        );
        return Err(ApiError::refused(None, None, message));
    }
    let expired = expired(call.transaction, session);
    Ok(expanded_view(state, call.base, &expired, &expand))
}

/// Expires every open session whose time is over.
pub fn expire_run_out(transaction: &mut Transaction<'_>) {
    for session in transaction.state.run_out(transaction.now) {
        expired(transaction, session);
    }
}

fn expired(transaction: &mut Transaction<'_>, session: &Session) -> Session {
    let session = Session { status: SessionStatus::Expired, ..session.clone() };
    // An expired session has no address, so the event needs no base.
    transaction.emit("checkout.session.expired", view(transaction.state, "", &session));
    transaction.put(Change::Session(Box::new(session.clone())));
    session
}

/// The session of that id.
///
/// # Errors
/// 404 where there is none.
pub fn find<'s>(state: &'s State, id: &str) -> Result<&'s Session, ApiError> {
    state.sessions.get(id).ok_or_else(|| ApiError::missing("checkout.session", "session", id))
}

/// A session as Stripe shows it, with ids replaced by objects.
pub fn expanded_view(state: &State, base: &str, session: &Session, expand: &Expand) -> Value {
    let mut shown = view(state, base, session);
    if expand.has("line_items") {
        shown["line_items"] = line_items::whole_list(session, &expand.under("line_items.data"));
    }
    if let (true, Some(id)) = (expand.has("customer"), &session.customer) {
        shown["customer"] = state.customers.get(id).map(customers::view).into();
    }
    if let (true, Some(id)) = (expand.has("payment_intent"), &session.payment_intent) {
        let inner = expand.under("payment_intent");
        shown["payment_intent"] =
            state.intents.get(id).map(|intent| intents::stored_view(state, intent, &inner)).into();
    }
    shown
}

/// Whom the session is for, as far as it is known.
pub fn known_email<'s>(state: &'s State, session: &'s Session) -> Option<&'s str> {
    let customer = session.customer.as_deref().and_then(|id| state.customers.get(id));
    customer.and_then(|customer| customer.email.as_deref()).or(session.customer_email.as_deref())
}

fn customer_details(state: &State, session: &Session) -> Value {
    let (email, name) = match &session.payer {
        Some(payer) => (payer.email.as_deref(), payer.name.as_deref()),
        None => (known_email(state, session), None),
    };
    if email.is_none() && session.payer.is_none() {
        return Value::Null;
    }
    let address = json!({
        "city": null, "country": "US", "line1": null, "line2": null, "postal_code": null, "state": null,
    });
    json!({
        "address": session.payer.as_ref().map(|_| address),
        "business_name": null,
        "email": email,
        "individual_name": null,
        "name": name,
        "phone": null,
        "tax_exempt": "none",
        "tax_ids": session.payer.as_ref().map(|_| json!([])),
    })
}

/// A session as Stripe shows it. Its address is there only while it can be paid.
pub fn view(state: &State, base: &str, session: &Session) -> Value {
    let open = session.status == SessionStatus::Open;
    let shown = json!({
        "id": session.id,
        "object": "checkout.session",
        "adaptive_pricing": { "enabled": false },
        "amount_subtotal": session.total(),
        "amount_total": session.total(),
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "cancel_url": session.cancel_url,
        "client_reference_id": session.client_reference_id,
        "created": session.created,
        "currency": session.currency,
        "custom_fields": [],
        "custom_text": {
            "after_submit": null,
            "shipping_address": null,
            "submit": null,
            "terms_of_service_acceptance": null,
        },
        "customer": session.customer,
        "customer_creation": if session.customer.is_none() { Some("if_required") } else { None },
        "customer_details": customer_details(state, session),
        "customer_email": session.customer_email,
        "discounts": [],
        "expires_at": session.expires_at,
        "livemode": false,
        "locale": session.locale,
        "metadata": session.metadata,
        "mode": "payment",
        "payment_intent": session.payment_intent,
        "payment_method_collection": "if_required",
        "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
        "payment_method_types": ["card"],
        "payment_status": if session.status == SessionStatus::Complete { "paid" } else { "unpaid" },
        "phone_number_collection": { "enabled": false },
        "shipping_options": [],
        "status": session.status.word(),
        "submit_type": session.submit_type,
        "success_url": session.success_url,
        "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
        "ui_mode": "hosted_page",
        "url": open.then(|| format!("{base}/c/pay/{}", session.id)),
    });
    with_nulls(shown, &ALWAYS_NULL)
}
