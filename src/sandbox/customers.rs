//! `/v1/customers`.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::errors::ApiError;
use super::lists::{CreatedFilter, Expand, Page};
use super::model::{Customer, new_id};
use super::params::Params;
use super::payment_methods;
use super::state::{Change, State, Transaction};

/// What Stripe takes and the sandbox does not.
const UNSUPPORTED: [&str; 16] = [
    "address",
    "balance",
    "business_name",
    "cash_balance",
    "individual_name",
    "invoice_prefix",
    "next_invoice_sequence",
    "preferred_locales",
    "shipping",
    "source",
    "tax",
    "tax_exempt",
    "tax_id_data",
    "test_clock",
    "validate",
    "customer_account",
];

const EXPANDABLE: [&str; 1] = ["invoice_settings.default_payment_method"];

/// `POST /v1/customers`
pub fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    let expand = Expand::take(params, "", &EXPANDABLE)?;
    let method = params.text("payment_method", 500)?;
    let default = read_default(params)?;
    let mut customer = Customer {
        id: new_id("cus_", 14),
        created: call.transaction.now.as_second(),
        email: params.email("email")?,
        name: params.text("name", 256)?,
        description: params.text("description", 5_000)?,
        phone: params.text("phone", 20)?,
        metadata: params.metadata()?,
        default_payment_method: None,
    };
    params.unsupported(&UNSUPPORTED)?;
    params.finish()?;
    let mut saved = None;
    if let Some(id) = method {
        let missing = |id: &str| ApiError::missing_reference("PaymentMethod", "payment_method", id);
        let method = payment_methods::meant(call.transaction, &id, missing)?;
        let method = payment_methods::save(call.transaction, method, &customer)?;
        if matches!(&default, Some(NewDefault::To(named)) if *named == id) {
            customer.default_payment_method = Some(method.id.clone());
        }
        saved = Some(method);
    }
    if let (Some(NewDefault::To(named)), None) = (default, &customer.default_payment_method) {
        return Err(foreign_default(&named));
    }
    let mut shown = view(&customer);
    call.transaction.emit("customer.created", shown.clone());
    call.transaction.put(Change::Customer(customer));
    if let (true, Some(method)) = (expand.has("invoice_settings"), &saved) {
        shown["invoice_settings"]["default_payment_method"] = payment_methods::view(method);
    }
    Ok(shown)
}

/// `invoice_settings[default_payment_method]` as sent.
enum NewDefault {
    To(String),
    None,
}

fn read_default(params: &mut Params) -> Result<Option<NewDefault>, ApiError> {
    let Some(mut inner) = params.inner("invoice_settings")? else {
        return Ok(None);
    };
    let default = if inner.unset("default_payment_method") {
        Some(NewDefault::None)
    } else {
        inner.text("default_payment_method", 500)?.map(NewDefault::To)
    };
    inner.unsupported(&["custom_fields", "footer", "rendering_options"])?;
    inner.finish()?;
    Ok(default)
}

fn foreign_default(id: &str) -> ApiError {
    let message = format!(
        "The customer does not have a payment method with the ID {id}. The payment method must be attached to the \
         customer."
    );
    ApiError::refused(Some("resource_missing"), Some("invoice_settings[default_payment_method]"), message)
}

/// `POST /v1/customers/{id}`
pub fn update(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let state = call.transaction.state;
    let known = find(state, id)?;
    let params = &mut call.params;
    let expand = Expand::take(params, "", &EXPANDABLE)?;
    let default = read_default(params)?;
    let changed = Customer {
        email: params.email("email")?.or(known.email.clone()),
        name: params.text("name", 256)?.or(known.name.clone()),
        description: params.text("description", 5_000)?.or(known.description.clone()),
        phone: params.text("phone", 20)?.or(known.phone.clone()),
        metadata: params.metadata_over(&known.metadata)?,
        default_payment_method: match &default {
            Some(NewDefault::To(named)) => Some(named.clone()),
            Some(NewDefault::None) => None,
            None => known.default_payment_method.clone(),
        },
        ..known.clone()
    };
    params.unsupported(&UNSUPPORTED)?;
    params.unsupported(&["payment_method", "default_source"])?;
    params.finish()?;
    if let Some(NewDefault::To(named)) = &default {
        let method = state.payment_methods.get(named);
        if method.is_none_or(|method| method.customer.as_deref() != Some(id)) {
            return Err(foreign_default(named));
        }
    }
    let changed = change(call.transaction, known, changed);
    Ok(expanded_view(state, &changed, &expand))
}

/// Replaces a customer, and says which fields were others before.
pub fn change(transaction: &mut Transaction<'_>, known: &Customer, changed: Customer) -> Customer {
    let (before, after) = (view(known), view(&changed));
    let fields = before.as_object().into_iter().flatten().filter(|(field, value)| after[field.as_str()] != **value);
    let previous: serde_json::Map<_, _> = fields.map(|(field, value)| (field.clone(), value.clone())).collect();
    if !previous.is_empty() {
        transaction.emit_change("customer.updated", after, previous.into());
        transaction.put(Change::Customer(changed.clone()));
    }
    changed
}

/// `GET /v1/customers/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.finish()?;
    let state = call.transaction.state;
    Ok(expanded_view(state, find(state, id)?, &expand))
}

/// The customer that an address names.
///
/// # Errors
/// 404 where there is none.
pub fn find<'s>(state: &'s State, id: &str) -> Result<&'s Customer, ApiError> {
    state.customers.get(id).ok_or_else(|| ApiError::missing("customer", "id", id))
}

fn expanded_view(state: &State, customer: &Customer, expand: &Expand) -> Value {
    let mut shown = view(customer);
    if let (true, Some(id)) = (expand.has("invoice_settings"), &customer.default_payment_method) {
        let default = state.payment_methods.get(id).map(payment_methods::view);
        shown["invoice_settings"]["default_payment_method"] = default.into();
    }
    shown
}

/// `GET /v1/customers`
pub fn list(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    Expand::take(params, "data.", &[])?;
    let page = Page::take(params)?;
    let created = CreatedFilter::take(params)?;
    let email = params.text("email", 512)?;
    params.unsupported(&["test_clock"])?;
    params.finish()?;
    let meant = |customer: &&Customer| created.meets(customer.created) && (email.is_none() || customer.email == email);
    let all: Vec<_> = call.transaction.state.customers.newest_first().filter(meant).collect();
    page.cut("/v1/customers", &all, view)
}

/// A customer as Stripe shows it.
pub fn view(customer: &Customer) -> Value {
    json!({
        "id": customer.id,
        "object": "customer",
        "address": null,
        "balance": 0,
        "created": customer.created,
        "currency": null,
        "default_source": null,
        "delinquent": false,
        "description": customer.description,
        "discount": null,
        "email": customer.email,
        "invoice_prefix": customer.id[4..].to_uppercase().chars().take(8).collect::<String>(),
        "invoice_settings": {
            "custom_fields": null,
            "default_payment_method": customer.default_payment_method,
            "footer": null,
            "rendering_options": null,
        },
        "livemode": false,
        "metadata": customer.metadata,
        "name": customer.name,
        "next_invoice_sequence": 1,
        "phone": customer.phone,
        "preferred_locales": [],
        "shipping": null,
        "tax_exempt": "none",
        "test_clock": null,
    })
}
