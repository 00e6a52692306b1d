//! Pure rules that server and browser share: rates and charges, a plan's terms, how many calls fit, pack comparison.
//!
//! Integers in, integers out (SPEC §1); nothing here reads a clock, a database or the network.

mod campaign;
mod credit_amount;
mod dollars;
mod packs;
mod rates;
mod standing;
mod terms;
mod upgrade;

pub use campaign::{Campaign, CampaignQuote};
pub use credit_amount::{AmountError, CREDIT_AMOUNTS, CREDIT_PRESETS, chosen_amount, parse_amount, preset_name};
pub use dollars::{CENTS, DollarsError, MILLI_CENTS, parse_dollars};
pub use packs::{PackOffer, QUANTITIES, Tag, after_purchase, parse_quantity, per_piece_label, tags, total};
pub use rates::{Charge, Components, Rates};
pub use standing::{Fit, LEAST_TOPUP, Shortfall, Standing};
pub use terms::{ExcessMode, HoldPolicy, PurchaseMode, Terms};
pub use upgrade::{PERIODS, Rung, Spent, Upgrade, upgrade};
