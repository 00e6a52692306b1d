//! Pure rules that server and browser share: rates and charges, a plan's terms, how many calls fit, pack comparison.
//!
//! Integers in, integers out (SPEC §1); nothing here reads a clock, a database or the network.

mod credit_amount;
mod packs;
mod rates;
mod standing;
mod terms;

pub use credit_amount::{
    AmountError, CREDIT_AMOUNTS, CREDIT_PRESETS, chosen_amount, parse_amount, parse_dollars, preset_name,
};
pub use packs::{PackOffer, QUANTITIES, Tag, after_purchase, parse_quantity, per_piece_label, tags, total};
pub use rates::{Charge, Components, Rates};
pub use standing::{Fit, Shortfall, Standing};
pub use terms::{ExcessMode, HoldPolicy, PurchaseMode, Terms};
