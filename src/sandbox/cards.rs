//! Test cards and what is checked of a card before it is tried.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// What is kept of a card: never its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// `visa`, `mastercard`, `amex` or `unknown`.
    pub brand: String,
    /// Last four digits.
    pub last4: String,
    /// Month of expiry, 1–12.
    pub exp_month: i64,
    /// Year of expiry, four digits.
    pub exp_year: i64,
}

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
}

impl Decline {
    /// Stripe's `decline_code`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Generic => "generic_decline",
            Self::InsufficientFunds => "insufficient_funds",
            Self::LiveCard => "test_mode_live_card",
        }
    }

    /// What the person who pays is told.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Generic => "Your card was declined.",
            Self::InsufficientFunds => "Your card has insufficient funds.",
            Self::LiveCard => "Your card was declined. This is a sandbox: use a test card such as 4242 4242 4242 4242.",
        }
    }
}

/// The fields of the hosted page, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    /// Digits, blanks allowed.
    pub card_number: String,
    /// `MM / YY`
    pub exp: String,
    /// Three digits, four on American Express.
    pub cvc: String,
    /// Name on the card; may be empty here, which Stripe does not allow.
    pub name: String,
    /// Address for the receipt, asked only where none is known.
    pub email: String,
}

/// What is wrong, field by field; `None` is fine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Faulty {
    /// Beside `card_number`.
    pub card_number: Option<&'static str>,
    /// Beside `exp`.
    pub exp: Option<&'static str>,
    /// Beside `cvc`.
    pub cvc: Option<&'static str>,
    /// Beside `email`.
    pub email: Option<&'static str>,
}

/// A card that can be tried, and how that will end.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The card.
    pub card: Card,
    /// Its fate.
    pub decline: Option<Decline>,
}

impl Typed {
    /// Checks the card's fields.
    ///
    /// # Errors
    /// One message per field that does not pass.
    pub fn check(&self, now: Timestamp) -> Result<Checked, Faulty> {
        let number = digits(&self.card_number).filter(|number| (13..=19).contains(&number.len()) && luhn(number));
        let expiry = expiry(&self.exp);
        let brand = brand(number.as_deref().unwrap_or_default());
        let cvc_length = if brand == "amex" { 4 } else { 3 };
        let today = now.to_zoned(TimeZone::UTC);
        let faulty = Faulty {
            card_number: match (self.card_number.trim().is_empty(), &number) {
                (true, _) => Some("Your card number is missing."),
                (false, None) => Some("Your card number is invalid."),
                _ => None,
            },
            exp: match expiry {
                None if self.exp.trim().is_empty() => Some("Your card’s expiration date is missing."),
                None => Some("Your card’s expiration date is invalid: write it as MM / YY."),
                Some((month, year)) if (year, month) < (i64::from(today.year()), i64::from(today.month())) => {
                    Some("Your card’s expiration date is in the past.")
                }
                Some((_, year)) if year > i64::from(today.year()) + 50 => {
                    Some("Your card’s expiration year is invalid.")
                }
                Some(_) => None,
            },
            cvc: match digits(&self.cvc) {
                Some(cvc) if cvc.len() == cvc_length => None,
                Some(cvc) if cvc.is_empty() => Some("Your card’s security code is missing."),
                _ => Some("Your card’s security code is incomplete."),
            },
            email: None,
        };
        match (number, expiry) {
            (Some(number), Some((exp_month, exp_year))) if faulty == Faulty::default() => {
                let last4 = number[number.len() - 4..].to_owned();
                let decline = fate(&number);
                Ok(Checked { card: Card { brand: brand.to_owned(), last4, exp_month, exp_year }, decline })
            }
            _ => Err(faulty),
        }
    }
}

/// Digits only, blanks and hyphens dropped; none where anything else stands.
fn digits(typed: &str) -> Option<String> {
    let kept: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    kept.chars().all(|c| c.is_ascii_digit()).then_some(kept)
}

fn luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit) if digit < 5 => digit * 2,
                (_, digit) => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// `MM / YY`, `MM/YYYY` or `MMYY` as month and four-digit year.
fn expiry(typed: &str) -> Option<(i64, i64)> {
    let bare: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let (month, year) = match bare.split_once('/') {
        Some(parts) => parts,
        None if bare.len() == 4 && bare.is_ascii() => bare.split_at(2),
        None => return None,
    };
    let whole = |text: &str| text.chars().all(|c| c.is_ascii_digit()).then(|| text.parse::<i64>().ok()).flatten();
    let year = match year.len() {
        2 => 2000 + whole(year)?,
        4 => whole(year)?,
        _ => return None,
    };
    whole(month).filter(|month| (1..=12).contains(month)).map(|month| (month, year))
}

fn brand(number: &str) -> &'static str {
    match number.get(..2) {
        Some("34" | "37") => "amex",
        Some("51" | "52" | "53" | "54" | "55") => "mastercard",
        Some(start) if start.starts_with('4') => "visa",
        _ => "unknown",
    }
}

fn fate(number: &str) -> Option<Decline> {
    match number {
        "4242424242424242" | "5555555555554444" | "378282246310005" => None,
        "4000000000000002" => Some(Decline::Generic),
        "4000000000009995" => Some(Decline::InsufficientFunds),
        _ => Some(Decline::LiveCard),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(card_number: &str, exp: &str, cvc: &str) -> Typed {
        Typed {
            card_number: card_number.into(),
            exp: exp.into(),
            cvc: cvc.into(),
            name: "Ada".into(),
            ..Typed::default()
        }
    }

    fn now() -> Timestamp {
        "2026-11-20T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn test_cards_meet_their_fate() {
        let checked = typed("4242 4242-4242 4242", "11 / 26", "123").check(now()).unwrap();
        assert_eq!((checked.card.last4.as_str(), checked.decline), ("4242", None));
        assert_eq!(
            typed("4000000000009995", "1230", "123").check(now()).unwrap().decline,
            Some(Decline::InsufficientFunds)
        );
        assert_eq!(typed("4000000000000002", "12/2030", "123").check(now()).unwrap().decline, Some(Decline::Generic));
        assert_eq!(typed("4111111111111111", "12/30", "123").check(now()).unwrap().decline, Some(Decline::LiveCard));
        assert_eq!(typed("378282246310005", "12/30", "1234").check(now()).unwrap().card.brand, "amex");
    }

    #[test]
    fn each_field_says_what_is_wrong_with_it() {
        let faulty = typed("4242 4242 4242 4241", "10/26", "12").check(now()).unwrap_err();
        assert!(faulty.card_number.is_some() && faulty.exp.is_some() && faulty.cvc.is_some());
        for exp in ["", "13/30", "0/30", "1/2", "ab/cd", "+1/30", "12/99", "1２30"] {
            let faulty = typed("4242424242424242", exp, "123").check(now()).unwrap_err();
            assert!(faulty.exp.is_some() && faulty.card_number.is_none(), "{exp}");
        }
        let nothing = Typed::default().check(now()).unwrap_err();
        assert!(nothing.cvc == Some("Your card’s security code is missing."));
    }
}
