//! Saved cards, and what they are charged.

use stripe_checkout::checkout_session::ListCheckoutSession;
use stripe_core::payment_intent::{CreatePaymentIntent, ListPaymentIntent, RetrievePaymentIntent};
use stripe_core::setup_intent::RetrieveSetupIntent;
use stripe_payment::payment_method::{AttachPaymentMethod, DetachPaymentMethod, RetrievePaymentMethod};
use stripe_types::Currency;

use super::{Failure, PAGE, Stripe};
use crate::payments::attempt::Attempt;
use crate::payments::card::CardSeen;
use crate::payments::intent::{CHARGE, Intent};

impl Stripe {
    /// The payment method that a setup intent has made. The id must come from Stripe.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn method_of_setup(&self, setup_intent: &str) -> Result<Option<String>, Failure> {
        let setup = self.get(&RetrieveSetupIntent::new(setup_intent)).await?;
        Ok(setup.payment_method.map(|method| method.id().to_string()))
    }

    /// A card as Stripe has it; `None` where the payment method is no card. The id must come from Stripe.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn card(&self, payment_method: &str) -> Result<Option<CardSeen>, Failure> {
        Ok(CardSeen::of(self.get(&RetrievePaymentMethod::new(payment_method)).await?))
    }

    /// Gives a card to a customer; `None` where the payment method is no card. Only test mode has cards to give.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn attach_card(&self, payment_method: &str, customer: &str) -> Result<Option<CardSeen>, Failure> {
        // The same card to the same customer is one.
        let body = format!("customer={customer}");
        let attempt = Attempt { key: format!("attach_{payment_method}_{customer}"), body };
        Ok(CardSeen::of(self.post(&AttachPaymentMethod::new(payment_method), &attempt).await?))
    }

    /// Takes a card away from its customer, so that nobody can charge it any more. The id must come from Stripe.
    ///
    /// # Errors
    /// `Refused` where it was taken away before; else see [`Failure`].
    pub async fn detach_card(&self, payment_method: &str) -> Result<(), Failure> {
        // It can leave once only, so its own id is key enough.
        let attempt = Attempt { key: format!("detach_{payment_method}"), body: String::new() };
        self.post(&DetachPaymentMethod::new(payment_method), &attempt).await?;
        Ok(())
    }

    /// Charges a saved card without its owner's presence.
    ///
    /// # Errors
    /// `Refused` where the bank declined, with its code; else see [`Failure`].
    pub async fn charge(&self, attempt: &Attempt) -> Result<Intent, Failure> {
        // What is charged stands in the attempt's own bytes.
        let kind = CreatePaymentIntent::new(0, Currency::USD);
        Ok(self.post_briskly(&kind, attempt).await?.into())
    }

    /// Retrieves a payment intent. The id must come from Stripe, or have passed
    /// [`is_intent_id`](crate::payments::is_intent_id).
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn intent(&self, id: &str) -> Result<Intent, Failure> {
        Ok(self.get(&RetrievePaymentIntent::new(id).expand([CHARGE.to_owned()])).await?.into())
    }

    /// True where a Checkout session took this payment. The id must have passed
    /// [`is_intent_id`](crate::payments::is_intent_id).
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn is_of_session(&self, payment_intent: &str) -> Result<bool, Failure> {
        let sessions = self.get(&ListCheckoutSession::new().payment_intent(payment_intent).limit(1)).await?;
        Ok(!sessions.data.is_empty())
    }

    /// Reads back the payment intent that an attempt may have made for this top-up of this customer.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn find_intent(&self, customer: &str, topup: &str) -> Result<Option<Intent>, Failure> {
        let mut list = ListPaymentIntent::new().customer(customer).limit(PAGE).expand([format!("data.{CHARGE}")]);
        loop {
            let mut page = self.get(&list).await?;
            let ours = page.data.iter().position(|intent| intent.metadata.get("topup").is_some_and(|id| id == topup));
            if let Some(at) = ours {
                return Ok(Some(page.data.swap_remove(at).into()));
            }
            match page.data.last().filter(|_| page.has_more) {
                Some(last) => list = list.starting_after(last.id.to_string()),
                None => return Ok(None),
            }
        }
    }
}
