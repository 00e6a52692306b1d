//! What an agency sells: plans, packs, and which client may see which pack.

mod pack;
mod plan;
pub mod repo;
mod sign_up;

pub use pack::{Pack, PackDraft};
pub use plan::{Plan, PlanDraft};
pub use sign_up::SignUpOffer;

use crate::pricing::Terms;
use crate::units::MilliCents;

/// A client that is on a plan with other terms than it offers now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// Public id of the client.
    pub client: String,
    /// Its name.
    pub name: String,
    /// The terms that it is on.
    pub terms: Terms,
}

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
