//! The currencies the sandbox takes and what Stripe asks of amounts in them.

use super::errors::ApiError;

/// A currency whose smallest unit is a hundredth.
pub struct Currency {
    /// Lower-case ISO code.
    pub code: &'static str,
    /// Stands before an amount.
    sign: &'static str,
    /// Smallest total Stripe charges, in cents.
    pub least: i64,
}

const CURRENCIES: [Currency; 3] = [
    Currency { code: "usd", sign: "$", least: 50 },
    Currency { code: "eur", sign: "€", least: 50 },
    Currency { code: "gbp", sign: "£", least: 30 },
];

/// Largest total Stripe charges, in cents: eight digits.
pub const MOST: i64 = 99_999_999;

/// Finds a currency by its code, in either case.
pub fn find(code: &str) -> Option<&'static Currency> {
    CURRENCIES.iter().find(|currency| currency.code.eq_ignore_ascii_case(code))
}

/// Cents as people write them: `$1,234.50`.
pub fn written(cents: i64, code: &str) -> String {
    let sign = find(code).map_or("", |currency| currency.sign);
    format!("{sign}{}.{:02}", crate::units::grouped(cents / 100), cents % 100)
}

/// The currency that a parameter names.
///
/// # Errors
/// 400 for one the sandbox does not know.
pub fn known(param: &str, code: &str) -> Result<&'static Currency, ApiError> {
    let message = || format!("Invalid currency: {code}. The Stripe sandbox supports usd, eur and gbp.");
    find(code).ok_or_else(|| ApiError::invalid_value(param, message()))
}

/// 400 for an amount above [`MOST`].
pub fn too_large(param: &str) -> ApiError {
    let message = format!("Invalid amount: must be no more than {}.", written(MOST, "usd"));
    ApiError::refused(Some("amount_too_large"), Some(param), message)
}
