//! `/v1/payment_intents`: reading and listing, and how an intent looks. [`super::intent_actions`] makes and moves them.

use serde_json::{Value, json};

use super::api::{Answer, Call};
use super::errors::ApiError;
use super::lists::{CreatedFilter, Expand, Page};
use super::payment_model::{Charge, Intent, IntentStatus, PaymentMethod, Unauthenticated};
use super::shape::with_nulls;
use super::state::State;
use super::{charges, customers, payment_methods};

/// What `expand[]` may name.
pub const EXPANDABLE: [&str; 3] = ["customer", "latest_charge", "payment_method"];

/// Fields of an intent that the sandbox never fills.
const ALWAYS_NULL: [&str; 12] = [
    "application",
    "application_fee_amount",
    "customer_account",
    "on_behalf_of",
    "payment_method_configuration_details",
    "processing",
    "review",
    "shipping",
    "source",
    "statement_descriptor",
    "transfer_data",
    "transfer_group",
];

/// `GET /v1/payment_intents/{id}`
pub fn retrieve(call: &mut Call<'_, '_>, id: &str) -> Answer {
    let expand = Expand::take(&mut call.params, "", &EXPANDABLE)?;
    call.params.unsupported(&["client_secret"])?;
    call.params.finish()?;
    let state = call.transaction.state;
    Ok(stored_view(state, find(state, id)?, &expand))
}

/// The intent that an address names.
///
/// # Errors
/// 404 where there is none.
pub fn find<'s>(state: &'s State, id: &str) -> Result<&'s Intent, ApiError> {
    state.intents.get(id).ok_or_else(|| ApiError::missing("payment_intent", "intent", id))
}

/// `GET /v1/payment_intents`
pub fn list(call: &mut Call<'_, '_>) -> Answer {
    let params = &mut call.params;
    let expand = Expand::take(params, "data.", &EXPANDABLE)?;
    let page = Page::take(params)?;
    let created = CreatedFilter::take(params)?;
    let customer = params.text("customer", 500)?;
    params.unsupported(&["customer_account"])?;
    params.finish()?;
    let state = call.transaction.state;
    let meant = |intent: &&Intent| created.meets(intent.created) && (customer.is_none() || intent.customer == customer);
    let all: Vec<_> = state.intents.newest_first().filter(meant).collect();
    page.cut("/v1/payment_intents", &all, |intent| stored_view(state, intent, &expand))
}

/// An intent of the state as Stripe shows it.
pub fn stored_view(state: &State, intent: &Intent, expand: &Expand) -> Value {
    Shown::of(state, intent).expanded(state, expand)
}

/// An intent with its last attempt.
#[derive(Clone, Copy)]
pub struct Shown<'a> {
    /// Before the sandbox's own pages.
    pub base: &'a str,
    /// The intent.
    pub intent: &'a Intent,
    /// Its last charge.
    pub charge: Option<&'a Charge>,
    /// What was tried last, or is to be tried.
    pub method: Option<&'a PaymentMethod>,
}

impl<'a> Shown<'a> {
    /// An intent of the state.
    pub fn of(state: &'a State, intent: &'a Intent) -> Self {
        let charge = intent.latest_charge.as_deref().and_then(|id| state.charges.get(id));
        let method = intent.payment_method.as_ref().or(charge.map(|charge| &charge.payment_method));
        let method = method.and_then(|id| state.payment_methods.get(id));
        Self { base: &state.base, intent, charge, method }
    }

    /// As Stripe shows it, with ids replaced by objects.
    pub fn expanded(self, state: &State, expand: &Expand) -> Value {
        let mut shown = self.view();
        if let (true, Some(charge)) = (expand.has("latest_charge"), self.charge) {
            shown["latest_charge"] = charges::view(self.base, self.intent, charge);
        }
        if let (true, Some(method)) = (expand.has("payment_method"), self.method_at_hand()) {
            shown["payment_method"] = payment_methods::view(method);
        }
        if let (true, Some(id)) = (expand.has("customer"), &self.intent.customer) {
            shown["customer"] = state.customers.get(id).map(customers::view).into();
        }
        shown
    }

    /// As Stripe shows it.
    pub fn view(self) -> Value {
        let intent = self.intent;
        let automatic =
            intent.allow_redirects.as_ref().map(|redirects| json!({ "allow_redirects": redirects, "enabled": true }));
        let canceled = intent.canceled.as_ref();
        let shown = json!({
            "id": intent.id,
            "object": "payment_intent",
            "amount": intent.amount,
            "amount_capturable": 0,
            "amount_details": { "tip": {} },
            "amount_received": if intent.status == IntentStatus::Succeeded { intent.amount } else { 0 },
            "automatic_payment_methods": automatic,
            "canceled_at": canceled.map(|(at, _)| at),
            "cancellation_reason": canceled.and_then(|(_, reason)| reason.as_ref()),
            "capture_method": "automatic_async",
            "client_secret": format!("{}_secret_{}", intent.id, intent.secret),
            "confirmation_method": "automatic",
            "created": intent.created,
            "currency": intent.currency,
            "customer": intent.customer,
            "description": intent.data.description,
            "last_payment_error": self.failure().map(|error| error.object()),
            "latest_charge": intent.latest_charge,
            "livemode": false,
            "metadata": intent.data.metadata,
            "next_action": self.next_action(),
            "payment_method": self.method_at_hand().map(|method| &method.id),
            "payment_method_options": {
                "card": {
                    "installments": null,
                    "mandate_options": null,
                    "network": null,
                    "request_three_d_secure": "automatic",
                },
            },
            "payment_method_types": intent.kinds,
            "receipt_email": intent.data.receipt_email,
            "setup_future_usage": intent.data.setup_future_usage,
            "statement_descriptor_suffix": intent.data.statement_descriptor_suffix,
            "status": intent.status.word(),
        });
        with_nulls(shown, &ALWAYS_NULL)
    }

    /// A method that failed is no longer the intent's; the error names it.
    fn method_at_hand(self) -> Option<&'a PaymentMethod> {
        self.method.filter(|_| self.intent.status != IntentStatus::RequiresPaymentMethod)
    }

    fn next_action(self) -> Option<Value> {
        if self.intent.status != IntentStatus::RequiresAction {
            return None;
        }
        let url = format!("{}/c/authenticate/{}", self.base, self.intent.id);
        Some(match &self.intent.return_url {
            Some(back) => json!({
                "redirect_to_url": { "return_url": back, "url": url },
                "type": "redirect_to_url",
            }),
            None => json!({
                "type": "use_stripe_sdk",
                "use_stripe_sdk": { "stripe_js": url, "type": "three_d_secure_redirect" },
            }),
        })
    }

    /// Why the last attempt failed; none once another one is under way or went through.
    pub fn failure(self) -> Option<ApiError> {
        if self.intent.status != IntentStatus::RequiresPaymentMethod {
            return None;
        }
        let error = match self.intent.unauthenticated {
            Some(Unauthenticated::Failed) => ApiError::refused(
                Some("payment_intent_authentication_failure"),
                None,
                "The provided PaymentMethod has failed authentication. You can provide payment_method_data or a new \
                 PaymentMethod to attempt to fulfill this PaymentIntent again.",
            ),
            Some(Unauthenticated::NotHandled) => ApiError::card(
                "authentication_required",
                "This payment required an authentication action to complete, but `error_on_requires_action` was set. \
                 When you're ready, you can upgrade your integration to handle actions at \
                 https://stripe.com/docs/payments/payment-intents/upgrade-to-handle-actions.",
            )
            .with("decline_code", "authentication_not_handled".into()),
            None => {
                let charge = self.charge?;
                ApiError::declined(charge.decline?).with("charge", charge.id.clone().into())
            }
        };
        Some(match self.method {
            Some(method) => error.with("payment_method", payment_methods::view(method)),
            None => error,
        })
    }
}
