//! The agency gives a client credits or units for free, with a reason (SPEC §2.4).

use super::agency::{AgencyError, AgencyForm, active_terms};
use super::instruct::{carry_out, give, given};
use crate::catalog::FieldError;
use crate::payments::instruction::Deed;
use crate::pricing::CREDIT_AMOUNTS;
use crate::state::AppState;
use crate::units::{Meter, MilliCents};

/// Most minutes or calls in one grant.
const MOST_PIECES: i64 = 1_000_000;
/// Longest reason.
const LONGEST: usize = 200;

/// What is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gift {
    /// Money in the wallet: whole cents up to $10,000.
    Credits(MilliCents),
    /// Seconds or calls as a package that never expires.
    Units(Meter, i64),
}

/// Gives something to a client; the same form gives once. The reason is shown to the client, too.
///
/// # Errors
/// `Invalid` with the fields `amount`, `units` or `reason`; `NotFound`, `NoSubscription`, `FormUsed`; else see
/// [`AgencyError`].
pub async fn grant(
    state: &AppState,
    form: &AgencyForm,
    client: &str,
    gift: Gift,
    reason: &str,
) -> Result<(), AgencyError> {
    let reason = reason.trim();
    let faults = faults(gift, reason);
    if !faults.is_empty() {
        return Err(AgencyError::Invalid(faults));
    }
    let deed = match gift {
        Gift::Credits(amount) => Deed::GrantCredits { amount, reason: reason.to_owned() },
        Gift::Units(meter, units) => Deed::GrantUnits { meter, units, reason: reason.to_owned() },
    };
    let workspace = form.client(state, client).await?.workspace;
    let same = |other: &Deed| *other == deed;
    let instruction = match given(state, form, workspace, same).await? {
        Some(instruction) => instruction,
        None => {
            if let Gift::Units(meter, _) = gift
                && active_terms(state, workspace).await?.meter != meter
            {
                let message = "Give what the client's plan counts.";
                return Err(AgencyError::Invalid(vec![FieldError { field: "units", message }]));
            }
            give(state, form, workspace, deed.clone(), same).await?
        }
    };
    carry_out(state, &instruction).await
}

fn faults(gift: Gift, reason: &str) -> Vec<FieldError> {
    let good = match gift {
        Gift::Credits(amount) => {
            amount.0 > 0 && amount <= *CREDIT_AMOUNTS.end() && amount.0 % MilliCents::PER_CENT == 0
        }
        Gift::Units(meter, units) => {
            units % meter.per_piece() == 0 && (1..=MOST_PIECES).contains(&(units / meter.per_piece()))
        }
    };
    let amount = match gift {
        Gift::Credits(_) => FieldError { field: "amount", message: "Enter $0.01 to $10,000.00, in whole cents." },
        Gift::Units(..) => FieldError { field: "units", message: "Enter 1 to 1,000,000 whole minutes or calls." },
    };
    let told = (1..=LONGEST).contains(&reason.chars().count());
    let reason = FieldError { field: "reason", message: "Say why, in at most 200 characters." };
    let faults = [(good, amount), (told, reason)];
    faults.into_iter().filter(|(good, _)| !good).map(|(_, fault)| fault).collect()
}
