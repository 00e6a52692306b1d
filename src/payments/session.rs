//! A Checkout session as Stripe tells it, and whether it is the one that a purchase asked for.

use stripe_checkout::{CheckoutSession, CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus};

use super::intent::receipt_url;
use super::purchase::{Bought, Purchase};
use crate::units::{MilliCents, words};

/// What matters of a Checkout session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `cs_…`
    pub id: String,
    /// The hosted page; absent once it is closed.
    pub url: Option<String>,
    /// How far it is.
    pub state: SessionState,
    /// Sum in the currency's smallest unit: cents.
    pub amount_total: Option<i64>,
    /// Lower case, `usd`.
    pub currency: Option<String>,
    /// `cus_…`
    pub customer: Option<String>,
    /// Id of the purchase that it was made for.
    pub client_reference_id: Option<String>,
    /// `pi_…`, once there is a payment.
    pub payment_intent: Option<String>,
    /// Where Stripe shows the receipt of that payment.
    pub receipt_url: Option<String>,
    /// `seti_…`, where it saves a card and takes no payment.
    pub setup_intent: Option<String>,
    /// What it is for.
    pub mode: Mode,
    /// Real money.
    pub livemode: bool,
}

/// What a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One payment.
    Payment,
    /// A card to save.
    Setup,
    /// Something that we never ask for.
    Other,
}

words!(Mode { Payment = "payment", Setup = "setup", Other = "other" });

/// How far a session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionState {
    /// Can still be paid.
    Open,
    /// Done, but the money is still on its way (or failed to come).
    Unpaid,
    /// Paid; where nothing is to be paid, complete.
    Paid,
    /// Ended without a payment.
    Expired,
}

/// Why a paid session is not the one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is {found}, expected {expected}")]
pub struct Mismatch {
    /// What differs.
    pub field: &'static str,
    /// What Stripe says.
    pub found: String,
    /// What was asked.
    pub expected: String,
}

impl From<CheckoutSession> for Session {
    fn from(session: CheckoutSession) -> Self {
        let mode = match session.mode {
            CheckoutSessionMode::Payment => Mode::Payment,
            CheckoutSessionMode::Setup => Mode::Setup,
            _ => Mode::Other,
        };
        let state = match (&session.payment_status, &session.status) {
            (CheckoutSessionPaymentStatus::Paid, _) => SessionState::Paid,
            (_, Some(CheckoutSessionStatus::Complete)) if mode == Mode::Setup => SessionState::Paid,
            (_, Some(CheckoutSessionStatus::Expired)) => SessionState::Expired,
            (_, Some(CheckoutSessionStatus::Complete)) => SessionState::Unpaid,
            _ => SessionState::Open,
        };
        let receipt_url = session.payment_intent.as_ref().and_then(|payment| receipt_url(payment.as_object()?));
        Self {
            receipt_url,
            id: session.id.to_string(),
            url: session.url,
            state,
            amount_total: session.amount_total,
            currency: session.currency.map(|currency| currency.to_string().to_lowercase()),
            customer: session.customer.map(|customer| customer.id().to_string()),
            client_reference_id: session.client_reference_id,
            payment_intent: session.payment_intent.map(|intent| intent.id().to_string()),
            setup_intent: session.setup_intent.map(|intent| intent.id().to_string()),
            mode,
            livemode: session.livemode,
        }
    }
}

impl Session {
    /// Compares what Stripe says with what was asked: the session's id, amount, currency, customer, purchase, mode.
    ///
    /// # Errors
    /// The first difference.
    pub fn matches(&self, id: &str, purchase: &Purchase, livemode: bool) -> Result<(), Mismatch> {
        let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".into());
        let cents = |value: i64| MilliCents::from_cents(value).to_string();
        let (mode, currency) = match purchase.bought {
            // Stripe names a currency there or none; nothing is paid in it.
            Bought::Card => (Mode::Setup, text(&self.currency)),
            _ => (Mode::Payment, "usd".to_owned()),
        };
        let told_and_asked = [
            ("id", self.id.clone(), id.to_owned()),
            ("amount", cents(self.amount_total.unwrap_or_default()), cents(purchase.total().cents_up())),
            ("currency", text(&self.currency), currency),
            ("customer", text(&self.customer), purchase.customer.clone()),
            ("purchase", text(&self.client_reference_id), purchase.id.clone()),
            ("mode", self.mode.as_str().to_owned(), mode.as_str().to_owned()),
            ("live mode", self.livemode.to_string(), livemode.to_string()),
        ];
        for (field, found, expected) in told_and_asked {
            if found != expected {
                return Err(Mismatch { field, found, expected });
            }
        }
        Ok(())
    }
}

/// True for what may be the id of a Checkout session. Stripe's client does not escape ids, so nothing else may reach it.
pub fn is_session_id(text: &str) -> bool {
    let tail = text.strip_prefix("cs_test_").or_else(|| text.strip_prefix("cs_live_"));
    tail.is_some_and(|tail| (1..=200).contains(&tail.len()) && tail.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::purchase::sample;

    fn paid() -> Session {
        Session {
            id: "cs_test_1".into(),
            url: None,
            state: SessionState::Paid,
            amount_total: Some(3_000),
            currency: Some("usd".into()),
            customer: Some("cus_sample".into()),
            client_reference_id: Some("pur_sample".into()),
            payment_intent: Some("pi_sample".into()),
            receipt_url: None,
            setup_intent: None,
            mode: Mode::Payment,
            livemode: false,
        }
    }

    #[test]
    fn every_difference_is_found() {
        let purchase = sample();
        assert_eq!(paid().matches("cs_test_1", &purchase, false), Ok(()));
        type Change = fn(&mut Session);
        let differing: [(&str, Change); 7] = [
            ("id", |session| session.id = "cs_test_2".into()),
            ("amount", |session| session.amount_total = Some(2_999)),
            ("currency", |session| session.currency = Some("eur".into())),
            ("customer", |session| session.customer = None),
            ("purchase", |session| session.client_reference_id = Some("pur_other".into())),
            ("mode", |session| session.mode = Mode::Setup),
            ("live mode", |session| session.livemode = true),
        ];
        for (field, change) in differing {
            let mut session = paid();
            change(&mut session);
            assert_eq!(session.matches("cs_test_1", &purchase, false).unwrap_err().field, field);
        }
    }

    #[test]
    fn a_session_for_a_card_takes_no_money() {
        let purchase = Purchase { bought: Bought::Card, ..sample() };
        let saved = || Session { amount_total: None, currency: None, mode: Mode::Setup, ..paid() };
        assert_eq!(saved().matches("cs_test_1", &purchase, false), Ok(()));
        let wrong = |session: Session| session.matches("cs_test_1", &purchase, false).unwrap_err().field;
        assert_eq!(wrong(paid()), "amount");
        assert_eq!(wrong(Session { mode: Mode::Payment, ..saved() }), "mode");
        assert_eq!(wrong(Session { customer: Some("cus_other".into()), ..saved() }), "customer");
    }

    #[test]
    fn only_plain_ids_reach_stripe() {
        assert!(is_session_id("cs_test_a1B2"));
        assert!(is_session_id("cs_live_a1B2"));
        for bad in ["", "cs_test_", "cs_test_../customers", "cs_test_a?x=1", "pi_1", "cs_test_ä"] {
            assert!(!is_session_id(bad), "{bad}");
        }
    }
}
