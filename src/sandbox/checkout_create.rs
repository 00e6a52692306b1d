//! `POST /v1/checkout/sessions`: every parameter read, checked, and refused where the sandbox cannot honour it.

use super::api::{Answer, Call};
use super::checkout::{self, EXPANDABLE};
use super::currency;
use super::errors::ApiError;
use super::lists::Expand;
use super::model::{IntentData, LineItem, Session, SessionStatus, new_id};
use super::params::Params;
use super::state::Change;

/// What Stripe takes and the sandbox does not.
const UNSUPPORTED: [&str; 30] = [
    "after_expiration",
    "allowed_payment_method_types",
    "branding_settings",
    "consent_collection",
    "custom_fields",
    "custom_text",
    "customer_account",
    "customer_update",
    "discounts",
    "excluded_payment_method_types",
    "integration_identifier",
    "name_collection",
    "optional_items",
    "origin_context",
    "payment_method_collection",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "permissions",
    "redirect_on_completion",
    "return_url",
    "saved_payment_method_options",
    "setup_intent_data",
    "shipping_address_collection",
    "shipping_options",
    "subscription_data",
    "wallet_options",
    "crypto_wallets",
    "shipping_rates",
    "subscription",
];

/// What may be sent, but only switched off.
const OFF_ONLY: [&str; 6] = [
    "adaptive_pricing",
    "automatic_tax",
    "invoice_creation",
    "managed_payments",
    "phone_number_collection",
    "tax_id_collection",
];

const LEAST_OPEN_SECS: i64 = 30 * 60;
const MOST_OPEN_SECS: i64 = 24 * 3600;

/// `POST /v1/checkout/sessions`
pub fn create(call: &mut Call<'_, '_>) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    let session = read(&mut call.params, call.transaction.now.as_second())?;
    check_total(&session)?;
    let state = call.transaction.state;
    if let Some(id) = &session.customer
        && state.customers.get(id).is_none()
    {
        return Err(ApiError::missing_reference("customer", "customer", id));
    }
    call.transaction.put(Change::Session(Box::new(session.clone())));
    Ok(checkout::expanded_view(state, call.base, &session, &expand))
}

fn read(params: &mut Params, now: i64) -> Result<Session, ApiError> {
    refuse_what_changes_the_amount(params)?;
    refuse_other_shapes(params)?;
    let mode = params.choice("mode", &["payment", "setup", "subscription"])?;
    let (items, currency) = read_items(params)?;
    let customer = params.text("customer", 500)?;
    let customer_email = params.email("customer_email")?;
    if customer.is_some() && customer_email.is_some() {
        let message = "You may only specify one of these parameters: customer, customer_email.";
        return Err(ApiError::invalid("parameters_exclusive", "customer_email", message));
    }
    let success_url = params.address("success_url")?;
    let session = Session {
        id: new_id("cs_test_a1", 58),
        created: now,
        expires_at: read_expiry(params, now)?,
        status: SessionStatus::Open,
        currency: currency.unwrap_or_default(),
        items,
        customer,
        customer_email,
        payer: None,
        client_reference_id: params.text("client_reference_id", 200)?,
        metadata: params.metadata()?,
        success_url: success_url.clone().unwrap_or_default(),
        cancel_url: params.address("cancel_url")?,
        locale: params.text("locale", 10)?,
        submit_type: params.choice("submit_type", &["auto", "book", "donate", "pay", "subscribe"])?.map(str::to_owned),
        payment_intent: None,
        intent_data: read_intent_data(params)?,
    };
    params.unsupported(&UNSUPPORTED)?;
    params.finish()?;
    let mode = params.required("mode", mode)?;
    if mode != "payment" {
        return Err(ApiError::unsupported("mode"));
    }
    params.required("line_items", session.items.first())?;
    params.required("success_url", success_url)?;
    Ok(session)
}

/// Discounts, tax and price conversion would make the amount another than the client's.
fn refuse_what_changes_the_amount(params: &mut Params) -> Result<(), ApiError> {
    if params.flag("allow_promotion_codes")? == Some(true) {
        return Err(ApiError::unsupported("allow_promotion_codes"));
    }
    for name in OFF_ONLY {
        let Some(mut inner) = params.inner(name)? else {
            continue;
        };
        let enabled = inner.flag("enabled")?;
        inner.finish()?;
        if inner.required("enabled", enabled)? {
            return Err(ApiError::unsupported(inner.full("enabled")));
        }
    }
    Ok(())
}

/// Cards on a hosted page, without a postal address, for a customer who is already known or a guest.
fn refuse_other_shapes(params: &mut Params) -> Result<(), ApiError> {
    if let Some(other) = params.texts("payment_method_types")?.iter().find(|kind| *kind != "card") {
        return Err(ApiError::unsupported(format!("payment_method_types ({other})")));
    }
    if !matches!(
        params.choice("ui_mode", &["elements", "embedded_page", "form", "hosted_page"])?,
        None | Some("hosted_page")
    ) {
        return Err(ApiError::unsupported("ui_mode"));
    }
    if params.choice("billing_address_collection", &["auto", "required"])? == Some("required") {
        return Err(ApiError::unsupported("billing_address_collection"));
    }
    if params.choice("customer_creation", &["always", "if_required"])? == Some("always") {
        return Err(ApiError::unsupported("customer_creation"));
    }
    Ok(())
}

fn read_expiry(params: &mut Params, now: i64) -> Result<i64, ApiError> {
    let Some(at) = params.integer("expires_at", 0)? else {
        return Ok(now + MOST_OPEN_SECS);
    };
    let message = if at < now + LEAST_OPEN_SECS {
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
    } else if at > now + MOST_OPEN_SECS {
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
    } else {
        return Ok(at);
    };
    Err(ApiError::invalid_value("expires_at", message))
}

fn read_intent_data(params: &mut Params) -> Result<IntentData, ApiError> {
    let Some(mut inner) = params.inner("payment_intent_data")? else {
        return Ok(IntentData::default());
    };
    let data = IntentData {
        description: inner.text("description", 1_000)?,
        receipt_email: inner.email("receipt_email")?,
        statement_descriptor_suffix: inner.text("statement_descriptor_suffix", 22)?,
        metadata: inner.metadata()?,
    };
    inner.unsupported(&[
        "application_fee_amount",
        "capture_method",
        "on_behalf_of",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "transfer_data",
        "transfer_group",
    ])?;
    inner.finish()?;
    Ok(data)
}

/// The lines and their one currency.
fn read_items(params: &mut Params) -> Result<(Vec<LineItem>, Option<String>), ApiError> {
    let mut currency = match params.text("currency", 3)? {
        Some(code) => Some(known_currency("currency", &code)?),
        None => None,
    };
    let mut items = Vec::new();
    for mut line in params.list("line_items")? {
        let (item, code) = read_item(&mut line)?;
        if currency.as_ref().is_some_and(|currency| *currency != code) {
            let message = "All line items of a Checkout Session must have the same currency.";
            return Err(ApiError::invalid_value(line.full("price_data"), message));
        }
        currency = Some(code);
        items.push(item);
    }
    if items.len() > 100 {
        return Err(ApiError::invalid_value("line_items", "A Checkout Session has at most 100 line items."));
    }
    Ok((items, currency))
}

fn known_currency(param: &str, code: &str) -> Result<String, ApiError> {
    let message = || format!("Invalid currency: {code}. The Stripe sandbox supports usd, eur and gbp.");
    let found = currency::find(code).ok_or_else(|| ApiError::invalid_value(param, message()))?;
    Ok(found.code.to_owned())
}

fn read_item(line: &mut Params) -> Result<(LineItem, String), ApiError> {
    if let Some(id) = line.text("price", 500)? {
        return Err(ApiError::missing_reference("price", &line.full("price"), &id));
    }
    let quantity = line.integer("quantity", 1)?;
    let price = line.inner("price_data")?;
    line.unsupported(&["adjustable_quantity", "dynamic_tax_rates", "metadata", "tax_rates"])?;
    line.finish()?;
    let mut price = line.required("price_data", price)?;
    let quantity = line.required("quantity", quantity)?;
    if quantity > 999_999 {
        let message = "This value must be less than or equal to 999999.";
        return Err(ApiError::invalid("parameter_invalid_integer", line.full("quantity"), message));
    }
    let code = price.text("currency", 3)?;
    let unit_amount = price.integer("unit_amount", 0)?;
    if let Some(id) = price.text("product", 500)? {
        return Err(ApiError::missing_reference("product", &price.full("product"), &id));
    }
    let product = price.inner("product_data")?;
    price.unsupported(&["recurring", "tax_behavior", "unit_amount_decimal"])?;
    price.finish()?;
    let code = price.required("currency", code)?;
    let mut product = price.required("product_data", product)?;
    let unit_amount = price.required("unit_amount", unit_amount)?;
    if unit_amount > currency::MOST {
        return Err(too_large(&price.full("unit_amount")));
    }
    let name = product.text("name", 5_000)?;
    let item = LineItem {
        id: new_id("li_1", 23),
        price: new_id("price_1", 23),
        product: new_id("prod_", 14),
        name: name.clone().unwrap_or_default(),
        description: product.text("description", 40_000)?,
        unit_amount,
        quantity,
        product_metadata: product.metadata()?,
    };
    product.unsupported(&["images", "tax_code", "tax_details", "unit_label"])?;
    product.finish()?;
    product.required("name", name)?;
    let code = known_currency(&price.full("currency"), &code)?;
    Ok((item, code))
}

fn too_large(param: &str) -> ApiError {
    let message = format!("Invalid amount: must be no more than {}.", currency::written(currency::MOST, "usd"));
    ApiError::refused(Some("amount_too_large"), Some(param), message)
}

fn check_total(session: &Session) -> Result<(), ApiError> {
    let total = session.total();
    if total > currency::MOST {
        return Err(too_large("line_items"));
    }
    let least = currency::find(&session.currency).map_or(0, |currency| currency.least);
    if total < least {
        let least = currency::written(least, &session.currency);
        let message =
            format!("The Checkout Session's total amount due must add up to at least {least} {}", session.currency);
        return Err(ApiError::refused(Some("amount_too_small"), None, message));
    }
    Ok(())
}
