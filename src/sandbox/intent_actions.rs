//! `POST /v1/payment_intents` and what is done with an intent: confirm and cancel.

use super::api::{Answer, Call, Forced};
use super::charging::{self, Attempt, Tried};
use super::conduct::Presence;
use super::currency;
use super::errors::ApiError;
use super::intents::{self, EXPANDABLE, Shown};
use super::lists::Expand;
use super::model::{SessionStatus, new_id};
use super::params::Params;
use super::payment_methods;
use super::payment_model::{Intent, IntentData, IntentStatus, PaymentMethod, cards_only};
use super::state::Change;

/// What Stripe takes and the sandbox does not.
const UNSUPPORTED: [&str; 20] = [
    "amount_details",
    "application_fee_amount",
    "confirmation_token",
    "customer_account",
    "excluded_payment_method_types",
    "hooks",
    "mandate",
    "mandate_data",
    "on_behalf_of",
    "payment_details",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "radar_options",
    "shipping",
    "statement_descriptor",
    "transfer_data",
    "transfer_group",
    "use_stripe_sdk",
    "payment_method_remove",
];

/// What confirming takes, there and on its own.
struct Confirmation {
    payment_method: Option<String>,
    off_session: bool,
    never_asks: bool,
    return_url: Option<String>,
}

impl Confirmation {
    fn take(params: &mut Params) -> Result<Self, ApiError> {
        Ok(Self {
            payment_method: params.text("payment_method", 500)?,
            // Subscriptions of old wrote `recurring` or `one_off`.
            off_session: params
                .choice("off_session", &["true", "false", "one_off", "recurring"])?
                .is_some_and(|word| word != "false"),
            never_asks: params.flag("error_on_requires_action")?.unwrap_or(false),
            return_url: params.address("return_url")?,
        })
    }

    const fn attempt(&self) -> Attempt {
        let presence = if self.off_session { Presence::Away } else { Presence::There };
        Attempt { presence, never_asks: self.never_asks, forced: None }
    }
}

/// `POST /v1/payment_intents`
pub fn create(call: &mut Call<'_, '_>) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    let confirmation = Confirmation::take(&mut call.params)?;
    let confirm = call.params.flag("confirm")?.unwrap_or(false);
    let mut intent = read(&mut call.params, call.transaction.now.as_second())?;
    check_confirmation(&confirmation, confirm, &intent)?;
    intent.return_url.clone_from(&confirmation.return_url);
    let state = call.transaction.state;
    if let Some(id) = &intent.customer
        && state.customers.get(id).is_none()
    {
        return Err(ApiError::missing_reference("customer", "customer", id));
    }
    let method = method_of(call, &confirmation, &intent)?;
    if let Some(method) = &method {
        intent.status = IntentStatus::RequiresConfirmation;
        intent.payment_method = Some(method.id.clone());
    }
    let shown = Shown { base: &state.base, intent: &intent, charge: None, method: method.as_ref() };
    call.transaction.emit("payment_intent.created", shown.view());
    match (confirm, method.clone()) {
        (true, Some(method)) => confirm_now(call, intent, method, &confirmation, &expand),
        (true, None) => Err(missing_method(shown)),
        (false, method) => {
            let answer = shown.expanded(state, &expand);
            if let Some(method) = method {
                call.transaction.put(Change::PaymentMethod(method));
            }
            call.transaction.put(Change::Intent(intent));
            Ok(answer)
        }
    }
}

fn read(params: &mut Params, now: i64) -> Result<Intent, ApiError> {
    let amount = params.integer("amount", 1)?;
    let code = params.text("currency", 3)?;
    for name in ["payment_method_types", "allowed_payment_method_types"] {
        if payment_methods::take_kinds(params, name)?.iter().any(|kind| kind != "card") {
            return Err(ApiError::unsupported(name));
        }
    }
    if params.choice("capture_method", &["automatic", "automatic_async", "manual"])? == Some("manual") {
        return Err(ApiError::unsupported("capture_method"));
    }
    if params.choice("confirmation_method", &["automatic", "manual"])? == Some("manual") {
        return Err(ApiError::unsupported("confirmation_method"));
    }
    let intent = Intent {
        id: new_id("pi_3", 23),
        created: now,
        secret: new_id("", 25),
        amount: amount.unwrap_or_default(),
        currency: String::new(),
        customer: params.text("customer", 500)?,
        latest_charge: None,
        status: IntentStatus::RequiresPaymentMethod,
        payment_method: None,
        unauthenticated: None,
        return_url: None,
        allow_redirects: read_redirects(params)?,
        kinds: cards_only(),
        settles_at: None,
        canceled: None,
        data: IntentData {
            description: params.text("description", 1_000)?,
            receipt_email: params.email("receipt_email")?,
            statement_descriptor_suffix: params.text("statement_descriptor_suffix", 22)?,
            metadata: params.metadata()?,
            setup_future_usage: read_future_usage(params)?,
        },
    };
    params.unsupported(&UNSUPPORTED)?;
    params.finish()?;
    let amount = params.required("amount", amount)?;
    let code = params.required("currency", code)?;
    let currency = currency::known("currency", &code)?;
    if amount > currency::MOST {
        return Err(currency::too_large("amount"));
    }
    if amount < currency.least {
        let least = currency::written(currency.least, currency.code);
        let message = format!("Amount must be at least {least} {}", currency.code);
        return Err(ApiError::refused(Some("amount_too_small"), Some("amount"), message));
    }
    Ok(Intent { currency: currency.code.to_owned(), ..intent })
}

/// `setup_future_usage`, of an intent or of a session's intent.
///
/// # Errors
/// 400 for another word.
pub fn read_future_usage(params: &mut Params) -> Result<Option<String>, ApiError> {
    Ok(params.choice("setup_future_usage", &["off_session", "on_session"])?.map(str::to_owned))
}

fn read_redirects(params: &mut Params) -> Result<Option<String>, ApiError> {
    let Some(mut automatic) = params.inner("automatic_payment_methods")? else {
        return Ok(None);
    };
    let enabled = automatic.flag("enabled")?;
    let redirects = automatic.choice("allow_redirects", &["always", "never"])?.unwrap_or("always");
    automatic.finish()?;
    Ok(automatic.required("enabled", enabled)?.then(|| redirects.to_owned()))
}

fn check_confirmation(confirmation: &Confirmation, confirm: bool, intent: &Intent) -> Result<(), ApiError> {
    let needs_confirm = [
        ("off_session", confirmation.off_session),
        ("error_on_requires_action", confirmation.never_asks),
        ("return_url", confirmation.return_url.is_some()),
    ];
    if let Some((name, _)) = needs_confirm.into_iter().find(|(_, given)| *given && !confirm) {
        let message = format!(
            "The parameter `{name}` cannot be passed when creating a PaymentIntent unless `confirm` is set to true."
        );
        return Err(ApiError::invalid_value(name, message));
    }
    let may_redirect = intent.allow_redirects.as_deref() == Some("always");
    if confirm && may_redirect && !confirmation.off_session && confirmation.return_url.is_none() {
        let message = "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because \
                       some of these payment methods might redirect your customer off of your page, you must provide a \
                       `return_url`. If you don't want to accept redirect-based payment methods, set \
                       `automatic_payment_methods[enabled]` to `true` and `automatic_payment_methods[allow_redirects]` \
                       to `never` when creating Setup Intents and Payment Intents.";
        return Err(ApiError::refused(None, None, message));
    }
    Ok(())
}

/// What the confirmation names, checked against the intent.
fn method_of(
    call: &mut Call<'_, '_>,
    confirmation: &Confirmation,
    intent: &Intent,
) -> Result<Option<PaymentMethod>, ApiError> {
    let Some(id) = &confirmation.payment_method else {
        return Ok(None);
    };
    let missing = |id: &str| ApiError::missing_reference("PaymentMethod", "payment_method", id);
    let ready_made = call.transaction.state.payment_methods.get(id).is_none();
    let method = payment_methods::meant(call.transaction, id, missing)?;
    payment_methods::check_owner(&method, intent.customer.as_deref(), confirmation.off_session && !ready_made)?;
    Ok(Some(method))
}

fn missing_method(shown: Shown<'_>) -> ApiError {
    let message = "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update \
                   the PaymentIntent with a payment method and then confirm it again, or confirm it again directly with \
                   a payment method or ConfirmationToken.";
    ApiError::refused(Some("payment_intent_unexpected_state"), None, message).with("payment_intent", shown.view())
}

fn confirm_now(
    call: &mut Call<'_, '_>,
    intent: Intent,
    method: PaymentMethod,
    confirmation: &Confirmation,
    expand: &Expand,
) -> Answer {
    let state = call.transaction.state;
    let forced = match call.forced {
        Some(Forced::Decline(decline)) => Some(decline),
        _ => None,
    };
    let how = Attempt { forced, ..confirmation.attempt() };
    let tried = charging::attempt(call.transaction, intent, method, how);
    answer(&tried, &state.base).map(|()| tried.shown(&state.base).expanded(state, expand))
}

/// # Errors
/// 402 with the intent in it, where the attempt failed.
fn answer(tried: &Tried, base: &str) -> Result<(), ApiError> {
    let shown = tried.shown(base);
    shown.failure().map_or(Ok(()), |error| Err(error.with("payment_intent", shown.view())))
}

/// `POST /v1/payment_intents/{id}/confirm`
pub fn confirm(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    let confirmation = Confirmation::take(&mut call.params)?;
    let receipt_email = call.params.email("receipt_email")?;
    let future_usage = read_future_usage(&mut call.params)?;
    call.params.unsupported(&UNSUPPORTED)?;
    call.params.finish()?;
    let state = call.transaction.state;
    let mut intent = intents::find(state, id)?.clone();
    let shown = Shown::of(state, &intent);
    let message = match intent.status {
        IntentStatus::Succeeded => {
            "You cannot confirm this PaymentIntent because it has already succeeded after being previously confirmed."
        }
        IntentStatus::Canceled | IntentStatus::Processing => &format!(
            "You cannot confirm this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of \
                 the following statuses may be confirmed: requires_confirmation, requires_action.",
            intent.status.word()
        ),
        _ => "",
    };
    if !message.is_empty() {
        let error = ApiError::refused(Some("payment_intent_unexpected_state"), None, message);
        return Err(error.with("payment_intent", shown.view()));
    }
    let kept = shown.method.filter(|_| intent.status != IntentStatus::RequiresPaymentMethod);
    let Some(method) = method_of(call, &confirmation, &intent)?.or(kept.cloned()) else {
        return Err(missing_method(shown));
    };
    check_confirmation(&confirmation, true, &intent)?;
    intent.return_url = confirmation.return_url.clone().or(intent.return_url);
    intent.data.receipt_email = receipt_email.or(intent.data.receipt_email);
    intent.data.setup_future_usage = future_usage.or(intent.data.setup_future_usage);
    confirm_now(call, intent, method, &confirmation, &expand)
}

/// `POST /v1/payment_intents/{id}/cancel`
pub fn cancel(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    let reasons = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];
    let reason = call.params.choice("cancellation_reason", &reasons)?;
    call.params.finish()?;
    let state = call.transaction.state;
    let intent = intents::find(state, id)?;
    if matches!(intent.status, IntentStatus::Succeeded | IntentStatus::Canceled | IntentStatus::Processing) {
        let message = format!(
            "You cannot cancel this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of the \
             following statuses may be canceled: requires_payment_method, requires_capture, requires_reauthorization, \
             requires_confirmation, requires_action, processing.",
            intent.status.word()
        );
        let error = ApiError::refused(Some("payment_intent_unexpected_state"), None, message);
        return Err(error.with("payment_intent", Shown::of(state, intent).view()));
    }
    let session = state.sessions.newest_first().find(|session| session.payment_intent.as_deref() == Some(id));
    if session.is_some_and(|session| session.status == SessionStatus::Open) {
        let message = "You cannot cancel this PaymentIntent because it was created by a Checkout Session. To cancel \
                       this PaymentIntent, expire the Checkout Session.";
        return Err(ApiError::refused(None, None, message));
    }
    let at = call.transaction.now.as_second();
    let intent =
        Intent { status: IntentStatus::Canceled, canceled: Some((at, reason.map(str::to_owned))), ..intent.clone() };
    let shown = Shown::of(state, &intent);
    call.transaction.emit("payment_intent.canceled", shown.view());
    let answer = shown.expanded(state, &expand);
    call.transaction.put(Change::Intent(intent));
    Ok(answer)
}
