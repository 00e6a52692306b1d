//! Amounts of money as people type them. Digits are counted, never rounded: nothing here is a fraction of two.

use crate::units::MilliCents;

/// Digits after the point of a whole number of cents.
pub const CENTS: usize = 2;
/// Digits after the point of a whole number of milli-cents, the finest there is.
pub const MILLI_CENTS: usize = 5;

/// Why a text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DollarsError {
    /// No amount in dollars.
    NotAnAmount,
    /// More digits after the point than are allowed.
    TooFine,
}

/// A typed amount with up to `decimals` digits after the point, at most [`MILLI_CENTS`]: `25`, `$25`, `25.5`, `1,000`,
/// `.05`. A comma stands before three digits or nowhere, so that `25,50` is never taken for $2,550. What no
/// [`MilliCents`] can hold becomes the most that they can.
///
/// # Errors
/// What is wrong with it.
pub fn parse_dollars(typed: &str, decimals: usize) -> Result<MilliCents, DollarsError> {
    let typed = typed.trim();
    let number = typed.strip_prefix('$').map_or(typed, str::trim_start);
    let (dollars, part) = match number.split_once('.') {
        Some(("", part)) => ("0", part),
        Some(parts) => parts,
        None => (number, "0"),
    };
    let dollars = without_commas(dollars).filter(|_| is_digits(part)).ok_or(DollarsError::NotAnAmount)?;
    if part.len() > decimals.min(MILLI_CENTS) {
        return Err(DollarsError::TooFine);
    }
    // Only digits are left: what does not fit is too much.
    let whole = dollars.parse().unwrap_or(i64::MAX).saturating_mul(MilliCents::PER_DOLLAR);
    let part: i64 = format!("{part:0<MILLI_CENTS$}").parse().unwrap_or_default();
    Ok(MilliCents(whole.saturating_add(part)))
}

/// The digits before the point.
fn without_commas(text: &str) -> Option<String> {
    let groups: Vec<&str> = text.split(',').collect();
    let (first, rest) = groups.split_first()?;
    let grouped = rest.is_empty() || first.len() <= 3 && rest.iter().all(|group| group.len() == 3);
    (grouped && groups.iter().all(|group| is_digits(group))).then(|| groups.concat())
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_to_the_last_milli_cent() {
        let rate = |typed| parse_dollars(typed, MILLI_CENTS);
        for (typed, read) in [("0.05", 5_000), ("$.055", 5_500), ("0.00007", 7), ("1,000.00001", 100_000_001), ("0", 0)]
        {
            assert_eq!(rate(typed), Ok(MilliCents(read)), "{typed:?}");
        }
        assert_eq!(rate("0.000001"), Err(DollarsError::TooFine));
        assert_eq!(parse_dollars("0.055", CENTS), Err(DollarsError::TooFine));
        for typed in ["", "-1", "1e2", "0,05", "ten"] {
            assert_eq!(rate(typed), Err(DollarsError::NotAnAmount), "{typed:?}");
        }
    }

    #[test]
    fn what_is_shown_can_be_typed_again() {
        for amount in [0, 7, 5_500, 2_900_000, 123_456_789, 100_000_000_000] {
            assert_eq!(parse_dollars(&MilliCents(amount).as_rate(), MILLI_CENTS), Ok(MilliCents(amount)));
        }
    }

    #[test]
    fn more_than_can_be_held_is_the_most() {
        assert_eq!(parse_dollars("99999999999999999999", CENTS), Ok(MilliCents(i64::MAX)));
        assert_eq!(parse_dollars("92233720368547.75", CENTS), Ok(MilliCents(9_223_372_036_854_775_000)));
        assert_eq!(parse_dollars("92233720368548", CENTS), Ok(MilliCents(i64::MAX)));
    }
}
