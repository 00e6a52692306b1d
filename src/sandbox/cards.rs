//! What is kept of a card, and what is checked of it before it is tried.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::conduct::{self, Conduct};

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

impl Card {
    /// What is kept of a card with a number that was checked.
    fn of(number: &str, exp_month: i64, exp_year: i64) -> Self {
        let last4 = number.get(number.len().saturating_sub(4)..).unwrap_or_default().to_owned();
        Self { brand: brand(number).to_owned(), last4, exp_month, exp_year }
    }
}

/// The card behind one of Stripe's ready-made payment methods, such as `pm_card_visa`.
pub fn ready_made(payment_method: &str, now: Timestamp) -> Option<Checked> {
    let number = conduct::number_of(payment_method)?;
    let next_year = i64::from(now.to_zoned(TimeZone::UTC).year()) + 1;
    Some(Checked { card: Card::of(number, 12, next_year), conduct: conduct::of_number(number) })
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
    /// The bank account that is used instead of a card.
    pub account: Option<Account>,
}

/// The bank accounts there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// The debit goes through.
    Funded,
    /// The bank sends the debit back.
    Empty,
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
    /// What it will do.
    pub conduct: Conduct,
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
                Ok(Checked { card: Card::of(&number, exp_month, exp_year), conduct: conduct::of_number(&number) })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::conduct::Decline;

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
        assert_eq!((checked.card.last4.as_str(), checked.conduct), ("4242", Conduct::Pays));
        let conduct = |number| typed(number, "12/2030", "123").check(now()).unwrap().conduct;
        assert_eq!(conduct("4000000000009995"), Conduct::Declines(Decline::InsufficientFunds));
        assert_eq!(conduct("4000000000000002"), Conduct::Declines(Decline::Generic));
        assert_eq!(conduct("4111111111111111"), Conduct::Declines(Decline::LiveCard));
        assert_eq!(ready_made("pm_card_visa", now()).unwrap().card.last4, "4242");
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
