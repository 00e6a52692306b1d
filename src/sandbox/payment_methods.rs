//! `/v1/payment_methods`: cards that were used, and those that are saved for a customer.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::bank_debits;
use super::cards::{self, Card, Checked};
use super::conduct::{Presence, Verdict};
use super::customers;
use super::errors::ApiError;
use super::lists::{Expand, Page};
use super::model::{Customer, Metadata, Payer, new_id};
use super::params::Params;
use super::payment_model::PaymentMethod;
use super::state::{Change, State, Transaction};

const EXPANDABLE: [&str; 1] = ["customer"];
const SPENT: &str = "The provided PaymentMethod was previously used with a PaymentIntent without Customer attachment, \
                     shared with a connected account without Customer attachment, or was detached from a Customer. It \
                     may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer \
                     first.";

/// `GET /v1/payment_methods/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.finish()?;
    let state = call.transaction.state;
    let method =
        state.payment_methods.get(id).ok_or_else(|| ApiError::missing("PaymentMethod", "payment_method", id))?;
    Ok(expanded_view(state, method, &expand))
}

/// `GET /v1/payment_methods?customer=`
pub fn list(call: &mut Call<'_, '_>) -> Answer {
    let customer = call.params.text("customer", 500)?;
    call.params.unsupported(&["customer_account"])?;
    if let Some(id) = &customer
        && call.transaction.state.customers.get(id).is_none()
    {
        return Err(ApiError::missing_reference("customer", "customer", id));
    }
    list_of(call, customer.as_deref(), "/v1/payment_methods")
}

/// `GET /v1/customers/{id}/payment_methods`
pub fn list_of_customer(call: &mut Call<'_, '_>, customer: &str) -> Answer {
    customers::find(call.transaction.state, customer)?;
    list_of(call, Some(customer), &format!("/v1/customers/{customer}/payment_methods"))
}

/// Without a customer, Stripe lists nothing that belongs to one.
fn list_of(call: &mut Call<'_, '_>, customer: Option<&str>, url: &str) -> Answer {
    let params = &mut call.params;
    let expand = Expand::take(params, "data.", &EXPANDABLE)?;
    let page = Page::take(params)?;
    let kind = params.text("type", 100)?;
    params.unsupported(&["allow_redisplay"])?;
    params.finish()?;
    let state = call.transaction.state;
    let meant = |method: &&PaymentMethod| {
        customer.is_some()
            && method.customer.as_deref() == customer
            && kind.as_ref().is_none_or(|kind| kind == kind_of(method.card.as_ref()))
    };
    let all: Vec<_> = state.payment_methods.newest_first().filter(meant).collect();
    page.cut(url, &all, |method| expanded_view(state, method, &expand))
}

/// `POST /v1/payment_methods/{id}/attach`
pub fn attach(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let params = &mut call.params;
    Expand::take(params, "", &[])?;
    let customer = params.text("customer", 500)?;
    params.unsupported(&["customer_account"])?;
    params.finish()?;
    let customer = params.required("customer", customer)?;
    let state = call.transaction.state;
    let customer =
        state.customers.get(&customer).ok_or_else(|| ApiError::missing_reference("customer", "customer", &customer))?;
    let method = meant(call.transaction, id, |id| ApiError::missing("PaymentMethod", "payment_method", id))?;
    let method = save(call.transaction, method, customer)?;
    Ok(view(&method))
}

/// Saves a way to pay for a customer; saved once, it stays as it is.
///
/// # Errors
/// 402 where the card is declined, 400 where it belongs to another customer or may not be used again.
pub fn save(
    transaction: &mut Transaction<'_>,
    mut method: PaymentMethod,
    customer: &Customer,
) -> Result<PaymentMethod, ApiError> {
    match &method.customer {
        Some(owner) if *owner == customer.id => return Ok(method),
        Some(_) => {
            let message = "The payment method you provided has already been attached to a customer.";
            return Err(ApiError::refused(None, None, message));
        }
        None if method.spent => return Err(ApiError::refused(None, None, SPENT)),
        None => {}
    }
    // Nobody can be asked to authenticate here: such a card is saved, and asks when it is charged.
    if let Verdict::Declines(decline) = method.conduct.saved(Presence::Away) {
        return Err(ApiError::declined(decline));
    }
    method.customer = Some(customer.id.clone());
    transaction.emit("payment_method.attached", view(&method));
    transaction.put(Change::PaymentMethod(method.clone()));
    Ok(method)
}

/// `POST /v1/payment_methods/{id}/detach`
pub fn detach(call: &mut Call<'_, '_>, id: &str) -> Answer {
    Expand::take(&mut call.params, "", &[])?;
    call.params.finish()?;
    let state = call.transaction.state;
    let method =
        state.payment_methods.get(id).ok_or_else(|| ApiError::missing("PaymentMethod", "payment_method", id))?;
    let Some(owner) = &method.customer else {
        let message = "The payment method you provided is not attached to a customer so detachment is impossible.";
        return Err(ApiError::refused(None, None, message));
    };
    let detached = PaymentMethod { customer: None, spent: true, ..method.clone() };
    call.transaction.emit_change("payment_method.detached", view(&detached), json!({ "customer": owner }));
    call.transaction.put(Change::PaymentMethod(detached.clone()));
    if let Some(customer) = state.customers.get(owner)
        && customer.default_payment_method.as_deref() == Some(id)
    {
        customers::change(call.transaction, customer, Customer { default_payment_method: None, ..customer.clone() });
    }
    Ok(view(&detached))
}

/// Takes a list of kinds that may be paid with; empty where there is none.
///
/// # Errors
/// 400 where anything but cards and bank debits is on it.
pub fn take_kinds(params: &mut Params, name: &str) -> Result<Vec<String>, ApiError> {
    let kinds = params.texts(name)?;
    match kinds.iter().find(|kind| !["card", bank_debits::KIND].contains(&kind.as_str())) {
        Some(other) => Err(ApiError::unsupported(format!("{name} ({other})"))),
        None => Ok(kinds),
    }
}

/// The way to pay that a parameter names; of Stripe's ready-made ones, a new one each time.
///
/// # Errors
/// What `missing` says, where it names none.
pub fn meant(
    transaction: &mut Transaction<'_>,
    id: &str,
    missing: impl FnOnce(&str) -> ApiError,
) -> Result<PaymentMethod, ApiError> {
    if let Some(method) = transaction.state.payment_methods.get(id) {
        return Ok(method.clone());
    }
    let checked = cards::ready_made(id, transaction.now).ok_or_else(|| missing(id))?;
    Ok(new(transaction, checked, Payer { email: None, name: None }))
}

/// A way to pay that was just typed in; kept by whoever uses it.
pub fn new(transaction: &Transaction<'_>, checked: Checked, payer: Payer) -> PaymentMethod {
    PaymentMethod {
        id: new_id("pm_1", 23),
        created: transaction.now.as_second(),
        card: Some(checked.card),
        conduct: checked.conduct,
        payer,
        customer: None,
        set_up: false,
        spent: false,
        metadata: Metadata::new(),
    }
}

/// Whether a way to pay can pay for this customer's intent.
///
/// # Errors
/// 400 where it cannot.
pub fn check_owner(method: &PaymentMethod, customer: Option<&str>, away: bool) -> Result<(), ApiError> {
    let id = &method.id;
    let message = match (method.customer.as_deref(), customer) {
        (Some(owner), Some(customer)) if owner == customer => return Ok(()),
        (Some(owner), Some(_)) => {
            format!(
                "The payment method supplied ({id}) belongs to a different Customer. You should set the `customer` \
                     to {owner}."
            )
        }
        (Some(_), None) => format!(
            "The payment method {id} belongs to the Customer; please include the Customer in the `customer` parameter \
             on the PaymentIntent."
        ),
        (None, _) if method.spent => SPENT.to_owned(),
        (None, Some(_)) if away => {
            let message = format!(
                "The customer does not have a payment method with the ID {id}. The payment method must be attached to \
                 the customer."
            );
            return Err(ApiError::refused(Some("resource_missing"), Some("payment_method"), message));
        }
        (None, _) => return Ok(()),
    };
    Err(ApiError::refused(None, Some("payment_method"), message))
}

fn expanded_view(state: &State, method: &PaymentMethod, expand: &Expand) -> Value {
    let mut shown = view(method);
    if let (true, Some(id)) = (expand.has("customer"), &method.customer) {
        shown["customer"] = state.customers.get(id).map(customers::view).into();
    }
    shown
}

/// A way to pay as Stripe shows it.
pub fn view(method: &PaymentMethod) -> Value {
    let kind = kind_of(method.card.as_ref());
    let details = method.card.as_ref().map_or_else(|| bank_debits::view(false), whole_card_view);
    let mut shown = json!({
        "id": method.id,
        "object": "payment_method",
        "allow_redisplay": "limited",
        "billing_details": billing_details(&method.payer),
        "created": method.created,
        "customer": method.customer,
        "customer_account": null,
        "livemode": false,
        "metadata": method.metadata,
        "type": kind,
    });
    shown[kind] = details;
    shown
}

/// Stripe's word for what was paid with.
pub const fn kind_of(card: Option<&Card>) -> &'static str {
    if card.is_some() { "card" } else { bank_debits::KIND }
}

fn whole_card_view(card: &Card) -> Value {
    let mut shown = card_view(card);
    shown["display_brand"] = card.brand.clone().into();
    shown["generated_from"] = Value::Null;
    shown["networks"] = json!({ "available": [card.brand], "preferred": null });
    shown["three_d_secure_usage"] = json!({ "supported": true });
    shown
}

/// Whose card it is.
pub fn billing_details(payer: &Payer) -> Value {
    let address = json!({
        "city": null, "country": "US", "line1": null, "line2": null, "postal_code": null, "state": null,
    });
    json!({ "address": address, "email": payer.email, "name": payer.name, "phone": null, "tax_id": null })
}

/// The fields of a card that every object shows.
pub fn card_view(card: &Card) -> Value {
    json!({
        "brand": card.brand,
        "checks": {
            "address_line1_check": null,
            "address_postal_code_check": null,
            "cvc_check": "pass",
        },
        "country": "US",
        "exp_month": card.exp_month,
        "exp_year": card.exp_year,
        "fingerprint": blake3::hash(card.last4.as_bytes()).to_hex()[..16],
        "funding": "credit",
        "last4": card.last4,
        "wallet": null,
    })
}
