//! Comparing packs, and what a purchase comes to (SPEC §2.2).

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::units::{Meter, MilliCents};

/// A pack on offer, as the Buy Minutes dialog shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackOffer {
    /// Public id, `pack_…`.
    pub id: String,
    /// Name, e.g. `Medium`.
    pub name: String,
    /// What it is for; may be empty.
    pub description: String,
    /// What its units are.
    pub meter: Meter,
    /// Units of one pack: seconds or calls.
    pub units: i64,
    /// Price of one pack, whole cents.
    pub price: MilliCents,
    /// Marked as popular by the agency, and preselected.
    pub popular: bool,
}

impl PackOffer {
    /// Minutes or calls of one pack, as they are sold.
    pub fn pieces(&self) -> i64 {
        self.units / self.meter.per_piece()
    }
}

/// What a pack is best at among its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// The agency's recommendation.
    Popular,
    /// Cheapest per minute or call.
    BestValue,
    /// Smallest.
    LeastCommitment,
}

/// The tag of each pack, in the order given: `Popular` wins, then best value, then least commitment.
/// A single pack is compared with nothing and has only `Popular`.
pub fn tags(packs: &[PackOffer]) -> Vec<Option<Tag>> {
    // a/b < c/d without fractions: a*d < c*b
    let cheaper = |a: &PackOffer, b: &PackOffer| {
        (i128::from(a.price.0) * i128::from(b.units)).cmp(&(i128::from(b.price.0) * i128::from(a.units)))
    };
    let several = packs.len() > 1;
    let best = packs.iter().enumerate().min_by(|a, b| cheaper(a.1, b.1)).map(|(at, _)| at).filter(|_| several);
    let least = packs.iter().enumerate().min_by_key(|(_, pack)| pack.units).map(|(at, _)| at).filter(|_| several);
    let tag_of = |(at, pack): (usize, &PackOffer)| {
        if pack.popular {
            Some(Tag::Popular)
        } else if best == Some(at) {
            Some(Tag::BestValue)
        } else if least == Some(at) {
            Some(Tag::LeastCommitment)
        } else {
            None
        }
    };
    packs.iter().enumerate().map(tag_of).collect()
}

/// `$0.12 per min`, `$0.10 per call`: rounded up to the cent, so that nobody pays more than is said.
pub fn per_piece_label(pack: &PackOffer) -> String {
    let pieces = pack.pieces().max(1);
    let each = MilliCents((pack.price.0 + pieces - 1) / pieces);
    let unit = match pack.meter {
        Meter::Minutes => "min",
        Meter::Calls => "call",
    };
    format!("{} per {unit}", MilliCents::from_cents(each.cents_up()))
}

/// How many packs one purchase may have (SPEC §2.2).
pub const QUANTITIES: RangeInclusive<i64> = 1..=20;

/// A quantity as it was typed; `None` where it is no whole number within [`QUANTITIES`].
pub fn parse_quantity(typed: &str) -> Option<i64> {
    typed.trim().parse().ok().filter(|quantity| QUANTITIES.contains(quantity))
}

/// What `quantity` packs cost.
pub fn total(pack: &PackOffer, quantity: i64) -> MilliCents {
    MilliCents(pack.price.0 * quantity)
}

/// Units in all packs after buying `quantity` of `pack` on top of `remaining`.
pub fn after_purchase(remaining: i64, pack: &PackOffer, quantity: i64) -> i64 {
    remaining + pack.units * quantity
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(name: &str, minutes: i64, dollars: i64, popular: bool) -> PackOffer {
        PackOffer {
            id: format!("pack_{name}"),
            name: name.into(),
            description: String::new(),
            meter: Meter::Minutes,
            units: minutes * 60,
            price: MilliCents(dollars * MilliCents::PER_DOLLAR),
            popular,
        }
    }

    #[test]
    fn the_demo_s_packs_carry_their_tags_and_unit_prices() {
        let packs = [pack("Small", 50, 6, false), pack("Medium", 100, 10, true), pack("Large", 250, 20, false)];
        assert_eq!(tags(&packs), [Some(Tag::LeastCommitment), Some(Tag::Popular), Some(Tag::BestValue)]);
        let labels: Vec<_> = packs.iter().map(per_piece_label).collect();
        assert_eq!(labels, ["$0.12 per min", "$0.10 per min", "$0.08 per min"]);
        assert_eq!(total(&packs[1], 3).to_string(), "$30.00");
        assert_eq!(after_purchase(60, &packs[0], 2), 6_060);
    }

    #[test]
    fn a_quantity_is_a_whole_number_up_to_twenty() {
        let read: Vec<_> = ["1", " 20 ", "0", "21", "2.5", "", "three"].map(parse_quantity).into();
        assert_eq!(read, [Some(1), Some(20), None, None, None, None, None]);
    }

    #[test]
    fn one_pack_alone_is_not_compared() {
        assert_eq!(tags(&[pack("Only", 50, 6, false)]), [None]);
    }
}
