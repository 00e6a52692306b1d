//! Packs as the agency edits them. What was bought or applied keeps its own copy.

use super::{FieldError, is_whole_cents, named};
use crate::pricing::PackOffer;
use crate::units::{Meter, MilliCents};

/// Stripe's floor, and a price of which twenty can still be paid at once.
const PRICES: std::ops::RangeInclusive<i64> = 50_000..=10_000 * MilliCents::PER_DOLLAR;
/// Most minutes or calls in a pack.
const MOST_PIECES: i64 = 1_000_000;
/// Longest description.
const LONGEST: usize = 400;

/// A pack as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackDraft {
    /// Name, e.g. `Medium`.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// What its units are.
    pub meter: Meter,
    /// Seconds or calls.
    pub units: i64,
    /// Whole cents.
    pub price: MilliCents,
    /// Marked as popular, and preselected.
    pub popular: bool,
}

/// A pack of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pack {
    /// Its key.
    pub row: i64,
    /// What is offered.
    pub offer: PackOffer,
    /// No longer offered.
    pub archived: bool,
    /// How many clients may see it.
    pub clients: i64,
}

impl PackDraft {
    /// Everything that is wrong with it, by field; empty where it can be offered.
    pub fn faults(&self) -> Vec<FieldError> {
        let pieces = self.units / self.meter.per_piece();
        let whole = self.units % self.meter.per_piece() == 0;
        let checks = [
            (named(&self.name), "name", "Enter a name of at most 80 characters."),
            (self.description.chars().count() <= LONGEST, "description", "Enter at most 400 characters."),
            (whole && (1..=MOST_PIECES).contains(&pieces), "units", "Enter 1 to 1,000,000 whole minutes or calls."),
            (
                PRICES.contains(&self.price.0) && is_whole_cents(self.price),
                "price",
                "Enter $0.50 to $10,000.00, in whole cents.",
            ),
        ];
        let faults = checks.into_iter().filter(|(good, ..)| !good);
        faults.map(|(_, field, message)| FieldError { field, message }).collect()
    }

    /// What is offered under this public id.
    pub fn offer(&self, id: &str) -> PackOffer {
        PackOffer {
            id: id.to_owned(),
            name: self.name.trim().to_owned(),
            description: self.description.trim().to_owned(),
            meter: self.meter,
            units: self.units,
            price: self.price,
            popular: self.popular,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_names_its_field() {
        let medium = PackDraft {
            name: "Medium".into(),
            description: String::new(),
            meter: Meter::Minutes,
            units: 6_000,
            price: MilliCents(1_000_000),
            popular: true,
        };
        assert_eq!(medium.faults(), []);
        type Change = fn(&mut PackDraft);
        let wrong: [(&str, Change); 6] = [
            ("name", |it| it.name = String::new()),
            ("description", |it| it.description = "x".repeat(401)),
            ("units", |it| it.units = 0),
            ("units", |it| it.units = 90),
            ("price", |it| it.price = MilliCents(49_000)),
            ("price", |it| it.price = MilliCents(50_001)),
        ];
        for (field, change) in wrong {
            let mut draft = medium.clone();
            change(&mut draft);
            let fields: Vec<_> = draft.faults().iter().map(|fault| fault.field).collect();
            assert_eq!(fields, [field]);
        }
    }
}
