//! Amounts of credits, as they are chosen and typed in the Add credits dialog (SPEC §2.2).

use std::fmt;
use std::ops::RangeInclusive;

use super::dollars::{CENTS, DollarsError, parse_dollars};
use crate::units::MilliCents;

/// Amounts that are offered as they are.
pub const CREDIT_PRESETS: [MilliCents; 4] =
    [MilliCents(1_000_000), MilliCents(2_500_000), MilliCents(5_000_000), MilliCents(10_000_000)];

/// Least and most of one purchase: Stripe's floor of $0.50, and $10,000.
pub const CREDIT_AMOUNTS: RangeInclusive<MilliCents> = MilliCents(50_000)..=MilliCents(1_000_000_000);

/// What is wrong with an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmountError {
    /// No amount in dollars.
    NotAnAmount,
    /// More than two decimals.
    PartOfACent,
    /// Below the least.
    TooLittle,
    /// Above the most.
    TooMuch,
    /// A preset is chosen and another amount is typed: nobody can say which is meant.
    TwoAmounts,
}

/// The words that stand beside the field.
impl fmt::Display for AmountError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AmountError::NotAnAmount => f.write_str("Enter an amount in dollars, such as 25 or 25.50."),
            AmountError::PartOfACent => f.write_str("Enter whole cents: at most two digits after the point."),
            AmountError::TooLittle => write!(f, "Enter {} or more.", CREDIT_AMOUNTS.start()),
            AmountError::TooMuch => write!(f, "Enter {} or less.", CREDIT_AMOUNTS.end()),
            AmountError::TwoAmounts => f.write_str("Choose Other amount to pay this, or clear it."),
        }
    }
}

impl std::error::Error for AmountError {}

impl From<DollarsError> for AmountError {
    fn from(error: DollarsError) -> Self {
        match error {
            DollarsError::NotAnAmount => Self::NotAnAmount,
            DollarsError::TooFine => Self::PartOfACent,
        }
    }
}

/// The chosen amount: one of [`CREDIT_PRESETS`] by its dollars, or what is typed where the choice is `other` or missing.
///
/// # Errors
/// What is wrong with the typed amount; any other choice is no amount. Nobody pays a preset who has typed an amount.
pub fn chosen_amount(choice: &str, typed: &str) -> Result<MilliCents, AmountError> {
    if matches!(choice, "" | "other") {
        return parse_amount(typed);
    }
    let preset = CREDIT_PRESETS.into_iter().find(|preset| preset_name(*preset) == choice);
    let preset = preset.ok_or(AmountError::NotAnAmount)?;
    if typed.trim().is_empty() { Ok(preset) } else { Err(AmountError::TwoAmounts) }
}

/// The name of a preset in the form and in addresses: its dollars.
pub fn preset_name(preset: MilliCents) -> String {
    (preset.0 / MilliCents::PER_DOLLAR).to_string()
}

/// A typed amount of whole cents within [`CREDIT_AMOUNTS`]; see [`parse_dollars`].
///
/// # Errors
/// What is wrong with it.
pub fn parse_amount(typed: &str) -> Result<MilliCents, AmountError> {
    match parse_dollars(typed, CENTS)? {
        amount if amount < *CREDIT_AMOUNTS.start() => Err(AmountError::TooLittle),
        amount if amount > *CREDIT_AMOUNTS.end() => Err(AmountError::TooMuch),
        amount => Ok(amount),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_read_as_people_type_it() {
        let cents = |typed| parse_amount(typed).unwrap().cents_down();
        let read: Vec<_> =
            ["25", "$25", " $ 25 ", "25.5", "25.50", ".50", "0.50", "$1,000", "10,000.00", "0025"].map(cents).into();
        assert_eq!(read, [2_500, 2_500, 2_500, 2_550, 2_550, 50, 50, 100_000, 1_000_000, 2_500]);
    }

    #[test]
    fn what_is_no_amount_says_so() {
        for typed in
            ["", "$", ".", "25.", "ten", "-5", "+5", "5e3", "25,50", "1,00", ",100", "1,0000", "2 5", "€5", "٢٥"]
        {
            assert_eq!(parse_amount(typed), Err(AmountError::NotAnAmount), "{typed:?}");
        }
        for typed in ["25.505", "0.001", "25.500"] {
            assert_eq!(parse_amount(typed), Err(AmountError::PartOfACent), "{typed:?}");
        }
        for typed in ["0", "0.49", "$0.00"] {
            assert_eq!(parse_amount(typed), Err(AmountError::TooLittle), "{typed:?}");
        }
        for typed in ["10000.01", "10,001", "99999999999999999999", "92233720368547758", "922337203685477"] {
            assert_eq!(parse_amount(typed), Err(AmountError::TooMuch), "{typed:?}");
        }
    }

    #[test]
    fn an_amount_is_chosen_or_typed_but_not_both() {
        assert_eq!(chosen_amount("25", " "), Ok(MilliCents(2_500_000)));
        assert_eq!(chosen_amount("25", "12.34"), Err(AmountError::TwoAmounts));
        assert_eq!(chosen_amount("other", "12.34"), Ok(MilliCents(1_234_000)));
        assert_eq!(chosen_amount("", "12"), Ok(MilliCents(1_200_000)));
        assert_eq!(chosen_amount("30", "30"), Err(AmountError::NotAnAmount));
        assert_eq!(chosen_amount("", ""), Err(AmountError::NotAnAmount));
    }

    #[test]
    fn the_words_name_the_limits() {
        assert_eq!(AmountError::TooLittle.to_string(), "Enter $0.50 or more.");
        assert_eq!(AmountError::TooMuch.to_string(), "Enter $10,000.00 or less.");
    }
}
