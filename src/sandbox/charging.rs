//! One attempt to pay an intent, whoever makes it: Checkout, the API, or the page where customers authenticate.

use super::charges;
use super::conduct::{Conduct, Decline, Presence, Verdict};
use super::intents::Shown;
use super::model::new_id;
use super::payment_methods;
use super::payment_model::{Charge, Intent, IntentStatus, PaymentMethod, Unauthenticated};
use super::state::{Change, Transaction};

/// Under what circumstances an attempt is made.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Who is there.
    pub presence: Presence,
    /// `error_on_requires_action`: fail rather than ask for authentication.
    pub never_asks: bool,
    /// A fault asked for: declined so, whatever the card.
    pub forced: Option<Decline>,
}

impl Attempt {
    /// The ordinary one.
    pub const fn with(presence: Presence) -> Self {
        Self { presence, never_asks: false, forced: None }
    }

    fn verdict(self, transaction: &Transaction<'_>, intent: &Intent, method: &PaymentMethod) -> Verdict {
        if let Some(decline) = self.forced {
            return Verdict::Declines(decline);
        }
        let last = intent.latest_charge.as_deref().and_then(|id| transaction.state.charges.get(id));
        let wanted = last.is_some_and(|charge| charge.decline == Some(Decline::AuthenticationRequired));
        match method.conduct.charged(self.presence, method.set_up) {
            // The bank wanted its customer once, so it wants them for this payment.
            Verdict::Passes if wanted && self.presence == Presence::There => Verdict::Asks,
            verdict => verdict,
        }
    }
}

/// What an attempt left behind.
pub struct Tried {
    /// The intent as it stands now.
    pub intent: Intent,
    /// Its last charge.
    pub charge: Option<Charge>,
    /// What it was tried with.
    pub method: PaymentMethod,
}

impl Tried {
    /// To be shown.
    pub fn shown<'a>(&'a self, base: &'a str) -> Shown<'a> {
        Shown { base, intent: &self.intent, charge: self.charge.as_ref(), method: Some(&self.method) }
    }
}

/// Tries to pay an intent. The intent is to be neither paid nor canceled.
pub fn attempt(transaction: &mut Transaction<'_>, intent: Intent, method: PaymentMethod, how: Attempt) -> Tried {
    let verdict = how.verdict(transaction, &intent, &method);
    let charge = intent.latest_charge.as_deref().and_then(|id| transaction.state.charges.get(id)).cloned();
    let mut tried = Tried { intent, charge, method };
    tried.intent.payment_method = Some(tried.method.id.clone());
    tried.intent.unauthenticated = None;
    match verdict {
        Verdict::Passes => pass(transaction, &mut tried),
        Verdict::Declines(decline) => {
            tried.intent.status = IntentStatus::RequiresPaymentMethod;
            charge_now(transaction, &mut tried, Some(decline));
            emit(transaction, "payment_intent.payment_failed", &tried);
        }
        Verdict::Asks if how.never_asks => unauthenticated(transaction, &mut tried, Unauthenticated::NotHandled),
        Verdict::Asks => {
            tried.intent.status = IntentStatus::RequiresAction;
            emit(transaction, "payment_intent.requires_action", &tried);
        }
    }
    keep(transaction, &tried);
    tried
}

/// The customer failed to authenticate.
pub fn fail_authentication(transaction: &mut Transaction<'_>, intent: Intent, method: PaymentMethod) -> Tried {
    let mut tried = Tried { intent, charge: None, method };
    unauthenticated(transaction, &mut tried, Unauthenticated::Failed);
    keep(transaction, &tried);
    tried
}

fn unauthenticated(transaction: &mut Transaction<'_>, tried: &mut Tried, why: Unauthenticated) {
    tried.intent.status = IntentStatus::RequiresPaymentMethod;
    tried.intent.unauthenticated = Some(why);
    emit(transaction, "payment_intent.payment_failed", tried);
}

fn pass(transaction: &mut Transaction<'_>, tried: &mut Tried) {
    tried.intent.status = IntentStatus::Succeeded;
    charge_now(transaction, tried, None);
    match (&tried.intent.data.setup_future_usage, &tried.intent.customer) {
        (Some(usage), Some(customer)) => {
            tried.method.set_up |= usage == "off_session";
            if tried.method.customer.is_none() {
                tried.method.customer = Some(customer.clone());
                transaction.emit("payment_method.attached", payment_methods::view(&tried.method));
            }
        }
        _ => tried.method.spent |= tried.method.customer.is_none(),
    }
    emit(transaction, "payment_intent.succeeded", tried);
}

/// Sends a bank debit on its way: nothing is paid yet.
pub fn begin_debit(transaction: &mut Transaction<'_>, intent: Intent, method: PaymentMethod) -> Tried {
    let intent = Intent {
        status: IntentStatus::Processing,
        payment_method: Some(method.id.clone()),
        unauthenticated: None,
        ..intent
    };
    let mut tried = Tried { intent, charge: None, method };
    let charge = Charge { pending: true, ..new_charge(transaction, &tried, None) };
    tried.intent.latest_charge = Some(charge.id.clone());
    transaction.emit("charge.pending", charges::view(&transaction.state.base, &tried.intent, &charge));
    tried.charge = Some(charge);
    emit(transaction, "payment_intent.processing", &tried);
    keep(transaction, &tried);
    tried
}

/// The bank's answer to a debit that was on its way.
pub fn end_debit(transaction: &mut Transaction<'_>, mut tried: Tried, decline: Option<Decline>) {
    let (status, of_charge, of_intent) = match decline {
        None => (IntentStatus::Succeeded, "charge.succeeded", "payment_intent.succeeded"),
        Some(_) => (IntentStatus::RequiresPaymentMethod, "charge.failed", "payment_intent.payment_failed"),
    };
    tried.intent.status = status;
    if let Some(charge) = &mut tried.charge {
        (charge.pending, charge.decline) = (false, decline);
        transaction.emit(of_charge, charges::view(&transaction.state.base, &tried.intent, charge));
    }
    emit(transaction, of_intent, &tried);
    keep(transaction, &tried);
}

fn new_charge(transaction: &Transaction<'_>, tried: &Tried, decline: Option<Decline>) -> Charge {
    Charge {
        id: new_id("ch_3", 23),
        created: transaction.now.as_second(),
        intent: tried.intent.id.clone(),
        payment_method: tried.method.id.clone(),
        card: tried.method.card.clone(),
        payer: tried.method.payer.clone(),
        decline,
        pending: false,
        refunded: 0,
        disputed: false,
        disputes_at: (decline.is_none() && tried.method.conduct == Conduct::Disputes)
            .then_some(transaction.now.as_second()),
    }
}

fn charge_now(transaction: &mut Transaction<'_>, tried: &mut Tried, decline: Option<Decline>) {
    let charge = new_charge(transaction, tried, decline);
    tried.intent.latest_charge = Some(charge.id.clone());
    let kind = if decline.is_some() { "charge.failed" } else { "charge.succeeded" };
    transaction.emit(kind, charges::view(&transaction.state.base, &tried.intent, &charge));
    tried.charge = Some(charge);
}

fn emit(transaction: &mut Transaction<'_>, kind: &str, tried: &Tried) {
    transaction.emit(kind, tried.shown(&transaction.state.base).view());
}

fn keep(transaction: &mut Transaction<'_>, tried: &Tried) {
    transaction.put(Change::PaymentMethod(tried.method.clone()));
    if let Some(charge) = &tried.charge {
        transaction.put(Change::Charge(charge.clone()));
    }
    transaction.put(Change::Intent(tried.intent.clone()));
}
