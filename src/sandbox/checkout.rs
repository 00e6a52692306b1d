//! `/v1/checkout/sessions`: reading, listing and expiring. [`super::checkout_create`] makes them.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::customers;
use super::errors::ApiError;
use super::intents;
use super::line_items;
use super::lists::{CreatedFilter, Expand, Page};
use super::model::{Mode, Session, SessionStatus};
use super::setup_intents;
use super::shape::with_nulls;
use super::state::{Change, State, Transaction};

/// What `expand[]` may name.
pub const EXPANDABLE: [&str; 10] = [
    "customer",
    "line_items",
    "line_items.data.price.product",
    "payment_intent",
    "payment_intent.customer",
    "payment_intent.latest_charge",
    "payment_intent.payment_method",
    "setup_intent",
    "setup_intent.customer",
    "setup_intent.payment_method",
];

/// Fields of a session that the sandbox never fills.
const ALWAYS_NULL: [&str; 20] = [
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
    Ok(expanded_view(call.transaction.state, session, &expand))
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
    page.cut("/v1/checkout/sessions", &all, |session| expanded_view(state, session, &expand))
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
    Ok(expanded_view(state, &expired, &expand))
}

/// Expires every open session whose time is over.
pub fn expire_run_out(transaction: &mut Transaction<'_>) {
    for session in transaction.state.run_out(transaction.now) {
        expired(transaction, session);
    }
}

fn expired(transaction: &mut Transaction<'_>, session: &Session) -> Session {
    let session = Session { status: SessionStatus::Expired, ..session.clone() };
    transaction.emit("checkout.session.expired", view(transaction.state, &session));
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
pub fn expanded_view(state: &State, session: &Session, expand: &Expand) -> Value {
    let mut shown = view(state, session);
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
    if let (true, Some(id)) = (expand.has("setup_intent"), &session.setup_intent) {
        let inner = expand.under("setup_intent");
        shown["setup_intent"] =
            state.setup_intents.get(id).map(|intent| setup_intents::stored_view(state, intent, &inner)).into();
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
pub fn view(state: &State, session: &Session) -> Value {
    let open = session.status == SessionStatus::Open;
    let total = (session.mode == Mode::Payment).then(|| session.total());
    let shown = json!({
        "id": session.id,
        "object": "checkout.session",
        "adaptive_pricing": { "enabled": false },
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
        "cancel_url": session.cancel_url,
        "client_reference_id": session.client_reference_id,
        "created": session.created,
        "currency": Some(&session.currency).filter(|code| !code.is_empty()),
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
        "mode": session.mode.word(),
        "payment_intent": session.payment_intent,
        "payment_method_collection": if total.is_some() { "if_required" } else { "always" },
        "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
        "payment_method_types": session.kinds,
        "payment_status": session.payment_status(),
        "phone_number_collection": { "enabled": false },
        "setup_intent": session.setup_intent,
        "shipping_options": [],
        "status": session.status.word(),
        "submit_type": session.submit_type,
        "success_url": session.success_url,
        "total_details": total.map(|_| json!({ "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 })),
        "ui_mode": "hosted_page",
        "url": open.then(|| format!("{}/c/pay/{}", state.base, session.id)),
    });
    with_nulls(shown, &ALWAYS_NULL)
}
