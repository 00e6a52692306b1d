//! How test cards behave: the meanings Stripe gives their numbers and their ready-made payment methods.

use serde::{Deserialize, Serialize};

/// Why a card was declined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// 4000 0000 0000 0002.
    #[serde(rename = "generic_decline")]
    Generic,
    /// 4000 0000 0000 9995.
    InsufficientFunds,
    /// A number that is no test card's: Stripe's test mode declines real cards.
    LiveCard,
    /// The bank wants its customer, who is not there.
    AuthenticationRequired,
    /// A bank debit that the bank sent back.
    DebitReturned,
}

impl Decline {
    /// Stripe's `code` of the error.
    pub const fn error_code(self) -> &'static str {
        match self {
            Self::AuthenticationRequired => "authentication_required",
            Self::DebitReturned => "insufficient_funds",
            _ => "card_declined",
        }
    }

    /// Stripe's `decline_code`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Generic => "generic_decline",
            Self::InsufficientFunds | Self::DebitReturned => "insufficient_funds",
            Self::LiveCard => "test_mode_live_card",
            Self::AuthenticationRequired => "authentication_required",
        }
    }

    /// What the person who pays is told.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Generic => "Your card was declined.",
            Self::InsufficientFunds => "Your card has insufficient funds.",
            Self::LiveCard => "Your card was declined. This is a sandbox: use a test card such as 4242 4242 4242 4242.",
            Self::AuthenticationRequired => "Your card was declined. This transaction requires authentication.",
            Self::DebitReturned => "The customer's account has insufficient funds to cover this payment.",
        }
    }
}

/// How a card behaves whenever it is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Conduct {
    /// It pays.
    #[default]
    Pays,
    /// It cannot even be saved.
    Declines(Decline),
    /// It can be saved; every charge is declined.
    DeclinesCharges,
    /// It asks for authentication until it was set up for later use.
    AsksOnce,
    /// It asks for authentication every time.
    AsksAlways,
    /// It pays, and its owner disputes the charge at once.
    Disputes,
    /// It pays; a refund is pending for a while, then succeeds.
    RefundsPend,
    /// It pays; a refund succeeds, and fails later.
    RefundsFail,
}

/// Who is there while a card is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The customer, who can be asked.
    There,
    /// The customer, who has just authenticated.
    Authenticated,
    /// Nobody: `off_session`.
    Away,
}

/// How a use of a card ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It goes through.
    Passes,
    /// The customer is to authenticate first.
    Asks,
    /// It is declined.
    Declines(Decline),
}

impl Conduct {
    /// What a charge meets; `set_up` where the card was authenticated for later use.
    pub const fn charged(self, presence: Presence, set_up: bool) -> Verdict {
        match (self, presence) {
            (Self::Declines(decline), _) => Verdict::Declines(decline),
            (Self::DeclinesCharges, _) => Verdict::Declines(Decline::Generic),
            (Self::AsksOnce, Presence::Away) if set_up => Verdict::Passes,
            (Self::AsksOnce | Self::AsksAlways, Presence::There) => Verdict::Asks,
            (Self::AsksOnce | Self::AsksAlways, Presence::Away) => Verdict::Declines(Decline::AuthenticationRequired),
            _ => Verdict::Passes,
        }
    }

    /// What saving the card for later meets.
    pub const fn saved(self, presence: Presence) -> Verdict {
        match (self, presence) {
            (Self::Declines(decline), _) => Verdict::Declines(decline),
            (Self::AsksOnce | Self::AsksAlways, Presence::There) => Verdict::Asks,
            _ => Verdict::Passes,
        }
    }
}

/// What a card number means; numbers that are no test card's are declined.
pub fn of_number(number: &str) -> Conduct {
    let known = TEST_CARDS.iter().find(|card| card.number == number);
    known.map_or(Conduct::Declines(Decline::LiveCard), |card| card.conduct)
}

/// The number behind one of Stripe's ready-made payment methods: `pm_card_visa`.
pub fn number_of(payment_method: &str) -> Option<&'static str> {
    TEST_CARDS.iter().find(|card| card.payment_method == payment_method).map(|card| card.number)
}

struct TestCard {
    number: &'static str,
    payment_method: &'static str,
    conduct: Conduct,
}

const fn card(number: &'static str, payment_method: &'static str, conduct: Conduct) -> TestCard {
    TestCard { number, payment_method, conduct }
}

const TEST_CARDS: [TestCard; 11] = [
    card("4242424242424242", "pm_card_visa", Conduct::Pays),
    card("5555555555554444", "pm_card_mastercard", Conduct::Pays),
    card("378282246310005", "pm_card_amex", Conduct::Pays),
    card("4000000000000002", "pm_card_visa_chargeDeclined", Conduct::Declines(Decline::Generic)),
    card(
        "4000000000009995",
        "pm_card_visa_chargeDeclinedInsufficientFunds",
        Conduct::Declines(Decline::InsufficientFunds),
    ),
    card("4000000000000341", "pm_card_chargeCustomerFail", Conduct::DeclinesCharges),
    card("4000002500003155", "pm_card_authenticationRequiredOnSetup", Conduct::AsksOnce),
    card("4000002760003184", "pm_card_authenticationRequired", Conduct::AsksAlways),
    card("4000000000000259", "pm_card_createDispute", Conduct::Disputes),
    card("4000000000007726", "pm_card_pendingRefund", Conduct::RefundsPend),
    card("4000000000005126", "pm_card_refundFail", Conduct::RefundsFail),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_set_up_once_is_not_asked_again() {
        let card = of_number("4000002500003155");
        assert_eq!(card.saved(Presence::There), Verdict::Asks);
        assert_eq!(card.charged(Presence::Away, false), Verdict::Declines(Decline::AuthenticationRequired));
        assert_eq!(card.charged(Presence::Away, true), Verdict::Passes);
        assert_eq!(card.charged(Presence::There, false), Verdict::Asks);
        assert_eq!(card.charged(Presence::Authenticated, false), Verdict::Passes);
    }

    #[test]
    fn a_card_that_always_asks_cannot_pay_alone() {
        let card = of_number(number_of("pm_card_authenticationRequired").unwrap());
        assert_eq!(card.charged(Presence::Away, true), Verdict::Declines(Decline::AuthenticationRequired));
        assert_eq!(card.charged(Presence::There, true), Verdict::Asks);
        assert_eq!(of_number("4000000000000341").saved(Presence::There), Verdict::Passes);
        assert_eq!(of_number("4111111111111111").charged(Presence::There, false), Verdict::Declines(Decline::LiveCard));
    }
}
