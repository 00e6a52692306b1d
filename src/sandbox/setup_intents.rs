//! `/v1/setup_intents` as Checkout in setup mode makes them: a card being saved without a payment.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::conduct::{Presence, Verdict};
use super::errors::ApiError;
use super::lists::Expand;
use super::model::{Session, new_id};
use super::payment_model::{IntentStatus, PaymentMethod, SetupFailure, SetupIntent};
use super::shape::with_nulls;
use super::state::{Change, State, Transaction};
use super::{customers, payment_methods};

const EXPANDABLE: [&str; 2] = ["customer", "payment_method"];

/// Fields that the sandbox never fills.
const ALWAYS_NULL: [&str; 11] = [
    "application",
    "automatic_payment_methods",
    "cancellation_reason",
    "customer_account",
    "flow_directions",
    "latest_attempt",
    "mandate",
    "next_action",
    "on_behalf_of",
    "payment_method_configuration_details",
    "single_use_mandate",
];

/// `GET /v1/setup_intents/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.unsupported(&["client_secret"])?;
    call.params.finish()?;
    let state = call.transaction.state;
    let intent = state.setup_intents.get(id).ok_or_else(|| ApiError::missing("setupintent", "intent", id))?;
    Ok(stored_view(state, intent, &expand))
}

/// The intent of a session in setup mode.
pub fn begin(transaction: &mut Transaction<'_>, session: &Session) -> String {
    let intent = SetupIntent {
        id: new_id("seti_1", 23),
        created: transaction.now.as_second(),
        secret: new_id("", 25),
        customer: session.customer.clone(),
        description: session.intent_data.description.clone(),
        metadata: session.intent_data.metadata.clone(),
        status: IntentStatus::RequiresPaymentMethod,
        payment_method: None,
        failure: None,
    };
    transaction.emit("setup_intent.created", view(&intent, None));
    let id = intent.id.clone();
    transaction.put(Change::SetupIntent(intent));
    id
}

/// Tries to save a card; the intent as it stands then.
pub fn attempt(
    transaction: &mut Transaction<'_>,
    intent: &SetupIntent,
    mut method: PaymentMethod,
    presence: Presence,
) -> SetupIntent {
    let verdict = method.conduct.saved(presence);
    let mut intent = SetupIntent { payment_method: Some(method.id.clone()), failure: None, ..intent.clone() };
    match verdict {
        Verdict::Passes => {
            intent.status = IntentStatus::Succeeded;
            method.set_up = true;
            method.customer.clone_from(&intent.customer);
            if method.customer.is_some() {
                transaction.emit("payment_method.attached", payment_methods::view(&method));
            }
            transaction.emit("setup_intent.succeeded", view(&intent, Some(&method)));
        }
        Verdict::Asks => {
            intent.status = IntentStatus::RequiresAction;
            transaction.emit("setup_intent.requires_action", view(&intent, Some(&method)));
        }
        Verdict::Declines(decline) => {
            fail(transaction, &mut intent, &method, SetupFailure::Declined(decline));
        }
    }
    transaction.put(Change::PaymentMethod(method));
    transaction.put(Change::SetupIntent(intent.clone()));
    intent
}

/// The customer failed to authenticate.
pub fn fail_authentication(transaction: &mut Transaction<'_>, intent: &SetupIntent, method: &PaymentMethod) {
    let mut intent = intent.clone();
    fail(transaction, &mut intent, method, SetupFailure::Unauthenticated);
    transaction.put(Change::SetupIntent(intent));
}

fn fail(transaction: &mut Transaction<'_>, intent: &mut SetupIntent, method: &PaymentMethod, why: SetupFailure) {
    intent.status = IntentStatus::RequiresPaymentMethod;
    intent.failure = Some(why);
    transaction.emit("setup_intent.setup_failed", view(intent, Some(method)));
}

/// An intent of the state as Stripe shows it.
pub fn stored_view(state: &State, intent: &SetupIntent, expand: &Expand) -> Value {
    let method = intent.payment_method.as_deref().and_then(|id| state.payment_methods.get(id));
    let mut shown = view(intent, method);
    if let (true, Some(method)) = (expand.has("payment_method") && !shown["payment_method"].is_null(), method) {
        shown["payment_method"] = payment_methods::view(method);
    }
    if let (true, Some(id)) = (expand.has("customer"), &intent.customer) {
        shown["customer"] = state.customers.get(id).map(customers::view).into();
    }
    shown
}

fn view(intent: &SetupIntent, method: Option<&PaymentMethod>) -> Value {
    let failed = intent.status == IntentStatus::RequiresPaymentMethod;
    let shown = json!({
        "id": intent.id,
        "object": "setup_intent",
        "client_secret": format!("{}_secret_{}", intent.id, intent.secret),
        "created": intent.created,
        "customer": intent.customer,
        "description": intent.description,
        "last_setup_error": failure(intent, method).map(|error| error.object()),
        "livemode": false,
        "metadata": intent.metadata,
        "payment_method": method.filter(|_| !failed).map(|method| &method.id),
        "payment_method_options": {
            "card": { "mandate_options": null, "network": null, "request_three_d_secure": "automatic" },
        },
        "payment_method_types": ["card"],
        "status": intent.status.word(),
        "usage": "off_session",
    });
    with_nulls(shown, &ALWAYS_NULL)
}

/// Why the last attempt failed.
pub fn failure(intent: &SetupIntent, method: Option<&PaymentMethod>) -> Option<ApiError> {
    let error = match intent.failure? {
        SetupFailure::Declined(decline) => ApiError::declined(decline),
        SetupFailure::Unauthenticated => ApiError::refused(
            Some("setup_intent_authentication_failure"),
            None,
            "The latest attempt to set up the payment method has failed because authentication failed.",
        ),
    };
    Some(match method {
        Some(method) => error.with("payment_method", payment_methods::view(method)),
        None => error,
    })
}
