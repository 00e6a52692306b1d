//! The way to Stripe or its sandbox: every call has a time limit, and every answer a class (SPEC §5).

mod cards;
mod reversals;

use std::time::Duration;

use metrics::counter;
use stripe::{ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, ExpireCheckoutSession, ListCheckoutSession, RetrieveCheckoutSession,
};
use stripe_core::customer::{CreateCustomer, ListCustomer};
use stripe_core::refund::CreateRefund;
use stripe_shared::api_errors::ApiErrorsType;
use tokio::time::{Instant, sleep};

use super::attempt::Attempt;
use super::purchase::Payer;
use super::refund::{Refund, Refunded};
use super::session::Session;
use crate::config::StripeConfig;
use crate::measures;

/// How long one answer may take; the library itself would wait for ever.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// An unknown outcome is asked for again by the caller itself for so long; after that by the sweep.
const REPEAT_WITHIN: Duration = Duration::from_secs(5);
/// Pause before the first repetition; the next ones wait twice as long each.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// Objects on one page of a list.
const PAGE: i64 = 100;

/// The way to Stripe.
#[derive(Debug)]
pub struct Stripe {
    client: stripe::Client,
    livemode: bool,
    answer_within: Duration,
}

/// Why there is no answer to build on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Known failed: Stripe refused, nothing happened.
    #[error("Stripe refused with status {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The parameter that it is about.
        param: Option<String>,
        /// Stripe's word for it, e.g. `card_declined`.
        code: Option<String>,
        /// The bank's word for it, e.g. `insufficient_funds`.
        decline_code: Option<String>,
        /// Stripe's words.
        message: String,
    },
    /// Stripe has stored a failure of its own under this key and will repeat it; the outcome can only be read back.
    #[error("Stripe repeats a failure of its own: {0}")]
    Stuck(String),
    /// It may or may not have happened.
    #[error("the outcome at Stripe is not known: {0}")]
    Unknown(String),
}

impl Stripe {
    /// Sets up the way to the configured account. Nothing is sent.
    ///
    /// # Errors
    /// Where key or base address cannot stand in a request.
    pub fn new(config: &StripeConfig) -> Result<Self, StripeError> {
        let key = config.secret_key.reveal();
        let mut builder = ClientBuilder::new(key);
        if let Some(base) = &config.api_base {
            let slash = if base.path().ends_with('/') { "" } else { "/" };
            builder = builder.url(format!("{base}{slash}"));
        }
        Ok(Self { client: builder.build()?, livemode: key.contains("_live_"), answer_within: ANSWER_WITHIN })
    }

    /// The same way with another time limit per answer.
    pub fn answering_within(self, answer_within: Duration) -> Self {
        Self { answer_within, ..self }
    }

    /// True where the key moves real money.
    pub const fn livemode(&self) -> bool {
        self.livemode
    }

    /// Makes a customer; answers its id.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn create_customer(&self, attempt: &Attempt) -> Result<String, Failure> {
        let customer = self.post(&CreateCustomer::new(), attempt).await?;
        Ok(customer.id.to_string())
    }

    /// Reads back the customer that an attempt may have made.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn find_customer(&self, payer: &Payer) -> Result<Option<String>, Failure> {
        // Without an address to look for, every customer of the account would have to be read.
        let Some(email) = &payer.email else {
            return Ok(None);
        };
        let mut list = ListCustomer::new().email(email.as_str()).limit(PAGE);
        loop {
            let page = self.get(&list).await?;
            let ours = page.data.iter().find(|customer| {
                customer.metadata.as_ref().and_then(|data| data.get("workspace")) == Some(&payer.workspace)
            });
            if let Some(customer) = ours {
                return Ok(Some(customer.id.to_string()));
            }
            match page.data.last().filter(|_| page.has_more) {
                Some(last) => list = list.starting_after(last.id.to_string()),
                None => return Ok(None),
            }
        }
    }

    /// Makes a Checkout session.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn create_session(&self, attempt: &Attempt) -> Result<Session, Failure> {
        let session = self.post(&CreateCheckoutSession::new(), attempt).await?;
        Ok(session.into())
    }

    /// Retrieves a Checkout session, its payment with its charge. The id must have passed [`super::is_session_id`].
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn session(&self, id: &str) -> Result<Session, Failure> {
        let request = RetrieveCheckoutSession::new(id).expand(["payment_intent.latest_charge".to_owned()]);
        Ok(self.get(&request).await?.into())
    }

    /// Reads back the session that an attempt may have made for this purchase of this customer.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn find_session(&self, customer: &str, purchase: &str) -> Result<Option<Session>, Failure> {
        let mut list = ListCheckoutSession::new().customer(customer).limit(PAGE);
        loop {
            let mut page = self.get(&list).await?;
            let ours = page.data.iter().position(|session| session.client_reference_id.as_deref() == Some(purchase));
            if let Some(at) = ours {
                return Ok(Some(page.data.swap_remove(at).into()));
            }
            match page.data.last().filter(|_| page.has_more) {
                Some(last) => list = list.starting_after(last.id.to_string()),
                None => return Ok(None),
            }
        }
    }

    /// Ends a session that nobody may pay any more. The id must have passed [`super::is_session_id`].
    ///
    /// # Errors
    /// `Refused` where it is not open; else see [`Failure`].
    pub async fn expire_session(&self, id: &str) -> Result<Session, Failure> {
        // It can end once only, so its own id is key enough.
        let attempt = Attempt { key: format!("expire_{id}"), body: String::new() };
        Ok(self.post(&ExpireCheckoutSession::new(id), &attempt).await?.into())
    }

    /// Sends a payment back.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn create_refund(&self, attempt: &Attempt) -> Result<Refunded, Failure> {
        Ok(self.post(&CreateRefund::new(), attempt).await?.into())
    }

    /// Reads back the refund that an attempt may have made of this payment.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn find_refund(&self, refund: &Refund) -> Result<Option<Refunded>, Failure> {
        Ok(self.refunds_of(&refund.payment_intent).await?.into_iter().find(|made| refund.is(made)))
    }

    async fn get<R>(&self, request: &R) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        self.ask(request, None, false).await
    }

    /// Sends an attempt's own bytes under its own key; `kind` only says where to and what comes back.
    async fn post<R>(&self, kind: &R, attempt: &Attempt) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        self.ask(kind, Some(attempt), true).await
    }

    /// The same for who keeps others waiting meanwhile: an answer that took too long is left to the sweep.
    async fn post_briskly<R>(&self, kind: &R, attempt: &Attempt) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        self.ask(kind, Some(attempt), false).await
    }

    /// Asks, and asks again in the same words while the outcome is unknown and it is early. Where it is `insistent`, an
    /// attempt whose answer took too long is sent once more all the same: the answer may be ready by then.
    async fn ask<R>(&self, kind: &R, attempt: Option<&Attempt>, insistent: bool) -> Result<R::Output, Failure>
    where
        R: StripeRequest,
        R::Output: miniserde::Deserialize,
    {
        let strategy = match attempt.map(|attempt| IdempotencyKey::new(&attempt.key)) {
            None => RequestStrategy::Once,
            Some(Ok(key)) => RequestStrategy::Idempotent(key),
            Some(Err(error)) => return Err(Failure::Unknown(error.to_string())),
        };
        let begun = Instant::now();
        let mut pause = FIRST_PAUSE;
        let (mut sent, mut own_failures) = (0, 0);
        loop {
            let mut request = kind.build();
            if let Some(attempt) = attempt {
                request.body = Some(attempt.body.clone());
            }
            let request = request.customize::<R::Output>().timeout(self.answer_within);
            let answer = request.request_strategy(strategy.clone()).send(&self.client).await;
            measure(&answer);
            let error = match answer {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            sent += 1;
            if matches!(&error, StripeError::Stripe(_, 500..)) {
                own_failures += 1;
            }
            let soon = begun.elapsed() + pause < REPEAT_WITHIN || insistent && sent == 1;
            let early = soon && !is_locked_out(&error);
            match class(&error) {
                Failure::Unknown(words) if attempt.is_some() && own_failures > 1 => {
                    return Err(Failure::Stuck(words));
                }
                Failure::Unknown(_) if early => {
                    sleep(pause).await;
                    pause *= 2;
                }
                failure => return Err(failure),
            }
        }
    }
}

fn measure<T>(answer: &Result<T, StripeError>) {
    let outcome = match answer.as_ref().map_err(class) {
        Ok(_) => "answered",
        Err(Failure::Refused { .. }) => "refused",
        Err(Failure::Stuck(_) | Failure::Unknown(_)) => "unknown",
    };
    counter!(measures::STRIPE, "outcome" => outcome).increment(1);
}

/// Stripe does not take our key, for anything: somebody has changed it.
const fn is_locked_out(error: &StripeError) -> bool {
    matches!(error, StripeError::Stripe(_, 401 | 403))
}

/// What an error says about the outcome. Only a well-formed refusal is definite: HTML pages, half answers and time-outs
/// are not, nor a key in use, nor a rate limit that a repetition will pass; nor where our own key is refused, which says
/// nothing of what it has done before.
fn class(error: &StripeError) -> Failure {
    match error {
        StripeError::Stripe(told, status @ 400..500)
            if !matches!(status, 409 | 424 | 429)
                && !is_locked_out(error)
                && !matches!(told.type_, ApiErrorsType::IdempotencyError | ApiErrorsType::ApiError) =>
        {
            Failure::Refused {
                status: *status,
                param: told.param.clone(),
                code: told.code.as_ref().map(|code| code.as_str().to_owned()),
                decline_code: told.decline_code.clone(),
                message: told.message.clone().unwrap_or_default(),
            }
        }
        StripeError::Stripe(told, status) => {
            Failure::Unknown(format!("status {status}: {}", told.message.as_deref().unwrap_or_default()))
        }
        StripeError::ConfigError(words) => Failure::Unknown(words.clone()),
        other => Failure::Unknown(other.to_string()),
    }
}
