//! What an agency sells: plans, packs, and which client may see which pack.

mod pack;
mod plan;
pub mod repo;

pub use pack::{Pack, PackDraft};
pub use plan::{Plan, PlanDraft};

use crate::units::MilliCents;

/// What is wrong with a field of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The form's name for it.
    pub field: &'static str,
    /// What to enter instead.
    pub message: &'static str,
}

/// True where a name can be shown in a row.
fn named(name: &str) -> bool {
    (1..=80).contains(&name.trim().chars().count())
}

fn is_whole_cents(amount: MilliCents) -> bool {
    amount.0 % MilliCents::PER_CENT == 0
}
