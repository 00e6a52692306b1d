//! What Stripe says of a payment and of what went back of it.

use jiff::Timestamp;
use stripe_checkout::checkout_session::ListCheckoutSession;
use stripe_core::charge::RetrieveCharge;
use stripe_core::dispute::ListDispute;
use stripe_core::payment_intent::RetrievePaymentIntent;
use stripe_core::refund::ListRefund;

use super::{Failure, PAGE, Stripe};
use crate::payments::refund::Refunded;
use crate::payments::reversal::{Disputed, Payment};
use crate::units::MilliCents;

impl Stripe {
    /// A payment. The id must have passed [`is_intent_id`](crate::payments::is_intent_id).
    ///
    /// # Errors
    /// `Refused` where there is none; else see [`Failure`].
    pub async fn payment(&self, id: &str) -> Result<Payment, Failure> {
        let intent = self.get(&RetrievePaymentIntent::new(id)).await?;
        let customer = intent.customer.map(|customer| customer.id().to_string());
        Ok(Payment {
            customer,
            amount: MilliCents::from_cents(intent.amount_received.max(0)),
            is_topup: intent.metadata.contains_key("topup"),
            created_at: Timestamp::from_second(intent.created).unwrap_or_default(),
        })
    }

    /// The payment that a charge belongs to.
    ///
    /// # Errors
    /// `Refused` where there is no such charge; else see [`Failure`].
    pub async fn payment_of_charge(&self, charge: &str) -> Result<Option<String>, Failure> {
        let charge = self.get(&RetrieveCharge::new(charge)).await?;
        Ok(charge.payment_intent.map(|intent| intent.id().to_string()))
    }

    /// The Checkout session that took a payment.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn session_of_payment(&self, payment_intent: &str) -> Result<Option<String>, Failure> {
        let list = self.get(&ListCheckoutSession::new().payment_intent(payment_intent).limit(1)).await?;
        Ok(list.data.first().map(|session| session.id.to_string()))
    }

    /// Every refund of a payment, the oldest first.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn refunds_of(&self, payment_intent: &str) -> Result<Vec<Refunded>, Failure> {
        let mut list = ListRefund::new().payment_intent(payment_intent).limit(PAGE);
        let mut found = Vec::new();
        loop {
            let page = self.get(&list).await?;
            let last = page.data.last().map(|refund| refund.id.to_string());
            found.extend(page.data.into_iter().map(Refunded::from));
            match last.filter(|_| page.has_more) {
                Some(last) => list = list.starting_after(last),
                None => break,
            }
        }
        found.reverse();
        Ok(found)
    }

    /// Every dispute of a payment, the oldest first; there are never more than a few.
    ///
    /// # Errors
    /// See [`Failure`].
    pub async fn disputes_of(&self, payment_intent: &str) -> Result<Vec<Disputed>, Failure> {
        let page = self.get(&ListDispute::new().payment_intent(payment_intent).limit(PAGE)).await?;
        Ok(page.data.into_iter().rev().map(Disputed::from).collect())
    }
}
