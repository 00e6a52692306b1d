//! `POST /v1/checkout/sessions`: every parameter read, checked, and refused where the sandbox cannot honour it.

use super::api::{Answer, Call};
use super::bank_debits;
use super::checkout::{self, EXPANDABLE};
use super::currency;
use super::errors::ApiError;
use super::lists::Expand;
use super::model::{LineItem, Mode, Session, SessionStatus, new_id};
use super::params::Params;
use super::payment_model::{IntentData, cards_only};
use super::state::Change;
use super::{intent_actions, payment_methods, setup_intents};

/// What Stripe takes and the sandbox does not.
const UNSUPPORTED: [&str; 27] = [
    "after_expiration",
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
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "permissions",
    "redirect_on_completion",
    "return_url",
    "saved_payment_method_options",
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
    let mut session = read(&mut call.params, call.transaction.now.as_second())?;
    check_total(&session)?;
    let state = call.transaction.state;
    if let Some(id) = &session.customer
        && state.customers.get(id).is_none()
    {
        return Err(ApiError::missing_reference("customer", "customer", id));
    }
    if session.mode == Mode::Setup {
        session.setup_intent = Some(setup_intents::begin(call.transaction, &session));
    }
    call.transaction.put(Change::Session(Box::new(session.clone())));
    Ok(checkout::expanded_view(state, &session, &expand))
}

fn read(params: &mut Params, now: i64) -> Result<Session, ApiError> {
    refuse_what_changes_the_amount(params)?;
    refuse_other_shapes(params)?;
    let kinds = payment_methods::take_kinds(params, "payment_method_types")?;
    let allowed = payment_methods::take_kinds(params, "allowed_payment_method_types")?;
    let mode = params.choice("mode", &["payment", "setup", "subscription"])?;
    let intent_data = read_intent_data(params)?;
    let setup_data = read_setup_data(params)?;
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
        mode: if mode == Some("setup") { Mode::Setup } else { Mode::Payment },
        status: SessionStatus::Open,
        currency: currency.clone().unwrap_or_default(),
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
        intent_data: intent_data.clone().or(setup_data.clone()).unwrap_or_default(),
        kinds: Vec::new(),
        unpaid: false,
        setup_intent: None,
    };
    params.unsupported(&UNSUPPORTED)?;
    params.finish()?;
    let mode = params.required("mode", mode)?;
    match mode {
        "payment" => {
            refuse_in("payment", setup_data.map(|_| "setup_intent_data"))?;
            params.required("line_items", session.items.first())?;
            if session.intent_data.setup_future_usage.is_some() && session.customer.is_none() {
                return Err(ApiError::unsupported("payment_intent_data[setup_future_usage] without `customer`"));
            }
        }
        "setup" => {
            let lines = session.items.first().map(|_| "line_items");
            refuse_in("setup", intent_data.map(|_| "payment_intent_data").or(lines))?;
            if kinds.is_empty() {
                params.required("currency", currency)?;
            }
        }
        _ => return Err(ApiError::unsupported("mode")),
    }
    params.required("success_url", success_url)?;
    Ok(Session { kinds: offered(&session, &kinds, &allowed), ..session })
}

/// Cards always; bank debits for payments in dollars that save nothing, unless the client wants otherwise.
fn offered(session: &Session, kinds: &[String], allowed: &[String]) -> Vec<String> {
    let debits = session.mode == Mode::Payment
        && session.currency == "usd"
        && session.intent_data.setup_future_usage.is_none()
        && [kinds, allowed].iter().all(|list| list.is_empty() || list.iter().any(|kind| kind == bank_debits::KIND));
    let mut offered = cards_only();
    offered.extend(debits.then(|| bank_debits::KIND.to_owned()));
    offered
}

fn refuse_in(mode: &str, other: Option<&str>) -> Result<(), ApiError> {
    let Some(other) = other else {
        return Ok(());
    };
    let message = format!("You can not pass `{other}` in `{mode}` mode.");
    Err(ApiError::invalid_value(other, message))
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

fn read_intent_data(params: &mut Params) -> Result<Option<IntentData>, ApiError> {
    let Some(mut inner) = params.inner("payment_intent_data")? else {
        return Ok(None);
    };
    let data = IntentData {
        description: inner.text("description", 1_000)?,
        receipt_email: inner.email("receipt_email")?,
        statement_descriptor_suffix: inner.text("statement_descriptor_suffix", 22)?,
        metadata: inner.metadata()?,
        setup_future_usage: intent_actions::read_future_usage(&mut inner)?,
    };
    inner.unsupported(&[
        "application_fee_amount",
        "capture_method",
        "on_behalf_of",
        "shipping",
        "statement_descriptor",
        "transfer_data",
        "transfer_group",
    ])?;
    inner.finish()?;
    Ok(Some(data))
}

fn read_setup_data(params: &mut Params) -> Result<Option<IntentData>, ApiError> {
    let Some(mut inner) = params.inner("setup_intent_data")? else {
        return Ok(None);
    };
    let (description, metadata) = (inner.text("description", 1_000)?, inner.metadata()?);
    inner.unsupported(&["on_behalf_of"])?;
    inner.finish()?;
    Ok(Some(IntentData { description, metadata, ..IntentData::default() }))
}

/// The lines and their one currency.
fn read_items(params: &mut Params) -> Result<(Vec<LineItem>, Option<String>), ApiError> {
    let mut currency = match params.text("currency", 3)? {
        Some(code) => Some(currency::known("currency", &code)?.code.to_owned()),
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
        return Err(currency::too_large(&price.full("unit_amount")));
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
    let currency = currency::known(&price.full("currency"), &code)?;
    Ok((item, currency.code.to_owned()))
}

fn check_total(session: &Session) -> Result<(), ApiError> {
    if session.mode == Mode::Setup {
        return Ok(());
    }
    let total = session.total();
    if total > currency::MOST {
        return Err(currency::too_large("line_items"));
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
