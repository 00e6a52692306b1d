//! `/v1/customers`.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::errors::ApiError;
use super::lists::{CreatedFilter, Expand, Page};
use super::model::{Customer, new_id};
use super::state::Change;

/// What Stripe takes and the sandbox does not.
const UNSUPPORTED: [&str; 18] = [
    "address",
    "balance",
    "business_name",
    "cash_balance",
    "individual_name",
    "invoice_prefix",
    "invoice_settings",
    "next_invoice_sequence",
    "payment_method",
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

/// `POST /v1/customers`
pub fn create(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    Expand::take(params, "", &[])?;
    let customer = Customer {
        id: new_id("cus_", 14),
        created: call.transaction.now.as_second(),
        email: params.email("email")?,
        name: params.text("name", 256)?,
        description: params.text("description", 5_000)?,
        phone: params.text("phone", 20)?,
        metadata: params.metadata()?,
    };
    params.unsupported(&UNSUPPORTED)?;
    params.finish()?;
    let shown = view(&customer);
    call.transaction.put(Change::Customer(customer));
    call.transaction.emit("customer.created", shown.clone());
    Ok(shown)
}

/// `GET /v1/customers/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    Expand::take(&mut call.params, "", &[])?;
    call.params.finish()?;
    let customer = call.transaction.state.customers.get(id);
    customer.map(view).ok_or_else(|| ApiError::missing("customer", "id", id))
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
            "default_payment_method": null,
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
