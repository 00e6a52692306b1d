//! What the demo's agency sells: plans and packs (SPEC §6).

use crate::pricing::{ExcessMode, HoldPolicy, PackOffer, PurchaseMode, Rates, Terms};
use crate::units::{Meter, MilliCents, Seconds};

/// Dollars, whole.
pub const fn dollars(dollars: i64) -> MilliCents {
    MilliCents(dollars * MilliCents::PER_DOLLAR)
}

/// Public id of a plan and its terms, the smallest plan first.
pub fn plans() -> Vec<(&'static str, Terms)> {
    let starter = Terms {
        name: "Starter".to_owned(),
        price: dollars(29),
        meter: Meter::Minutes,
        included: Seconds::from_minutes(100).0,
        rates: Rates::default(),
        addons: true,
        purchase_mode: PurchaseMode::SelfService,
        max_call: Seconds::from_minutes(60),
        hold: HoldPolicy::Buffer(60),
        excess: ExcessMode::Refuse,
        free_credits: MilliCents(0),
        due_days: 1,
        grace_days: 30,
    };
    let flat = Terms {
        name: "Flat".to_owned(),
        price: dollars(0),
        included: 0,
        rates: Rates { voice: MilliCents::from_cents(5), ..Rates::default() },
        addons: false,
        hold: HoldPolicy::WorstCase,
        free_credits: dollars(5),
        ..starter.clone()
    };
    let per_component = Rates {
        voice: MilliCents::from_cents(10),
        telephony: MilliCents::from_cents(8),
        recording: MilliCents::from_cents(2),
        message: MilliCents::from_cents(1),
        number: dollars(2),
        call: None,
    };
    let components = Terms {
        name: "Components".to_owned(),
        rates: per_component,
        hold: HoldPolicy::Buffer(60),
        free_credits: dollars(10),
        ..flat.clone()
    };
    let clinic = Terms { name: "Clinic".to_owned(), addons: false, ..starter.clone() };
    let growth = Terms {
        name: "Growth".to_owned(),
        price: dollars(49),
        included: Seconds::from_minutes(300).0,
        ..starter.clone()
    };
    let analyst =
        Terms { name: "Analyst".to_owned(), price: dollars(99), meter: Meter::Calls, included: 200, ..starter.clone() };
    vec![
        ("plan_flat", flat),
        ("plan_components", components),
        ("plan_clinic", clinic),
        ("plan_starter", starter),
        ("plan_growth", growth),
        ("plan_analyst", analyst),
    ]
}

/// A plan's terms by its public id.
///
/// # Panics
/// Where there is no such plan: the demo's own tables would disagree.
pub fn terms(plan: &str) -> Terms {
    let found = plans().into_iter().find(|(id, _)| *id == plan);
    found.expect("clients subscribe to plans of the catalogue").1
}

/// Every pack.
pub fn packs() -> [PackOffer; 4] {
    let pack = |id: &str, name: &str, meter: Meter, pieces: i64, price: i64| PackOffer {
        id: id.to_owned(),
        name: name.to_owned(),
        description: String::new(),
        meter,
        units: pieces * meter.per_piece(),
        price: dollars(price),
        popular: name == "Medium",
    };
    [
        pack("pack_small", "Small", Meter::Minutes, 50, 6),
        pack("pack_medium", "Medium", Meter::Minutes, 100, 10),
        pack("pack_large", "Large", Meter::Minutes, 250, 20),
        pack("pack_calls", "100 calls", Meter::Calls, 100, 10),
    ]
}
