//! The card that a workspace saved at Stripe: what is shown of it. No number ever comes here.

pub mod repo;

use jiff::Timestamp;
use stripe_shared::PaymentMethod;

use crate::units::WorkspaceId;

/// A card as Stripe has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardSeen {
    /// `pm_…`
    pub payment_method: String,
    /// `cus_…`; `None` once it has been taken away.
    pub customer: Option<String>,
    /// E.g. `visa`.
    pub brand: String,
    /// Last four digits.
    pub last4: String,
    /// 1–12.
    pub exp_month: i32,
    /// E.g. 2028.
    pub exp_year: i32,
}

impl CardSeen {
    /// Reads it; `None` where the payment method is no card.
    pub fn of(method: PaymentMethod) -> Option<Self> {
        let card = method.card?;
        Some(Self {
            payment_method: method.id.to_string(),
            customer: method.customer.map(|customer| customer.id().to_string()),
            brand: card.brand,
            last4: card.last4,
            exp_month: i32::try_from(card.exp_month).ok()?,
            exp_year: i32::try_from(card.exp_year).ok()?,
        })
    }
}

/// A card as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedCard {
    /// Whose.
    pub workspace: WorkspaceId,
    /// `pm_…`
    pub payment_method: String,
    /// `cus_…`
    pub customer: String,
    /// E.g. `visa`.
    pub brand: String,
    /// Last four digits.
    pub last4: String,
    /// 1–12.
    pub exp_month: i32,
    /// E.g. 2028.
    pub exp_year: i32,
    /// When the Checkout that saved it was begun.
    pub asked_at: Timestamp,
}

impl SavedCard {
    /// `Visa ending 4242`
    pub fn name(&self) -> String {
        display_name(&self.brand, &self.last4)
    }
}

/// `Visa ending 4242`
pub(super) fn display_name(brand: &str, last4: &str) -> String {
    format!("{} ending {last4}", brand_name(brand))
}

/// Stripe's word for a brand as people write it.
fn brand_name(brand: &str) -> String {
    match brand {
        "amex" => "American Express".to_owned(),
        "diners" => "Diners Club".to_owned(),
        "jcb" => "JCB".to_owned(),
        "mastercard" => "Mastercard".to_owned(),
        "unionpay" => "UnionPay".to_owned(),
        "unknown" | "" => "Card".to_owned(),
        other => {
            let mut letters = other.replace('_', " ");
            letters[..1].make_ascii_uppercase();
            letters
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brands_are_written_as_people_write_them() {
        let names = ["visa", "amex", "cartes_bancaires", "unknown", ""].map(brand_name);
        assert_eq!(names, ["Visa", "American Express", "Cartes bancaires", "Card", "Card"]);
    }
}
